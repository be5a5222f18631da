"""What a framework tells of one forward pass through an empty model, as plain data.

Facts can so be made and tested without a framework.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = tuple[int, ...]

RESIDUAL = "+"
"""The path of a :class:`Call` that stands for the addition of two tensors of one shape."""


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
        Modules whose own computation depends on values, which an empty model does not have. Their output was taken
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
