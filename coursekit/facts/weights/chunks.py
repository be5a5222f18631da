"""Read one tensor in several models at once, piece by piece, and add up without overflow.

A tensor is read in parts of a few megabytes, so that no second copy of it comes to life, and each part is worked on in
chunks that stay in the processor's cache.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from coursekit.frameworks import Parameter

    Floats = npt.NDArray[np.floating[Any]]

_PART = 1 << 17
"""Numbers read from the framework at once: 512 kB of float32. Larger copies, which bfloat16 needs, pile up unused."""
_CHUNK = 1 << 16
"""Numbers worked on at once: 256 kB of float32."""


def read_chunks(parameters: Sequence[Parameter], rows: int, columns: int) -> Iterator[tuple[int, list[Floats]]]:
    """Yield the first row of each chunk, and the chunk in each model: ``(rows of it, columns)``."""
    if not rows * columns:
        return
    step, inner = max(1, _PART // columns), max(1, _CHUNK // columns)
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        whole = not parameters[0].shape
        parts = [parameter.read() if whole else parameter.part(start, stop) for parameter in parameters]
        flat = [part.reshape(-1, columns) for part in parts]  # (rows of the part, columns)
        for row in range(0, stop - start, inner):
            yield start + row, [_floats(part[row : row + inner]) for part in flat]


def _floats(chunk: npt.NDArray[Any]) -> Floats:
    if chunk.dtype in (np.float32, np.float64):
        return chunk
    exact = chunk.dtype == np.float16 or chunk.dtype.itemsize < 4  # noqa: PLR2004  (float32 holds 24 bits)
    return chunk.astype(np.float32 if exact else np.float64)


def total_of(chunk: Floats) -> float:
    """Return the sum of a chunk; in float64 where float32 would overflow."""
    total = float(chunk.sum())
    return total if isfinite(total) else float(chunk.sum(dtype=np.float64))


def product_of(one: Floats, other: Floats) -> float:
    """Return the sum of the products of two chunks; in float64 where float32 would overflow."""
    total = float(np.dot(one.ravel(), other.ravel()))
    if isfinite(total):
        return total
    return float(np.dot(one.ravel().astype(np.float64), other.ravel().astype(np.float64)))
