"""What a learner has done, in a small file on this machine; nothing of it is ever sent anywhere.

The file lies in the user's data folder. ``COURSEKIT_PROGRESS`` names another folder, or is ``off``: then what is done
is known until the kernel ends. Two notebooks may be open at once: each change is read, merged and replaced under a
lock, so neither loses what the other wrote.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1
_LARGEST = 1_000_000  # bytes; the course needs a few thousand
_LONGEST_WAIT = 5  # seconds for another kernel's lock
_SECTIONS = ("exercises", "predictions", "questions")


@dataclass
class State:
    """What was done: for each exercise, prediction and question, by its number, what is known of it.

    Attributes
    ----------
    exercises
        ``{"1.2": {"result": "right", "tries": 3, "hints": 1}}``; once right, an exercise stays right.
    predictions
        ``{"1.1": {"given": "109 million"}}``
    questions
        ``{"1.Q3": {"chosen": 2, "result": "right"}}``
    note
        Why nothing is kept, or an empty string.
    """

    exercises: dict[str, dict[str, Any]] = field(default_factory=dict)
    predictions: dict[str, dict[str, Any]] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    note: str = ""


_OWN = State()
"""What was done in this kernel: all there is where no file can be kept."""


def folder() -> Path | None:
    """Return the folder of the file, or None when ``COURSEKIT_PROGRESS`` is ``off``."""
    setting = os.environ.get("COURSEKIT_PROGRESS", "").strip()
    if setting.lower() == "off":
        return None
    if setting:
        return Path(setting).expanduser()
    from platformdirs import user_data_path

    return user_data_path("coursekit", appauthor=False)


def load() -> State:
    """Return what was done; a file that cannot be read, or none, is as nothing done before this kernel."""
    place = folder()
    if place is None:
        return _merged({}, "Progress is not kept, because COURSEKIT_PROGRESS is off.")
    data, note = _stored(place / "progress.json")
    return _merged(data, note)


def record(section: str, number: str, **known: Any) -> str:
    """Keep what is ``known`` of one exercise, prediction or question; return why it could not be kept, if so.

    Parameters
    ----------
    section
        ``exercises``, ``predictions`` or ``questions``.
    number
        Such as ``1.2``.
    **known
        Values that JSON can hold. ``tries`` and ``hints`` only grow, and ``right`` is not taken back.
    """
    _update(getattr(_OWN, section).setdefault(number, {}), known)
    place = folder()
    if place is None:
        return ""
    try:
        return _write(place, section, number, known)
    except OSError as error:  # a full disk or a folder of somebody else must not end a lesson
        return f"Progress could not be kept: {error.strerror or error}."


def _write(place: Path, section: str, number: str, known: dict[str, Any]) -> str:
    from filelock import FileLock, Timeout

    place.mkdir(parents=True, exist_ok=True)
    path = place / "progress.json"
    try:
        with FileLock(place / "progress.lock", timeout=_LONGEST_WAIT):
            data, note = _stored(path)
            if note.startswith("newer"):
                return note
            if note and path.exists():
                path.replace(place / "progress.broken.json")  # kept for its owner to look at
            _update(data.setdefault(section, {}).setdefault(number, {}), known)
            _replace(path, {"version": VERSION, **data})
    except Timeout:
        return "Progress could not be kept: another notebook holds the file."
    return ""


def _replace(path: Path, data: dict[str, Any]) -> None:
    """Write the whole file beside the old one, then put it in its place: a reader sees one or the other."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".progress-", suffix=".json")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _stored(path: Path) -> tuple[dict[str, Any], str]:
    """Return the sections of the file, and what is wrong with it."""
    try:
        if path.stat().st_size > _LARGEST:
            return {}, "The file of your progress is too large to be one."
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError):
        return {}, "The file of your progress cannot be read."
    if not isinstance(data, dict) or not isinstance(data.get("version"), int):
        return {}, "The file of your progress cannot be read."
    if data["version"] > VERSION:
        return {}, "newer: your progress was written by a newer version of the course, and is left as it is."
    return {name: _section(data.get(name)) for name in _SECTIONS}, ""


def _section(data: object) -> dict[str, dict[str, Any]]:
    """Return the entries of a section that are entries; the rest is left out."""
    if not isinstance(data, dict):
        return {}
    return {number: dict(entry) for number, entry in data.items() if isinstance(entry, dict)}


def _merged(data: dict[str, Any], note: str) -> State:
    merged = {name: {number: dict(entry) for number, entry in data.get(name, {}).items()} for name in _SECTIONS}
    for name, section in merged.items():
        for number, entry in getattr(_OWN, name).items():
            _update(section.setdefault(number, {}), entry)
    return State(**merged, note=note.removeprefix("newer: ").capitalize() if note.startswith("newer") else note)


def _update(entry: dict[str, Any], known: dict[str, Any]) -> None:
    for name, value in known.items():
        old = entry.get(name)
        if name in {"tries", "hints"} and isinstance(old, int):
            entry[name] = max(old, value)
        elif not (name == "result" and old == "right"):
            entry[name] = value
