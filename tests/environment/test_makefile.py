"""What somebody reads who types a command of the README, on a machine that lacks something too."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from stub import ROOT, write_project

if TYPE_CHECKING:
    from pathlib import Path

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)

OURS = {"CI", "MAKEFLAGS", "MAKELEVEL", "PYTHONPATH"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OURS}


def make(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["make", *arguments]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT | variables, capture_output=True, text=True, check=False)


def python(folder: Path, body: str) -> str:
    """Return a program that stands in for a Python that lacks something."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def fresh(tmp_path):
    """A project without an environment."""
    return write_project(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A project whose environment was made by `make setup`, which had been stopped by Ctrl-C in its first second."""
    folder = write_project(tmp_path_factory.mktemp("ready"))
    command = ["make", "setup", "TRACK=pytorch"]
    stopped = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, start_new_session=True)
    while not (folder / ".venv" / "bin" / "python").exists() and stopped.poll() is None:
        time.sleep(0.01)
    os.killpg(stopped.pid, signal.SIGINT)  # what a terminal does
    assert stopped.wait() != 0
    assert (folder / ".venv").exists()
    assert not (folder / ".venv" / "ready").exists()

    done = make("setup", "TRACK=pytorch", folder=folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("prepared\n")
    return folder


@pytest.fixture
def kept(ready):
    """The same project; what a test changes in it is undone."""
    files = {path: path.read_bytes() for path in (ready / "constraints.txt", ready / ".venv" / "ready")}
    interpreter = (ready / ".venv" / "bin" / "python").readlink()
    yield ready
    for path, content in files.items():
        path.write_bytes(content)
    (ready / ".venv" / "bin" / "python").unlink()
    (ready / ".venv" / "bin" / "python").symlink_to(interpreter)


@pytest.mark.parametrize("target", ["setup", "lab", "test", "lint"])
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


def test_what_is_ready_is_not_touched_again_and_needs_no_python_outside(ready):
    again = make("setup", "TRACK=pytorch", "PYTHON=/no-such-python", folder=ready)

    assert (again.returncode, again.stdout, again.stderr) == (0, "prepared\n", "")


def test_another_track_is_added_to_the_first(kept):
    done = make("setup", "TRACK=tensorflow", folder=kept)

    assert done.returncode == 0, done.stdout
    assert json.loads((kept / ".venv" / "ready").read_text())["parts"] == ["lab", "pytorch", "tensorflow"]
    assert make("setup", folder=kept).stdout == "prepared\n"


def test_after_a_pull_without_network_what_is_installed_is_used_and_one_line_says_so(kept):
    (kept / "constraints.txt").write_text("pip==999\n")

    done = make("setup", "TRACK=pytorch", folder=kept, PIP_NO_INDEX="1")

    assert done.returncode == 0
    assert done.stdout.count("what is installed still serves") == 1
    assert done.stdout.endswith("prepared\n")
    # It is no secret, and not for ever: the next time is tried again, and CI never takes old versions for new ones.
    again = make("setup", "TRACK=pytorch", folder=kept, PIP_NO_INDEX="1", CI="true")
    assert again.returncode != 0
    assert ".venv is not ready" in again.stdout


def test_what_a_pull_asks_for_anew_and_is_not_there_is_an_error(kept):
    (kept / "constraints.txt").write_text("pip==999\n")
    project = kept / "pyproject.toml"
    text = project.read_text()
    project.write_text(text.replace("dependencies = []", 'dependencies = ["no-such-package-of-the-course"]'))

    done = make("setup", "TRACK=pytorch", folder=kept, PIP_NO_INDEX="1")

    project.write_text(text)
    assert done.returncode != 0
    assert ".venv is not ready" in done.stdout


def test_settings_of_tools_install_nothing(kept):
    project = kept / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 120", "line-length = 100"))

    assert make("setup", "TRACK=pytorch", folder=kept).stdout == "prepared\n"


def test_an_installation_that_was_stopped_is_taken_up_again(kept):
    """The state that a killed pip leaves: a package whose files are there in part, and nothing installed for good."""
    ready = kept / ".venv" / "ready"
    ready.write_text(json.dumps(json.loads(ready.read_text()) | {"parts": []}))
    metadata = next(kept.glob(".venv/lib/python*/site-packages/coursekit_models-*.dist-info"))
    (metadata / "RECORD").unlink()

    done = make("setup", "TRACK=pytorch", folder=kept)

    assert done.returncode == 0
    assert "Successfully installed coursekit-models" in done.stdout
    assert (metadata / "RECORD").is_file()
    assert json.loads(ready.read_text())["parts"] == ["lab", "pytorch"]


@pytest.mark.parametrize("damage", ["interpreter", "ready"])
def test_an_environment_that_cannot_be_used_is_made_anew(kept, damage):
    """By a Python that only says what it was asked to do: making one takes long, and `ready` has done it."""
    interpreter, ready = kept / ".venv" / "bin" / "python", kept / ".venv" / "ready"
    if damage == "interpreter":  # its Python was removed, or is another version now
        interpreter.unlink()
        interpreter.symlink_to(kept / "no-such-python")
    else:  # a .venv that somebody else made, or that was never finished
        ready.unlink()
    telling = python(kept, 'case "$1" in tools/*) echo asked: "$@";; esac')

    done = make("setup", "TRACK=pytorch", f"PYTHON={telling}", folder=kept)

    assert "asked: tools/environment.py pytorch lab" in done.stdout


@pytest.mark.parametrize("change", [{"place": "/elsewhere/.venv"}, {"python": "3.9.0"}])
def test_an_environment_that_was_moved_or_whose_python_became_another_is_made_anew(kept, change):
    ready = kept / ".venv" / "ready"
    look = [kept / ".venv" / "bin" / "python", "-c", "import environment as e; print(e.read_state() is not None)"]
    answers = []
    for more in ({}, change):
        ready.write_text(json.dumps(json.loads(ready.read_text()) | more))
        answers.append(subprocess.run(look, cwd=kept / "tools", capture_output=True, text=True, check=True).stdout)

    assert answers == ["True\n", "False\n"]


def test_help_lists_every_target_of_the_documents():
    listed = make("help").stdout
    texts = [path.read_text("utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))]
    named = {name for text in texts for name in re.findall(r"(?:`|^|\| )make ([a-z-]+)", text, re.MULTILINE)}

    assert {"setup", "lab", "test", "notebooks", "bench", "fork"} <= set(re.findall(r"make (\S+)", listed))
    assert {name for name in named if f"make {name} " not in listed} == set()


def test_lab_passes_port_and_arguments_on():
    planned = make("--dry-run", "lab", "PORT=8899", "ARGS=--no-browser").stdout

    assert "--port=8899" in planned
    assert "--no-browser" in planned
    assert "/lab/tree/pytorch/01_config.ipynb" in planned
    assert "environment.py pytorch tensorflow lab\n" in planned


def test_lab_installs_and_opens_one_framework_where_asked_to():
    planned = make("--dry-run", "lab", "TRACK=tensorflow").stdout

    assert "environment.py tensorflow lab\n" in planned
    assert "/lab/tree/tensorflow/01_config.ipynb" in planned
    assert "TRACK is pytorch or tensorflow" in make("lab", "TRACK=jax").stderr
