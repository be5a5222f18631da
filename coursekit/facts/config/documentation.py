"""The documentation of each attribute of a config class, read from the docstrings of the installed transformers.

Docstrings of 4.x were written by hand, those of 5.x are generated; the entries have the same form in both: a line
``name (`type`, *optional*, defaults to `value`):`` and the text below it, further to the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc

_WORD = r"\*{0,2}`?\w+`?\*{0,2}"
_ENTRY = re.compile(rf"^(?P<indent> *)[-*]? *(?P<names>{_WORD}(?:\s*[,/]\s*`?\w+`?)*)\s*(?:\((?P<type>.*)|:\s*$)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARK = re.compile(r"\[`~?([^`\]]*)`\]")
_SECTION = re.compile(
    r"^\s*(Examples?|Returns?|Args?|Arguments|Parameters|Attributes|Raises|Notes?|Tips?|Usage)\s*:{1,2}\s*$"
    r"|^\s*(```|>>>|<Tip|</Tip|> )"
)


@dataclass(frozen=True)
class Entry:
    """What a docstring says of one attribute.

    Attributes
    ----------
    type
        What stands in brackets behind the name, without marks: ``int, optional, defaults to 12``.
    text
        The description as plain text, one paragraph.
    """

    type: str
    text: str


@cache
def documentation(cls: type) -> dict[str, Entry]:
    """Return what the docstrings of ``cls`` and of its bases say of each attribute; a class precedes its bases."""
    found: dict[str, Entry] = {}
    for base in cls.__mro__:
        for name, entry in entries(base.__dict__.get("__doc__") or "").items():
            found.setdefault(name, entry)
    return found


def entries(docstring: str) -> dict[str, Entry]:
    """Return the entries of one docstring by name."""
    found: dict[str, Entry] = {}
    lines = cleandoc(docstring).splitlines()
    position = 0
    while position < len(lines):
        match = _ENTRY.match(lines[position])
        position += 1
        if match is None or _SECTION.match(lines[position - 1]):
            continue
        kind, inline, position = _bracket(match["type"], lines, position)
        if kind is None:
            continue
        indent = len(match["indent"])
        body = [inline] if inline else []
        while position < len(lines) and (not lines[position].strip() or _indent(lines[position]) > indent):
            if _SECTION.match(lines[position]):
                break
            body.append(lines[position].strip())
            position += 1
        entry = Entry(_plain(kind), _plain(" ".join(body)))
        for name in re.findall(r"\w+", match["names"]):
            if entry.text:
                found.setdefault(name, entry)
    return found


def _bracket(opened: str | None, lines: list[str], position: int) -> tuple[str | None, str, int]:
    """Return what stands in the bracket that was opened, what follows on its line, and the next line's number.

    The type is None where no bracket closes within a few lines: then it was a sentence, not an entry.
    """
    if opened is None:
        return "", "", position
    for extra in range(4):
        depth = 1
        for place, letter in enumerate(opened):
            depth += (letter == "(") - (letter == ")")
            if depth == 0:
                rest = opened[place + 1 :].strip()
                known = rest.startswith((":", "-", ",")) or rest == ""
                return (opened[:place] if known else None), rest.lstrip(",:- "), position
        if position >= len(lines) or extra == 3:  # noqa: PLR2004  (an entry's head has at most four lines)
            break
        opened += " " + lines[position].strip()
        position += 1
    return opened.rstrip(": "), "", position


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _plain(text: str) -> str:
    text = _MARK.sub(r"\1", _LINK.sub(r"\1", text))
    text = re.sub(r"(?<!\w)\*{1,2}([^*]+)\*{1,2}(?!\w)", r"\1", text).replace("`", "")
    return " ".join(text.split())
