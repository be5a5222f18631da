"""See what was downloaded: the Hugging Face cache, its repositories, revisions and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.arguments import folder_path, words
from coursekit.errors import reject_unknown
from coursekit.facts.cache.place import tidy
from coursekit.facts.cache.scan import CacheFacts, cache_facts
from coursekit.facts.files.findings import NOTE
from coursekit.views.page.explorer import Explorer
from coursekit.views.page.units import bytes_text
from coursekit.views.page.view import table, text

if TYPE_CHECKING:
    import os

    from coursekit.facts.cache.repository import Repository

_EMPTY = (
    "Nothing has been downloaded yet. When from_pretrained loads a checkpoint from the Hub, it keeps the files here, "
    "and the next time it takes them from here."
)


_LISTED = 20  # repositories in the text face
_OPEN = 100  # repositories whose files the static face lists


class CacheBrowser(Explorer[CacheFacts]):
    """Show what the Hugging Face cache holds, where it is, and how to free space. Nothing is changed.

    Parameters
    ----------
    folder
        A cache folder; without it, the one that this notebook uses.
    repository
        The id of one repository, to see nothing but that; without it, all of them.

    Raises
    ------
    CourseError
        When there is a file where the cache should be, the cache cannot be read, or ``repository`` is not in it.

    Examples
    --------
    >>> ck.CacheBrowser()  # doctest: +SKIP
    >>> ck.CacheBrowser(repository="bert-base-cased")  # doctest: +SKIP
    """

    tag = "ck-cache-browser"
    stem = "cache/view"

    def __init__(self, folder: str | os.PathLike[str] | None = None, *, repository: str = "", **unknown: Any) -> None:
        reject_unknown(unknown, ("folder", "repository"), where="ck.CacheBrowser")
        place = folder_path(folder, "folder")
        only = words(repository, "repository", example="bert-base-cased")
        self.facts = cache_facts(place, repository=only)
        self._all = not only

    def summary(self) -> str:
        """Return a line for each of the largest repositories; of a whole cache also where it is, and why there."""
        facts = self.facts
        lines = [f"Hugging Face cache: {tidy(facts.place.folder)}{self._decided()}"] if self._all else []
        if not facts.repositories:
            lines.append("It is empty." if facts.exists else "It does not exist yet.")
        lines += [f"{one.kind} {one.id}: {_content(one)}" for one in facts.repositories[:_LISTED]]
        if others := facts.repositories[_LISTED:]:
            lines.append(f"and {len(others):,} smaller ones: {bytes_text(sum(one.nbytes for one in others))}")
        lines += [
            f"{finding.severity}: {finding.where + ': ' if finding.where else ''}{finding.what}"
            for finding in facts.findings
            if finding.severity != NOTE
        ]
        return "\n".join(lines)

    def _decided(self) -> str:
        step = next((step for step in self.facts.place.steps if step.decides), None)
        if step is None:
            return ""
        known = {"the default": "the default place", "the argument": "the folder that was given"}
        return f" ({known.get(step.name, f'because of {step.name}')})"

    def payload(self) -> dict[str, Any]:
        """Return the place, the repositories with all their files, and the findings."""
        facts = self.facts
        return {
            "folder": tidy(facts.place.folder),
            "decided": self._decided().strip(" ()"),
            "steps": [[step.name, step.value, step.gives, step.decides] for step in facts.place.steps],
            "all": self._all,
            "empty": "" if facts.repositories else _EMPTY,
            "nbytes": facts.nbytes,
            "findings": [[one.severity, one.where, one.what, one.remedy] for one in facts.findings],
            "repositories": [
                {
                    "kind": repository.kind,
                    "id": repository.id,
                    "folder": repository.folder,
                    "nbytes": repository.nbytes,
                    "lastUsed": repository.last_used,
                    "unfinished": repository.unfinished,
                    "free": repository.free,
                    "revisions": [
                        [
                            revision.commit,
                            revision.refs,
                            revision.nbytes,
                            [[file.name, file.nbytes, file.revisions, file.broken] for file in revision.files],
                        ]
                        for revision in repository.revisions
                    ],
                }
                for repository in facts.repositories
            ],
        }

    def static_html(self) -> str:
        """Return the place, and tables of the repositories and of their files."""
        facts = self.facts
        place = f"<code>{text(tidy(facts.place.folder))}</code>{text(self._decided())}"
        parts = [f"<h3>Hugging Face cache</h3><p>{place}</p>"]
        if not facts.repositories:
            parts.append(f'<p class="ck-note">{text(_EMPTY)}</p>')
        if facts.findings:
            found = [(one.severity, one.where, one.what, one.remedy) for one in facts.findings]
            parts.append(table(("Finding", "Where", "What", "What to do"), found, caption="What was found"))
        if facts.repositories:
            columns = ("Repository", "Kind", "Revisions", "Files", "Size")
            rows = [
                (one.id, one.kind, len(one.revisions), one.files, bytes_text(one.nbytes)) for one in facts.repositories
            ]
            caption = f"What was downloaded: {bytes_text(facts.nbytes)}"
            parts.append(table(columns, rows, caption=caption, numeric=columns[2:]))
        parts += [_static_repository(one) for one in facts.repositories[:_OPEN]]
        if len(facts.repositories) > _OPEN:
            parts.append(f"<p>The files of the {_OPEN} largest are listed.</p>")
        return "".join(parts)


def _static_repository(repository: Repository) -> str:
    used = f"<p>Last used: {repository.last_used}</p>" if repository.last_used else ""
    parts = [f"<details><summary>{text(repository.id)}</summary>{used}"]
    for revision in repository.revisions:
        refs = f" ({', '.join(revision.refs)})" if revision.refs else ""
        files = [
            (file.name, "missing" if file.broken else bytes_text(file.nbytes), file.revisions)
            for file in revision.files
        ]
        headings = ("File", "Size", "Shown by revisions")
        caption = f"Revision {revision.commit[:12]}{refs}: {bytes_text(revision.nbytes)}"
        parts.append(table(headings, files, caption=caption, numeric=headings[1:]))
    if repository.free:
        parts.append(f"<p>To free its space, run: <code>{text(repository.free)}</code></p>")
    return "".join([*parts, "</details>"])


def _content(repository: Repository) -> str:
    revisions = f"{len(repository.revisions)} revision{'' if len(repository.revisions) == 1 else 's'}"
    files = f"{repository.files} file{'' if repository.files == 1 else 's'}"
    return f"{revisions}, {files}, {bytes_text(repository.nbytes)}"
