"""Tokens and other text from outside, written so that they can be seen: byte pieces, blanks, halves of characters."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SPACE = "␣"
"""What stands for a space at the beginning of a token."""
BYTES, SENTENCEPIECE, WORDPIECE, PLAIN = "bytes", "sentencepiece", "wordpiece", "plain"
"""How a vocabulary writes its tokens: each byte as a letter (GPT-2), spaces as ``▁`` (SentencePiece), what goes on
inside a word with ``##`` (BERT), or as the text itself."""

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_EXPLAINED = {
    "Ġ": f"{SPACE} at the beginning of a token is a space, which the vocabulary writes as Ġ, a letter for that byte.",
    "byte": "0xF0 and the like are single bytes: a character that has no token of its own is spread over several.",
    "▁": f"{SPACE} at the beginning of a token is a space, which the vocabulary writes as ▁: a word begins there.",
    "<0x": "<0xF0> and the like are single bytes of a character that has no token of its own.",
    "##": "## at the beginning of a token: it goes on with the word of the token before.",
}


def writing(tokenizer: Any) -> str:
    """Return how the vocabulary of a tokenizer writes its tokens; what a tokenizer does not tell is ``plain``."""
    if hasattr(tokenizer, "byte_decoder"):
        return BYTES
    backend = getattr(tokenizer, "backend_tokenizer", None) or getattr(tokenizer, "_tokenizer", None)
    decoder = repr(getattr(backend, "decoder", None))
    if "ByteLevel" in decoder:
        return BYTES
    if "WordPiece" in decoder or hasattr(tokenizer, "wordpiece_tokenizer"):
        return WORDPIECE
    if "Metaspace" in decoder or "▁" in decoder or hasattr(tokenizer, "sp_model"):
        return SENTENCEPIECE
    return PLAIN


def readable(token: str, how: str) -> str:
    """Return a token as a person reads it, in one line of letters that can be seen.

    Parameters
    ----------
    token
        As it stands in the vocabulary.
    how
        What :func:`writing` says of the vocabulary.
    """
    if how == BYTES:
        token = _from_bytes(token)
    elif how == SENTENCEPIECE:
        token = token.replace("▁", " ")
    if token.startswith(" ") and token.strip():
        token = SPACE + token[1:]
    return printable(token)


def explanations(tokens: Iterable[str], how: str) -> tuple[str, ...]:
    """Return a line for each sign in ``tokens``, as they stand in the vocabulary, that needs one."""
    found: dict[str, None] = {}
    for token in set(tokens):
        if how == BYTES:
            if "Ġ" in token:
                found["Ġ"] = None
            if "0x" in _from_bytes(token) and not token.isascii():
                found["byte"] = None
        elif how == SENTENCEPIECE:
            if "▁" in token:
                found["▁"] = None
            if _BYTE.fullmatch(token):
                found["<0x"] = None
        elif how == WORDPIECE and token.startswith("##") and len(token) > len("##"):
            found["##"] = None
    return tuple(line for sign, line in _EXPLAINED.items() if sign in found)


def printable(token: str) -> str:
    """Return a token as one line that can be seen: blanks and control characters by a sign or their code."""
    if token.isprintable() and (token.strip() or not token):
        return token
    signs = {"\n": "↵", "\t": "⇥", " ": SPACE}
    seen = (signs.get(letter, letter) if not token.strip() or letter != " " else letter for letter in token)
    return "".join(letter if letter.isprintable() else f"U+{ord(letter):04X}" for letter in seen)


@cache
def _letters() -> dict[str, int]:
    """Return the byte that each letter of a byte-level vocabulary stands for.

    Printable characters of Latin-1 stand for themselves, the other bytes for the letters from U+0100 on, in order: the
    table of GPT-2's ``encoder.py``, which all byte-level vocabularies share.
    """
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in own]
    return {chr(byte): byte for byte in own} | {chr(0x100 + place): byte for place, byte in enumerate(rest)}


def _from_bytes(token: str) -> str:
    letters = _letters()
    if not token or any(letter not in letters for letter in token):
        return token  # an added token, which stands as its text
    data = bytes(letters[letter] for letter in token)
    # Bytes that are no character come as U+DC80 to U+DCFF.
    return "".join(
        f"0x{ord(letter) - 0xDC00:02X}" if 0xDC80 <= ord(letter) <= 0xDCFF else letter  # noqa: PLR2004  (bytes that are no character)
        for letter in data.decode("utf-8", "surrogateescape")
    )
