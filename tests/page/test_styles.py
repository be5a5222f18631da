"""Several views stand on one page of a lesson: the style of one must not touch another."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import coursekit as ck
from coursekit.views.page.explorer import Explorer, modules
from coursekit.views.page.view import asset

VIEWS = Path(ck.__file__).parent / "views"
EXPLORERS = [view for name in ck.__all__ if isinstance(view := getattr(ck, name), type) and issubclass(view, Explorer)]
# What every view may speak of: the classes of the common style sheet.
COMMON = set(re.findall(r"\.(ck-[\w-]+)", asset("page/style.css")))


def classes(sheet: str) -> set[str]:
    return set(re.findall(r"\.(ck-[\w-]+)", asset(sheet))) - COMMON


def test_an_explorer_keeps_its_rules_to_itself(tmp_path):
    """On the page an explorer's own style is nested in the name of its element."""
    sheets = re.findall(r"<style([^>]*)>(.*?)</style>", ck.CacheBrowser(tmp_path).to_html(), re.DOTALL)

    assert [attributes for attributes, _ in sheets] == ["", ' class="ck-own"']
    assert sheets[0][1] == asset("page/style.css")
    assert sheets[1][1].startswith("ck-cache-browser {")


def test_views_of_widgets_share_no_class_with_each_other():
    """Their styles hold for the whole page, since ipywidgets has no shadow root."""
    explorers = {name.replace(".js", ".css") for view in EXPLORERS for name in modules(f"{view.stem}.js")}
    sheets = {path.relative_to(VIEWS).as_posix() for path in VIEWS.rglob("*.css")}
    live = sorted(sheets - explorers - {"page/style.css"})

    assert len(live) >= 2
    for one, other in combinations(live, 2):
        assert classes(one) & classes(other) == set(), f"{one} and {other}"
