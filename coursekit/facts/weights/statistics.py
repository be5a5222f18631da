"""Count the numbers of one tensor, in several models at once, chunk by chunk.

Two sweeps while the tensor is at hand: the first finds extremes, means and block means, the second needs them for
deviations and histograms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from coursekit.facts.weights.chunks import product_of, read_chunks, total_of
from coursekit.facts.weights.differences import PairSums, TensorDifference

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from coursekit.facts.weights.chunks import Floats
    from coursekit.frameworks import Parameter

BINS = 64
_REACH = 4.0
"""A histogram reaches this many standard deviations from the mean, or to the last number."""
_NOISE = 1e-6
"""Of the squared mean: a variance below is lost in the rounding of sums of float32."""


@dataclass(frozen=True)
class TensorStatistics:
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
    block_means
        Means of blocks of a matrix, at most ``(side, side)``; NaN where a block holds a number that is not finite. None
        for vectors and single numbers.
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
    block_means: npt.NDArray[np.float32] | None

    @property
    def constant(self) -> bool:
        """Whether all numbers are one finite number."""
        return self.smallest == self.largest and not self.nans and not self.infinities


@dataclass(frozen=True)
class ComparedStatistics:
    """The numbers of one tensor in each model, the range of its histograms, and the differences of each two models."""

    low: float
    high: float
    statistics: tuple[TensorStatistics, ...]
    differences: tuple[TensorDifference, ...]


def tensor_statistics(parameters: Sequence[Parameter], *, side: int = 64) -> ComparedStatistics:
    """Count the numbers of the same tensor in each model.

    Parameters
    ----------
    parameters
        The tensor in each model; all of one shape.
    side
        How many blocks there are at most along each side.
    """
    shape = parameters[0].shape
    rows = shape[0] if shape else 1
    columns = parameters[0].count // rows if rows else 0
    blocks = (min(side, rows), min(side, columns)) if len(shape) > 1 and columns else None
    moments = [_Moments(rows, columns, blocks) for _ in parameters]
    pairs = [PairSums(first, second) for first, second in combinations(range(len(parameters)), 2)]
    with np.errstate(over="ignore", invalid="ignore"):
        for start, chunks in read_chunks(parameters, rows, columns):
            for one, chunk in zip(moments, chunks, strict=True):
                one.add(chunk, start)
            for pair in pairs:
                pair.add(chunks[pair.first], chunks[pair.second])
        low, high = _range(moments)
        histograms = [_Histogram(one.mean, low, high) for one in moments]
        for _, chunks in read_chunks(parameters, rows, columns):
            for histogram, chunk in zip(histograms, chunks, strict=True):
                histogram.add(chunk)
    statistics = tuple(one.result(histogram) for one, histogram in zip(moments, histograms, strict=True))
    lengths = [sqrt(one.squares) for one in moments]
    return ComparedStatistics(low, high, statistics, tuple(pair.result(lengths) for pair in pairs))


class _Moments:
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
        self.squares += product_of(finite, finite)
        if self.row_edges is None or self.column_edges is None:
            self.total += total_of(finite)
            return
        inside = self.row_edges[(self.row_edges > start) & (self.row_edges < start + len(chunk))] - start
        block = int(np.searchsorted(self.row_edges, start, side="right")) - 1
        for above, below in pairwise([0, *inside, len(chunk)]):
            sums = chunk[above:below].sum(axis=0)  # (columns,)
            if not np.isfinite(sums).all():  # a number that is not finite, or a sum too large for float32
                sums = chunk[above:below].sum(axis=0, dtype=np.float64)
            self.block_sums[block] += sums
            block += 1
        self.total += total_of(finite)

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else nan

    @property
    def deviation(self) -> float:
        """The standard deviation, well enough for a range; infinite where its digits cancel, as the mean is large."""
        if not self.count:
            return nan
        variance = self.squares / self.count - self.mean**2
        return sqrt(variance) if variance > _NOISE * self.mean**2 or not self.mean else inf

    def result(self, histogram: _Histogram) -> TensorStatistics:
        block_means = None
        if self.row_edges is not None and self.column_edges is not None:
            areas = np.outer(np.diff(self.row_edges), np.diff(self.column_edges))  # (blocks down, blocks across)
            sums = np.add.reduceat(self.block_sums, self.column_edges[:-1], axis=1)  # (blocks down, blocks across)
            means = sums / areas
            block_means = np.where(np.isfinite(means), means, nan).astype(np.float32)
        return TensorStatistics(
            mean=histogram.center + histogram.total / self.count if self.count else nan,
            std=histogram.deviation(self.count) if self.count else nan,
            smallest=self.smallest if self.count else nan,
            largest=self.largest if self.count else nan,
            nans=self.nans,
            infinities=self.infinities,
            counts=histogram.counts[1:-1],
            below=int(histogram.counts[0]),
            above=int(histogram.counts[-1]),
            block_means=block_means,
        )


class _Histogram:
    """The second sweep over one tensor: deviations from the mean, their squares, and the histogram."""

    def __init__(self, mean: float, low: float, high: float) -> None:
        self.center = mean if isfinite(mean) else 0.0
        self.low = low
        self.scale = BINS / (high - low)
        self.total = self.squares = 0.0
        self.counts = np.zeros(BINS + 2, np.int64)  # one bin before the range, one behind it

    def add(self, chunk: Floats) -> None:
        """Add a chunk of the tensor."""
        self.center = float(chunk.dtype.type(self.center))  # the first chunk rounds it, to what is subtracted exactly
        deviations = chunk.ravel() - chunk.dtype.type(self.center)
        square = float(np.dot(deviations, deviations))
        if not isfinite(square):
            chunk = chunk[np.isfinite(chunk)].astype(np.float64)  # (finite numbers,)
            deviations = chunk - self.center
            square = float(np.dot(deviations, deviations)) if chunk.size else 0.0
        self.squares += square
        self.total += float(deviations.sum())
        deviations += deviations.dtype.type(self.center - self.low if chunk.size else 0.0)
        deviations *= deviations.dtype.type(self.scale)
        deviations += 1
        np.clip(deviations, 0, BINS + 1, out=deviations)
        self.counts += np.bincount(deviations.astype(np.uint8), minlength=BINS + 2)

    def deviation(self, count: int) -> float:
        """Return the standard deviation: the mean of the first sweep is rounded, and what it is off by is taken out."""
        return sqrt(max(self.squares / count - (self.total / count) ** 2, 0.0))


def _range(moments: Sequence[_Moments]) -> tuple[float, float]:
    """Return the range of the histograms: all numbers, or what lies within a few standard deviations of the means."""
    finite = [one for one in moments if one.count]
    if not finite:
        return -1.0, 1.0
    low = min(max(one.smallest, one.mean - _REACH * one.deviation) for one in finite)
    high = max(min(one.largest, one.mean + _REACH * one.deviation) for one in finite)
    # Rounding must put no extreme outside, and a single number needs some room.
    margin = 1e-5 * (high - low) if high > low else 0.05 * max(abs(low), 1.0)
    return low - margin, high + margin
