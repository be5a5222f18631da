"""WeightComparison in a real browser: what a learner finds, reads, and reaches with the keyboard."""

from __future__ import annotations

import pytest
import torch
from lab import serious_violations
from transformers import BertConfig, BertModel

from coursekit.views.weights.view import WeightComparison

TAG = "ck-weight-comparison"
ROW = f"{TAG} .ck-grid-body > [role=row]:not(.ck-grid-heading)"


@pytest.fixture(scope="module")
def view(offline_bert):
    pretrained = BertModel.from_pretrained(offline_bert)
    torch.manual_seed(0)
    return WeightComparison(random=BertModel(pretrained.config), pretrained=pretrained)


@pytest.fixture(scope="module")
def html(view):
    return view.to_html()


@pytest.fixture
def shown(exported, html):
    def show(**options):
        page = exported(html, **options)
        page.wait_for_selector(f"{TAG} .ck-weights-histogram")
        return page

    return show


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (False, 420)])
def test_it_opens_at_the_position_embeddings(shown, picture, dark, width):
    page = shown(dark=dark, width=width)

    assert page.locator(f"{TAG} h4 code").inner_text() == "embeddings.position_embeddings.weight"
    assert page.locator(f"{TAG} canvas").count() == 2
    assert page.locator(f"{TAG} .ck-weights-curve").count() == 1
    assert "normal, σ = 0.02" in page.locator(f"{TAG} .ck-weights-legend").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious_violations(page, TAG) == []
    picture(page.locator(TAG), f"weight_comparison-{'dark' if dark else 'light'}-{width}")


def test_search_sort_and_filter(shown):
    page = shown()
    page.get_by_label("Search tensors").fill("layer.5 query")
    assert page.locator(ROW).count() == 2
    page.get_by_label("Search tensors").press("Escape")
    page.get_by_role("button", name="Parameters").click()
    assert "word_embeddings" in page.locator(ROW).first.inner_text()
    page.get_by_role("button", name="identical").click()
    assert page.locator(ROW).count() == 0 or "identical" in page.locator(ROW).first.inner_text()


def test_names_are_short_below_their_heading_and_whole_without_it(shown):
    page = shown()
    chosen = page.locator(f"{ROW}[aria-selected=true] [role=gridcell]").first
    assert chosen.inner_text() == "position_embeddings.weight"
    assert chosen.get_attribute("title") == "embeddings.position_embeddings.weight"
    page.get_by_role("button", name="Name").click()
    assert page.locator(ROW).first.inner_text().startswith("embeddings.LayerNorm.bias")


def test_the_figures_of_each_model_can_be_shown(shown):
    page = shown()
    page.get_by_label("Search tensors").fill("word_embeddings")
    trained = page.locator(ROW).first.inner_text()
    page.get_by_role("button", name="random", exact=True).click()
    assert page.locator(ROW).first.inner_text() != trained
    assert "0.0200" in page.locator(ROW).first.inner_text()


def test_arrow_keys_choose_the_next_tensor(shown):
    page = shown()
    page.locator(f"{ROW}[aria-selected=true]").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(f"{TAG} h4 code").inner_text() != "embeddings.position_embeddings.weight"
    assert page.locator(f"{ROW}[aria-selected=true]").count() == 1


def test_a_layer_norm_that_is_all_ones_is_a_line(shown):
    page = shown()
    page.get_by_label("Search tensors").fill("embeddings.LayerNorm.weight")
    page.locator(ROW).first.click()
    assert page.locator(f"{TAG} line.ck-weights-line").count() == 1
    assert "all 1" in page.locator(f"{TAG} .ck-weights-legend").inner_text()


def test_nan_is_shown_and_nothing_breaks(exported, picture):
    torch.manual_seed(0)
    config = BertConfig(num_hidden_layers=1, hidden_size=48, num_attention_heads=4, intermediate_size=64, vocab_size=99)
    ill = BertModel(config)
    with torch.no_grad():
        ill.embeddings.position_embeddings.weight[3:9, 5] = float("nan")
        ill.pooler.dense.bias[:] = float("inf")
    page = exported(WeightComparison(**{"<b>well</b>": BertModel(config), "ill": ill}).to_html())
    page.wait_for_selector(f"{TAG} .ck-weights-histogram")

    assert "ill: 6 NaN" in page.locator(f"{TAG} .ck-note").inner_text()
    assert page.locator(f"{TAG} b").count() == 0
    page.get_by_label("Search tensors").fill("pooler.dense.bias")
    page.locator(ROW).first.click()
    assert "48 infinite" in page.locator(f"{TAG} .ck-note").inner_text()
    picture(page.locator(TAG), "weight_comparison-nan")


def test_the_static_face_reads_well_without_script_and_style(exported, html, picture):
    from re import DOTALL, sub

    page = exported(sub(r"<(script|style)\b.*?</\1>", "", html, flags=DOTALL))
    assert page.get_by_role("row", name="encoder.layer.5").is_visible()
    assert page.locator("img").count() == 2
    picture(page, "weight_comparison-static")


def test_it_works_in_jupyterlab(lab, page, picture):
    cells = [
        "import os; os.environ['USE_TF'] = '0'\nimport coursekit as ck\nfrom transformers import BertConfig, BertModel",
        "config = BertConfig(num_hidden_layers=2, hidden_size=48, num_attention_heads=4, vocab_size=999)",
        "ck.WeightComparison(first=BertModel(config), second=BertModel(config), third=BertModel(config))",
    ]
    notebook = lab.run(page, cells, dark=True)
    output = notebook.output(2)
    output.locator(".ck-weights-histogram").wait_for()

    assert output.locator("canvas").count() == 3
    output.get_by_label("Search tensors").fill("pooler")
    assert output.locator(".ck-grid-body > [role=row]:not(.ck-grid-heading)").count() == 2
    picture(output, "weight_comparison-lab")
