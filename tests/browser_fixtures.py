"""Fixtures for tests that look at a view in a real browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab import Lab, Watch
    from playwright.sync_api import Browser, Page

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name.startswith("test_browser"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, else Playwright's own; without either the tests are skipped, in CI they fail."""
    pytest.importorskip("playwright", reason='the browser tests need the group "test": make tools')
    from lab import CHROMIUM_FLAGS, chromium
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        except Error as error:
            message = (
                "no Chromium to drive: install one (Debian: apt-get install chromium; elsewhere: "
                f".venv/bin/python -m playwright install chromium). {str(error).splitlines()[0]}"
            )
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab."""
    from lab import Lab

    lab = Lab.start(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture
def watch() -> Watch:
    """What the pages of this test did wrong; ``page`` checks it at the end."""
    from lab import Watch

    return Watch()


@pytest.fixture
def page(browser: Browser, watch: Watch) -> Iterator[Page]:
    """A fresh page; at the end it must have logged no error and asked nothing of the outside."""
    from lab import new_page

    page = new_page(browser, watch)
    yield page
    page.context.close()
    watch.check()


@pytest.fixture
def exported(page: Page, tmp_path: Path) -> Callable[..., Page]:
    """Return a function that shows a view's HTML as a page of its own, without kernel, server or network."""

    def show(html: str, *, dark: bool = False, width: int = 1180) -> Page:
        path = tmp_path / "page.html"
        path.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>View</title>{html}', "utf-8")
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path.as_uri())
        return page

    return show


@pytest.fixture
def picture() -> Callable[..., Path]:
    """Return a function that keeps a screenshot of a page or of one element, to be looked at."""

    def keep(target: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        target.screenshot(path=path)
        return path

    return keep
