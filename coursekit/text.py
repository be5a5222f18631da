"""Text that comes from outside, made fit to be shown: in an error, a terminal, a page, or a notebook on disk."""

from __future__ import annotations

import re

_HALVES = re.compile("[\ud800-\udfff]")
_LONGEST = 100  # characters


def visible(words: str, *, escaped: bool = False) -> str:
    r"""Return text that every page can hold: half of a surrogate pair stands as its number, such as ``\udcff``.

    Names of files that are no UTF-8, and tokens that are parts of a character, reach Python with such halves in them.
    No output that has one can be encoded, so a whole view would not be shown for its sake. With ``escaped`` the text is
    JSON already, in which a backslash is written twice.
    """
    slash = "\\\\" if escaped else "\\"
    return words if words.isascii() else _HALVES.sub(lambda half: f"{slash}u{ord(half[0]):04x}", words)


def short(value: object, longest: int = _LONGEST) -> str:
    """Return ``repr(value)`` for a sentence: on one line, of bounded length, whatever the object's own repr does."""
    try:
        words = visible(" ".join(repr(value).split()))
    except Exception:  # noqa: BLE001  (an object of anybody's)
        words = f"an object of the class {type(value).__name__}"
    return words if len(words) <= longest else f"{words[:longest]}…"
