"""What the Hugging Face cache holds, as ``huggingface_hub`` itself finds it; nothing in it is changed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from coursekit.errors import CourseError
from coursekit.facts.cache_place import CachePlace, cache_place, tidy
from coursekit.facts.findings import ERROR, NOTE, WARNING, Finding, by_severity

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}
_NAMED = 3  # how many names a finding lists
_SPECIAL = set('"$`\\!%')
_FIRST_WITH_RM = Version("1.0")
"""huggingface_hub 1.0 has ``hf cache rm``."""


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
    """

    kind: str
    id: str
    folder: str
    revisions: tuple[Revision, ...]
    nbytes: int
    last_used: str
    unfinished: tuple[int, ...]
    free: str

    @property
    def files(self) -> int:
        """How many different files it has, blobs that revisions share counted once."""
        return len({file.blob for revision in self.revisions for file in revision.files})


@dataclass(frozen=True)
class CacheFacts:
    """The cache.

    Attributes
    ----------
    place
        Where it is and what decided that.
    exists
        Whether there is such a folder.
    repositories
        What it holds, the largest first.
    findings
        What is wrong or worth knowing, the worst first.
    """

    place: CachePlace
    exists: bool
    repositories: tuple[Repository, ...]
    findings: tuple[Finding, ...]

    @property
    def nbytes(self) -> int:
        """What all repositories take on the disk."""
        return sum(repository.nbytes for repository in self.repositories)


def cache_facts(folder: str | os.PathLike[str] | None = None) -> CacheFacts:
    """Return what the Hugging Face cache holds.

    Parameters
    ----------
    folder
        A cache; without it the one that this process uses.

    Raises
    ------
    CourseError
        When there is a file where the cache should be, or the cache cannot be read.
    """
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    place = cache_place(folder)
    findings = [Finding(WARNING, "", place.surprise)] if place.surprise else []
    try:
        scanned = scan_cache_dir(place.folder)
    except CacheNotFound:
        return CacheFacts(place, exists=False, repositories=(), findings=tuple(findings))
    except (OSError, ValueError) as error:
        raise CourseError(
            f"The cache {tidy(place.folder)} cannot be read: {str(error).splitlines()[0]}",
            why="downloaded checkpoints are kept in this folder.",
            remedy="Check that it is a folder that you may read, or set HF_HOME to another one and restart.",
        ) from error
    own = cache_place().folder != place.folder
    named = place.folder if own else None
    repositories = [_repository(repo, named) for repo in scanned.repos]
    healthy = {repository.folder for repository in repositories}
    for entry in sorted(place.folder.resolve().iterdir()):
        kind, _, rest = entry.name.partition("--")
        if entry.name not in healthy and entry.is_dir() and kind in _KINDS and rest:
            repositories.append(_damaged(entry, named))
    findings += [finding for repository in repositories for finding in _findings(repository, place.folder)]
    repositories.sort(key=lambda repository: (-repository.nbytes, repository.id))
    return CacheFacts(place, exists=True, repositories=tuple(repositories), findings=by_severity(findings))


def _repository(repo: Any, named: Path | None) -> Repository:
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
        folder=repo.repo_path.name,
        revisions=tuple(revisions),
        nbytes=repo.size_on_disk,
        last_used=_day(repo.last_accessed),
        unfinished=_unfinished(repo.repo_path),
        free=_free(repo.repo_type, repo.repo_id, [revision.commit for revision in revisions], named),
    )


def _damaged(folder: Path, named: Path | None) -> Repository:
    """Return the facts of a repository that huggingface_hub passes over, with the links that lead nowhere."""
    kind, _, rest = folder.name.partition("--")
    blobs: dict[Path, int] = {}
    revisions = []
    for snapshot in _folders(folder / "snapshots"):
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
    model_id = rest.replace("--", "/")
    free = _free(_KINDS[kind], model_id, [revision.commit for revision in revisions], named) if revisions else ""
    return Repository(
        _KINDS[kind], model_id, folder.name, tuple(revisions), sum(blobs.values()), "", _unfinished(folder), free
    )


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if path.is_dir())


def _unfinished(folder: Path) -> tuple[int, ...]:
    return tuple(path.stat().st_size for path in sorted((folder / "blobs").glob("*.incomplete")))


def _findings(repository: Repository, cache: Path) -> list[Finding]:
    found = []
    where = repository.id
    broken = sorted({file.name for revision in repository.revisions for file in revision.files if file.broken})
    if broken:
        what = f"{_list(broken)} {'leads' if len(broken) == 1 else 'lead'} nowhere: the content is not in the cache."
        remedy = f"Load it again where there is a network, or delete the folder {repository.folder}."
        found.append(Finding(ERROR, where, what, remedy))
    if repository.unfinished:
        count = len(repository.unfinished)
        what = f"{count} download{'s were' if count > 1 else ' was'} not finished."
        remedy = "Load the checkpoint again to finish it, or delete the files in blobs that end in .incomplete."
        found.append(Finding(WARNING, where, what, remedy))
    if not repository.revisions and not repository.unfinished:
        what = "The folder has no revision: nothing of the repository was downloaded."
        found.append(Finding(NOTE, where, what))
    linked = {file.blob for revision in repository.revisions for file in revision.files}
    blobs = cache.resolve() / repository.folder / "blobs"
    orphans = [
        path
        for path in (blobs.iterdir() if blobs.is_dir() else ())
        if path.name not in linked and not path.name.endswith(".incomplete") and path.is_file()
    ]
    if orphans:
        size = sum(path.stat().st_size for path in orphans)
        what = f"{len(orphans)} blob{'s' if len(orphans) > 1 else ''} ({size:,} bytes) belong to no revision any more."
        found.append(Finding(NOTE, where, what, f"They can be deleted with the folder {repository.folder}."))
    return found


def _free(kind: str, repo_id: str, commits: Iterable[str], named: Path | None) -> str:
    """Return the command that removes a repository from the cache, made safe for a shell.

    The id comes from the name of a folder, which may be anything.
    """
    import huggingface_hub

    if Version(huggingface_hub.__version__) >= _FIRST_WITH_RM:
        place = f" --cache-dir {shlex.quote(str(named))}" if named else ""
        return f"hf cache rm {shlex.quote(f'{kind}/{repo_id}')}{place}"
    place = repr(str(named)) if named else ""
    listed = ", ".join(repr(commit) for commit in commits)
    program = (
        f"from huggingface_hub import scan_cache_dir; scan_cache_dir({place}).delete_revisions({listed}).execute()"
    )
    # Double quotes read better and work on Windows as well; they protect from fewer signs.
    quoted = shlex.quote(program) if _SPECIAL & set(program) else f'"{program}"'
    return f"python -c {quoted}"


def _day(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, tz=timezone.utc).strftime("%Y-%m-%d")


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
