"""The cache browser's text and static faces, for a cache with something and for none."""

from __future__ import annotations

import pytest

from coursekit.errors import CourseError
from coursekit.views.cache_browser import CacheBrowser


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
