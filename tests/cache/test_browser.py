"""The cache browser shows what was downloaded, with the mouse and with the keyboard, and runs nothing."""

from __future__ import annotations

import os

import pytest
from lab import serious_violations

from coursekit.views.cache.view import CacheBrowser

TAG = "ck-cache-browser"
ROW = ".ck-grid-body > [role=row]"
OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "hub"
    for name, weight in (("models--ada--bert", 90_000), ("models--<img src=x onerror=alert(1)>", 30_000)):
        home = folder / name
        (home / "blobs").mkdir(parents=True)
        (home / "refs").mkdir()
        (home / "refs" / "main").write_text(NEW)
        (home / "blobs" / "w").write_bytes(bytes(weight))
        (home / "blobs" / "c").write_bytes(b"{}")
        for commit in (OLD, NEW):
            snapshot = home / "snapshots" / commit
            snapshot.mkdir(parents=True)
            for blob, file in (("w", "model.safetensors"), ("c", "config.json")):
                (snapshot / file).symlink_to(os.path.join("..", "..", "blobs", blob))  # noqa: PTH118  (a relative link)
    (folder / "models--ada--bert" / "blobs" / "x.incomplete").write_bytes(b"half")
    return folder


def shown(exported, folder, **options):
    page = exported(f"<main>{CacheBrowser(folder).to_html()}</main>", **options)
    view = page.locator(f"{TAG} .ck-root")  # beside it the static face stays in the page, unseen
    view.locator("h3").wait_for()
    return page, view


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (False, 420)])
def test_repositories_revisions_and_files(exported, cache, dark, width, picture):
    page, view = shown(exported, cache, dark=dark, width=width)

    assert view.locator(ROW).count() == 2
    assert view.get_by_text("1 download was not finished.").is_visible()
    assert view.get_by_text("shared by 2 revisions, on the disk once").count() == 4
    picture(page, f"cache-{'dark' if dark else 'light'}-{width}")
    assert serious_violations(page, TAG) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_keyboard_chooses_and_names_are_text(exported, cache):
    page, view = shown(exported, cache)

    view.locator(ROW).first.focus()
    page.keyboard.press("ArrowDown")
    assert view.get_by_role("heading", name="<img src=x onerror=alert(1)>").is_visible()
    assert page.locator(f"{TAG} img").count() == 0
    assert "30 kB" in view.locator(f"{ROW}[aria-selected=true]").inner_text()
    page.keyboard.press("Home")
    assert view.get_by_role("heading", name="ada/bert").is_visible()


def test_one_repository_is_shown_without_a_list(exported, cache, picture):
    page = exported(f"<main>{CacheBrowser(cache, repository='ada/bert').to_html()}</main>")
    view = page.locator(f"{TAG} .ck-root")
    view.get_by_role("heading", name="ada/bert").wait_for()

    assert view.get_by_role("grid").count() == 0
    assert view.get_by_text("shared by 2 revisions, on the disk once").count() == 4
    picture(page, "cache-one")
    assert serious_violations(page, TAG) == []


def test_a_thousand_repositories_are_searched_and_sorted(exported, tmp_path, picture):
    for number in range(1000):
        snapshot = tmp_path / f"models--owner--model-{number}" / "snapshots" / NEW
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_bytes(bytes(number + 1))
    page, view = shown(exported, tmp_path)

    assert view.get_by_role("status").inner_text() == "1,000 repositories"
    assert view.locator(ROW).count() < 60
    assert "model-999" in view.locator(ROW).first.inner_text()
    view.get_by_role("searchbox").fill("owner model-77")
    assert view.locator(ROW).count() == 11
    view.get_by_role("button", name="Size").click()
    view.get_by_role("button", name="Size").click()
    view.locator(ROW).first.click()
    assert view.get_by_role("heading", name="owner/model-77").is_visible()
    picture(page, "cache-thousand")


@pytest.mark.parametrize("name", ["absent", ""])
def test_an_empty_cache_is_a_friendly_page(exported, tmp_path, name, picture):
    page, view = shown(exported, tmp_path / "cache" / name if name else tmp_path)

    if name:
        assert view.get_by_text("Nothing has been downloaded yet.").is_visible()
        picture(page, "cache-empty")
    assert serious_violations(page, TAG) == []


def test_it_runs_in_jupyterlab(lab, page, picture):
    notebook = lab.run(page, ["import coursekit as ck\nck.CacheBrowser()"], name="cache")
    view = notebook.output(0).locator(f"{TAG} .ck-root")
    view.locator("h3").wait_for()

    view.get_by_text("What decides where it is").click()
    assert view.locator(".ck-step").count() == 5
    picture(page, "cache-lab")
