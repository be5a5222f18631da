"""The scripts of a view are modules that Python joins to one, and none of them hides a name of the page."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

import pytest

import coursekit as ck
from coursekit.views.page.explorer import Explorer, joined, modules, packed

VIEWS = Path(ck.__file__).parent / "views"
EXPLORERS = [view for name in ck.__all__ if isinstance(view := getattr(ck, name), type) and issubclass(view, Explorer)]
each_explorer = pytest.mark.parametrize("view", EXPLORERS, ids=lambda view: view.__name__)


def top_names(script: str) -> list[str]:
    """The names that a script declares outside of all braces; the formatter puts them at the beginning of a line."""
    found = re.findall(r"^(?:export )?(?:async )?(?:function|class|const|let) ([\w$]+)", script, re.MULTILINE)
    assert not re.search(r"^(?:export )?(?:const|let) [\[{]", script, re.MULTILINE)
    return found


@each_explorer
def test_each_script_comes_once_and_after_those_that_it_needs(view):
    names = modules(f"{view.stem}.js")

    assert len(set(names)) == len(names)
    assert names[-1] == f"{view.stem}.js"
    for at, name in enumerate(names):
        wanted = re.findall(r'from "(\.[^"]+\.js)";', (VIEWS / name).read_text("utf-8"))
        assert {(VIEWS / name).parent.joinpath(path).resolve() for path in wanted} <= {
            (VIEWS / other).resolve() for other in names[:at]
        }


@each_explorer
def test_the_joined_script_imports_nothing_and_no_two_scripts_share_a_name(view):
    names = modules(f"{view.stem}.js")
    script = joined(names)
    declared = [name for each in names for name in top_names((VIEWS / each).read_text("utf-8"))]

    assert not re.search(r"^\s*(?:import|export)\b", script, re.MULTILINE)
    assert sorted(set(declared)) == sorted(declared)
    assert len(declared) > 20
    assert zlib.decompress(base64.b64decode(packed(names))).decode() == script


def test_every_script_belongs_to_a_view():
    used = {name for view in EXPLORERS for name in modules(f"{view.stem}.js")} | {"page/start.js"}

    assert {path.relative_to(VIEWS).as_posix() for path in VIEWS.rglob("*.js")} == used


def test_one_class_extends_an_element_of_the_page_and_has_no_method_besides_its_callbacks():
    """A view's own class extends nothing of the page: ``attributes()`` there once hid ``Element.attributes``."""
    scripts = {path.relative_to(VIEWS).as_posix(): path.read_text("utf-8") for path in VIEWS.rglob("*.js")}
    extending = [name for name, script in scripts.items() if re.search(r"extends (?:HTML|SVG)?\w*Element\b", script)]
    method = re.compile(r"^\t\t\t(?:async |get |set |static )*([#\w]+)\(.*\{$", re.MULTILINE)

    assert extending == ["page/explorer.js"]
    assert method.findall(scripts["page/explorer.js"]) == ["connectedCallback", "disconnectedCallback"]
