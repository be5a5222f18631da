"""Where the Hugging Face cache is, and what decided that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from coursekit.hub.staging import older_cache

_DEFAULT = "~/.cache/huggingface/hub"


@dataclass(frozen=True)
class Step:
    """One of the places that could decide, in the order in which they are asked.

    Attributes
    ----------
    name
        An environment variable, ``the default``, or ``the argument``.
    value
        What it is set to, or an empty string.
    gives
        The cache folder that it would give.
    decides
        Whether it is the one that decided.
    """

    name: str
    value: str
    gives: str
    decides: bool


@dataclass(frozen=True)
class CachePlace:
    """The folder of the cache, the steps by which it was found, and the text that warns of a surprise (or empty)."""

    folder: Path
    steps: tuple[Step, ...]
    surprise: str


def cache_place(folder: str | os.PathLike[str] | None = None) -> CachePlace:
    """Return where the cache of this process is, or that it is ``folder`` because somebody said so."""
    from huggingface_hub import constants

    if folder is not None:
        path = Path(folder).expanduser()
        return CachePlace(path, (Step("the argument", str(folder), tidy(path), decides=True),), "")
    path = Path(constants.HF_HUB_CACHE)
    found = _from_environment()
    winner = next(name for name, value, _ in found if value is not None or name == "the default")
    given = next(gives for name, _, gives in found if name == winner)
    surprise = ""
    if given != path:
        # huggingface_hub read the variables when it was imported, and does not look again.
        winner = ""
        surprise = "The variables were changed after huggingface_hub was imported: they count after a restart."
    elif os.environ.get(winner) == "":
        surprise = f"{winner} is set to nothing, which makes a folder of the working directory the cache: unset it."
    if older := older_cache():
        name, path = older
        found = [(name, os.environ.get(name), path), *found]
        surprise = f"{surprise} {name} is set: transformers 4 looks there, and nothing else does.".strip()
        winner = name
    steps = tuple(Step(name, value or "", tidy(gives), decides=name == winner) for name, value, gives in found)
    return CachePlace(path, steps, surprise)


def tidy(path: Path) -> str:
    """Return a path with ``~`` for the home folder, so that it reads the same for everybody."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)


def _from_environment() -> list[tuple[str, str | None, Path]]:
    """Return what could decide, first things first, each with its value and the folder that it gives."""

    def value(name: str) -> str | None:
        return os.path.expandvars(os.environ[name]) if name in os.environ else None

    def folder(path: str | None, *more: str) -> Path:
        return Path() if path is None else Path(os.path.expanduser(os.path.join(path, *more)))  # noqa: PTH111, PTH118  (as huggingface_hub does it, without a home as well)

    return [
        ("HF_HUB_CACHE", value("HF_HUB_CACHE"), folder(value("HF_HUB_CACHE"))),
        ("HUGGINGFACE_HUB_CACHE", value("HUGGINGFACE_HUB_CACHE"), folder(value("HUGGINGFACE_HUB_CACHE"))),
        ("HF_HOME", value("HF_HOME"), folder(value("HF_HOME"), "hub")),
        ("XDG_CACHE_HOME", value("XDG_CACHE_HOME"), folder(value("XDG_CACHE_HOME"), "huggingface", "hub")),
        ("the default", None, Path(os.path.expanduser(_DEFAULT))),  # noqa: PTH111  (the same)
    ]
