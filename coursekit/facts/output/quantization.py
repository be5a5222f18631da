"""Numbers for a page: few of them exactly, many of them in one byte each, and what that byte may be wrong by.

A byte is enough for a colour, and a stated bound is enough for a figure. Before rounding, values go through a transfer
curve that gives the many small ones more of the byte: a square root for weights from 0 to 1, a square root that keeps
the sign for values that have one. The bound, at most 1/255 of the full scale after that curve, is what the curve's own
scale loses; :meth:`Quantized.bound` says what it means for a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

CURVES = ("share", "signed", "linear")
"""``share``: square root, from 0 to ``scale``. ``signed``: square root with sign. ``linear``: with sign."""

_STEPS = {"share": 127.5, "signed": 127.0, "linear": 127.0}
"""Steps from zero to full scale. For ``share`` the widest that keep the error at 1/255: half a step is 1/255."""

NOT_FINITE = {"share": 255, "signed": -128, "linear": -128}
"""The code that stands for NaN and the infinities."""


@dataclass(frozen=True, eq=False)
class Quantized:
    """An array in one byte a number, or exactly.

    Attributes
    ----------
    codes
        ``uint8`` for ``share``, ``int8`` for the others, or ``float32`` where the numbers are exact; any shape.
    curve
        One of :data:`CURVES`.
    scale
        The value at the curve's end.
    """

    codes: npt.NDArray[Any]
    curve: str
    scale: float

    @property
    def exact(self) -> bool:
        """Whether the numbers are those that were given."""
        return self.codes.dtype == np.float32

    def decode(self) -> npt.NDArray[np.float32]:
        """Return the numbers that the codes stand for; NaN where a number was not finite."""
        if self.exact:
            return self.codes
        bent = np.minimum(self.codes.astype(np.float32) / _STEPS[self.curve], 1)
        values = bent if self.curve == "linear" else bent * np.abs(bent)
        return np.where(self.codes == NOT_FINITE[self.curve], np.nan, values * self.scale).astype(np.float32)

    def bound(self, value: float) -> float:
        """Return how far a number may lie from the decoded ``value``."""
        if self.exact or not self.scale:
            return 0.0
        half = 0.5 / _STEPS[self.curve]
        if self.curve == "linear":
            return half * self.scale
        bent = np.sqrt(abs(value) / self.scale)
        return float(((bent + half) ** 2 - bent**2) * self.scale)


def quantize(values: npt.NDArray[Any], curve: str, scale: float, *, exact: bool = False) -> Quantized:
    """Return ``values`` in one byte each.

    Parameters
    ----------
    values
        An array of any shape.
    curve
        One of :data:`CURVES`.
    scale
        The largest absolute value that is told apart; larger ones are cut.
    exact
        Keep the values as they are, in float32.
    """
    if exact:
        return Quantized(np.ascontiguousarray(values, dtype=np.float32), curve, scale)
    # In place and in float32: this runs over a million numbers while somebody waits.
    bent = np.array(values, dtype=np.float32)
    finite = np.isfinite(bent).all()
    whole = None if finite else np.isfinite(bent)
    with np.errstate(invalid="ignore"):  # an infinity times nothing
        bent *= np.float32(1 / scale if scale else 0)
    if curve == "share":
        np.clip(bent, 0, 1, out=bent)
        np.sqrt(bent, out=bent)
    else:
        np.clip(bent, -1, 1, out=bent)
        if curve == "signed":
            bent = np.copysign(np.sqrt(np.abs(bent)), bent)
    bent *= np.float32(_STEPS[curve])
    np.rint(bent, out=bent)
    if whole is not None:
        bent[~whole] = NOT_FINITE[curve]
    return Quantized(bent.astype(np.uint8 if curve == "share" else np.int8), curve, scale)
