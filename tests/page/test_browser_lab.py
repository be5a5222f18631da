"""The browser tests stand on a JupyterLab that runs a cell, in both themes, without a request to the outside."""

import pytest


@pytest.mark.parametrize("dark", [False, True])
def test_a_cell_runs_and_shows_its_output(lab, page, dark):
    notebook = lab.run(page, ["print(6 * 7)"], dark=dark)

    assert notebook.output(0).inner_text().strip() == "42"
    assert notebook.kernel("print(1 + 1)").strip() == "2"
