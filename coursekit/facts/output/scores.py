"""Logits with their labels: all of a few, the highest of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from coursekit.facts.batch.vocabulary import Vocabulary

    Array = npt.NDArray[Any]

LABELS = 64
"""Labels up to which each has a column."""
RANKS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th")
"""The columns where there are more labels: the highest scores, in order."""


def score_facts(
    logits: Array, config: Any, vocabulary: Vocabulary | None, *, labels: tuple[str, ...] = ()
) -> tuple[Array, tuple[str, ...], Array | None]:
    """Return the scores to show, the names of their columns, and the label of each score where columns are ranks.

    Parameters
    ----------
    logits
        Scores ``(sequences, labels)``, or ``(sequences, positions, labels)``.
    config
        Its ``id2label`` names the labels.
    vocabulary
        It names the labels of a head that writes tokens.
    labels
        The names of the labels where they are known.

    Returns
    -------
    Scores and labels have the shape ``(..., columns)``.
    """
    count = logits.shape[-1]
    if count <= LABELS:
        return logits, labels or _names(range(count), count, config, vocabulary), None
    # The few highest are found without sorting tens of thousands; what is not a number comes last.
    ranked = np.where(np.isnan(logits), -np.inf, logits)
    best = np.argpartition(ranked, -len(RANKS), axis=-1)[..., -len(RANKS) :]  # (..., ranks)
    order = np.argsort(-np.take_along_axis(ranked, best, axis=-1), axis=-1, kind="stable")
    best = np.take_along_axis(best, order, axis=-1)
    ids = np.unique(best)
    names = np.array(_names(ids.tolist(), count, config, vocabulary), dtype=object)
    return np.take_along_axis(logits, best, axis=-1), RANKS, names[np.searchsorted(ids, best)]


def _names(ids: Sequence[int], count: int, config: Any, vocabulary: Vocabulary | None) -> tuple[str, ...]:
    """Return the names of labels: those of the config where it has one for each, else tokens, else numbers."""
    labels = getattr(config, "id2label", None) or {}
    if len(labels) >= count:
        return tuple(str(labels.get(id_, f"label {id_}")) for id_ in ids)
    if count > LABELS and vocabulary is not None:
        return tuple(word or f"#{id_}" for id_, word in zip(ids, vocabulary.tokens(ids), strict=True))
    return tuple(f"label {id_}" for id_ in ids)
