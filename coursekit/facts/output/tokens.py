"""What stands at each position of an output: tokens, special ones, padding, patches of an image, moments of sound."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.facts.batch.vocabulary import Vocabulary
from coursekit.facts.output.given import FRAME, PATCH, TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from coursekit.facts.output.given import Given

    Array = npt.NDArray[Any]

REAL, SPECIAL, PADDING = "real", "special", "padding"
UNKNOWN = -1
"""Stands for an id that was not given."""


@dataclass(frozen=True)
class Token:
    """What stands at one position.

    Attributes
    ----------
    text
        Its text, readable; else ``#`` and its id, else its position.
    id
        Its id, or None when ids were not given.
    kind
        ``real``, ``special`` (such as ``[CLS]``) or ``padding``.
    """

    text: str
    id: int | None
    kind: str


Sequences = tuple[tuple[Token, ...], ...]


@dataclass(frozen=True, eq=False)
class Positions:
    """The positions of a batch.

    Attributes
    ----------
    ids
        ``(batch, sequence)``; -1 where an id is not known.
    real
        The same shape: False for padding.
    names
        What a position without an id is called, one for each; None for its number.
    """

    ids: Array
    real: Array
    names: tuple[str, ...] | None = None

    @classmethod
    def unknown(cls, batch: int, length: int, names: tuple[str, ...] | None = None) -> Positions:
        """Return positions without ids."""
        return cls(np.full((batch, length), UNKNOWN), np.ones((batch, length), dtype=bool), names)

    def tokens(self, rows: Sequence[int], vocabulary: Vocabulary | None) -> Sequences:
        """Return the tokens of some sequences, one tuple for each."""
        return tuple(self._sequence(row, vocabulary) for row in rows)

    def signs(self, rows: Sequence[int], vocabulary: Vocabulary | None) -> tuple[str, ...]:
        """Return a line for each sign in the tokens of some sequences that needs an explanation."""
        return () if vocabulary is None else vocabulary.explanations(np.unique(self.ids[list(rows)]).tolist())

    def _sequence(self, row: int, vocabulary: Vocabulary | None) -> tuple[Token, ...]:
        ids = self.ids[row].tolist()
        words = [""] * len(ids) if vocabulary is None else vocabulary.readable(ids)
        special = frozenset[int]() if vocabulary is None else vocabulary.special
        names = self.names or tuple(map(str, range(len(ids))))
        return tuple(
            Token(name, None, REAL if whole else PADDING)
            if id_ == UNKNOWN
            else Token(word or f"#{id_}", id_, PADDING if not whole else SPECIAL if id_ in special else REAL)
            for id_, word, name, whole in zip(ids, words, names, self.real[row].tolist(), strict=True)
        )


def vocabulary_of(tokenizer: Any) -> Vocabulary | None:
    """Return the vocabulary that names ids; all that it needs of a tokenizer are its size and its tokens.

    Raises
    ------
    CourseError
        When ``tokenizer`` is none.
    """
    if tokenizer is None:
        return None
    inner = getattr(tokenizer, "tokenizer", None)  # a processor has one for its texts
    if callable(getattr(inner, "convert_ids_to_tokens", None)):
        tokenizer = inner
    if isinstance(tokenizer, type) or not callable(getattr(tokenizer, "convert_ids_to_tokens", None)):
        raise CourseError(
            f"tokenizer is of type {type(tokenizer).__name__}.",
            why="a tokenizer turns ids to the tokens that label the pictures.",
            remedy="Pass what AutoTokenizer.from_pretrained(...) returned.",
        )
    return Vocabulary(tokenizer)


def positions_of(  # noqa: PLR0911  (one for each way in which ids, mask and output can fit)
    batch: int,
    length: int | None,
    ids: Array | None,
    mask: Array | None,
    given: Given,
    *,
    vocabulary: Vocabulary | None,
    unit: str,
    keys: int | None = None,
) -> tuple[Positions, Positions | None]:
    """Return the positions of an output, and those of its keys where there are more keys than queries.

    Parameters
    ----------
    batch, length
        Of the output; the length is None where no field says it, and then that of the ids.
    ids, mask
        What this side of the model was given, or None.
    given
        Everything else that was given.
    vocabulary
        Its padding id marks padding where no mask does.
    unit
        What stands at a position that has no id.
    keys
        How many keys the attention weights have, where they are not the queries.

    Raises
    ------
    CourseError
        When ids, mask and output do not fit each other.
    """
    if ids is None:
        length = length if length is not None else 0 if mask is None else mask.shape[1]
        names = names_of_unit(unit, length, given)
        here = Positions.unknown(batch, length, names)
        if mask is None or unit in {PATCH, FRAME}:
            return here, None if keys is None else Positions.unknown(batch, keys)
        if keys is not None and mask.shape == (batch, keys):  # a step with a cache: the mask is of all tokens so far
            whole = Positions(np.full((batch, keys), UNKNOWN), mask.astype(bool))
            numbers = tuple(map(str, range(max(0, keys - length), keys)))
            return Positions(here.ids, whole.real[:, -length:], numbers if len(numbers) == length else None), whole
        _same_shape(mask, (batch, length), "attention_mask", unit)
        return Positions(here.ids, mask.astype(bool)), None if keys is None else Positions.unknown(batch, keys)
    if length is None:
        length = ids.shape[1]
    real = real_tokens(ids, mask, vocabulary)
    if len(ids) == batch and ids.shape[1] < length <= ids.shape[1] + _added(ids.shape[1], given):
        # Some models fill their input up to whole blocks, and leave that in their hidden states.
        more = length - ids.shape[1]
        names = tuple(str(place) if place < ids.shape[1] else "added" for place in range(length))
        ids = np.pad(ids, ((0, 0), (0, more)), constant_values=UNKNOWN)
        real = np.pad(real, ((0, 0), (0, more)))
        return Positions(ids, real, names), None
    if len(ids) == batch and keys is not None and ids.shape[1] == keys > length:
        return Positions(ids[:, -length:], real[:, -length:]), Positions(ids, real)
    if ids.shape != (batch, length) and (given.pixels is not None or unit != TOKEN):
        return Positions.unknown(batch, length, names_of_unit(unit, length, given)), None
    _same_shape(ids, (batch, length), "input_ids", unit)
    here = Positions(ids, real)
    if keys is None or keys <= length:
        return here, None if keys is None else Positions.unknown(batch, keys)
    before = Positions.unknown(batch, keys - length)
    kept = before.real if mask is None or mask.shape != (batch, keys) else mask[:, : keys - length].astype(bool)
    return here, Positions(np.concatenate([before.ids, ids], axis=1), np.concatenate([kept, real], axis=1))


def real_tokens(ids: Array, mask: Array | None, vocabulary: Vocabulary | None) -> Array:
    """Tell real tokens from padding, which stands at an end; the same id elsewhere (GPT-2's end of text) is a token."""
    if mask is not None and mask.shape[0] == ids.shape[0] and mask.shape[1] > ids.shape[1]:
        mask = mask[:, -ids.shape[1] :]  # of a step with a cache
    if mask is not None:
        _same_shape(mask, (ids.shape[0], ids.shape[1]), "attention_mask", TOKEN)
        return mask.astype(bool)
    padding = getattr(vocabulary and vocabulary.tokenizer, "pad_token_id", None)
    whole = np.ones(ids.shape, dtype=bool) if padding is None else ids != padding
    some = whole.any(axis=1, keepdims=True)
    reached = np.maximum.accumulate(whole, axis=1) & np.maximum.accumulate(whole[:, ::-1], axis=1)[:, ::-1]
    real: Array = np.where(some, reached, True)
    return real


def _added(length: int, given: Given) -> int:
    """Return how many positions a model that works in blocks fills up."""
    sizes = [size for name in ("block_size", "attention_window", "chunk_length") if (size := given.number(name))]
    windows = getattr(given.config, "attention_window", None)
    sizes += [size for size in windows if isinstance(size, int)] if isinstance(windows, (list, tuple)) else []
    return max((-length % size for size in sizes if size > 0), default=0)


def _same_shape(array: Array, shape: tuple[int, int], name: str, unit: str) -> None:
    if array.shape != shape:
        raise CourseError(
            f"{name} has the shape {array.shape}; the output is of {shape[0]} sequences of {shape[1]} {unit}s.",
            why="each vector of the output belongs to one token of the input.",
            remedy=f"Pass the {name} that this output was computed from.",
        )


def names_of_unit(unit: str, length: int, given: Given) -> tuple[str, ...] | None:
    """Return what the positions of an image or a recording are called; None for their numbers."""
    if unit == FRAME:
        return tuple(f"frame {place}" for place in range(length))
    grid = _grid(given) if unit == PATCH else None
    if grid is None or not 0 <= length - prod(grid) <= _MOST_SPECIAL:
        return tuple(f"position {place}" for place in range(length)) if unit != TOKEN else None
    extra = length - prod(grid)
    known = _SPECIAL_PATCHES.get(str(getattr(_vision(given.config), "model_type", "")), ())
    lead = known if len(known) == extra else tuple(f"position {place}" for place in range(extra))
    return (*lead, *(f"patch {row},{column}" for row in range(grid[0]) for column in range(grid[1])))


_MOST_SPECIAL = 8
_SPECIAL_PATCHES = {
    **dict.fromkeys(
        ("vit", "clip_vision_model", "clip", "vit_mae", "vit_msn", "beit", "data2vec-vision", "dinov2", "ijepa"),
        ("[CLS]",),
    ),
    "deit": ("[CLS]", "[distillation]"),
}
"""What stands before the patches."""


def _vision(config: Any) -> Any:
    return getattr(config, "vision_config", None) or config


def _grid(given: Given) -> tuple[int, int] | None:
    """Return how many rows and columns of patches an image has."""
    config = _vision(given.config)
    patch = getattr(config, "patch_size", None)
    sizes = (patch, patch) if isinstance(patch, int) else tuple(patch) if isinstance(patch, (list, tuple)) else ()
    image = getattr(config, "image_size", None)
    stated = (image, image) if isinstance(image, int) else tuple(image) if isinstance(image, (list, tuple)) else ()
    pixels = given.pixels[-2:] if given.pixels is not None and len(given.pixels) == 4 else stated  # noqa: PLR2004  (batch, channels, height, width)
    if len(sizes) != 2 or len(pixels) != 2 or not all(isinstance(size, int) and size > 0 for size in (*sizes, *pixels)):  # noqa: PLR2004  (height, width)
        return None
    return pixels[0] // sizes[0], pixels[1] // sizes[1]
