"""One real forward pass as it happened: every value, the operation that gave it, and what that was computed from.

Both frameworks tell it in the same words, so that the facts about a pass are read from it without knowing either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a pass.

    Attributes
    ----------
    kind
        What it does: ``linear``, ``norm``, ``embedding``, ``activation``, ``attention`` (fused), ``softmax``,
        ``matmul``, ``add``, ``subtract``, ``multiply``, ``divide``, ``fill``, ``same`` (only another shape or type),
        ``part`` (a piece of a value) or ``other``.
    name
        The framework's name of the function or of the module's class.
    path
        The path of the module that called it.
    inputs
        The numbers of the values that it took, in order; None stands for one that is no tensor.
    constants
        The plain numbers among its arguments by position or name, and what else matters: ``scale``, ``is_causal``.
    output
        The number of what it gave.
    """

    kind: str
    name: str
    path: str
    inputs: tuple[int | None, ...]
    constants: Mapping[str | int, Any]
    output: int


@dataclass(frozen=True, eq=False)
class ModuleCall:
    """One call of a module: its path, class, values, and the operations from ``first`` up to ``last``."""

    path: str
    class_name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Recording:
    """What one pass of one sequence was.

    Attributes
    ----------
    operations
        Every operation, in order.
    calls
        Every call of a module, in the order in which they began.
    inputs, outputs
        The numbers of the values by name.
    weights
        The names of weights by the number of their value.
    weight
        Return a weight by its name, as NumPy sees the model's own memory; raise ``ValueError`` where it cannot.
    dtype
        The type of the model's numbers.
    epsilon
        The constant under the root of each norm, by path.
    heads
        How many heads each attention module says that it has, by path: for attention that keeps them in one axis.
    """

    operations: tuple[Operation, ...]
    calls: tuple[ModuleCall, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    weights: Mapping[int, str]
    weight: Callable[[str], Array]
    dtype: str
    epsilon: Mapping[str, float]
    shapes: Mapping[int, tuple[int, ...]]
    read: Callable[[int], Array] = field(repr=False)

    def value(self, number: int) -> Array:
        """Return a value as NumPy; floating-point ones in float32."""
        return self.read(number)


class Recorder(Protocol):
    """A framework's way to record a pass."""

    def record(self, model: Any, inputs: Mapping[str, Any]) -> Recording:
        """Run the model once; everything about it is afterwards as before, whatever happens."""
