"""Count the numbers of one tensor, in several models at once, piece by piece.

A tensor is read in parts of a few megabytes, so that no second copy of it comes to life, and each part is worked on in
chunks that stay in the processor's cache. Two sweeps while the tensor is at hand: the first finds extremes, means and
block means, the second needs them for deviations and histograms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from coursekit.frameworks import Parameter

    Floats = npt.NDArray[np.floating[Any]]

BINS = 64
_PART = 1 << 17
"""Numbers read from the framework at once: 512 kB of float32. Larger copies, which bfloat16 needs, pile up unused."""
_CHUNK = 1 << 16
"""Numbers worked on at once: 256 kB of float32."""
_REACH = 4.0
"""A histogram reaches this many standard deviations from the mean, or to the last number."""


@dataclass(frozen=True)
class Numbers:
    """What the numbers of one tensor are in one model. NaN and infinity are counted, then left out.

    Attributes
    ----------
    mean, std, smallest, largest
        Of the finite numbers; NaN when there are none. ``std`` divides by the count.
    nans, infinities
        How many numbers are not finite.
    counts
        Numbers in each bin of the histogram, ``(BINS,)``; its range is the tensor's, the same for all models.
    below, above
        Finite numbers outside of that range.
    picture
        Block means of a matrix, at most ``(side, side)``; NaN where a block holds a number that is not finite. None for
        vectors and single numbers.
    """

    mean: float
    std: float
    smallest: float
    largest: float
    nans: int
    infinities: int
    counts: npt.NDArray[np.int64]
    below: int
    above: int
    picture: npt.NDArray[np.float32] | None

    @property
    def constant(self) -> bool:
        """Whether all numbers are one finite number."""
        return self.smallest == self.largest and not self.nans and not self.infinities


@dataclass(frozen=True)
class Difference:
    """How far one tensor is apart in two models.

    Attributes
    ----------
    first, second
        The positions of the two models.
    identical
        Whether every number is the same.
    largest
        The largest absolute difference of two finite numbers in the same place; NaN when there are none.
    rms
        The root of the mean squared difference; NaN like ``largest``.
    cosine
        The cosine similarity of the two tensors, taken as vectors; None when one of them is zero everywhere.
    """

    first: int
    second: int
    identical: bool
    largest: float
    rms: float
    cosine: float | None


@dataclass(frozen=True)
class Tally:
    """The numbers of one tensor in each model, the range of its histograms, and the differences of each two models."""

    low: float
    high: float
    numbers: tuple[Numbers, ...]
    differences: tuple[Difference, ...]


def tally(parameters: Sequence[Parameter], *, side: int = 64) -> Tally:
    """Count the numbers of the same tensor in each model.

    Parameters
    ----------
    parameters
        The tensor in each model; all of one shape.
    side
        How many blocks a picture has at most along each side.
    """
    shape = parameters[0].shape
    rows = shape[0] if shape else 1
    columns = parameters[0].count // rows if rows else 0
    blocks = (min(side, rows), min(side, columns)) if len(shape) > 1 and columns else None
    sums = [_Sums(rows, columns, blocks) for _ in parameters]
    pairs = [_Pair(first, second) for first, second in combinations(range(len(parameters)), 2)]
    with np.errstate(over="ignore", invalid="ignore"):
        for start, chunks in _chunks(parameters, rows, columns):
            for one, chunk in zip(sums, chunks, strict=True):
                one.add(chunk, start)
            for pair in pairs:
                pair.add(chunks[pair.first], chunks[pair.second])
        low, high = _range(sums)
        spreads = [_Spread(one.mean, low, high) for one in sums]
        for _, chunks in _chunks(parameters, rows, columns):
            for spread, chunk in zip(spreads, chunks, strict=True):
                spread.add(chunk)
    numbers = tuple(one.result(spread) for one, spread in zip(sums, spreads, strict=True))
    lengths = [sqrt(one.squares) for one in sums]
    return Tally(low, high, numbers, tuple(pair.result(lengths) for pair in pairs))


def _chunks(parameters: Sequence[Parameter], rows: int, columns: int) -> Iterator[tuple[int, list[Floats]]]:
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


def _sum(chunk: Floats) -> float:
    """Return the sum of a chunk; in float64 where float32 would overflow."""
    total = float(chunk.sum())
    return total if isfinite(total) else float(chunk.sum(dtype=np.float64))


def _product(one: Floats, other: Floats) -> float:
    """Return the sum of the products of two chunks; in float64 where float32 would overflow."""
    total = float(np.dot(one.ravel(), other.ravel()))
    if isfinite(total):
        return total
    return float(np.dot(one.ravel().astype(np.float64), other.ravel().astype(np.float64)))


class _Sums:
    """The first sweep over one tensor: extremes, mean, block means."""

    def __init__(self, rows: int, columns: int, blocks: tuple[int, int] | None) -> None:
        self.count = self.nans = self.infinities = 0
        self.smallest, self.largest = np.inf, -np.inf
        self.total = self.squares = 0.0
        self.row_edges = self.column_edges = None
        if blocks is not None:
            self.row_edges = np.linspace(0, rows, blocks[0] + 1).astype(np.intp)
            self.column_edges = np.linspace(0, columns, blocks[1] + 1).astype(np.intp)
            self.block_sums = np.zeros((blocks[0], columns))  # (blocks down, columns)

    def add(self, chunk: Floats, start: int) -> None:
        """Add the rows of ``chunk``, the first of which is row ``start`` of the tensor."""
        low, high = float(chunk.min()), float(chunk.max())
        finite = chunk
        if not (isfinite(low) and isfinite(high)):
            self.nans += int(np.isnan(chunk).sum())
            self.infinities += int(np.isinf(chunk).sum())
            finite = chunk[np.isfinite(chunk)]  # (finite numbers,)
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.inf, -np.inf)
        self.count += finite.size
        self.smallest, self.largest = min(self.smallest, low), max(self.largest, high)
        self.squares += _product(finite, finite)
        if self.row_edges is None or self.column_edges is None:
            self.total += _sum(finite)
            return
        inside = self.row_edges[(self.row_edges > start) & (self.row_edges < start + len(chunk))] - start
        block = int(np.searchsorted(self.row_edges, start, side="right")) - 1
        for above, below in pairwise([0, *inside, len(chunk)]):
            sums = chunk[above:below].sum(axis=0)  # (columns,)
            if not np.isfinite(sums).all():  # a number that is not finite, or a sum too large for float32
                sums = chunk[above:below].sum(axis=0, dtype=np.float64)
            self.block_sums[block] += sums
            block += 1
        self.total += _sum(finite)

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else nan

    @property
    def deviation(self) -> float:
        """The standard deviation, well enough for a range: digits cancel where the mean is large."""
        return sqrt(max(self.squares / self.count - self.mean**2, 0.0)) if self.count else nan

    def result(self, spread: _Spread) -> Numbers:
        picture = None
        if self.row_edges is not None and self.column_edges is not None:
            areas = np.outer(np.diff(self.row_edges), np.diff(self.column_edges))  # (blocks down, blocks across)
            sums = np.add.reduceat(self.block_sums, self.column_edges[:-1], axis=1)  # (blocks down, blocks across)
            means = sums / areas
            picture = np.where(np.isfinite(means), means, nan).astype(np.float32)
        return Numbers(
            mean=self.mean,
            std=sqrt(spread.squares / self.count) if self.count else nan,
            smallest=self.smallest if self.count else nan,
            largest=self.largest if self.count else nan,
            nans=self.nans,
            infinities=self.infinities,
            counts=spread.counts[1:-1],
            below=int(spread.counts[0]),
            above=int(spread.counts[-1]),
            picture=picture,
        )


class _Spread:
    """The second sweep over one tensor: squared deviations from the mean, and the histogram."""

    def __init__(self, mean: float, low: float, high: float) -> None:
        self.mean, self.low = mean, low
        self.scale = BINS / (high - low)
        self.squares = 0.0
        self.counts = np.zeros(BINS + 2, np.int64)  # one bin before the range, one behind it

    def add(self, chunk: Floats) -> None:
        deviations = chunk.ravel() - chunk.dtype.type(self.mean if isfinite(self.mean) else 0.0)
        square = float(np.dot(deviations, deviations))
        if not isfinite(square):
            chunk = chunk[np.isfinite(chunk)].astype(np.float64)  # (finite numbers,)
            deviations = chunk - self.mean
            square = float(np.dot(deviations, deviations)) if chunk.size else 0.0
        self.squares += square
        deviations += deviations.dtype.type(self.mean - self.low if chunk.size else 0.0)
        deviations *= deviations.dtype.type(self.scale)
        deviations += 1
        np.clip(deviations, 0, BINS + 1, out=deviations)
        self.counts += np.bincount(deviations.astype(np.uint8), minlength=BINS + 2)


class _Pair:
    """The difference of one tensor in two models."""

    def __init__(self, first: int, second: int) -> None:
        self.first, self.second = first, second
        self.identical = True
        self.count = 0
        self.largest = self.squares = self.product = 0.0

    def add(self, one: Floats, other: Floats) -> None:
        difference = one - other
        largest = max(float(difference.max()), -float(difference.min()))
        self.identical = self.identical and (largest == 0 or np.array_equal(one, other, equal_nan=True))
        if not isfinite(largest):
            both = np.isfinite(one) & np.isfinite(other)
            one, other = one[both].astype(np.float64), other[both].astype(np.float64)  # (numbers finite in both,)
            difference = one - other
            largest = float(np.abs(difference).max()) if difference.size else 0.0
        self.count += difference.size
        self.largest = max(self.largest, largest)
        self.squares += _product(difference, difference)
        self.product += _product(one, other)

    def result(self, lengths: Sequence[float]) -> Difference:
        length = lengths[self.first] * lengths[self.second]
        return Difference(
            first=self.first,
            second=self.second,
            identical=self.identical,
            largest=self.largest if self.count else nan,
            rms=sqrt(self.squares / self.count) if self.count else nan,
            cosine=self.product / length if length else None,
        )


def _range(sums: Sequence[_Sums]) -> tuple[float, float]:
    """Return the range of the histograms: all numbers, or what lies within a few standard deviations of the means."""
    finite = [one for one in sums if one.count]
    if not finite:
        return -1.0, 1.0
    low = min(max(one.smallest, one.mean - _REACH * one.deviation) for one in finite)
    high = max(min(one.largest, one.mean + _REACH * one.deviation) for one in finite)
    # Rounding must put no extreme outside, and a single number needs some room.
    margin = 1e-5 * (high - low) if high > low else 0.05 * max(abs(low), 1.0)
    return low - margin, high + margin
