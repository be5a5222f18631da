"""Where the course stands on the web: the one entry in ``pyproject.toml``, and everything that follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from pathlib import Path

# GitHub's own rules for the names of accounts and repositories.
OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?")
NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
# What `git check-ref-format` takes, less the characters that would have to be quoted in an address.
BRANCH = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9._/-]*(?<![./])")


@dataclass(frozen=True)
class Address:
    """A repository on GitHub and the branch that learners open.

    Parameters
    ----------
    repository
        ``owner/name``.
    branch
        The name of the branch.
    """

    repository: str
    branch: str

    @classmethod
    def of(cls, repository: str, branch: str) -> Address:
        """Return the address that somebody typed, checked.

        Raises
        ------
        CourseError
            When GitHub could not have a repository or a branch of that name.
        """
        owner, slash, name = repository.partition("/")
        if not slash or not OWNER.fullmatch(owner) or not NAME.fullmatch(name) or name in {".", ".."}:
            raise CourseError(
                f"{repository!r} is not the name of a repository.",
                why="badges, links and install lines are made of it.",
                remedy="Give it as owner/name, as in: make fork REPOSITORY=ada/my-course",
            )
        if name.endswith(".git"):
            raise CourseError(
                f"{repository!r} ends in .git.",
                why="badges and links need the name of the repository, not the address it is cloned from.",
                remedy=f"Give it as {repository.removesuffix('.git')}",
            )
        if not BRANCH.fullmatch(branch):
            raise CourseError(
                f"{branch!r} is not the name of a branch.",
                why="badges and links lead to the notebooks on that branch.",
                remedy="Give the name that `git branch` shows, as in: make fork REPOSITORY=ada/my-course BRANCH=main",
            )
        return cls(repository, branch)

    def colab(self, path: str) -> str:
        """Return the address that opens a notebook of the repository in Colab."""
        return f"https://colab.research.google.com/github/{self.repository}/blob/{self.branch}/{path}"

    def studio_lab(self, path: str) -> str:
        """Return the address that opens a notebook of the repository in SageMaker Studio Lab."""
        return f"https://studiolab.sagemaker.aws/import/github/{self.repository}/blob/{self.branch}/{path}"

    def badges(self, path: str) -> str:
        """Return the two links that open a notebook elsewhere, in Markdown; pictures would be broken ones offline."""
        return f"[Open in Colab]({self.colab(path)}) · [Open in SageMaker Studio Lab]({self.studio_lab(path)})"


def read_address(root: Path) -> Address:
    """Return the address that stands in ``[tool.coursekit]`` of the project's ``pyproject.toml``."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return Address(_entry(text, "repository")[1], _entry(text, "branch")[1])


def rewrite_address(root: Path, old: Address, new: Address) -> dict[Path, str]:
    """Return the new texts of ``pyproject.toml``, ``README.md`` and ``CITATION.cff``; nothing is written."""
    project, readme = root / "pyproject.toml", root / "README.md"
    text = project.read_text(encoding="utf-8")
    for key, value in (("repository", new.repository), ("branch", new.branch)):
        entry = _entry(text, key)
        text = text[: entry.start(1)] + value + text[entry.end(1) :]
    lines = readme.read_text(encoding="utf-8")
    # With its branch first: the address alone is a part of it.
    for joint in ("/blob/", "/tree/", "@"):
        lines = lines.replace(f"{old.repository}{joint}{old.branch}", f"{new.repository}{joint}{new.branch}")
    texts = {project: text, readme: lines.replace(old.repository, new.repository)}
    citation = root / "CITATION.cff"
    if citation.is_file():
        texts[citation] = citation.read_text(encoding="utf-8").replace(old.repository, new.repository)
    return texts


def _entry(text: str, key: str) -> re.Match[str]:
    # Python 3.10 has no tomllib, and a library that keeps comments would be a dependency for two lines.
    match = re.search(rf'^\[tool\.coursekit\]\n(?:[^\[\n].*\n|\n)*?{key} = "([^"]*)"', text, re.MULTILINE)
    if match is None:
        raise CourseError(
            f"pyproject.toml has no {key} in [tool.coursekit].",
            why="badges, links and install lines name the repository that stands there.",
            remedy=f'Add the line: {key} = "…"',
        )
    return match
