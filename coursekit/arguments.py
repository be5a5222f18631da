"""What public parameters may be: one check for each kind, with the same words in every view.

Each raises a :class:`~coursekit.errors.CourseError` before anything is changed, and returns the value as it is used.
"""

from __future__ import annotations

import operator
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.text import short

if TYPE_CHECKING:
    from collections.abc import Iterable


def whole_number(value: Any, name: str, *, least: int, most: int) -> int:
    """Return ``value`` as an ``int`` from ``least`` to ``most``; NumPy's whole numbers count, ``True`` does not."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        raise CourseError(
            f"{name} cannot be {short(value)}.",
            why=f"it is a whole number from {least:,} to {most:,}.",
            remedy=f"Give such a number, for example {name}={least}.",
        )
    return number


def words(value: Any, name: str, *, example: str) -> str:
    """Return ``value``, which is a text; None counts as left out."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CourseError(
            f"{name} cannot be {short(value)}.",
            why="it is a text.",
            remedy=f"Give it in quotes, for example {name}={example!r}, or leave it out.",
        )
    return value


def one_of(value: Any, name: str, known: Iterable[str]) -> str:
    """Return ``value``, which is one of the ``known`` words."""
    names = list(known)
    if not isinstance(value, str) or value not in names:
        near = did_you_mean(value, names) if isinstance(value, str) else ""
        raise CourseError(
            f"{name} cannot be {short(value)}.{near}",
            why=f"it is one of {', '.join(map(repr, names))}.",
            remedy=f"Choose one of them, for example {name}={names[0]!r}.",
        )
    return value


def yes_or_no(value: Any, name: str) -> bool:
    """Return ``value``, which is ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise CourseError(
            f"{name} cannot be {short(value)}.",
            why="it is a choice between two.",
            remedy=f"Write {name}=True or {name}=False.",
        )
    return value


def folder_path(value: Any, name: str) -> Path | None:
    """Return ``value`` as a path, ``~`` written out; None stays None. Whether it is there is not looked at."""
    if value is None:
        return None
    try:
        text = os.fspath(value)
    except TypeError:
        text = None
    if not isinstance(text, str) or not text or "\0" in text:
        raise CourseError(
            f"{name} cannot be {short(value)}.",
            why="it is the path of a folder.",
            remedy=f'Give a text or a pathlib.Path, for example {name}="~/my_folder", or leave it out.',
        )
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~ without a home, or of a user who is not there
        raise CourseError(
            f"{name} cannot be {short(value)}: {str(error).rstrip('.')}.",
            why="~ stands for a home folder.",
            remedy="Give the folder's whole path.",
        ) from error
