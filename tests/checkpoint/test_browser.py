"""The inspector shows a checkpoint, finds tensors in it and names what does not fit, in JupyterLab and on a page."""

from __future__ import annotations

import json
import shutil

import pytest
from lab import serious_violations

from coursekit.views.checkpoint.view import CheckpointInspector

torch = pytest.importorskip("torch", reason="PyTorch saves the checkpoint that is shown")
TAG = "ck-checkpoint-inspector"
SAVE = """
from transformers import BertConfig, BertModel
config = BertConfig(hidden_size=32, intermediate_size=64, num_attention_heads=4, num_hidden_layers=4, vocab_size=900)
BertModel(config).save_pretrained("directory_on_my_computer")
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    import os

    root = tmp_path_factory.mktemp("saved")
    before = os.getcwd()  # noqa: PTH109  (the cell saves into the folder of the notebook)
    os.chdir(root)
    try:
        exec(SAVE, {})  # the same cell that runs in JupyterLab
    finally:
        os.chdir(before)
    return root / "directory_on_my_computer"


@pytest.fixture
def tampered(saved, tmp_path):
    folder = shutil.copytree(saved, tmp_path / "tampered")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps({**config, "num_hidden_layers": 12, "<b onclick=alert(1)>": "</script><img src=x onerror=alert(1)>"})
    )
    (folder / "pytorch_model.bin").write_bytes(b"")
    return folder


def shown(exported, folder, **options):
    page = exported(f"<main>{CheckpointInspector(folder).to_html()}</main>", **options)
    page.wait_for_selector(f"{TAG} .ck-tab")
    return page, page.locator(f"{TAG} .ck-root")  # beside it the static face stays in the page, unseen


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (False, 420)])
def test_a_checkpoint_that_fits(exported, saved, dark, width, picture):
    page, view = shown(exported, saved, dark=dark, width=width)

    assert view.get_by_text("They fit: each of the 71 tensors has its place in BertModel.").is_visible()
    assert view.get_by_role("status").inner_text() == "71 tensors"
    assert "null" not in view.inner_text()
    picture(page, f"inspector-{'dark' if dark else 'light'}-{width}")
    assert serious_violations(page, TAG) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_search_and_tabs_with_the_keyboard(exported, saved, picture):
    page, view = shown(exported, saved)

    view.get_by_role("searchbox").fill("layer.2 attention bias")
    assert view.get_by_role("status").inner_text() == "5 of 71 tensors"
    view.get_by_role("searchbox").press("Escape")
    view.get_by_role("button", name="Parameters").click()
    first = page.locator(f"{TAG} .ck-grid-body [aria-rowindex='2']")
    assert first.locator("[role=gridcell]").first.inner_text() == "embeddings.word_embeddings.weight"
    view.get_by_role("tab", name="State dictionary").focus()
    page.keyboard.press("ArrowRight")
    assert view.get_by_role("tab", name="Config").get_attribute("aria-selected") == "true"
    assert view.get_by_text("the number of layers").is_visible()
    picture(page, "inspector-config")
    page.keyboard.press("ArrowRight")
    assert view.get_by_role("rowheader", name="model.safetensors").is_visible()
    picture(page, "inspector-files")


@pytest.mark.parametrize("dark", [False, True])
def test_what_does_not_fit_is_named_and_nothing_of_it_is_markup(exported, tampered, dark, picture):
    page, view = shown(exported, tampered, dark=dark)

    assert view.get_by_text("The weights have 4 × encoder.layer, and the config calls for 12.").is_visible()
    assert view.get_by_text("The file is empty: 0 bytes.").is_visible()
    view.get_by_role("button", name="missing 128").click()
    assert view.get_by_role("status").inner_text() == "128 tensors"
    view.get_by_role("button", name="all 199").click()
    view.get_by_role("searchbox").fill("missing")
    assert view.get_by_role("status").inner_text() == f"{8 * 16} of {71 + 8 * 16} tensors"
    picture(page, f"inspector-tampered-{'dark' if dark else 'light'}")
    assert serious_violations(page, TAG) == []
    view.get_by_role("tab", name="Config").click()
    assert view.get_by_text("<b onclick=alert(1)>").is_visible()
    assert page.locator(f"{TAG} img").count() == 0
    view.get_by_role("tab", name="State dictionary").click()
    view.get_by_role("button", name="pytorch_model.bin").click()
    assert view.get_by_role("status").inner_text() == "0 tensors"


def test_it_runs_in_jupyterlab(lab, page, picture):
    notebook = lab.run(
        page,
        [
            "import os; os.environ['USE_TF'] = '0'" + SAVE + "import coursekit as ck",
            'ck.CheckpointInspector("directory_on_my_computer")',
        ],
        name="inspector",
    )
    output = notebook.output(1)
    output.locator(".ck-tab").first.wait_for()
    output = output.locator(".ck-root")

    assert output.get_by_text("They fit: each of the 71 tensors").is_visible()
    output.get_by_role("searchbox").fill("pooler")
    assert output.get_by_role("status").inner_text() == "2 of 71 tensors"
    picture(page, "inspector-lab")
