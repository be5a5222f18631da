"""OutputExplorer in a real browser: pictures, linked tokens, keyboard, themes, exported pages and JupyterLab."""

from __future__ import annotations

import numpy as np
import pytest
from lab import serious_violations

import coursekit as ck

HOST = "ck-output-explorer"
MINUS = "\u2212"


def output(*, batch=2, length=5, layers=3, heads=4, hidden=24, seed=0):
    random = np.random.default_rng(seed)
    states = tuple(random.normal(size=(batch, length, hidden)).astype(np.float32) for _ in range(layers + 1))
    weights = random.random((layers, batch, heads, length, length), dtype=np.float32)
    return {
        "last_hidden_state": states[-1],
        "hidden_states": states,
        "attentions": tuple(weights / weights.sum(-1, keepdims=True)),
    }


@pytest.fixture(scope="module")
def tokenizer(offline_bert):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(offline_bert)


@pytest.fixture(scope="module")
def view(tokenizer):
    """Two runs on two sentences, the second one padded."""
    ids = [[101, 7592, 2088, 999, 102], [101, 3835, 102, 0, 0]]
    return ck.OutputExplorer(random=output(), pretrained=output(seed=1), input_ids=ids, tokenizer=tokenizer)


def tab(page, name):
    page.get_by_role("tab", name=name).click()


def readout(page):
    return page.locator(".ck-readout").inner_text()


def test_every_picture_is_drawn_for_both_runs(view, exported):
    page = exported(view.to_html())

    for name in ("Hidden states", "Tokens alike", "Sequences alike", "Attention"):
        tab(page, name)
        assert page.locator(".ck-heat-canvas").count() == 2
    tab(page, "Map")
    assert page.locator(".ck-map-token").count() == 2 * 8  # padding has no place
    page.locator(".ck-anatomy summary").click()
    assert page.locator(".ck-anatomy .ck-axis-hidden").first.inner_text().split() == ["24", "hidden"]


def test_a_cell_has_the_colour_of_its_value(view, exported):
    page = exported(view.to_html())
    tab(page, "Tokens alike")

    diagonal, other = page.locator(".ck-heat-canvas").first.evaluate(
        "(canvas) => [[0, 0], [0, 1]].map((at) => [...canvas.getContext('2d').getImageData(...at, 1, 1).data])"
    )

    from coursekit.views.page.colours import diverging

    assert diagonal[:3] == diverging()[254].tolist()
    similar = view.facts.runs[0].token_similarity[-1][0, 1]
    assert other[:3] == diverging()[round(127 + 127 * float(similar))].tolist()


def test_arrow_keys_move_from_cell_to_cell_and_read_both_runs(view, exported):
    page = exported(view.to_html())
    canvas = page.locator(".ck-heat-canvas").first
    canvas.focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")

    text = readout(page)
    values = [run.hidden[-1, 0, 1, 1] for run in view.facts.runs]
    assert "“hello”, dimension 1: hidden_states[3][0, 1, 1]" in text
    for value in values:
        assert f"{value:.4f}".replace("-", MINUS) in text


def test_pointing_at_a_token_marks_it_in_every_picture_and_a_click_keeps_it(view, exported):
    page = exported(view.to_html())
    chip = page.locator(".ck-token", has_text="hello")

    chip.hover()
    assert page.locator(".ck-heat-row").count() == 2
    assert page.locator(".ck-heat-rows .ck-on").first.inner_text() == "hello"
    chip.click()
    page.mouse.move(5, 5)
    for name, mark in {
        "Tokens alike": ".ck-heat-row",
        "Map": ".ck-map-token.ck-on",
        "Attention": ".ck-heat-row",
    }.items():
        tab(page, name)
        assert page.locator(mark).count() == 2, name
    chip.focus()
    page.keyboard.press("Escape")
    chip.blur()
    assert page.locator(".ck-heat-row").count() == 0


def test_pointing_at_a_cell_marks_its_token_in_the_strip(view, exported):
    page = exported(view.to_html())
    tab(page, "Attention")

    page.locator(".ck-heat-canvas").first.hover(position={"x": 40, "y": 40})

    marked = page.locator(".ck-token.ck-on").all_inner_texts()
    assert len(marked) == 1
    assert f"“{marked[0]}” takes from" in readout(page)


def test_heads_are_chosen_by_click_and_by_arrow_keys(view, exported):
    page = exported(view.to_html())
    tab(page, "Attention")

    page.get_by_role("button", name="pretrained: layer 2, head 1").click()
    assert page.locator(".ck-head-name").inner_text() == "Layer 2, head 1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")

    assert page.locator(".ck-head-name").inner_text() == "Layer 3, head 2"
    assert page.locator('.ck-head[aria-pressed="true"]').count() == 2
    canvas = page.locator(".ck-heat-canvas").nth(1)
    canvas.focus()
    page.keyboard.press("ArrowDown")
    weight = view.facts.runs[1].attention[2, 0, 2, 1, 0]
    assert "attentions[2][0, 2, 1, 0]" in readout(page)
    assert f"{weight:.4f}" in readout(page)


def test_lines_of_one_query_stand_alone_when_it_is_marked(view, exported):
    page = exported(view.to_html())
    tab(page, "Attention")
    assert page.locator(".ck-line").count() == 2 * 5 * 5

    page.locator(".ck-token", has_text="hello").hover()

    assert page.locator(".ck-line").count() == 2 * 5


def test_the_layer_is_one_for_all_pictures_of_hidden_states(view, exported):
    page = exported(view.to_html())

    page.get_by_role("slider", name="Layer").fill("1")
    tab(page, "Sequences alike")

    assert page.locator(".ck-layer-name").inner_text() == "layer 1"
    similar = view.facts.runs[0].sequence_similarity[1][0, 1]
    figures = page.locator(".ck-heat-figures").first.locator("span").all_inner_texts()
    assert figures[1] == f"{similar:.2f}".replace("-", MINUS)


def test_special_tokens_and_padding_can_be_hidden_and_shown(view, exported):
    page = exported(view.to_html())
    rows = page.locator(".ck-heat-canvas").first
    assert rows.get_attribute("height") == "8"

    page.get_by_label("Special tokens").uncheck()
    assert rows.get_attribute("height") == "4"
    page.get_by_label("Padding").check()
    assert rows.get_attribute("height") == "6"
    assert page.locator(".ck-token-special").count() == 0


def test_tabs_follow_the_arrow_keys(view, exported):
    page = exported(view.to_html())
    page.get_by_role("tab", name="Hidden states").focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", selected=True).inner_text() == "Sequences alike"
    page.keyboard.press("End")
    assert page.get_by_role("tab", selected=True).inner_text() == "Attention"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_serious_for_assistive_technology(view, exported, picture, dark):
    page = exported(view.to_html(), dark=dark)

    for name in ("Hidden states", "Tokens alike", "Sequences alike", "Map", "Attention"):
        tab(page, name)
        assert serious_violations(page, HOST) == []
        picture(page.locator(HOST), f"output-explorer-{name.split()[0].lower()}-{'dark' if dark else 'light'}")


def test_a_narrow_page_does_not_scroll_sideways(view, exported, picture):
    page = exported(view.to_html(), width=420)

    for name in ("Hidden states", "Tokens alike", "Sequences alike", "Map", "Attention"):
        tab(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 420, name
        picture(page.locator(HOST), f"output-explorer-{name.split()[0].lower()}-narrow")


def test_a_distance_on_the_map_is_a_distance_in_every_direction_and_in_both_runs(view, exported):
    page = exported(view.to_html())
    tab(page, "Map")

    scales = set()
    for index, run in enumerate(view.facts.runs):
        shown = page.locator(".ck-map").nth(index).locator(".ck-map-token")
        places = np.array(
            [
                [float(part) for part in shown.nth(token).get_attribute("transform")[10:-1].split()]
                for token in range(shown.count())
            ]
        )
        points = run.projection.points[-1]
        for axis, sign in ((0, 1), (1, -1)):
            moved = (places[1:, axis] - places[0, axis]) * sign
            scales |= {round(float(ratio), 1) for ratio in moved / (points[1:, axis] - points[0, axis])}
    assert max(scales) - min(scales) <= 0.05 * max(scales)


def test_of_a_whole_vocabulary_the_highest_scores_are_written_as_words(tokenizer, exported, picture):
    logits = np.random.default_rng(2).normal(size=(1, 3, len(tokenizer))).astype(np.float32)
    page = exported(ck.OutputExplorer({"logits": logits}, [[101, 7592, 102]], tokenizer).to_html())

    words = page.locator(".ck-heat-figures span").all_inner_texts()
    best = np.argsort(-logits[0, 1])[:8]
    assert words[8:16] == tokenizer.convert_ids_to_tokens(best.tolist())
    canvas = page.locator(".ck-heat-canvas")
    canvas.focus()
    page.keyboard.press("ArrowDown")
    assert f"“hello”, 1st“{words[8]}” {logits[0, 1].max():.4f}" in readout(page).replace("\n", "")
    picture(page.locator(HOST), "output-explorer-vocabulary")


def test_values_that_are_not_finite_are_marked_and_named(exported):
    given = output()
    given["hidden_states"][-1][0, 0, 0] = np.inf

    page = exported(ck.OutputExplorer(given).to_html())

    canvas = page.locator(".ck-heat-canvas")
    assert canvas.evaluate("(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 1, 1).data]") == [
        214,
        0,
        110,
        255,
    ]
    canvas.hover(position={"x": 3, "y": 3})
    assert "Infinity" in readout(page)


def test_one_byte_a_number_says_what_it_may_be_wrong_by(exported):
    view = ck.OutputExplorer(output(length=64, heads=12))
    page = exported(view.to_html())
    tab(page, "Attention")
    page.locator(".ck-heat-canvas").focus()

    page.keyboard.press("ArrowDown")

    value, bound = (float(part) for part in page.locator(".ck-readout strong").inner_text().split(" ± "))
    assert abs(value - view.facts.runs[0].attention[0, 0, 0, 1, 0]) <= bound + 0.0005
    assert 0 < bound < 0.01


def test_text_from_outside_stays_text(exported):
    class Attack:
        unk_token_id = bos_token_id = eos_token_id = pad_token_id = None
        all_special_ids = ()
        name_or_path = "attack"

        def __len__(self):
            return 10

        def convert_ids_to_tokens(self, ids):
            return ["<img src=x onerror=console.error(1)>" for _ in ids]

    page = exported(ck.OutputExplorer(output(), [[1] * 5] * 2, Attack()).to_html())

    for name in ("Tokens alike", "Sequences alike", "Map", "Attention"):
        tab(page, name)
    assert page.locator("img[onerror]").count() == 0  # and no error on the console: see the fixture `page`


def test_it_works_inside_an_iframe_without_a_server(view, exported):
    from html import escape

    page = exported(f'<iframe title="cell" width="1000" height="800" srcdoc="{escape(view.to_html())}"></iframe>')

    frame = page.frame_locator("iframe")
    frame.get_by_role("tab", name="Attention").click()
    assert frame.locator(".ck-head").count() == 2 * 12


def test_without_script_the_static_face_stays(view, exported):
    import re

    page = exported(re.sub(r"(?s)<script.*?</script>", "", view.to_html()))

    assert page.get_by_role("table").count() >= 4
    assert page.get_by_role("img").count() == 4


CELLS = [
    """import os; os.environ["USE_TF"] = "0"
import torch
from transformers import AutoModel, AutoTokenizer
import coursekit as ck
checkpoint = ck.checkpoint("bert-base-cased")
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")
inputs = tokenizer(["Hello!", "Cool.", "Nice!"], return_tensors="pt")
with torch.no_grad():
    output = model(**inputs, output_attentions=True, output_hidden_states=True)""",
    'ck.OutputExplorer(output, inputs, tokenizer, config=model, picture="attention")',
]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_in_jupyterlab_it_shows_the_output_of_a_real_model(offline_bert, lab, page, picture, dark):  # noqa: ARG001  (offline_bert: skips where it is not there)
    notebook = lab.run(page, CELLS, name=f"explorer-{dark}", dark=dark)
    shown = notebook.output(1)

    shown.locator(".ck-panel").wait_for()
    assert shown.locator(".ck-head").count() == 6 * 12
    shown.get_by_role("tab", name="Sequences alike").click()
    assert len(shown.locator(".ck-heat-figures span").all()) == 9
    assert serious_violations(page, HOST) == []
    picture(shown, f"output-explorer-jupyterlab-{'dark' if dark else 'light'}")
