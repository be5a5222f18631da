"""What a framework tells of a model's build: its modules, and what one forward pass sends through them.

Everything here is plain data, so that facts can be made and tested without a framework.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = tuple[int, ...]

RESIDUAL = "+"
"""The path of a :class:`Call` that stands for the addition of two tensors of one shape."""


@dataclass(frozen=True)
class Module:
    """One module of a model.

    Attributes
    ----------
    path
        Where it stands, such as ``encoder.layer.0``; an empty string for the model itself.
    class_name
        The name of its class.
    about
        The first sentence of what its class says of itself; an empty string when it says nothing.
    """

    path: str
    class_name: str
    about: str = ""


@dataclass(frozen=True)
class Value:
    """One tensor on its way through the model: its shape, and a number that tells it from all others.

    Numbers count up: what is computed later has a larger one.
    """

    shape: Shape
    number: int


@dataclass(frozen=True)
class Call:
    """One call of a module, or one addition (its path is then ``RESIDUAL``).

    Attributes
    ----------
    path
        The module's path.
    depth
        How many calls were open when it began; the calls of a trace stand in the order in which they began.
    inputs, outputs
        The tensors that went in and came out.
    earlier
        How many values there were when it began: those with smaller numbers come from elsewhere.
    """

    path: str
    depth: int
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    earlier: int = 0


@dataclass(frozen=True)
class Trace:
    """One forward pass that computed shapes only.

    Attributes
    ----------
    inputs, outputs
        The named tensors that the model took and gave.
    calls
        What was called, in order.
    stand_ins
        Modules whose own computation depends on values, which a planned model does not have. Their output was taken
        to have the shape of their input; the additions that follow would have failed otherwise.
    origins
        For the number of each value: the numbers of those that it was computed from directly; empty when that was not
        asked for.
    """

    inputs: dict[str, Shape]
    outputs: dict[str, Value]
    calls: tuple[Call, ...]
    stand_ins: tuple[str, ...] = ()
    origins: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lengths:
    """How much data a trace sends: examples in the batch, tokens in the sequence, tokens for the decoder."""

    batch: int = 2
    sequence: int = 7
    target_sequence: int = 5


class CannotTraceError(Exception):
    """No forward pass was possible; the message says why."""


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a docstring on one line, without markup; at most 300 characters."""
    paragraph = re.sub(r":\w+:`", "`", text or "")
    paragraph = " ".join(paragraph.strip().split("\n\n")[0].split())
    for mark in ("`", "[", "]", "*"):
        paragraph = paragraph.replace(mark, "")
    end = paragraph.find(". ")
    sentence = paragraph if end < 0 else paragraph[: end + 1]
    return sentence if len(sentence) <= 300 else sentence[:297].rstrip() + "…"  # noqa: PLR2004  (said above)


class Anatomy(Protocol):
    """What one framework tells of a model's build."""

    def build(self, config: Any, model_class: Any) -> Any:
        """Return the planned model of ``config``: of ``model_class``, or of the base class when that is None."""

    def weights(self, model: Any) -> dict[str, Shape]:
        """Return the shape of every weight tensor by its name; tied tensors stand under each name."""

    def dotted(self, name: str) -> str:
        """Return a weight's name as a path of modules, as :meth:`weights` does."""

    def modules(self, model: Any) -> list[Module]:
        """Return every module under every path that leads to it, parents first."""

    def paths(self, model: Any) -> list[str]:
        """Return the paths of :meth:`modules`, for comparing only."""

    def devices(self, model: Any) -> dict[str, str]:
        """Return where each weight tensor lies, by its name."""

    def trace(self, model: Any, lengths: Lengths, *, origins: bool) -> Trace:
        """Run a planned model once and return what was called; raise :class:`CannotTraceError` where that fails.

        With ``origins``, also which additions there were and what each value was computed from, which takes longer.
        """
