"""The rules that keep one source good for both frameworks."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import jupytext
import pytest

SOURCES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "src").glob("[0-9]*.py"))
TRACKS = {"pytorch", "tensorflow"}
VIEWS = ("ConfigBrowser", "ModelMap", "WeightComparison", "AutoModelTrace", "CacheBrowser", "CheckpointInspector")
VIEWS += ("TensorBuilder", "OutputExplorer")
FRAMEWORK_MODULES = {"torch", "tensorflow", "tf_keras", "keras"}
EXCUSES = {"differs-in-5", "needs-pytorch", "yours", "nbval-ignore-output", "nbval-skip"}


def cells(path):
    """Return (track or "", other tags, source, kind) of each cell of a source."""
    found = []
    for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells:
        tags = set(cell.metadata.get("tags", []))
        assert len(tags & TRACKS) <= 1, "a cell for both tracks carries no track's tag"
        found.append(("".join(tags & TRACKS), tags - TRACKS, cell.source, cell.cell_type))
    return found


def code(path):
    return [(track, source) for track, _, source, kind in cells(path) if kind == "code"]


def is_framework_class(name):
    """Say whether a name of transformers needs a framework: models do, configs and tokenizers do not."""
    return name.startswith("TF") or "Model" in name or "For" in name


def imported(source):
    """Return (module, name) for everything that a cell imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def bound(source):
    """Return the names that a cell leaves behind, without those of the frameworks and their classes."""
    names, todo = set(), list(ast.parse(source).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            continue  # the names inside stay inside
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda):
            continue
        todo += ast.iter_child_nodes(node)
    return {name for name in names if name not in {"torch", "tf"} and name[0] != "_" and not is_framework_class(name)}


def variables(source):
    """Return the bound names that are not imports: each framework has tools of its own."""
    return bound(source) - {(alias or module).split(".")[0] for module, alias in imported(source)}


def used(source):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def runs(path):
    """Return the code cells in runs of neighbours, shared ones apart from those of the tracks."""
    groups, current = [], []
    for track, source in code(path):
        if current and not (track and current[-1][0]):
            groups.append(current)
            current = []
        current.append((track, source))
    return [*groups, current]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_shared_cell_imports_no_framework(path):
    for track, source in code(path):
        if not track:
            for module, name in imported(source):
                assert module.split(".")[0] not in FRAMEWORK_MODULES, source
                assert module != "transformers" or not is_framework_class(name), source
            assert not used(source) & {"torch", "tf"}, source


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_track_never_uses_the_other_framework(path):
    for track, source in code(path):
        modules = {module.split(".")[0] for module, _ in imported(source)}
        if track == "pytorch":
            assert not modules & {"tensorflow", "tf_keras", "h5py"}, source
        elif track == "tensorflow":
            assert "torch" not in modules, source


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_shared_cells_use_is_bound_by_both_tracks(path):
    known = {"pytorch": set(), "tensorflow": set()}
    for track, source in code(path):
        if track:
            known[track].update(bound(source))
        else:
            needed = used(source) - bound(source)
            assert needed & known["pytorch"] == needed & known["tensorflow"], source
            for track_names in known.values():
                track_names.update(bound(source))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_pair_binds_the_same_names(path):
    pairs = 0
    for run in runs(path):
        for (track, source), (next_track, next_source) in pairwise(run):
            # A pair is a PyTorch cell with its TensorFlow twin right after it.
            if (track, next_track) == ("pytorch", "tensorflow"):
                assert variables(source) == variables(next_source), f"{source}\n---\n{next_source}"
                pairs += 1
    assert pairs >= 3


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_an_excused_cell_says_why_where_learners_do_not_read_it(path):
    for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells:
        tags, source = set(cell.metadata.get("tags", [])), cell.source
        if tags & EXCUSES:
            assert len(cell.metadata.get("because", "")) > 20, f"{tags} without its reason:\n{source}"
        assert not any(f"# {tag}" in source for tag in EXCUSES), source
        tags -= TRACKS
        assert not re.search(r"^#\s*(NBVAL|PYTEST_VALIDATE)", source, re.MULTILINE), "use a tag, with a reason"
        assert tags <= EXCUSES | {"raises-exception", "folded"}, f"unknown tags {tags}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_cells_are_short_and_each_lesson_has_its_parts(path):
    found = cells(path)
    for _, _, source, kind in found:
        if kind == "code":
            assert len(source.splitlines()) <= 32, source
    prose = "\n".join(source for _, _, source, kind in found if kind == "markdown")
    assert found[0][2].startswith("# ")
    assert "{{badges}}" in found[0][2]
    for part in ("When you are done, you can", "## Your turn", "## Words of this lesson", "## Recap"):
        assert part in prose
    assert ("{{next}}" in prose) == (path != SOURCES[-1])
    assert "youtube.com/watch?v=00GKzGyWFEs" in prose or path != SOURCES[0]


# How long things take, by other yardsticks than the builder's: a fast and a slow reader bracket what is stated.
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
@pytest.mark.parametrize("track", sorted(TRACKS))
def test_the_time_stated_is_within_a_quarter_of_what_counting_gives(lessons, path, track):
    stated = int(re.search(r"about (\d+) minutes", lessons.compose(path.stem, track).cells[0].source)[1])
    mine = [cell for cell in cells(path) if cell[0] in ("", track)]
    words = sum(len(re.findall(r"[\w']+", source)) for _, _, source, kind in mine if kind == "markdown")
    code = [source for _, _, source, kind in mine if kind == "code"]
    views = sum(source.count(f"ck.{name}(") for source in code for name in VIEWS)
    asked = sum(len(re.findall(r"ck\.(?:exercise|quiz)\(", source)) for source in code)
    counted = words / 180 + len(code) / 3 + 1.5 * views + 1.75 * asked
    assert abs(stated - counted) <= counted / 4, f"{stated} minutes are stated, {counted:.0f} counted"
