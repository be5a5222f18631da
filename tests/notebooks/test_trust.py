"""`make lab` trusts the course's own notebooks and no others."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def folder(trust, tmp_path, monkeypatch):
    """A small course, with its digests, a foreign notebook, and one that somebody changed afterwards."""
    for variable in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "jupyter"))
    for name in ("src", "pytorch", "tensorflow"):
        (tmp_path / name).mkdir()
    for stem in ("01_config", "02_random_init"):
        (tmp_path / "src" / f"{stem}.py").touch()
    for stem in ("01_config", "02_random_init", "03_foreign"):
        cell = nbformat.v4.new_code_cell(f"print({stem!r})", id="a")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "pytorch" / f"{stem}.ipynb")
    trust.write(tmp_path)
    changed = tmp_path / "pytorch" / "02_random_init.ipynb"
    changed.write_text(changed.read_text().replace("print(", "display("))
    return tmp_path


def test_a_foreign_notebook_and_a_changed_one_are_not_trusted(trust, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "rfc3987_syntax", None)  # trust leaves it out as well; undone afterwards
    trust.trust(folder)

    with NotebookNotary(data_dir=str(folder / "jupyter")) as notary:
        trusted = [
            path.stem
            for path in sorted((folder / "pytorch").glob("*.ipynb"))
            if notary.check_signature(nbformat.read(path, as_version=4))
        ]
    assert trusted == ["01_config"]


def test_the_digests_are_those_of_the_notebooks(trust):
    """After `python notebooks/build.py` alone they are not; `make notebooks` writes both."""
    assert trust.stated(NOTEBOOKS) == trust.measured(NOTEBOOKS), "run: python notebooks/trust.py --write"
