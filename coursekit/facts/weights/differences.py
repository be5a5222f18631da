"""How far one tensor is apart in two models, added up chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from coursekit.facts.weights.chunks import product_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coursekit.facts.weights.chunks import Floats


@dataclass(frozen=True)
class TensorDifference:
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


class PairSums:
    """The sums from which the difference of one tensor in two models is computed."""

    def __init__(self, first: int, second: int) -> None:
        self.first, self.second = first, second
        self.identical = True
        self.count = 0
        self.largest = self.squares = self.product = 0.0

    def add(self, one: Floats, other: Floats) -> None:
        """Add a chunk of the tensor in both models."""
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
        self.squares += product_of(difference, difference)
        self.product += product_of(one, other)

    def result(self, lengths: Sequence[float]) -> TensorDifference:
        """Return the difference; ``lengths`` are those of the tensor in each model, taken as a vector."""
        length = lengths[self.first] * lengths[self.second]
        return TensorDifference(
            first=self.first,
            second=self.second,
            identical=self.identical,
            largest=self.largest if self.count else nan,
            rms=sqrt(self.squares / self.count) if self.count else nan,
            cosine=self.product / length if length else None,
        )
