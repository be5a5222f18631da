"""The cache browser's text and static faces, for a cache with something and for none."""

from __future__ import annotations

import os
import shutil

import pytest

from coursekit.errors import CourseError
from coursekit.views.cache.view import CacheBrowser


@pytest.fixture
def cache(tmp_path):
    home = tmp_path / "models--ada--<b>bert"
    (home / "snapshots" / "0123").mkdir(parents=True)
    (home / "snapshots" / "0123" / "config.json").write_bytes(b"x" * 1500)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("0123")
    return tmp_path


def test_the_summary_names_each_repository(cache):
    summary = CacheBrowser(cache).summary()

    assert summary.splitlines()[1:] == ["model ada/<b>bert: 1 revision, 1 file, 1.5 kB"]


def test_the_static_face_has_files_and_the_command_as_text(cache):
    static = CacheBrowser(cache).static_html()

    assert "<b>bert" not in static
    assert "config.json" in static
    assert "Revision 0123 (main): 1.5 kB" in static
    assert "To free its space, run: <code>" in static


@pytest.mark.parametrize("made", [True, False])
def test_no_cache_is_no_error(tmp_path, made):
    folder = tmp_path / "cache"
    if made:
        folder.mkdir()

    view = CacheBrowser(folder)

    assert view.summary().splitlines()[1] == ("It is empty." if made else "It does not exist yet.")
    assert "Nothing has been downloaded yet." in view.static_html()


def test_an_unknown_argument_is_named():
    with pytest.raises(CourseError, match="Did you mean 'folder'"):
        CacheBrowser(foldr="x")


def test_one_repository_says_the_same_on_every_machine(cache, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "hub"
    shutil.copytree(cache, elsewhere)
    os.utime(next(elsewhere.rglob("config.json")), (0, 0))
    here, there = (CacheBrowser(folder, repository="ada/<b>bert") for folder in (cache, elsewhere))

    assert here.summary() == there.summary() == "model ada/<b>bert: 1 revision, 1 file, 1.5 kB"
    assert "1970-01-01" in there.static_html()


def test_a_large_cache_has_a_short_summary(tmp_path):
    for number in range(30):
        snapshot = tmp_path / f"models--model-{number}" / "snapshots" / "0123"
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_bytes(b"x" * (100 - number))

    lines = CacheBrowser(tmp_path).summary().splitlines()

    assert lines[1] == "model model-0: 1 revision, 1 file, 100 bytes"
    assert lines[21:] == [f"and 10 smaller ones: {sum(range(71, 81))} bytes"]
