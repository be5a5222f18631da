"""A recorded pass as a graph: what gave each value, who used it, and whether one was computed from another."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coursekit.frameworks.recording import Array, Operation, Recording


class ClosedError(Exception):
    """The inside of a step is not shown, and why."""


TOLERANCE = {"float16": 5e-3, "bfloat16": 4e-2}
"""What half precision rounds; every other type has to agree to :data:`EXACT`."""
EXACT = 1e-4


class Graph:
    """Questions about a recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.maker: dict[int, Operation] = {operation.output: operation for operation in recording.operations}
        self.users: dict[int, list[Operation]] = defaultdict(list)
        for operation in recording.operations:
            for number in operation.inputs:
                if number is not None:
                    self.users[number].append(operation)
        self.tolerance = TOLERANCE.get(recording.dtype, EXACT)

    def shape(self, number: int) -> tuple[int, ...]:
        """Return the shape of a value."""
        return self.recording.shapes[number]

    def array(self, number: int) -> Array:
        """Return a value as it is."""
        try:
            return self.recording.value(number)
        except ValueError as error:
            raise ClosedError(f"a value of it was not kept: {error}") from error

    def rows(self, number: int) -> Array:
        """Return a value as one vector for each token: ``(tokens, width)``."""
        array = self.array(number)
        return array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)

    def plain(self, number: int) -> int:
        """Walk back over what changes only the shape or the type of a value."""
        while True:
            operation = self.maker.get(number)
            if operation is None or not self.is_plain(operation):
                return number
            number = _given(operation)

    def is_plain(self, operation: Operation) -> bool:
        """Tell whether an operation changes only shape or type."""
        if operation.kind == "same":
            return any(number is not None for number in operation.inputs)
        return operation.kind == "part" and _size(self.shape(_given(operation))) == _size(self.shape(operation.output))

    def made_by(self, number: int, *kinds: str) -> Operation | None:
        """Return the operation behind a value, shapes aside, if it is of one of these kinds."""
        operation = self.maker.get(self.plain(number))
        return operation if operation is not None and operation.kind in kinds else None

    def comes_from(self, number: int, source: int) -> bool:
        """Tell whether a value was computed from ``source``, or is it."""
        return any(each == source for each in self.before(number, source))

    def before(self, number: int, source: int) -> Iterator[int]:
        """Yield ``number`` and all values behind it that are not older than ``source``."""
        open_, seen = [number], {number}
        while open_:
            each = open_.pop()
            yield each
            operation = self.maker.get(each)
            if each == source or operation is None:
                continue
            for other in operation.inputs:
                if other is not None and other not in seen and other >= source:
                    seen.add(other)
                    open_.append(other)

    def between(self, source: int, number: int) -> list[Operation]:
        """Return the operations on every way from ``source`` to ``number``, in order."""
        behind = set(self.before(number, source))
        reached = {source}
        found = []
        for each in sorted(behind):
            operation = self.maker.get(each)
            if each != source and operation is not None and reached.intersection(_numbers(operation)):
                reached.add(each)
                found.append(operation)
        return found

    def linear(self, operation: Operation) -> tuple[int, str, str, bool]:
        """Return what a linear layer takes, the names of weight and bias, and whether the weight holds (out, in)."""
        names = self.recording.weights
        numbers = [number for number in operation.inputs if number is not None]
        weights = [number for number in numbers if self.weight_name(number)]
        data = [number for number in numbers if number not in weights]
        if not data:
            raise ClosedError(f"what {operation.path} multiplies is not a value of this pass")
        matrix = next((self.weight_name(each) for each in weights if len(self.shape(self.plain(each))) > 1), "")
        width = self.shape(operation.output)[-1]
        rest = [each for each in weights if each in names and names[each] != matrix]
        bias = next((names[each] for each in rest if int(np.prod(self.shape(each))) == width), "")
        transposed = operation.constants.get("adj_y", operation.name not in {"addmm", "MatMul"})
        return data[0], matrix, bias, bool(transposed)

    def weight_name(self, number: int) -> str:
        """Return the name of the weight that a value is, else nothing."""
        return self.recording.weights.get(self.plain(number), "")

    def weight(self, name: str) -> Array:
        """Return a weight; raise :class:`ClosedError` where it cannot be read."""
        try:
            weight = self.recording.weight(name)
            return weight[0] if weight.ndim > 1 and len(weight) == 1 and "bias" in name else weight
        except ValueError as error:
            raise ClosedError(f"its weights cannot be read: {error}") from error


def _given(operation: Operation) -> int:
    return next(number for number in operation.inputs if number is not None)


def _numbers(operation: Operation) -> set[int]:
    return {number for number in operation.inputs if number is not None}


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))


def difference(found: Any, recorded: Any) -> float:
    """Return the largest difference of two arrays of vectors, as a part of the largest number of its vector.

    Infinity where they have not the same shape or not the same numbers that are not finite.
    """
    found, recorded = np.asarray(found, np.float32), np.asarray(recorded, np.float32)
    if found.shape != recorded.shape:
        return float("inf")
    finite = np.isfinite(recorded)
    if not np.array_equal(finite, np.isfinite(found)):
        return float("inf")
    if not finite.any():
        return 0.0
    sizes = np.where(finite, np.abs(recorded), 0).max(axis=-1, keepdims=True)
    sizes = np.maximum(sizes, 1e-3 * sizes.max() + np.finfo(np.float32).tiny)
    with np.errstate(invalid="ignore"):
        apart = np.where(finite, np.abs(found - recorded), 0)
    return float((apart / sizes).max())
