"""The committed notebooks, as a learner opens them. Their outputs are nbval's business."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(path for track in ("pytorch", "tensorflow") for path in (NOTEBOOKS / track).glob("*.ipynb"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
LARGEST = 3_000_000  # bytes; GitHub shows no notebook that is much larger


def read(path):
    return nbformat.read(path, as_version=4)


def name(path):
    return f"{path.parent.name}/{path.stem}"


def test_the_notebooks_are_what_their_sources_say(builder, lessons):
    assert builder.check(lessons) == []


def test_both_tracks_have_the_same_lessons():
    assert [path.stem for path in PATHS[:6]] == [path.stem for path in PATHS[6:]]
    assert len(PATHS) == 12


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_the_notebook_is_valid_and_of_reasonable_size(path):
    nbformat.validate(read(path))
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_links_to_other_notebooks_resolve(path, lessons):
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    links = LINK.findall(prose)
    inside = [link for link in links if "://" not in link]
    assert inside, "a lesson leads on to another one"
    for link in inside:
        assert (path.parent / link).resolve().is_file(), link
    here = [link for link in links if f"{lessons.address.repository}/blob/{lessons.address.branch}/" in link]
    assert len(here) >= 2, "a link for Colab and one for Studio Lab"
    for link in here:
        assert (NOTEBOOKS.parent / link.split("/blob/")[1].split("/", 1)[1]).is_file(), link


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_the_first_cells_install_and_prepare_in_silence(path):
    install, setup = [cell for cell in read(path).cells if cell.cell_type == "code"][:2]
    assert f'"coursekit-models[{path.parent.name}] @ ' in install.source
    assert install.outputs == []
    assert install.metadata.jupyter.source_hidden
    assert install.metadata.cellView == "form"
    assert setup.source == f'import coursekit as ck\n\nck.setup("{path.parent.name}")'


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_images_have_a_text_and_nothing_of_this_machine_is_left(path):
    text = path.read_text(encoding="utf-8")
    assert "![" not in "".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown"), (
        "a picture from the web is a broken one offline"
    )
    for part in (str(NOTEBOOKS.parent), str(Path.home()) + "/", "/tmp/"):
        assert part not in text
