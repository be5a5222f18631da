"""ForwardPass in a real browser: steps, tokens, heads, keys, themes, an exported page and JupyterLab."""

from __future__ import annotations

from html import escape

import pytest
from lab import serious_violations

import coursekit as ck

HOST = "ck-forward-pass"


@pytest.fixture(scope="module")
def model(offline_bert):
    pytest.importorskip("torch", reason="this model is PyTorch's")
    from transformers import AutoModel

    return AutoModel.from_pretrained(offline_bert)


@pytest.fixture(scope="module")
def view(model, tokenizer):
    inputs = tokenizer("The bank of the river.", return_tensors="pt")
    return ck.ForwardPass(model, inputs, tokenizer, step="layer 3 attention", token=2, head=5)


@pytest.fixture(scope="module")
def html(view):
    return view.to_html()


def tile(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_the_chosen_place_is_open_and_shows_the_model_s_numbers(view, html, exported):
    page = exported(html)

    assert page.locator(".ck-stage h4").inner_text().startswith("Layer 3 · Attention")
    shares = page.locator(".ck-weight .ck-figure").all_inner_texts()
    weights = view.step("layer 3 attention").weights[5, 2]
    for shown, true in zip(shares, weights, strict=True):
        assert abs(float(shown.strip("< %")) - 100 * true) <= 0.1
    products = page.locator(".ck-product .ck-figure").all_inner_texts()
    for shown, true in zip(products, view.step("layer 3 attention").scores[5, 2], strict=True):
        assert abs(float(shown.replace("\u2212", "-")) - true) <= 0.006


def test_tokens_heads_and_steps_are_chosen_by_click_and_by_key(html, exported):
    page = exported(html)

    page.locator(".ck-token-strips .ck-token", has_text="river").click()
    assert page.locator(".ck-followed b").inner_text() == "river"
    page.keyboard.press("ArrowLeft")  # the token is focused: the one before it
    assert page.locator(".ck-followed b").inner_text() == "the"

    page.get_by_role("button", name="Head 7", exact=False).click()
    page.keyboard.press("ArrowRight")
    assert page.locator('.ck-head-button[aria-pressed="true"] span').inner_text() == "8"

    tile(page, "layer 3 attention")
    page.keyboard.press("ArrowRight")
    assert page.locator(".ck-stage h4").inner_text().startswith("Layer 3 · Add and norm")
    page.get_by_role("button", name="Back").click()
    assert page.locator(".ck-stage h4").inner_text().startswith("Layer 3 · Attention")
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("p")
    assert page.get_by_role("button", name="Pause").count() == 1
    assert page.locator(".ck-stage h4").inner_text().startswith("Layer 3 · Add and norm")
    page.keyboard.press("p")
    assert page.get_by_role("button", name="Play").count() == 1


def test_the_line_of_numpy_that_is_copied_gives_the_numbers(view, html, exported):
    import numpy as np

    page = exported(html)
    page.get_by_text("The same in NumPy").click()
    line = page.locator(".ck-numpy code").nth(2).inner_text()

    *statements, last = line.split("; ")
    names = {"np": np, "view": view}
    exec("\n".join(statements), names)
    np.testing.assert_allclose(eval(last, names), view.step("layer 3 attention").context[5, 2], atol=1e-5)


def test_a_strip_has_the_colours_of_its_numbers(view, html, exported):
    from coursekit.views.forward.payload import limits
    from coursekit.views.page.colours import diverging

    page = exported(html)
    tile(page, "embeddings")
    canvas = page.locator(".ck-vector-strong canvas")
    found = canvas.evaluate("(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 3, 1).data]")

    limit = limits(tuple(view.facts.runs.values()))["vector"]
    for at, value in enumerate(view.step("embeddings").after[2, :3]):
        assert (
            found[4 * at : 4 * at + 3] == diverging()[round(127 + 127 * max(-1, min(1, float(value) / limit)))].tolist()
        )


def test_a_place_is_opened_from_the_address(html, exported, page):
    exported(html)
    page.goto(f"{page.url}#ck-forward:layer%202%20feed-forward:4:0")
    page.reload()

    assert page.locator(".ck-stage h4").inner_text().startswith("Layer 2 · Feed-forward")
    assert page.locator(".ck-followed b").inner_text() == "the"
    assert page.locator(".ck-curve-dot").count() == 1536


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (True, 400)], ids=["light", "dark", "narrow"])
def test_nothing_serious_for_assistive_technology_and_nothing_scrolls_sideways(html, exported, picture, dark, width):
    page = exported(html, dark=dark, width=width)

    for name in ("layer 3 attention", "embeddings", "layer 3 feed-forward", "pooler"):
        tile(page, name)
        assert serious_violations(page, HOST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        picture(page.locator(HOST), f"forward-pass-{name.split()[-1]}-{'dark' if dark else 'light'}-{width}")


def test_two_sentences_side_by_side_are_followed_apart_in_an_iframe(model, tokenizer, exported):
    texts = {"one": "A river bank.", "two": "A bank account here."}
    pairs = {name: (model, tokenizer(text, return_tensors="pt")) for name, text in texts.items()}
    html = ck.ForwardPass(tokenizer=tokenizer, **pairs).to_html()
    page = exported(f'<iframe title="cell" width="1100" height="850" srcdoc="{escape(html)}"></iframe>')
    frame = page.frame_locator("iframe")

    frame.locator(".ck-token-row").nth(1).locator(".ck-token", has_text="account").click()

    assert frame.locator(".ck-run-name").all_inner_texts() == ["one BertModel, “a”", "two BertModel, “account”"]
    assert frame.locator(".ck-attention").count() == 2


def test_without_script_the_static_face_stays(html, exported):
    import re

    page = exported(re.sub(r"(?s)<script.*?</script>", "", html))

    assert page.get_by_role("table").count() == 8


CELLS = [
    """import os; os.environ["USE_TF"] = "0"
from transformers import AutoModel, AutoTokenizer
import coursekit as ck
checkpoint = ck.checkpoint("bert-base-cased")
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint)""",
    'ck.ForwardPass(model, tokenizer("The bank of the river.", return_tensors="pt"), tokenizer)',
]


def test_in_jupyterlab_it_walks_through_a_real_model(offline_bert, lab, page, picture):  # noqa: ARG001  (offline_bert: skips where it is not there)
    shown = lab.run(page, CELLS, name="forward").output(1)

    shown.locator(".ck-stage").wait_for()
    shown.get_by_role("button", name="Next").click()
    shown.get_by_role("button", name="Next").click()
    assert shown.locator(".ck-stage h4").inner_text().startswith("Layer 1 · Feed-forward")
    assert serious_violations(page, HOST) == []
    picture(shown, "forward-pass-jupyterlab")
