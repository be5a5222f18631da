"""What the Hugging Face cache holds, as ``huggingface_hub`` itself finds it; nothing in it is changed."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.cache.place import CachePlace, cache_place, tidy
from coursekit.facts.cache.repository import Repository, damaged, intact, is_home, kind_and_id, unreadable
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
        problems = {home: problem for home in homes if (problem := _problem(home))}
        scanned = _scan([home for home in homes if home not in problems])
    except (OSError, ValueError) as error:
        raise CourseError(
            f"The cache {tidy(place.folder)} cannot be read: {str(error).splitlines()[0]}",
            why="downloaded checkpoints are kept in this folder.",
            remedy="Check that it is a folder that you may read, or set HF_HOME to another one and restart.",
        ) from error
    repositories = [
        unreadable(home, problems[home])
        if home in problems
        else intact(home, scanned[home.name], elsewhere)
        if home.name in scanned
        else damaged(home, elsewhere)
        for home in homes
    ]
    findings = [finding for one in repositories for finding in _findings(one, place.folder)]
    repositories.sort(key=lambda one: (-one.nbytes, one.id))
    return CacheFacts(place, exists, tuple(repositories), by_severity(surprises + findings))


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


def _problem(home: Path) -> str:
    """Return why a folder of a repository cannot be read, or an empty string."""
    problems: list[OSError] = []
    for _ in os.walk(home, onerror=problems.append):
        pass
    return problems[0].strerror or str(problems[0]) if problems else ""


def _scan(homes: list[Path]) -> dict[str, Any]:
    """Return what huggingface_hub finds in these repositories, by the names of their folders.

    It scans a whole cache, and one folder that it may not read ends the scan: so it is given a cache of links.
    """
    from huggingface_hub import scan_cache_dir

    with tempfile.TemporaryDirectory() as links:
        for home in homes:
            Path(links, home.name).symlink_to(home)
        return {repo.repo_path.name: repo for repo in scan_cache_dir(links).repos}


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
    orphans = [
        path
        for path in (blobs.iterdir() if blobs.is_dir() else ())
        if path.name not in linked and not path.name.endswith(".incomplete") and path.is_file()
    ]
    if orphans:
        size = sum(path.stat().st_size for path in orphans)
        blobs_belong = "1 blob belongs" if len(orphans) == 1 else f"{len(orphans)} blobs belong"
        what = f"{blobs_belong} to no revision any more ({size:,} bytes)."
        found.append(Finding(NOTE, where, what, f"They can be deleted with the folder {repository.folder}."))
    return found


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
