"""What the Hugging Face cache holds, as ``huggingface_hub`` itself finds it; nothing in it is changed."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.cache.old_layout import OldFile, old_files
from coursekit.facts.cache.place import CachePlace, cache_place, tidy
from coursekit.facts.cache.repository import Repository, damaged, intact, is_home, kind_and_id, sizes_in, unreadable
from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding, by_severity

_NAMED = 3  # how many names a finding lists


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


def cache_facts(folder: str | os.PathLike[str] | None = None, *, repository: str = "") -> CacheFacts:
    """Return what the Hugging Face cache holds.

    Parameters
    ----------
    folder
        A cache; without it the one that this process uses.
    repository
        The id of the one repository to look at; without it, all of them.

    Raises
    ------
    CourseError
        When there is a file where the cache should be, the cache cannot be read, or ``repository`` is not in it.
    """
    place = cache_place(folder)
    surprises = [Finding(WARNING, "", place.surprise)] if place.surprise else []
    exists = place.folder.exists()
    elsewhere = place.folder if cache_place().folder != place.folder else None
    try:
        homes = [entry for entry in sorted(place.folder.resolve().iterdir()) if is_home(entry)] if exists else []
        if repository:
            homes = _only(repository, homes, place)
    except (OSError, ValueError, RuntimeError) as error:  # a link loop is a RuntimeError before Python 3.13
        raise CourseError(
            f"The cache {tidy(place.folder)} cannot be read: {str(error).splitlines()[0]}",
            why="downloaded checkpoints are kept in this folder.",
            remedy="Check that it is a folder that you may read, or set HF_HOME to another one and restart.",
        ) from error
    repositories = [_read(home, elsewhere) for home in homes]
    older = old_files(place.folder) if exists and not repository else ()
    findings = [finding for one in repositories for finding in _findings(one, place.folder)]
    repositories.sort(key=lambda one: (-one.nbytes, one.id))
    return CacheFacts(place, exists, tuple(repositories), by_severity(surprises + _about_old(older) + findings))


def _only(repository: str, homes: list[Path], place: CachePlace) -> list[Path]:
    """Return the folders of one repository (a model and a dataset may have the same id)."""
    by_id: dict[str, list[Path]] = {}
    for home in homes:
        by_id.setdefault(kind_and_id(home)[1], []).append(home)
    if repository not in by_id:
        raise CourseError(
            f"{repository!r} is not in the cache {tidy(place.folder)}.{did_you_mean(str(repository), list(by_id))}",
            why="only what was downloaded from the Hub is in the cache; a folder of your own is not.",
            remedy="Load it once with from_pretrained, or call ck.CacheBrowser() to see what is there.",
        )
    return by_id[repository]


def _read(home: Path, elsewhere: Path | None) -> Repository:
    """Return the facts of one repository; what cannot be read is a row that says so, and the others are shown."""
    for last in (False, True):
        try:
            if problem := _problem(home):
                return unreadable(home, problem)
            repo = _scanned(home)
            return damaged(home, elsewhere) if repo is None else intact(home, repo, elsewhere)
        except FileNotFoundError as error:  # a download was finished, or something deleted, while it was looked at
            if last:
                return unreadable(home, f"{error.strerror or error}: it changes while it is read")
        except (OSError, ValueError, RuntimeError) as error:
            return unreadable(home, getattr(error, "strerror", None) or str(error).splitlines()[0])
    raise AssertionError("unreachable: the second time returns")


def _problem(home: Path) -> str:
    """Return why a folder of a repository cannot be read, or an empty string.

    A ref that is no ordinary file, such as a pipe, would be waited for without end.
    """
    problems: list[OSError] = []
    for folder, _, names in os.walk(home, onerror=problems.append):
        if Path(folder).is_relative_to(home / "refs"):
            for name in names:
                ref = Path(folder, name)
                if ref.exists() and not ref.is_file():
                    return f"refs/{ref.relative_to(home / 'refs').as_posix()} is no ordinary file"
    return problems[0].strerror or str(problems[0]) if problems else ""


def _scanned(home: Path) -> Any:
    """Return what huggingface_hub finds in one repository, or None where it passes it over as damaged.

    It scans whole caches, so it is given one that holds a link to this repository; where links are forbidden, as for
    many accounts on Windows, it is given the whole cache.
    """
    from huggingface_hub import scan_cache_dir

    with tempfile.TemporaryDirectory() as links:
        try:
            Path(links, home.name).symlink_to(home)
            place = Path(links)
        except (OSError, NotImplementedError):
            place = home.parent
        repos = scan_cache_dir(place).repos
    return next((repo for repo in repos if repo.repo_path.name == home.name), None)


def _about_old(files: tuple[OldFile, ...]) -> list[Finding]:
    if not files:
        return []
    size = sum(file.nbytes for file in files)
    what = f"{len(files)} {'file' if len(files) == 1 else 'files'} ({size:,} bytes) lie here as transformers kept them "
    what += f"until 2022, under hashed names, such as {files[0].url}. Today's from_pretrained does not look at them."
    return [Finding(NOTE, "", what, "Load the checkpoints again where there is a network; then the old files can go.")]


def _findings(repository: Repository, cache: Path) -> list[Finding]:
    where = repository.id
    if repository.problem:
        what = f"It cannot be read: {repository.problem}."
        return [Finding(ERROR, where, what, f"Check who may read the folder {repository.folder} in the cache.")]
    found = []
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
    orphans = [nbytes for name, nbytes in sizes_in(blobs) if name not in linked and not name.endswith(".incomplete")]
    if orphans:
        size = sum(orphans)
        blobs_belong = "1 blob belongs" if len(orphans) == 1 else f"{len(orphans)} blobs belong"
        what = f"{blobs_belong} to no revision any more ({size:,} bytes)."
        found.append(Finding(NOTE, where, what, f"They can be deleted with the folder {repository.folder}."))
    return found


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
