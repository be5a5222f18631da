"""AutoModelTrace in a real browser: the steps, what each looked at, where one fails."""

from __future__ import annotations

import json
import re

import pytest
from lab import serious_violations

from coursekit.hub.offline import OFFLINE_ID
from coursekit.views.auto.view import AutoModelTrace

TAG = "ck-auto-model-trace"


@pytest.fixture(scope="module")
def html(offline_bert):  # noqa: ARG001  (it must be in the cache)
    return AutoModelTrace(OFFLINE_ID, framework="pytorch").to_html()


@pytest.fixture(scope="module")
def with_head(offline_bert):  # noqa: ARG001  (the same)
    return AutoModelTrace(OFFLINE_ID, task="sequence-classification", framework="pytorch").to_html()


@pytest.fixture
def shown(exported):
    def show(html, **options):
        page = exported(html, **options)
        page.wait_for_selector(f"{TAG} .ck-trace")
        return page

    return show


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (False, 420)])
def test_it_opens_at_the_row_of_the_mapping(shown, html, picture, dark, width):
    page = shown(html, dark=dark, width=width)

    assert page.get_by_role("tab").count() == 6
    assert page.get_by_role("tab", selected=True).inner_text().splitlines()[-1] == "BertModel"
    page.wait_for_selector(f"{TAG} .ck-grid-body [aria-selected=true]")
    assert "BertModel" in page.locator(f"{TAG} .ck-grid-body [aria-selected=true]").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious_violations(page, TAG) == []
    picture(page.locator(TAG), f"auto_model_trace-{'dark' if dark else 'light'}-{width}")


def test_the_mapping_can_be_searched(shown, html):
    page = shown(html)
    page.get_by_label("Search architectures").fill("distilbert")
    assert "DistilBertModel" in page.locator(f"{TAG} .ck-grid-body").inner_text()


def test_arrow_keys_walk_the_steps(shown, html):
    page = shown(html)
    page.get_by_role("tab", selected=True).focus()
    page.keyboard.press("ArrowDown")
    assert "model.safetensors" in page.get_by_role("tabpanel").inner_text()
    assert "90.9 MB" in page.get_by_role("tabpanel").inner_text()
    page.keyboard.press("Home")
    assert "commit" in page.get_by_role("tabpanel").inner_text()
    page.keyboard.press("ArrowDown")
    assert page.locator(f"{TAG} .ck-trace-marked").inner_text().split() == ['"model_type"', '"bert"']


def test_newly_initialized_tensors_are_listed(shown, with_head, picture):
    page = shown(with_head)
    panel = page.get_by_role("tabpanel").inner_text()

    assert "classifier.weight" in panel
    assert "Some weights ... were not initialized" in panel
    picture(page.locator(TAG), "auto_model_trace-head")


def test_a_step_that_fails_is_in_sight(shown, tmp_path, picture):
    folder = tmp_path / "my_model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "<b>brt</b>"}), "utf-8")
    page = shown(AutoModelTrace(folder, framework="pytorch").to_html(), dark=True)

    assert "unknown" in page.get_by_role("tab", selected=True).inner_text()
    assert "transformers says" in page.get_by_role("tabpanel").inner_text()
    assert page.locator(".ck-trace-not-reached").count() == 4
    assert page.locator(f"{TAG} b").count() == 0
    assert serious_violations(page, TAG) == []
    picture(page.locator(TAG), "auto_model_trace-fails")


def test_the_static_face_reads_well_without_script_and_style(exported, with_head, picture):
    page = exported(re.sub(r"<(script|style)\b.*?</\1>", "", with_head, flags=re.DOTALL))
    assert page.get_by_role("listitem").count() == 6
    assert page.get_by_role("row", name="classifier.weight").is_visible()
    picture(page, "auto_model_trace-static")


def test_it_works_in_jupyterlab(lab, page, picture):
    cells = ["import os; os.environ['USE_TF'] = '0'\nimport coursekit as ck", f"ck.AutoModelTrace({OFFLINE_ID!r})"]
    notebook = lab.run(page, cells)
    output = notebook.output(1)
    output.get_by_role("tab", selected=True).wait_for()
    output.get_by_role("tab", name="Choose the weight file").click()

    assert "model.safetensors" in output.get_by_role("tabpanel").inner_text()
    picture(output, "auto_model_trace-lab")
