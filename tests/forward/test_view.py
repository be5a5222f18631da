"""ForwardPass: its text, its static face, its payload, its pictures, its bad input."""

from __future__ import annotations

import gc
import re

import numpy as np
import pytest

import coursekit as ck
from coursekit.errors import CourseError

torch = pytest.importorskip("torch", reason="these models are PyTorch's")
transformers = pytest.importorskip("transformers")

SIZES = {"hidden_size": 16, "num_attention_heads": 4, "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 30}
IDS = [[1, 2, 3, 5, 8]]


def bert(seed=0, kind="BertModel"):
    torch.manual_seed(seed)
    return getattr(transformers, kind)(transformers.BertConfig(**SIZES)).eval()


@pytest.fixture(scope="module")
def model():
    return bert()


@pytest.fixture(scope="module")
def view(model):
    return ck.ForwardPass(model, IDS, step="layer 2 attention", token=3, head=1)


def test_the_summary_says_what_was_shown_and_compared(view):
    assert view.summary().splitlines() == [
        "One forward pass: 5 tokens through BertModel",
        "  11 steps, 2 layers; of BertModel in pytorch",
        "  11 of 11 steps shown whole, equal to the model's own numbers",
    ]


def test_the_static_face_tells_the_pass_in_eight_tables(view):
    html = view.static_html()

    assert html.count("<table") == 8
    weights = view.step("layer 2 attention").weights[1, 3]
    assert all(f"{weight:.1%}" in html for weight in weights)
    assert "row 5" in html  # the word table's row of the token that is followed


def test_lines_read_weights_from_the_model_itself(view, model):
    name = "encoder.layer.1.output.dense.weight"
    step = view.step("layer 2 feed-forward")

    found = step.inner[3] @ view.weight(name).T + view.weight(name.replace("weight", "bias"))

    np.testing.assert_allclose(found, step.after[3], atol=1e-6)
    assert np.shares_memory(view.weight(name), model.get_parameter(name).detach().numpy())
    with pytest.raises(CourseError, match="Did you mean"):
        view.weight("encoder.layer.1.output.dense.wieght")


def test_the_view_keeps_no_model_alive():
    view = ck.ForwardPass(bert(), IDS)
    gc.collect()

    with pytest.raises(CourseError, match="gone"):
        view.weight("pooler.dense.weight")


def test_the_page_holds_each_vector_once_and_within_its_bound(view):
    from coursekit.facts.output.quantization import Quantized

    run = view.payload()["runs"][0]
    steps = {step["name"]: step for step in run["steps"]}

    given = steps["layer 1 add and norm 2"]["after"]
    assert steps["layer 2 attention"]["before"] == given
    assert steps["layer 2 add and norm"]["sum"]["around"] == given
    packed = run["pool"][given]
    decoded = Quantized(packed["codes"], packed["curve"], packed["scale"])
    for value, true in zip(decoded.decode().ravel(), view.step("layer 1 add and norm 2").after.ravel(), strict=True):
        assert abs(value - true) <= decoded.bound(value) + 1e-6
    np.testing.assert_array_equal(packed["first"], view.step("layer 1 add and norm 2").after[:, :6])


def test_the_page_has_queries_keys_and_values_of_every_head_and_no_others(view):
    run = view.payload()["runs"][0]

    for sent in run["steps"]:
        for name in ("query", "key", "value", "context") if sent["kind"] == "attention" else ():
            heads = getattr(view.step(sent["name"]), name)
            side_by_side = np.concatenate(list(heads), axis=-1)
            packed = run["pool"][sent["attention"][name]]
            np.testing.assert_array_equal(packed["first"], side_by_side[:, :6])
            np.testing.assert_allclose(packed["length"], np.linalg.norm(side_by_side, axis=-1), rtol=1e-6)


def test_a_long_text_is_followed_for_chosen_tokens_and_the_view_says_so(monkeypatch, model):
    from coursekit.views.forward import payload

    monkeypatch.setattr(payload, "_ROOM", 2_500)
    ids = [list(range(1, 21))]

    few = ck.ForwardPass(model, ids).payload()["runs"][0]
    chosen = ck.ForwardPass(model, ids, tokens=[4, -1]).payload()["runs"][0]

    assert 1 <= len(few["kept"][""]) < 20
    assert "follows" in few["notes"][-1]
    assert chosen["kept"][""] == [4, 19]
    attention = next(step for step in chosen["steps"] if step["kind"] == "attention")
    assert attention["attention"]["products"]["codes"].shape == (4, 2, 20)  # all keys


def test_two_models_stand_side_by_side(model):
    view = ck.ForwardPass(random=(bert(1), IDS), pretrained=(model, IDS))

    assert [run["name"] for run in view.payload()["runs"]] == ["random", "pretrained"]
    assert "One forward pass, side by side: random and pretrained" in view.summary()
    assert not np.allclose(view.step(1).after, view.step(1, "pretrained").after)
    assert len(view.plot("layer 1 attention").axes) == 2
    with pytest.raises(CourseError, match="Did you mean 'random'"):
        view.step(1, "randon")


@pytest.mark.parametrize(
    "step", ["embeddings", "layer 1 attention", "layer 1 add and norm", "layer 1 feed-forward", -1]
)
def test_every_kind_of_step_is_plotted(view, step):
    axes = view.plot(step, token=2).axes[0]

    assert "#3" in axes.get_title()
    if step == "layer 1 attention":
        widths = [bar.get_width() for bar in axes.patches]
        np.testing.assert_allclose(widths, view.step(step).weights[1, 2])


def test_a_head_over_words_names_its_best_ten(tokenizer):
    model = bert(kind="BertForMaskedLM")
    view = ck.ForwardPass(model, IDS, tokenizer, step="head", token=2)
    head = view.payload()["runs"][0]["steps"][-1]

    best = view.step("head").after[2].argsort()[::-1][:10]
    assert head["head"]["best"]["words"][2] == tokenizer.convert_ids_to_tokens(best.tolist())
    assert view.payload()["runs"][0]["lens"]["layers"] == ["embeddings", "layer 1", "layer 2"]


def test_text_from_outside_is_escaped(model):
    class Attack:
        unk_token_id = bos_token_id = eos_token_id = pad_token_id = None
        all_special_ids = ()
        name_or_path = "attack"

        def __len__(self):
            return 30

        def __call__(self):
            pass

        def convert_ids_to_tokens(self, ids):
            return ["<img src=x onerror=alert(1)>" for _ in ids]

    assert "<img src=x" not in ck.ForwardPass(model, IDS, Attack()).to_html()


BAD = {
    "no model": ({}, "no model"),
    "no inputs": ({"model": True}, "no inputs"),
    "a misspelt argument": ({"model": True, "inputs": IDS, "tokeniser": 3}, "Did you mean 'tokenizer'"),
    "a step": ({"model": True, "inputs": IDS, "step": "layer 9 attention"}, "no step called"),
    "a token": ({"model": True, "inputs": IDS, "token": 5}, "token=5"),
    "no number of a token": ({"model": True, "inputs": IDS, "token": "1"}, "token='1'"),
    "a head": ({"model": True, "inputs": IDS, "head": 4}, "head=4"),
    "tokens": ({"model": True, "inputs": IDS, "tokens": [7]}, "tokens="),
    "tokens of no kind": ({"model": True, "inputs": IDS, "tokens": "all"}, "tokens="),
    "a tokenizer": ({"model": True, "inputs": IDS, "tokenizer": 3}, "tokenizer"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_answered(model, case):
    arguments, message = BAD[case]
    arguments = {name: model if value is True and name == "model" else value for name, value in arguments.items()}
    with pytest.raises(CourseError, match=re.escape(message)):
        ck.ForwardPass(**arguments)
