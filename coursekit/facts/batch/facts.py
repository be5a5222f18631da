"""What is true of a batch: its rows of ids, whether they make a tensor, and whether a model could take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.batch.encoding import Settings, encode, pad_id
from coursekit.facts.batch.positions import OUTSIDE, SequenceFacts, sequence_facts
from coursekit.facts.batch.python_line import one_line
from coursekit.facts.batch.sequences import checked, is_text
from coursekit.facts.batch.vocabulary import Limits, Oddity, Reading, Vocabulary, limits

if TYPE_CHECKING:
    from coursekit.facts.batch.sequences import IdLists


@dataclass(frozen=True)
class BatchFacts:
    """A batch, ready for a model or not.

    Attributes
    ----------
    framework
        The name of the framework: ``pytorch`` or ``tensorflow``.
    settings
        How the sequences became rows.
    sequences
        The rows.
    shape, dtype, nbytes
        Of the tensor of ids: ``(batch, sequence)``, such as ``int64``, and its size in bytes; None when there is none.
    error
        What the framework said when it was asked for the tensor, or None when it made one.
    pad_id, pad_token, padding_left
        The id that fills short rows and its token (None where neither tokenizer nor config name one), and whether it
        stands before the text instead of behind it.
    limits
        How many ids and positions the model has.
    tokenizer
        The tokenizer's name, or None without one.
    model_error
        What a model with this vocabulary says to the ids outside of it, or None when all are inside.
    oddities
        Sequences whose ids hardly belong to this vocabulary. Sentences have none.
    readings
        What the ids say under the tokenizer and under the other one, where both were given.
    code
        The line that does the same without this course.
    signs
        What the signs mean that the vocabulary writes into its tokens, one line each.
    """

    framework: str
    settings: Settings
    sequences: tuple[SequenceFacts, ...]
    shape: tuple[int, int] | None
    dtype: str | None
    nbytes: int | None
    error: str | None
    pad_id: int | None
    pad_token: str | None
    padding_left: bool
    limits: Limits
    tokenizer: str | None
    model_error: str | None
    oddities: tuple[Oddity, ...]
    readings: tuple[Reading, ...]
    code: str
    signs: tuple[str, ...]

    @property
    def longest(self) -> int:
        """The length of the longest row."""
        return max(len(row.ids) for row in self.sequences)

    @property
    def ragged(self) -> bool:
        """Whether the rows have different lengths."""
        return any(row.short for row in self.sequences)

    @property
    def pairs(self) -> bool:
        """Whether the tokenizer tells a second sentence from the first, by token type ids that are not all 0."""
        return any(row.types is not None and any(row.types) for row in self.sequences)

    @property
    def outside(self) -> list[tuple[int, int, int]]:
        """Every id that the model's vocabulary does not have: its sequence, its position and itself."""
        return [
            (index, position, row.ids[position])
            for index, row in enumerate(self.sequences)
            if OUTSIDE in row.kinds
            for position, kind in enumerate(row.kinds)
            if kind == OUTSIDE
        ]

    @property
    def too_long(self) -> list[int]:
        """The sequences that have more positions than the model."""
        most = self.limits.positions
        return [] if most is None else [index for index, row in enumerate(self.sequences) if len(row.ids) > most]


def batch_facts(
    sequences: Any,
    tokenizer: Any = None,
    *,
    config: Any = None,
    other: Any = None,
    framework: str | None = None,
    settings: Settings = Settings(),  # noqa: B008  (frozen)
) -> BatchFacts:
    """Return what is true of a batch of sentences or of lists of ids.

    Parameters
    ----------
    sequences
        A list of strings, of pairs of strings, or lists of ids (see :func:`coursekit.facts.batch.sequences.checked`).
    tokenizer
        The tokenizer of the model that the batch is for, or its :class:`~coursekit.facts.batch.vocabulary.Vocabulary`.
    config
        The model's config, or the model, for its ``vocab_size`` and ``max_position_embeddings``.
    other
        A second tokenizer, to read the same ids under its vocabulary too.
    framework
        ``pytorch`` or ``tensorflow``; without: that of the given tensor, else the one in use.
    settings
        Padding, truncation and length.

    Raises
    ------
    CourseError
        When the sequences are not a batch, or the tokenizer cannot do what the settings ask.
    """
    settings.check()
    vocabulary, second = Vocabulary.of(tokenizer), Vocabulary.of(other, argument="other")
    own = None if vocabulary is None else vocabulary.tokenizer
    room = frameworks.choose([sequences], name=framework)
    given = checked(sequences)
    config = getattr(config, "config", config)  # a model has one
    bounds = limits(config, vocabulary)
    rows = encode(given, own, config, settings)
    ids = tuple(row.ids for row in rows)
    longest = max(map(len, ids))
    from_ids = not is_text(given)
    tensor, error = _attempt(lambda: room.tensor([list(row) for row in ids]))
    array = None if tensor is None else room.to_numpy(tensor)
    padding = pad_id(own, config)
    return BatchFacts(
        framework=room.name,
        settings=settings,
        sequences=tuple(
            sequence_facts(
                None if from_ids else text if isinstance(text, str) else " ‖ ".join(map(str, text)),
                row,
                vocabulary,
                bounds,
                longest,
            )
            for text, row in zip(given, rows, strict=True)
        ),
        shape=None if array is None else (len(rows), longest),
        dtype=None if array is None else array.dtype.name,
        nbytes=None if array is None else array.nbytes,
        error=error,
        pad_id=padding,
        pad_token=vocabulary.tokens([padding])[0] if vocabulary is not None and padding is not None else None,
        padding_left=getattr(own, "padding_side", "right") == "left",
        limits=bounds,
        tokenizer=None if vocabulary is None else vocabulary.name,
        model_error=_model_error(room, ids, bounds, whole=tensor is not None),
        oddities=vocabulary.oddities(tuple(row.real for row in rows)) if vocabulary is not None and from_ids else (),
        readings=() if vocabulary is None or second is None else (vocabulary.reading(ids), second.reading(ids)),
        code=one_line(given, own, room, settings, padding),
        signs=() if vocabulary is None else vocabulary.explanations([id_ for row in ids for id_ in set(row)]),
    )


def tensor_inputs(facts: BatchFacts) -> dict[str, Any]:
    """Return the framework's tensors for ``model(**inputs)``: input ids, attention mask and, where given, token types.

    Each has the shape ``(batch, sequence)``.

    Raises
    ------
    CourseError
        When the rows do not make a tensor.
    """
    room = frameworks.get(facts.framework)
    if facts.error is not None:
        raise _no_tensor(facts, room.label)
    inputs = {"input_ids": room.tensor([list(row.ids) for row in facts.sequences])}
    if all(row.types is not None for row in facts.sequences):
        inputs["token_type_ids"] = room.tensor([list(row.types or ()) for row in facts.sequences])
    inputs["attention_mask"] = room.tensor([list(row.mask) for row in facts.sequences])
    return inputs


def _no_tensor(facts: BatchFacts, label: str) -> CourseError:
    why = f"a tensor is rectangular, one number at every place. {label} says: {facts.error}"
    if not facts.ragged:
        return CourseError(
            f"{label} makes no tensor of these ids.",
            why=f"{label} says: {facts.error}",
            remedy="Check that every id is of the tokenizer's vocabulary.",
        )
    lengths = [len(row.ids) for row in facts.sequences]
    return CourseError(
        f"The batch is ragged: its sequences have from {min(lengths)} to {max(lengths)} ids.",
        why=why,
        remedy='Fill the short ones: padding="longest".',
    )


def _attempt(action: Any) -> tuple[Any, str | None]:
    """Return what ``action`` returns, or its error as Python would print it."""
    try:
        return action(), None
    except Exception as error:  # noqa: BLE001  (nobody sees what a callback raises, and old figures would stay)
        return None, f"{type(error).__name__}: {error}"


def _model_error(room: frameworks.Framework, ids: IdLists, bounds: Limits, *, whole: bool) -> str | None:
    end = bounds.vocabulary
    bad = [row for row in ids if end is not None and max(row) >= end]
    if not bad or end is None:
        return None
    # The whole batch where it is a tensor, because a model would see all of it; else the first row that is wrong.
    return _attempt(lambda: room.lookup([list(row) for row in (ids if whole else bad[:1])], end))[1]
