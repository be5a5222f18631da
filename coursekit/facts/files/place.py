"""Where a checkpoint lies: a folder, one weight file, or an id in the Hugging Face cache."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coursekit.errors import CourseError, did_you_mean
from coursekit.frameworks.weight_names import SUFFIXES

_LONGEST = 100  # characters of a name that an error repeats


@dataclass(frozen=True)
class Place:
    """The folder of a checkpoint, the one weight file that was asked for (or None), and the commit in the cache."""

    folder: Path
    file: Path | None = None
    commit: str = ""


def find(source: str | os.PathLike[str]) -> Place:
    """Return where the checkpoint called ``source`` lies.

    Raises
    ------
    CourseError
        When there is neither such a folder or file, nor such an id in the cache.
    """
    if not isinstance(source, (str, os.PathLike)) or not os.fspath(source):
        raise CourseError(
            f"{source!r} is no checkpoint.",
            why="a checkpoint is a folder that save_pretrained wrote, a weight file, or an id in the cache.",
            remedy='Give its name, such as ck.CheckpointInspector("directory_on_my_computer").',
        )
    path = Path(os.fspath(source)).expanduser()
    with suppress(OSError, ValueError):  # a name that no file can have
        if path.is_dir():
            return Place(path)
        if path.exists() or path.is_symlink():
            return _file(path)
    return _cached(str(source))


def _file(path: Path) -> Place:
    if path.name.endswith((".json", *SUFFIXES)):
        return Place(path.parent, None if path.name.endswith(".json") else path)
    raise CourseError(
        f"{path.name!r} is no part of a checkpoint.",
        why=f"weight files end in {', '.join(SUFFIXES)}.",
        remedy="Name the folder that holds the checkpoint, or its weight file.",
    )


def _cached(name: str) -> Place:
    from coursekit.hub.staging import cache_folder, repository_folder

    cache = cache_folder()
    parts = name.split("/")
    if all(parts) and not {".", ".."} & set(parts):
        with suppress(OSError, ValueError):  # a name that no folder can have
            snapshot = _snapshot(cache / repository_folder(name))
            if snapshot is not None:
                return Place(snapshot, None, snapshot.name)
    known: list[str] = []
    with suppress(OSError):
        known += [entry.name for entry in Path().iterdir() if entry.is_dir()]
        known += [folder.name.removeprefix("models--").replace("--", "/") for folder in cache.glob("models--*")]
    shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
    hint = did_you_mean(name, known) if shown == name else ""
    raise CourseError(
        f"There is no folder {shown!r} here, and no such id in the Hugging Face cache.{hint}",
        why="the inspector reads what is on this machine; it downloads nothing.",
        remedy="Correct the name, or load the checkpoint once with from_pretrained, which puts it in the cache.",
    )


def _snapshot(home: Path) -> Path | None:
    """Return the folder of a repository's current revision: that of ``main``, else the newest."""
    if not (home / "snapshots").is_dir():
        return None
    folders = sorted((home / "snapshots").iterdir(), key=lambda folder: folder.stat().st_mtime)
    ref = home / "refs" / "main"
    commit = ref.read_text(encoding="utf-8").strip() if ref.is_file() else ""
    return next((folder for folder in folders if folder.name == commit), folders[-1] if folders else None)
