"""What stands at every position of a row: a token, a special one, the unknown one, padding, or no id of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coursekit.facts.batch.encoding import Row
    from coursekit.facts.batch.vocabulary import Limits, Vocabulary

TOKEN, SPECIAL, UNKNOWN, PADDING, OUTSIDE = "token", "special", "unknown", "padding", "outside"
"""What an id can be: a piece of text, a special token such as ``[CLS]``, the token for everything unknown, filling,
or a number that the model's vocabulary does not have."""


@dataclass(frozen=True)
class SequenceFacts:
    """One row of the batch.

    Attributes
    ----------
    text
        The sentence, or None where ids were given.
    ids, tokens, words, kinds, mask
        Of the same length, one for each position: the id, its token (an empty string where none is known), the token as
        a person reads it, what it is (``token``, ``special``, ``unknown``, ``padding`` or ``outside``), and 1 or 0 of
        the attention mask.
    types
        The token type ids, or None where the tokenizer gives none.
    cut
        How many tokens truncation took away.
    short
        How many positions the row is shorter than the longest of the batch.
    """

    text: str | None
    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    mask: tuple[int, ...]
    types: tuple[int, ...] | None
    cut: int
    short: int


def sequence_facts(
    text: str | None, row: Row, vocabulary: Vocabulary | None, bounds: Limits, longest: int
) -> SequenceFacts:
    """Return what is true of one row.

    Parameters
    ----------
    text
        The sentence, or None where ids were given.
    row
        Its ids.
    vocabulary, bounds
        What the ids stand for, and which of them the model has.
    longest
        The length of the longest row of the batch.
    """
    special = vocabulary.special if vocabulary is not None else frozenset()
    unknown = vocabulary.unknown if vocabulary is not None else None
    end = bounds.vocabulary
    kinds = tuple(
        OUTSIDE
        if end is not None and id_ >= end
        else PADDING
        if not seen
        else SPECIAL
        if id_ in special
        else UNKNOWN
        if id_ == unknown
        else TOKEN
        for id_, seen in zip(row.ids, row.mask, strict=True)
    )
    nothing = ("",) * len(row.ids)
    tokens, words = (
        (nothing, nothing) if vocabulary is None else (vocabulary.tokens(row.ids), vocabulary.readable(row.ids))
    )
    return SequenceFacts(text, row.ids, tokens, words, kinds, row.mask, row.types, row.cut, longest - len(row.ids))
