"""Whose ids these are: ids outside a vocabulary, and ids that read as odd text because they belong to another one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.facts.batch.readable import BYTES, SENTENCEPIECE, WORDPIECE, explanations, readable, writing
from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coursekit.facts.batch.sequences import IdLists


@dataclass(frozen=True)
class Oddity:
    """A reason to doubt that a sequence's ids belong to this vocabulary.

    Attributes
    ----------
    sequence
        Its index in the batch.
    reason
        What is odd, as the end of a sentence.
    """

    sequence: int
    reason: str


@dataclass(frozen=True)
class Reading:
    """What ids say under one tokenizer.

    Attributes
    ----------
    name
        The tokenizer's name.
    tokens
        One tuple of tokens for each sequence; an id without a token is an empty string.
    """

    name: str
    tokens: tuple[tuple[str, ...], ...]


class Vocabulary:
    """The ids that one tokenizer knows, and what each stands for.

    Its size and each token are asked once: a fast tokenizer counts its whole vocabulary each time, which takes tens of
    milliseconds, and a grid asks for the same few tokens with every key press.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._tokens: dict[int, str] = {}

    @cached_property
    def size(self) -> int:
        """One more than the highest id; ``len(tokenizer)`` is less where the vocabulary has holes."""
        try:
            highest = max(self.tokenizer.get_vocab().values(), default=-1)
        except Exception:  # noqa: BLE001  (not what this model takes)
            highest = -1
        return max(len(self.tokenizer), int(highest) + 1)

    @cached_property
    def writing(self) -> str:
        """How the vocabulary writes its tokens, as :func:`~coursekit.facts.batch.readable.writing` says."""
        return writing(self.tokenizer)

    def readable(self, ids: Sequence[int]) -> tuple[str, ...]:
        """Return the token of each id as a person reads it; an empty string where the vocabulary has none."""
        return tuple(readable(token, self.writing) for token in self.tokens(ids))

    def explanations(self, ids: Sequence[int]) -> tuple[str, ...]:
        """Return a line for each sign in the tokens of ``ids`` that needs one."""
        return explanations(self.tokens(ids), self.writing)

    @classmethod
    def of(cls, tokenizer: Any, *, argument: str = "tokenizer") -> Vocabulary | None:
        """Return the vocabulary of a tokenizer, or None for None; a vocabulary is returned as it is.

        Raises
        ------
        CourseError
            When it is neither.
        """
        if tokenizer is None or isinstance(tokenizer, cls):
            return tokenizer
        if callable(tokenizer) and hasattr(tokenizer, "convert_ids_to_tokens") and not isinstance(tokenizer, type):
            return cls(tokenizer)
        remedies = {
            "type": f"Load one: {getattr(tokenizer, '__name__', '')}.from_pretrained(checkpoint).",
            "str": f"Load it first: AutoTokenizer.from_pretrained({str(tokenizer)[:80]!r}).",
            "Tokenizer": "Wrap it: PreTrainedTokenizerFast(tokenizer_object=tokenizer).",
        }
        raise CourseError(
            f"{argument} is of type {type(tokenizer).__name__}, not a tokenizer of transformers.",
            why="the tokenizer turns sentences to ids and says what an id stands for.",
            remedy=remedies.get(type(tokenizer).__name__, "Pass what AutoTokenizer.from_pretrained(...) returned."),
        )

    @cached_property
    def name(self) -> str:
        """Its id on the Hub, the name of its folder, or the name of its class."""
        given = str(getattr(self.tokenizer, "name_or_path", "") or "")
        parts = PurePath(given).parts
        cached = next((part for part in parts if part.startswith("models--")), None)
        if cached:
            return cached.removeprefix("models--").replace("--", "/")
        if PurePath(given).is_absolute():
            return parts[-1]
        return given or type(self.tokenizer).__name__

    @cached_property
    def unknown(self) -> int | None:
        """The id that stands for everything without a token, or None; GPT-2's is its end-of-text token, so None."""
        shared = ("bos_token_id", "eos_token_id", "pad_token_id")
        found = self.tokenizer.unk_token_id
        return None if found in {getattr(self.tokenizer, name) for name in shared} else found

    @cached_property
    def special(self) -> frozenset[int]:
        """The ids of special tokens, such as ``[CLS]``; not the unknown token."""
        return frozenset(self.tokenizer.all_special_ids) - {self.unknown}

    def tokens(self, ids: Sequence[int]) -> tuple[str, ...]:
        """Return the token of each id; an empty string where the vocabulary has none."""
        new = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._tokens and 0 <= id_ < self.size]
        try:
            words = list(self.tokenizer.convert_ids_to_tokens(new)) if new else []
        except Exception:  # noqa: BLE001  (not what this model takes)
            words = [self._token(id_) for id_ in new]
        for id_, token in zip(new, words, strict=False):
            self._tokens[id_] = "" if token is None else visible(str(token))
        return tuple(self._tokens.get(id_, "") for id_ in ids)

    def _token(self, id_: int) -> str | None:
        try:
            token: str = self.tokenizer.convert_ids_to_tokens([id_])[0]
        except Exception:  # noqa: BLE001  (not what this model takes)
            return None
        return token

    def reading(self, rows: IdLists) -> Reading:
        """Return what the ids say under this tokenizer."""
        return Reading(self.name, tuple(self.tokens(ids) for ids in rows))

    def oddities(self, rows: IdLists) -> tuple[Oddity, ...]:
        """Return what speaks against the ids being of this vocabulary.

        The test that needs no guess: turn the ids to text and the text to ids again. A tokenizer returns to its own
        ids; ids of another vocabulary read as text that it would have written otherwise. A text may be cut anywhere, so
        only its whole words are compared, and an unknown token proves nothing.
        """
        found = []
        for index, ids in enumerate(rows):
            reason = self._odd([id_ for id_ in ids if id_ < self.size])
            if reason:
                found.append(Oddity(index, reason))
        return tuple(found)

    def _odd(self, ids: list[int]) -> str:  # noqa: PLR0911  (one for each thing that is odd or proves nothing)
        words = [id_ for id_ in ids if id_ not in self.special]
        if not words:
            return ""
        tokens = self.tokens(words)
        unused = sum(token.startswith("[unused") for token in tokens)
        if unused:
            return f"{unused} of {len(words)} ids {'is' if unused == 1 else 'are'} unused in this vocabulary"
        if nothing := tokens.count(""):
            return f"{nothing} of {len(words)} ids {'has' if nothing == 1 else 'have'} no token in this vocabulary"
        if len(words) > _CHECKED:
            return ""  # a text of that length says enough where its first part is looked at
        for part in self._whole_words(ids):
            try:
                text = self.tokenizer.decode(part, skip_special_tokens=False, clean_up_tokenization_spaces=False)
                again = list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
            except Exception:  # noqa: BLE001  (not what this model takes)
                return ""
            if again != part and "\ufffd" not in text:
                return f"they read {visible(text)!r}, and for that text this tokenizer gives {_short(again)}"
        return ""

    def _whole_words(self, ids: list[int]) -> Iterator[list[int]]:
        """Yield the runs of ids between special and unknown tokens, without the words that a cut may have hit."""
        part: list[int] = []
        at_start = False  # after a special token a word begins
        for id_ in (*ids, None):
            if id_ is not None and id_ not in self.special and id_ != self.unknown:
                part.append(id_)
                continue
            whole = self._trimmed(part, at_start=at_start, at_end=id_ is not None and id_ in self.special)
            if whole:
                yield whole
            part, at_start = [], id_ in self.special
        return

    def _trimmed(self, part: list[int], *, at_start: bool, at_end: bool) -> list[int]:
        tokens = self.tokens(part)
        begins = [place for place, token in enumerate(tokens) if self._begins_word(token)]
        if self.writing in {BYTES, SENTENCEPIECE}:
            first = begins[0] if begins and not at_start else 0 if at_start else len(part)
            last = len(part) if at_end else begins[-1] if begins else 0
            return part[first:last]
        first = begins[0] if begins else len(part)  # a piece with ## cannot be first
        last = len(part)
        if self.writing == WORDPIECE and not at_end and begins:
            last = begins[-1] if last - begins[-1] > 1 else last  # the pieces of a word of which some may be missing
        return part[first:last]

    def _begins_word(self, token: str) -> bool:
        if self.writing == BYTES:
            return token.startswith("Ġ")
        if self.writing == SENTENCEPIECE:
            return token.startswith("▁")
        return self.writing != WORDPIECE or not token.startswith("##")


_CHECKED = 5_000
"""Tokens up to which a sequence is turned to text and back; beyond, it would delay the page."""


def _short(ids: Sequence[int], most: int = 8) -> str:
    return f"[{', '.join(map(str, ids[:most]))}{', …' if len(ids) > most else ''}]"


@dataclass(frozen=True)
class Limits:
    """What a model's config says about its inputs.

    Attributes
    ----------
    vocabulary
        How many ids its embedding has, or None when that is not known.
    positions
        The longest sequence that it takes, or None.
    """

    vocabulary: int | None
    positions: int | None


def limits(config: Any, vocabulary: Vocabulary | None) -> Limits:
    """Return the limits that ``config`` states; where it is None, those of the tokenizer stand for them.

    Raises
    ------
    CourseError
        When ``config`` is not a config of transformers.
    """
    if config is None:
        if vocabulary is None:
            return Limits(None, None)
        most = vocabulary.tokenizer.model_max_length
        return Limits(vocabulary.size, most if isinstance(most, int) and most <= _STATED else None)
    if not hasattr(config, "model_type") or not hasattr(config, "to_dict"):
        raise CourseError(
            f"config is of type {type(config).__name__}, not a config of transformers.",
            why="a model's config says how many ids its vocabulary has and how long a sequence may be.",
            remedy="Pass model.config, or what AutoConfig.from_pretrained(...) returned.",
        )
    stated = config.get_text_config() if hasattr(config, "get_text_config") else config
    ids, positions = (getattr(stated, name, None) for name in ("vocab_size", "max_position_embeddings"))
    return Limits(ids if isinstance(ids, int) else None, positions if isinstance(positions, int) else None)


_STATED = 1_000_000
"""A larger ``model_max_length`` is how transformers says that the tokenizer states none (it is 10**30)."""
