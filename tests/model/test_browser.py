"""ModelMap in a real browser: as an exported page, and in JupyterLab."""

from __future__ import annotations

import pytest
from lab import serious_violations

import coursekit as ck

pytest.importorskip("torch", reason="these models are PyTorch's")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def bert_html():
    return ck.ModelMap(transformers.BertConfig(), framework="pytorch").to_html()


@pytest.fixture(scope="module")
def t5_html():
    return ck.ModelMap(transformers.T5Config(), framework="pytorch").to_html()


def test_layers_fold_and_unfold(exported, bert_html):
    page = exported(bert_html)
    attention = page.get_by_role("button", name="Attention 2,362,368")
    assert attention.is_visible()
    page.get_by_role("button", name="Fold", exact=True).click()
    assert not attention.is_visible()
    page.get_by_role("button", name="Unfold").press("Enter")
    assert attention.is_visible()


def test_an_attribute_lights_up_what_it_shapes(exported, bert_html, picture):
    page = exported(bert_html, dark=True)
    page.get_by_role("button", name="intermediate_size 3072").first.click()
    said = page.locator(".ck-says")
    assert (
        said.inner_text()
        == "intermediate_size = 3072 shapes 36 tensors with 56,659,968 parameters, 51.8 % of the model."
    )
    lit = page.locator(".ck-lit-block strong").all_inner_texts()
    assert lit == ["12 × layer", "Feed-forward"]
    page.locator(".ck-kind-feed-forward").click()
    assert page.locator(".ck-panel .ck-lit-dim").count() == 3
    picture(page, "model_map_dark")
    assert serious_violations(page, "ck-model-map") == []
    page.keyboard.press("Escape")
    assert said.inner_text() == "Everything that it shapes lights up, in the picture and in the tree."
    assert page.locator(".ck-dimmed").count() == 0
    assert page.locator(".ck-panel h4").inner_text() == "Choose a block"


def test_arrow_keys_move_between_attributes(exported, bert_html):
    page = exported(bert_html)
    page.get_by_role("button", name="vocab_size 30522").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator(".ck-says").inner_text().startswith("hidden_size = 768 shapes")


def test_the_largest_block_is_explained_from_the_start(exported, bert_html):
    page = exported(bert_html)
    assert page.locator('.ck-block[aria-pressed="true"] strong').all_inner_texts() == ["12 × layer"]
    panel = page.locator(".ck-panel").inner_text()
    assert "7,087,872" in panel
    assert "× 12 layers" in panel
    assert "85,054,464" in panel


def test_the_ring_around_a_block_is_not_clipped(exported, bert_html):
    page = exported(bert_html)
    page.get_by_role("button", name="hidden_size 768").first.click()
    view, block = page.locator(".ck-map").bounding_box(), page.locator(".ck-kind-embeddings").bounding_box()
    ring = 4
    assert view["x"] + ring <= block["x"]


def test_attributes_that_shape_nothing_are_listed_below_the_details(exported, bert_html):
    page = exported(bert_html)
    idle = page.locator("details", has_text="Shape nothing, used at run time")
    idle.locator("summary").press("Enter")
    assert "hidden_dropout_prob = 0.1" in idle.inner_text()
    assert idle.bounding_box()["y"] > page.locator(".ck-panel").bounding_box()["y"]


@pytest.mark.parametrize("width", [1180, 420])
def test_branches_on_one_input_stand_side_by_side(exported, picture, width):
    html = ck.ModelMap(transformers.GPTJConfig(n_layer=2), framework="pytorch").to_html()
    page = exported(html, width=width, dark=width < 1000)
    boxes = [page.locator(f".ck-kind-{kind}").bounding_box() for kind in ("attention", "feed-forward")]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, f"model_map_branches_{width}")


def test_without_a_picture_the_reason_and_the_tree_are_there(exported, picture):
    page = exported(ck.ModelMap(transformers.CLIPConfig(), framework="pytorch").to_html())
    assert "No picture: the data goes through 2 stacks of layers" in page.locator(".ck-note").inner_text()
    page.get_by_role("button", name="projection_dim 512").click()
    assert page.locator(".ck-item.ck-lit").count() > 0
    picture(page, "model_map_no_picture")
    assert serious_violations(page, "ck-model-map") == []


def test_a_block_shows_how_its_parameters_are_counted(exported, bert_html, picture):
    page = exported(bert_html)
    page.get_by_role("button", name="Attention 2,362,368").click()
    panel = page.locator(".ck-panel").inner_text()
    assert "4 × (hidden_size 768, hidden_size 768)" in panel
    assert "4 × 768 × 768" in panel
    assert "2,362,368" in panel
    picture(page, "model_map_light")
    assert serious_violations(page, "ck-model-map") == []


def test_search_finds_tensors_by_name_and_by_attribute(exported, bert_html):
    page = exported(bert_html)
    search = page.get_by_role("searchbox")
    search.fill("type_vocab_size")
    assert "token_type_embeddings" in page.locator(".ck-tree").inner_text()
    assert "pooler" not in page.locator(".ck-tree").inner_text()
    search.fill("no such thing")
    assert page.locator(".ck-item").count() == 0
    assert "0 modules found" in page.locator(".ck-find").inner_text()


def test_the_tree_is_walked_by_keys(exported, bert_html):
    page = exported(bert_html)
    page.locator('.ck-item[data-path="encoder.layer"]').focus()
    page.keyboard.press("ArrowRight")
    assert page.locator('.ck-item[data-path="encoder.layer.0"]').inner_text().startswith("0 … 11")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.locator('.ck-item[data-path="encoder.layer.0.attention"]').is_visible()
    page.keyboard.press("ArrowLeft")
    assert page.locator('.ck-item[data-path="encoder.layer.0.attention"]').count() == 0


def test_nothing_is_wider_than_a_narrow_screen(exported, t5_html, picture):
    page = exported(t5_html, width=420)
    page.get_by_role("button", name="Unfold").last.click()
    picture(page, "model_map_narrow")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_two_models_stand_beside_each_other(exported, picture):
    tiny = transformers.BertConfig(hidden_size=24, num_hidden_layers=2)
    view = ck.ModelMap(tiny, compare_to=transformers.GPT2Config(n_layer=2), framework="pytorch")
    page = exported(view.to_html())
    page.get_by_role("button", name="vocab_size 30522 | 50257").click()
    said = page.locator(".ck-says").inner_text()
    assert "BertModel: vocab_size = 30522" in said
    assert "GPT2Model: vocab_size = 50257" in said
    page.get_by_role("combobox").select_option("GPT2Model")
    assert "wte" in page.locator(".ck-tree").inner_text()
    picture(page, "model_map_two")
    assert serious_violations(page, "ck-model-map") == []


def test_it_works_in_jupyterlab(lab, page, picture):
    code = [
        "import os; os.environ['USE_TF'] = '0'\nimport coursekit as ck\nfrom transformers import BertConfig",
        "ck.ModelMap(BertConfig(), framework='pytorch')",
    ]
    output = lab.run(page, code, name="model_map").output(1)
    output.get_by_role("button", name="hidden_size 768").first.click()
    assert "187 tensors" in output.locator(".ck-says").inner_text()
    picture(page, "model_map_lab")
