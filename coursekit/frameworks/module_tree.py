"""What a framework tells of the modules that a model is built of, as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 300
"""Characters of a sentence about a module."""


@dataclass(frozen=True)
class Module:
    """One module of a model.

    Attributes
    ----------
    path
        Where it stands, such as ``encoder.layer.0``; an empty string for the model itself.
    class_name
        The name of its class.
    about
        The first sentence of what its class says of itself; an empty string when it says nothing.
    """

    path: str
    class_name: str
    about: str = ""


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a docstring on one line, without markup; at most 300 characters."""
    paragraph = re.sub(r":\w+:`", "`", text or "")
    paragraph = " ".join(paragraph.strip().split("\n\n")[0].split())
    for mark in ("`", "[", "]", "*"):
        paragraph = paragraph.replace(mark, "")
    end = paragraph.find(". ")
    sentence = paragraph if end < 0 else paragraph[: end + 1]
    return sentence if len(sentence) <= _LONGEST else sentence[: _LONGEST - 3].rstrip() + "…"
