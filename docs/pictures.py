"""Take the README's pictures: run a lesson in a real JupyterLab and photograph what its cells show.

    python docs/pictures.py            # all of them
    python docs/pictures.py map        # those whose name starts so

Needs a Chromium, the offline BERT and nothing else. The pictures are looked at before they are committed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lab import CHROMIUM_FLAGS, Lab, Watch, chromium, new_page  # noqa: E402  (the tests' own tools)
from playwright.sync_api import sync_playwright  # noqa: E402


@dataclass(frozen=True)
class Picture:
    """What one picture shows.

    Parameters
    ----------
    name
        The stem of its file in ``docs/``.
    lesson
        The notebook it is taken from.
    view
        The public name of the view, as its cell calls it; empty for the top of the lesson.
    dark
        Whether JupyterLab shows its dark theme.
    """

    name: str
    lesson: str
    view: str = ""
    dark: bool = False


HEIGHT = 2600  # a view is photographed whole, so the window has to hold it

PICTURES = [
    Picture("lesson", "pytorch/01_config.ipynb", "ConfigBrowser"),
    Picture("map", "pytorch/01_config.ipynb", "ModelMap"),
    Picture("weights", "pytorch/03_pretrained.ipynb", "WeightComparison", dark=True),
    Picture("tensor", "pytorch/05_inference.ipynb", "TensorBuilder"),
    Picture("output", "pytorch/05_inference.ipynb", "OutputExplorer", dark=True),
]


def main(wanted: list[str]) -> None:
    """Take the pictures whose names start with one of ``wanted``."""
    todo = [p for p in PICTURES if not wanted or p.name.startswith(tuple(wanted))]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        lab = Lab.start(Path(folder) / "lab")
        try:
            for picture in todo:
                page = new_page(browser, Watch(), viewport={"width": 1240, "height": HEIGHT})
                name = f"{picture.name}.ipynb"
                shutil.copy(ROOT / "notebooks" / picture.lesson, lab.folder / name)
                lab.open(page, name, dark=picture.dark)
                cell = page.locator(".jp-CodeCell", has_text=f"ck.{picture.view}(").first
                cell.evaluate("cell => cell.scrollIntoView({block: 'start'})")
                page.wait_for_timeout(2500)  # the drawing's own transitions
                cell.locator(".jp-Cell-outputArea").screenshot(path=ROOT / "docs" / f"{picture.name}.png")
                page.context.close()
                print(f"docs/{picture.name}.png")
        finally:
            lab.stop()
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
