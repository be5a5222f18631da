"""What somebody reads who types a command of the README on a machine that lacks something."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def fresh(tmp_path):
    """A copy of what `make setup` looks at, without an environment."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def python(folder: Path, body: str) -> str:
    """Return a program that stands in for a Python that lacks something."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("target", ["setup", "lab", "test"])
def test_a_python_that_is_too_old_or_missing_is_named_with_the_remedy(fresh, target):
    result = make(target, f"PYTHON={fresh / 'no-such-python'}", folder=fresh)

    assert result.returncode != 0
    assert "needs Python 3.10 or newer" in result.stdout
    assert f"make {target} PYTHON=" in result.stdout
    assert not (fresh / ".venv").exists()


def test_a_python_without_venv_is_named_with_the_remedy(fresh):
    without_venv = python(fresh, 'case "$2" in *ensurepip*) exit 1;; esac')

    result = make("setup", f"PYTHON={without_venv}", folder=fresh)

    assert result.returncode != 0
    assert "apt-get install python3-venv" in result.stdout
    assert not (fresh / ".venv").exists()


def test_help_lists_every_target_of_the_readme():
    listed = make("help").stdout
    named = set(re.findall(r"(?:`|^|\| )make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))

    assert {"setup", "lab", "test", "notebooks", "bench", "fork"} <= set(re.findall(r"make (\S+)", listed))
    assert {name for name in named if f"make {name} " not in listed} == set()


def test_lab_passes_port_and_arguments_on():
    planned = make("--dry-run", "lab", "PORT=8899", "ARGS=--no-browser").stdout

    assert "--port=8899" in planned
    assert "--no-browser" in planned
    assert "/lab/tree/pytorch/01_config.ipynb" in planned


def test_lab_trusts_the_lessons_so_that_views_show_before_a_cell_is_run():
    planned = make("--dry-run", "lab").stdout.splitlines()

    trusts, opens = (next(i for i, line in enumerate(planned) if word in line) for word in (" trust ", "jupyterlab"))
    assert "notebooks/*/*.ipynb" in planned[trusts]
    assert trusts < opens
