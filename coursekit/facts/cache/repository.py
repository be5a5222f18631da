"""One repository in the Hugging Face cache: its revisions and their files, whether it is intact or not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from coursekit.facts.cache.command import freeing_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}


@dataclass(frozen=True)
class CachedFile:
    """One file of a revision.

    Attributes
    ----------
    name
        Its path inside of the repository.
    nbytes
        Its size; a blob that several revisions share is on the disk once.
    blob
        The name of the blob that holds its content.
    revisions
        How many revisions of the repository show this blob.
    broken
        Whether the blob is not there.
    """

    name: str
    nbytes: int
    blob: str
    revisions: int
    broken: bool = False


@dataclass(frozen=True)
class Revision:
    """One revision of a repository: its commit, what points to it (such as ``main``), its files, and their bytes."""

    commit: str
    refs: tuple[str, ...]
    files: tuple[CachedFile, ...]
    nbytes: int


@dataclass(frozen=True)
class Repository:
    """One repository of the Hub in the cache.

    Attributes
    ----------
    kind
        ``model``, ``dataset`` or ``space``.
    id
        Its id on the Hub.
    folder
        The name of its folder in the cache.
    revisions
        Its revisions, those that a ref points to first.
    nbytes
        What its files take on the disk, each blob counted once.
    last_used
        The day on which a file of it was last read, such as ``2026-11-22``, or an empty string. Some systems note that
        late or not at all.
    unfinished
        The bytes of each download that was not finished.
    free
        The command that would remove it. It is never run.
    problem
        Why it cannot be read, or an empty string.
    """

    kind: str
    id: str
    folder: str
    revisions: tuple[Revision, ...]
    nbytes: int
    last_used: str
    unfinished: tuple[int, ...]
    free: str
    problem: str = ""

    @property
    def files(self) -> int:
        """How many different files it has, blobs that revisions share counted once."""
        return len({file.blob for revision in self.revisions for file in revision.files})


def is_home(entry: Path) -> bool:
    """Tell whether an entry of the cache is the folder of a repository, such as ``models--bert-base-cased``."""
    kind, _, name = entry.name.partition("--")
    return kind in _KINDS and bool(name) and entry.is_dir()


def kind_and_id(home: Path) -> tuple[str, str]:
    """Return the kind of a repository and its id, as the name of its folder says them."""
    kind, _, name = home.name.partition("--")
    return _KINDS[kind], name.replace("--", "/")


def unreadable(home: Path, problem: str) -> Repository:
    """Return what is known of a repository that cannot be read: its name, and why."""
    return Repository(*kind_and_id(home), home.name, (), 0, "", (), "", problem)


def intact(home: Path, repo: Any, cache: Path | None) -> Repository:
    """Return the facts of a repository that huggingface_hub finds intact."""
    shown: dict[Path, int] = {}
    for revision in repo.revisions:
        for blob in {file.blob_path for file in revision.files}:
            shown[blob] = shown.get(blob, 0) + 1
    revisions = [
        Revision(
            revision.commit_hash,
            tuple(sorted(revision.refs)),
            tuple(
                CachedFile(
                    file.file_path.relative_to(revision.snapshot_path).as_posix(),
                    file.size_on_disk,
                    file.blob_path.name,
                    shown[file.blob_path],
                )
                for file in sorted(revision.files, key=lambda file: str(file.file_path))
            ),
            revision.size_on_disk,
        )
        for revision in repo.revisions
    ]
    revisions.sort(key=lambda revision: (not revision.refs, revision.commit))
    return Repository(
        kind=repo.repo_type,
        id=repo.repo_id,
        folder=home.name,
        revisions=tuple(revisions),
        nbytes=repo.size_on_disk,
        last_used=_day(repo.last_accessed),
        unfinished=_unfinished(home),
        free=freeing_command(repo.repo_type, repo.repo_id, [revision.commit for revision in revisions], cache),
    )


def damaged(home: Path, cache: Path | None) -> Repository:
    """Return the facts of a repository that huggingface_hub passes over, with the links that lead nowhere."""
    blobs: dict[Path, int] = {}
    revisions = []
    for snapshot in _folders(home / "snapshots"):
        files = []
        for path in sorted(snapshot.rglob("*")):
            if path.is_dir():
                continue
            blob = path.resolve()
            size = blob.stat().st_size if blob.exists() else 0
            blobs[blob] = size
            name = path.relative_to(snapshot).as_posix()
            files.append(CachedFile(name, size, blob.name, 1, broken=not blob.exists()))
        total = sum({file.blob: file.nbytes for file in files}.values())
        revisions.append(Revision(snapshot.name, (), tuple(files), total))
    kind, name = kind_and_id(home)
    return Repository(
        kind=kind,
        id=name,
        folder=home.name,
        revisions=tuple(revisions),
        nbytes=sum(blobs.values()),
        last_used="",
        unfinished=_unfinished(home),
        free=freeing_command(kind, name, [revision.commit for revision in revisions], cache) if revisions else "",
    )


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if path.is_dir())


def _unfinished(folder: Path) -> tuple[int, ...]:
    return tuple(nbytes for name, nbytes in sizes_in(folder / "blobs") if name.endswith(".incomplete"))


def sizes_in(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and size of each ordinary file of a folder; what is gone again or leads nowhere is left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        with suppress(OSError, RuntimeError):
            if path.is_file():
                yield path.name, path.stat().st_size


def _day(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, tz=timezone.utc).strftime("%Y-%m-%d")
