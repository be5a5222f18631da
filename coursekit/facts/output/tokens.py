"""The tokens that an output belongs to: which are real, special or padding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.batch.sequences import IdLists, checked
from coursekit.facts.batch.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy.typing as npt

REAL, SPECIAL, PADDING = "real", "special", "padding"


@dataclass(frozen=True)
class Token:
    """One token.

    Attributes
    ----------
    text
        Its text in the vocabulary, else ``#`` and its id, else its position.
    id
        Its id, or None when ids were not given.
    kind
        ``real``, ``special`` (such as ``[CLS]``) or ``padding``.
    """

    text: str
    id: int | None
    kind: str


Sequences = tuple[tuple[Token, ...], ...]


def token_facts(
    shape: tuple[int, int], input_ids: Any, vocabulary: Vocabulary | None, attention_mask: Any
) -> Sequences:
    """Return the tokens of a batch, one tuple for each sequence.

    Parameters
    ----------
    shape
        Batch and sequence length of the output.
    input_ids
        What the model was given: ids, or the whole dict of inputs with ids and attention mask.
    vocabulary
        Names the ids. Its tokenizer's padding id marks padding where no attention mask says it.
    attention_mask
        Shape ``(batch, sequence)``: 1 for real tokens, 0 for padding.

    Raises
    ------
    CourseError
        When ids, mask and output do not have the same shape.
    """
    if isinstance(input_ids, Mapping):
        if "input_ids" not in input_ids:
            raise CourseError(
                f"The inputs hold {', '.join(map(str, input_ids)) or 'nothing'}, but no input_ids.",
                why="the ids say which token each vector of the output belongs to.",
                remedy='Pass the dict that you gave the model, or inputs["input_ids"].',
            )
        attention_mask = input_ids.get("attention_mask") if attention_mask is None else attention_mask
        input_ids = input_ids["input_ids"]
    if input_ids is None:
        mask = np.ones(shape) if attention_mask is None else _same_shape(attention_mask, shape, "attention_mask")
        return tuple(
            tuple(Token(str(place), None, REAL if real else PADDING) for place, real in enumerate(row)) for row in mask
        )
    ids = _ids([input_ids] if _is_flat(input_ids) else input_ids)
    _same_shape(ids, shape, "input_ids")
    if attention_mask is not None:
        mask = _same_shape(attention_mask, shape, "attention_mask")
    else:
        padding = getattr(vocabulary and vocabulary.tokenizer, "pad_token_id", None)
        mask = np.array([_real(row, padding) for row in ids])
    return tuple(_sequence(row, real, vocabulary) for row, real in zip(ids, mask, strict=True))


def vocabulary_of(tokenizer: Any) -> Vocabulary | None:
    """Return the vocabulary that names ids; all that it needs of a tokenizer are its size and its tokens.

    Raises
    ------
    CourseError
        When ``tokenizer`` is none.
    """
    if tokenizer is None:
        return None
    if isinstance(tokenizer, type) or not callable(getattr(tokenizer, "convert_ids_to_tokens", None)):
        raise CourseError(
            f"tokenizer is of type {type(tokenizer).__name__}.",
            why="a tokenizer turns ids to the tokens that label the pictures.",
            remedy="Pass what AutoTokenizer.from_pretrained(...) returned.",
        )
    return Vocabulary(tokenizer)


def _ids(given: Any) -> IdLists:
    ids = checked(given)
    if isinstance(ids[0], str):
        raise CourseError(
            "input_ids are sentences, not ids.",
            why="each vector of the output belongs to one id, and only the tokenizer knows which ids a sentence has.",
            remedy="Pass what you gave the model: the tensor of ids, or the dict of inputs.",
        )
    return ids


def _is_flat(ids: Any) -> bool:
    """Tell whether this is one sequence instead of a batch of one."""
    if hasattr(ids, "shape"):
        return len(ids.shape) == 1
    return isinstance(ids, (list, tuple)) and bool(ids) and all(isinstance(id_, (int, np.integer)) for id_ in ids)


def _same_shape(given: Any, shape: tuple[int, int], name: str) -> npt.NDArray[Any]:
    room = frameworks.of(given)
    try:
        array = np.asarray(room.to_numpy(given) if room is not None else given)
    except ValueError as error:  # rows of different lengths
        raise _mismatch(name, f"rows of {', '.join(str(len(row)) for row in given)} tokens", shape) from error
    if array.ndim == 1:
        array = array[None]  # (batch, sequence)
    if array.shape != shape or array.dtype.kind not in "iubf":
        raise _mismatch(name, f"the shape {array.shape}", shape)
    return array


def _mismatch(name: str, has: str, shape: tuple[int, int]) -> CourseError:
    return CourseError(
        f"{name} has {has}; the output is of {shape[0]} sequences of {shape[1]} tokens.",
        why="each vector of the output belongs to one token of the input.",
        remedy=f"Pass the {name} that this output was computed from.",
    )


def _real(ids: tuple[int, ...], padding: int | None) -> list[bool]:
    """Tell real tokens from padding, which stands at an end; the same id elsewhere (GPT-2's end of text) is a token."""
    whole = [id_ != padding for id_ in ids]
    if not any(whole):
        return [True] * len(ids)
    first, last = whole.index(True), len(whole) - whole[::-1].index(True)
    return [first <= place < last for place in range(len(ids))]


def _sequence(ids: tuple[int, ...], real: Any, vocabulary: Vocabulary | None) -> tuple[Token, ...]:
    words = [""] * len(ids) if vocabulary is None else vocabulary.tokens(ids)
    special = frozenset[int]() if vocabulary is None else vocabulary.special
    return tuple(
        Token(word or f"#{id_}", id_, PADDING if not whole else SPECIAL if id_ in special else REAL)
        for id_, word, whole in zip(ids, words, real, strict=True)
    )
