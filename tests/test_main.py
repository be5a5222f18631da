"""The commands, as somebody types them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from coursekit import CourseError, frameworks
from coursekit.__main__ import main
from coursekit.course import notebook
from coursekit.hub import offline


def coursekit(*arguments, **variables):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COURSEKIT_"))}
    return subprocess.run(
        [sys.executable, "-m", "coursekit", *arguments],
        env=clean | {"HF_ENDPOINT": "http://127.0.0.1:9"} | variables,
        capture_output=True,
        text=True,
        timeout=600,  # a hang is a failure; a busy machine is none
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


@pytest.mark.parametrize("home", ["x" * 300, "loop/hub", "file/hub"])
def test_doctor_tells_the_rest_where_the_cache_cannot_even_be_looked_at(tmp_path, home):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    done = coursekit("doctor", HF_HOME=str(tmp_path / home))
    assert done.returncode == 1
    assert "Cache: PROBLEM. " in done.stdout
    assert 'ck.checkpoint("bert-base-cased"): PROBLEM.' in done.stdout
    assert done.stdout.count("What to do:") == done.stdout.count("PROBLEM")
    assert done.stderr == ""


def test_doctor_names_the_file_that_cannot_be_read_and_goes_on(monkeypatch, capsys):
    def unreadable(_folder):
        raise PermissionError(13, "Permission denied", "blobs/53aa")

    monkeypatch.setattr(offline, "offline_folder", lambda: "folder")
    monkeypatch.setattr(offline, "damaged_file", unreadable)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    main(["doctor"])
    told = capsys.readouterr().out
    assert "Offline BERT: PROBLEM. blobs/53aa cannot be read: Permission denied." in told
    assert "Hub: " in told


def test_doctor_speaks_to_a_terminal_that_knows_ascii_only(tmp_path):
    done = coursekit("doctor", HF_HOME=str(tmp_path / "Modèles 模型"), PYTHONIOENCODING="ascii")
    assert "Mod\\xe8les \\u6a21\\u578b" in done.stdout
    assert "ck.checkpoint" in done.stdout
    assert done.stderr == ""


def test_doctor_says_nothing_when_its_reader_has_seen_enough(tmp_path):
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "coursekit", "doctor"]
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, stdout=writes, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [[], ["repair"], ["prepare", "--hub"], ["doctor", "--all"]])
def test_what_is_no_command_shows_the_usage(arguments):
    done = coursekit(*arguments)
    assert done.returncode == 2
    assert "usage: python -m coursekit" in done.stderr
