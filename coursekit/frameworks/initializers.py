"""Where a tensor's numbers come from when a model is new."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, pi, sqrt
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Initializer:
    """The distribution that a new model draws a tensor's numbers from.

    Attributes
    ----------
    kind
        ``normal``, ``truncated normal``, ``uniform`` or ``constant``.
    center
        The mean; of a constant, the number itself.
    spread
        The parameter that sets the width: σ of a normal distribution (of the *uncut* one, where it is truncated), half
        the width of a uniform one, 0 of a constant.
    cut
        Where a truncated normal distribution is cut, as a distance from ``center``; else None.
    """

    kind: Literal["normal", "truncated normal", "uniform", "constant"]
    center: float
    spread: float
    cut: float | None = None

    def density(self, values: Sequence[float]) -> list[float]:
        """Return the probability density at each value; of a constant, which has none, zeros."""
        return [self._density(value - self.center) for value in values]

    def _density(self, distance: float) -> float:
        if self.kind == "constant" or self.spread <= 0:
            return 0.0
        if self.kind == "uniform":
            return 0.5 / self.spread if abs(distance) <= self.spread else 0.0
        if self.cut is not None and abs(distance) > self.cut:
            return 0.0
        inside = erf(self.cut / self.spread / sqrt(2)) if self.cut is not None else 1.0
        return exp(-0.5 * (distance / self.spread) ** 2) / (self.spread * sqrt(2 * pi) * inside)
