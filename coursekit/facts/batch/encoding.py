"""From sequences to rows of ids: tokenized, cut and padded, by the tokenizer itself wherever there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.batch.readable import printable
from coursekit.facts.batch.sequences import MOST_IDS, is_text, too_many

if TYPE_CHECKING:
    from coursekit.facts.batch.sequences import IdLists, Pairs, Sentences

PADDINGS = {"none": False, "longest": True, "fixed": "max_length"}
"""The names of the choices here, and what a tokenizer's argument ``padding`` calls them."""
LONGEST = 1_000_000
"""More tokens than any length may be; tokenizers without a limit of their own say 10**30."""


@dataclass(frozen=True)
class Settings:
    """How sequences become rows of equal length.

    Attributes
    ----------
    padding
        ``none``; ``longest``: up to the longest sequence of the batch; ``fixed``: up to ``length``.
    truncation
        Whether what is longer than ``length`` is cut.
    length
        A number of tokens, for fixed padding and for truncation; special tokens count.
    """

    padding: str = "none"
    truncation: bool = False
    length: int = 16

    @property
    def takes_length(self) -> bool:
        """Whether :attr:`length` changes anything."""
        return self.truncation or self.padding == "fixed"

    def check(self) -> None:
        """Raise a :class:`CourseError` for a setting that does not exist."""
        if not isinstance(self.padding, str) or self.padding not in PADDINGS:
            hint = did_you_mean(str(self.padding), PADDINGS)
            raise CourseError(
                f"There is no padding {printable(repr(self.padding)[:80])}.{hint}",
                why="padding decides how short sequences become as long as the others.",
                remedy='Use "none", "longest" or "fixed".',
            )
        if not isinstance(self.truncation, bool):
            raise CourseError(
                f"truncation is {printable(repr(self.truncation)[:80])}.",
                why="sequences longer than length are either cut or not.",
                remedy="Use True or False.",
            )
        whole = isinstance(self.length, int) and not isinstance(self.length, bool)
        if not whole or not 1 <= self.length <= LONGEST:
            raise CourseError(
                f"length is {printable(repr(self.length)[:80])}.",
                why="it counts tokens.",
                remedy=f"Use a whole number from 1 to {LONGEST:,}.",
            )


@dataclass(frozen=True)
class Row:
    """One sequence as ids.

    Attributes
    ----------
    ids, mask
        The input IDs and the attention mask, of the same length.
    types
        The token type ids, or None where the tokenizer gives none.
    cut
        How many tokens truncation took away.
    """

    ids: tuple[int, ...]
    mask: tuple[int, ...]
    types: tuple[int, ...] | None
    cut: int

    @property
    def real(self) -> tuple[int, ...]:
        """The ids without padding."""
        return tuple(id_ for id_, seen in zip(self.ids, self.mask, strict=True) if seen)


def pad_id(tokenizer: Any, config: Any) -> int | None:
    """Return the id that fills short rows: the tokenizer's, else the config's; None when neither names one."""
    found = tokenizer.pad_token_id if tokenizer is not None else getattr(config, "pad_token_id", None)
    return int(found) if found is not None else None


def encode(sequences: Sentences | Pairs | IdLists, tokenizer: Any, config: Any, settings: Settings) -> list[Row]:
    """Return one row of ids for each sequence.

    Sentences go through ``tokenizer`` in one call. Lists of ids are cut and padded as ``tokenizer.pad`` does; without a
    tokenizer the config's ``pad_token_id``, else 0, fills them. Ids of padding that already stand at the end of a list
    get the mask 0.

    Raises
    ------
    CourseError
        When there are sentences without a tokenizer, padding without a padding token, or a length that leaves no room
        for the special tokens.
    """
    if tokenizer is not None and settings.padding != "none" and tokenizer.pad_token_id is None:
        raise CourseError(
            f"This tokenizer ({type(tokenizer).__name__}) has no padding token.",
            why="short sequences are filled with its id.",
            remedy="Give it one: tokenizer.pad_token = tokenizer.eos_token",
        )
    if settings.padding == "fixed" and len(sequences) * settings.length > MOST_IDS:
        raise too_many(len(sequences), settings.length)
    if is_text(sequences):
        return _tokenized(sequences, tokenizer, settings)
    return _padded(sequences, tokenizer, config, settings)  # type: ignore[arg-type]  # it is no text


def _tokenized(sentences: Any, tokenizer: Any, settings: Settings) -> list[Row]:
    if tokenizer is None:
        raise CourseError(
            "There are sentences, but no tokenizer.",
            why="a model takes ids; the tokenizer of its checkpoint turns text to them.",
            remedy="Pass the tokenizer as well: ck.TensorBuilder(sentences, tokenizer), "
            "with tokenizer = AutoTokenizer.from_pretrained(checkpoint).",
        )
    pairs = not isinstance(sentences[0], str)
    added = tokenizer.num_special_tokens_to_add(pair=True) if pairs else tokenizer.num_special_tokens_to_add()
    if settings.truncation and settings.length <= added:
        raise CourseError(
            f"A length of {settings.length} leaves no room for text.",
            why=f"this tokenizer adds {added} special tokens to every sequence.",
            remedy=f"Use a length of at least {added + 1}.",
        )
    options: dict[str, Any] = {"padding": PADDINGS[settings.padding], "truncation": settings.truncation}
    if settings.takes_length:
        options["max_length"] = settings.length
    batch = list(sentences)
    letters = [len(row.encode()) if isinstance(row, str) else sum(len(part.encode()) for part in row) for row in batch]
    if settings.padding == "longest" and len(batch) * (max(letters) + added) > MOST_IDS:  # a token has a byte, or more
        cut = settings.length if settings.truncation else max(letters) + added
        longest = min(cut, max(map(len, tokenizer(batch, verbose=False)["input_ids"])))
        if len(batch) * longest > MOST_IDS:
            raise too_many(len(batch), longest)
    encoded = tokenizer(batch, return_attention_mask=True, verbose=False, **options)
    if (total := sum(map(len, encoded["input_ids"]))) > MOST_IDS:
        raise too_many(len(batch), -(-total // len(batch)))
    lengths = [sum(mask) for mask in encoded["attention_mask"]]
    whole = [len(ids) for ids in tokenizer(batch, verbose=False)["input_ids"]] if settings.truncation else lengths
    types = encoded.get("token_type_ids") or [None] * len(batch)
    return [
        Row(tuple(ids), tuple(mask), None if kinds is None else tuple(kinds), before - length)
        for ids, mask, kinds, before, length in zip(
            encoded["input_ids"], encoded["attention_mask"], types, whole, lengths, strict=True
        )
    ]


def _padded(lists: IdLists, tokenizer: Any, config: Any, settings: Settings) -> list[Row]:
    left_cut = getattr(tokenizer, "truncation_side", "right") == "left"
    left_pad = getattr(tokenizer, "padding_side", "right") == "left"
    keep = settings.length if settings.truncation else None
    kept = [ids if keep is None else ids[-keep:] if left_cut else ids[:keep] for ids in lists]
    target = {"none": 0, "longest": max(map(len, kept)), "fixed": settings.length}[settings.padding]
    if target * len(lists) > MOST_IDS:
        raise too_many(len(lists), target)
    padding = pad_id(tokenizer, config)
    # An end-of-sequence token that also pads is a real token where it stands in a given list.
    given = padding if padding is not None and padding != getattr(tokenizer, "eos_token_id", None) else None
    rows = []
    for before, ids in zip(lists, kept, strict=True):
        mask = (1,) * len(ids)
        if given is not None:
            real = len(ids)
            while real and ids[real - 1] == given:
                real -= 1
            mask = (1,) * real + (0,) * (len(ids) - real)
        fill = (padding or 0,) * (target - len(ids))
        zeros = (0,) * len(fill)
        row, mask = (fill + ids, zeros + mask) if left_pad else (ids + fill, mask + zeros)
        rows.append(Row(row, mask, None, len(before) - len(ids)))
    return rows
