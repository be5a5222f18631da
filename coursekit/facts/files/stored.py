"""A tensor as it lies in a file: its name, shape and type, without its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

LARGEST = 1 << 63
"""No dimension and no number of bytes reaches this; a header that says so is wrong."""
MOST_DIMENSIONS = 64
"""Of a tensor, as in PyTorch and NumPy."""


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a weight file.

    Attributes
    ----------
    name
        Its key in the state dictionary.
    shape
        Its dimensions.
    dtype
        The type of its numbers in NumPy's spelling, such as ``float32`` or ``bfloat16``.
    nbytes
        The bytes that its numbers take.
    file
        The name of the file that holds it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    file: str

    @property
    def count(self) -> int:
        """How many numbers the tensor holds."""
        return prod(self.shape)


def count_of(shape: object) -> int | None:
    """Return how many numbers a tensor of ``shape`` holds, or None when that is no possible shape.

    The shape comes from a file: it may be anything, and a product of huge numbers must not take hours.
    """
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS:
        return None
    count = 1
    for size in shape:
        if type(size) is not int or not 0 <= size < LARGEST:
            return None
        count *= size
        if count >= LARGEST:
            return None
    return count
