"""The commands, as somebody types them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from coursekit import CourseError, frameworks
from coursekit.course import notebook
from coursekit.hub import offline


def coursekit(*arguments, **variables):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COURSEKIT_"))}
    return subprocess.run(
        [sys.executable, "-m", "coursekit", *arguments],
        env=clean | {"HF_ENDPOINT": "http://127.0.0.1:9"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def runs(track):
    try:
        notebook.check(track)
    except CourseError:
        return False
    return True


def test_doctor_tells_what_works(offline_bert):
    home = offline_bert.parents[2]
    done = coursekit("doctor", HF_HUB_CACHE=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Python {sys.version.split()[0]}" in done.stdout
    tracks = [track for track in frameworks.FRAMEWORKS.values() if runs(track.name)]
    assert tracks
    for track in tracks:
        assert f"{track.label} track: works" in done.stdout
    assert f"Cache: {home} (" in done.stdout
    assert "Offline BERT: in the cache, every file intact" in done.stdout
    assert "Hub: PROBLEM. http://127.0.0.1:9 does not answer." in done.stdout
    assert f'ck.checkpoint("bert-base-cased"): {offline.OFFLINE_ID}' in done.stdout
    assert done.stderr == ""


def test_doctor_names_each_problem_with_its_remedy(tmp_path):
    done = coursekit("doctor", HF_HOME=str(tmp_path))
    assert done.returncode == 1
    problems = done.stdout.count("PROBLEM")
    assert problems >= 3  # the offline BERT, the Hub, the choice; a track that is not installed here
    assert done.stdout.count("What to do:") == problems
    assert "Run `python -m coursekit prepare`" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = coursekit("doctor", HF_HOME=str(tmp_path / "file"))
    assert "Cache: PROBLEM." in done.stdout
    assert "Set HF_HOME" in done.stdout


def test_doctor_does_not_ask_the_hub_where_it_is_told_not_to():
    assert "Hub: not asked, because HF_HUB_OFFLINE is set" in coursekit("doctor", HF_HUB_OFFLINE="1").stdout


@pytest.mark.parametrize("arguments", [[], ["repair"], ["prepare", "--hub"], ["doctor", "--all"]])
def test_what_is_no_command_shows_the_usage(arguments):
    done = coursekit(*arguments)
    assert done.returncode == 2
    assert "usage: python -m coursekit" in done.stderr
