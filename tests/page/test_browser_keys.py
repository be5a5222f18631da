"""In a notebook, which moves and deletes cells with single keys, a control of a view keeps its keys to itself."""

SHOW = """
import numpy as np, coursekit as ck
states = tuple(np.random.default_rng(0).normal(size=(1, 3, 8)).astype(np.float32) for _ in range(4))
ck.OutputExplorer({"last_hidden_state": states[-1], "hidden_states": states}, np.array([[1, 2, 3]]))
"""


def test_keys_move_the_layer_slider_and_no_cell(lab, page):
    lab.run(page, [SHOW, "1 + 1", "2 + 2"])
    slider = page.locator("ck-output-explorer input[type=range]")
    cells = page.locator(".jp-CodeCell").count()
    slider.focus()

    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert slider.input_value() == "1"
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.keyboard.press("ArrowUp")
    assert slider.input_value() == "2"
    assert page.locator(".jp-CodeCell").count() == cells
    assert page.evaluate("document.activeElement.localName") == "ck-output-explorer"
