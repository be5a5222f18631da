"""Vectors in two dimensions: principal component analysis (PCA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Projection:
    """Vectors, seen along the two directions in which they differ most.

    Attributes
    ----------
    points
        Shape ``(..., 2)``; NaN for vectors that were not finite.
    explained
        The share of the whole variance that lies along each of the two directions, from 0 to 1.
    """

    points: npt.NDArray[np.float32]
    explained: tuple[float, float]


def principal_components(vectors: npt.NDArray[Any]) -> Projection:
    """Return the projection of ``vectors`` on their first two principal components.

    The vectors are centred, not scaled. A direction's sign is free; it is chosen so that its largest entry is
    positive, and so is the same on every machine.

    Parameters
    ----------
    vectors
        Shape ``(..., hidden)``: all of them are projected together, whatever the axes before the last.
    """
    flat = vectors.reshape(-1, vectors.shape[-1]).astype(np.float64)  # (n, hidden)
    whole: npt.NDArray[np.bool_] = np.isfinite(flat).all(axis=-1).reshape(-1)
    # Scaled while they are squared: numbers near the end of their type lie on the map as well.
    scale = float(np.abs(flat[whole]).max(initial=0)) or 1.0
    flat = np.where(whole[:, None], flat, 0) / scale
    centred = flat[whole] - flat[whole].mean(axis=0) if whole.any() else flat[whole]
    points = np.full((len(flat), 2), np.nan, dtype=np.float32)
    directions, explained = _directions(centred)  # (2, hidden)
    with np.errstate(over="ignore"):  # beyond float32, as far as the page is concerned, is not finite
        points[whole] = (centred @ directions.T) * scale
    return Projection(points.reshape(*vectors.shape[:-1], 2), explained)


def _directions(centred: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], tuple[float, float]]:
    """Return the two directions ``(2, hidden)`` and their shares; zeros where the vectors do not differ so far."""
    count, hidden = centred.shape
    found = np.zeros((2, hidden))
    total = float((centred**2).sum())
    if not total:
        return found, (0.0, 0.0)
    # The smaller of the two products has the same eigenvalues as the larger.
    few = count < hidden
    product = centred @ centred.T if few else centred.T @ centred
    values, vectors = np.linalg.eigh(product)  # ascending
    shares = [0.0, 0.0]
    for index in range(min(2, len(values))):
        value = float(values[-1 - index])
        if value <= total * 1e-10:
            continue
        vector = vectors[:, -1 - index]
        direction = centred.T @ vector / np.sqrt(value) if few else vector
        found[index] = direction * np.sign(direction[np.argmax(np.abs(direction))])
        shares[index] = value / total
    return found, (shares[0], shares[1])
