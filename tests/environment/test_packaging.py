"""The files that describe the package agree with each other."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def pins(name: str) -> dict[str, str]:
    """Return the versions that a constraints file pins, by package."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    return {canonical(r.name): str(r.specifier).removeprefix("==") for r in requirements}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def project():
    tomllib = pytest.importorskip("tomllib", reason="tomllib came with Python 3.11")
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_version_in_the_conda_environment_is_that_of_the_constraints():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [re.split("=+", entry) for entry in dependencies if isinstance(entry, str) and "=" in entry]
    pip = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    stated = {name: version for name, version in conda if name != "python"}
    stated |= dict(entry.split("==") for entry in pip if "==" in entry)

    assert "ipykernel" in stated, "Studio Lab makes no kernel of an environment without ipykernel"
    assert {"torch", "transformers", "tensorflow", "tf-keras", "ipywidgets"} <= set(stated)
    assert stated == {name: pins("constraints.txt")[name] for name in stated}


def test_every_package_that_the_project_names_is_pinned(project):
    named = [*project["project"]["dependencies"]]
    for extra in project["project"]["optional-dependencies"].values():
        named += extra

    missing = {canonical(Requirement(line).name) for line in named} - set(pins("constraints.txt"))

    assert missing == set()


def test_every_lower_bound_was_tried_in_one_of_the_environments(project):
    tried = [pins("constraints.txt"), pins("constraints-colab.txt")]
    for line in [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["tensorflow"]]:
        requirement = Requirement(line)
        for bound in requirement.specifier:
            if bound.operator == ">=":
                versions = [environment.get(canonical(requirement.name), "") for environment in tried]
                assert any(version.startswith(bound.version) for version in versions), f"{line} was never tried"


def test_pins_stand_in_the_constraints_only(project):
    named = [*project["project"]["dependencies"], *chain(*project["project"]["optional-dependencies"].values())]

    assert [line for line in named if "==" in line] == []


def test_no_text_tells_anybody_to_install_the_other_coursekit():
    """On the package index the name `coursekit` is somebody else's."""
    kinds = {".py", ".md", ".toml", ".yml", ".ipynb"}
    tops = [top for top in ROOT.iterdir() if not top.name.startswith(".")]  # environments have such names
    files = chain(tops, *(top.rglob("*") for top in tops if top.is_dir()))
    texts = [path for path in files if path.suffix in kinds and path.is_file()]

    guilty = [
        path for path in texts if re.search(r"pip install (-\w+ )*[\"']?coursekit(?!-models)\b", path.read_text())
    ]

    assert [path for path in guilty if path != Path(__file__)] == []
