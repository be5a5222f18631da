"""The file of a learner's progress: it is whole at every moment, whoever else writes it."""

import json
import subprocess
import sys

import pytest

from coursekit.course.exercises import progress

WRITER = """
import sys
from coursekit.course.exercises import progress
for number in range(25):
    assert progress.record("exercises", f"{sys.argv[1]}.{number}", result="right", tries=1) == ""
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "data"))
    monkeypatch.setattr(progress, "_OWN", progress.State())
    return tmp_path / "data"


def forget(monkeypatch):
    """Begin a new kernel."""
    monkeypatch.setattr(progress, "_OWN", progress.State())


def test_what_was_done_is_there_in_the_next_kernel(place, monkeypatch):
    assert progress.load() == progress.State()
    assert progress.record("exercises", "1.1", result="wrong", tries=1) == ""
    assert progress.record("exercises", "1.1", result="right", tries=2, hints=1) == ""
    assert progress.record("predictions", "1.1", given="1 million") == ""
    forget(monkeypatch)
    state = progress.load()
    assert state.exercises == {"1.1": {"result": "right", "tries": 2, "hints": 1}}
    assert state.predictions == {"1.1": {"given": "1 million"}}
    assert json.loads((place / "progress.json").read_text())["version"] == 1


@pytest.mark.usefixtures("place")
def test_what_was_right_stays_right_and_counts_only_grow(monkeypatch):
    progress.record("exercises", "1.1", result="right", tries=3)
    progress.record("exercises", "1.1", result="wrong", tries=1)
    forget(monkeypatch)
    assert progress.load().exercises["1.1"] == {"result": "right", "tries": 3}


def test_two_kernels_at_once_lose_nothing(place):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in ("1", "2")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(progress.load().exercises) == 50
    assert sorted(path.name for path in place.iterdir()) == ["progress.json", "progress.lock"]


def test_a_broken_file_is_set_aside_and_a_new_one_begun(place, monkeypatch):
    place.mkdir()
    for text in ("{", "[]", '{"version": "x"}', "\udcff", '{"version": 1, "exercises": [], "questions": {"1.Q1": 3}}'):
        (place / "progress.json").write_text(text, errors="surrogateescape")
        forget(monkeypatch)
        assert progress.load().exercises == {}
        assert progress.record("exercises", "1.1", result="right") == ""
        forget(monkeypatch)
        assert progress.load().exercises == {"1.1": {"result": "right"}}
    assert (place / "progress.broken.json").exists()


def test_a_file_of_a_newer_course_is_left_as_it_is(place):
    place.mkdir()
    text = '{"version": 2, "exercises": "in another form"}'
    (place / "progress.json").write_text(text)
    assert "newer version" in progress.record("exercises", "1.1", result="right")
    assert (place / "progress.json").read_text() == text
    assert progress.load().exercises == {"1.1": {"result": "right"}}  # in this kernel it is known


def test_a_write_that_fails_leaves_the_old_file_and_ends_no_lesson(place, monkeypatch):
    progress.record("exercises", "1.1", result="right")
    before = (place / "progress.json").read_text()

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress.json, "dump", full)
    assert "No space left" in progress.record("exercises", "1.2", result="right")
    assert (place / "progress.json").read_text() == before
    assert not list(place.glob(".progress-*"))


def test_a_place_that_is_no_folder_ends_no_lesson(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "file"))
    assert "could not be kept" in progress.record("exercises", "1.1", result="right")
    progress.load()


def test_off_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", "off")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    forget(monkeypatch)
    assert progress.record("exercises", "1.1", result="right") == ""
    assert progress.load().exercises == {"1.1": {"result": "right"}}
    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv("COURSEKIT_PROGRESS")
    assert progress.folder().is_relative_to(tmp_path) or sys.platform != "linux"
