"""How alike vectors are: the cosine of the angle between them, and one vector for a whole sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def cosine_similarity(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the cosine similarity of all pairs: ``x · y / (|x| |y|)``, from -1 to 1.

    Parameters
    ----------
    vectors
        Shape ``(..., n, hidden)``.

    Returns
    -------
    Shape ``(..., n, n)``. NaN where a vector is all zeros (it has no direction) or not finite.
    """
    # Scaled before they are squared, and in double precision: numbers near the end of their type have a direction too.
    vectors = vectors.astype(np.float64)
    largest = np.abs(vectors).max(axis=-1, keepdims=True, initial=0)  # (..., n, 1)
    whole = np.isfinite(largest) & (largest > 0)
    scaled = np.where(whole, vectors, 0) / np.where(whole, largest, 1)
    length = np.linalg.norm(scaled, axis=-1, keepdims=True)
    unit = scaled / np.where(whole, length, 1)
    similar: npt.NDArray[np.float64] = np.clip(unit @ np.swapaxes(unit, -1, -2), -1, 1)  # (..., n, n)
    known: npt.NDArray[np.float32] = np.where(whole & np.swapaxes(whole, -1, -2), similar, np.nan).astype(np.float32)
    return known


def mean_of_real_tokens(hidden: npt.NDArray[Any], mask: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return one vector for each sequence: the mean of its tokens, padding left out.

    Parameters
    ----------
    hidden
        Shape ``(..., batch, sequence, hidden)``.
    mask
        The attention mask, shape ``(batch, sequence)``: 1 for real tokens.

    Returns
    -------
    Shape ``(..., batch, hidden)``; NaN for a sequence without a real token.
    """
    real = np.asarray(mask, dtype=bool)[..., None]  # (batch, sequence, 1)
    count = real.sum(axis=-2)  # (batch, 1)
    shares = np.where(real, 1 / np.maximum(count, 1)[..., None], 0)  # divided first: the sum may have no number
    with np.errstate(
        invalid="ignore", over="ignore"
    ):  # infinity minus infinity is NaN, which is what the picture marks
        total = (np.where(real, hidden, 0).astype(np.float64) * shares).sum(axis=-2)  # (..., batch, hidden)
    mean: npt.NDArray[np.float64] = np.where(count > 0, total, np.nan)
    return mean
