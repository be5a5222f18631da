"""What the documents name is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
TOPS = {path.name for path in ROOT.iterdir()}
LATER = {".venv", "node_modules"}
"""What `make` makes."""


def paths_of(text: str) -> set[str]:
    """Return the paths of this repository that a document names in backticks, in its drawings and by links."""
    quoted = re.findall(r"`([^`\s]+)`", text) + re.findall(r"^([\w./-]+/)  ", text, re.MULTILINE)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link]
    named = {name for name in quoted if "/" in name or Path(name).suffix in {".py", ".md", ".toml", ".txt", ".yml"}}
    return {name for name in named if name.split("/")[0] in TOPS - LATER or name.startswith("coursekit/")} | {*links}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document):
    named = paths_of(document.read_text("utf-8"))

    assert {name for name in named if not any((top / name).exists() for top in (ROOT, document.parent))} == set()


def test_the_guides_name_enough_to_be_worth_the_test():
    for name, least in (("CONTRIBUTING.md", 15), ("docs/architecture.md", 30)):
        assert len(paths_of((ROOT / name).read_text("utf-8"))) >= least, name


def test_each_way_of_the_data_takes_at_most_ten_steps():
    ways = re.split(r"^\*\*An? ", (ROOT / "docs" / "architecture.md").read_text("utf-8"), flags=re.MULTILINE)[1:]

    assert [way.split("*")[0] for way in ways] == ["config", "path", "output"]
    for way in ways:
        assert 5 <= len(re.findall(r"^\d+\. ", way, re.MULTILINE)) <= 10


def test_every_form_that_reports_a_problem_asks_for_the_doctor():
    for name in ("problem", "lesson"):
        form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text("utf-8"))
        asked = [part["attributes"].get("description", "") for part in form["body"]]
        assert any("python -m coursekit doctor" in text for text in asked), name


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_package_citation_and_changelog_tell_one_version():
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == version
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
