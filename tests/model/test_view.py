"""The text and static faces of ModelMap."""

from __future__ import annotations

import json

import pytest

import coursekit as ck
from coursekit.errors import CourseError

pytest.importorskip("torch", reason="these models are PyTorch's")
transformers = pytest.importorskip("transformers")

TINY = {
    "hidden_size": 16,
    "intermediate_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "vocab_size": 40,
    "max_position_embeddings": 10,
}


@pytest.fixture(scope="module")
def view():
    return ck.ModelMap(transformers.BertConfig(), framework="pytorch")


def test_the_summary_tells_the_way_of_the_data(view):
    lines = view.summary().splitlines()
    assert lines[0] == (
        "BertModel: 109,482,240 parameters in 199 tensors, 437.9 MB in float32 (planned from its config)"
    )
    assert "input_ids (batch, sequence) → Embeddings 23,837,184 → 12 × BertLayer 85,054,464" in lines[1]
    assert "last_hidden_state (batch, sequence, hidden_size 768)" in lines[1]
    assert "num_hidden_layers 12" in lines[2]
    assert repr(view) == view.summary()


def test_the_static_face_reads_without_script_and_style(view):
    html = view.static_html()
    assert "<script" not in html
    assert "<style" not in html
    for said in ("(intermediate_size 3072, hidden_size 768)", "↓ 12 × BertLayer", "77.7 %", "Shapes nothing", "(× 12)"):
        assert said in html


def test_the_page_is_small(view):
    assert len(view.to_html().encode()) < 150_000


def test_the_payload_is_plain_data(view):
    json.dumps(view.payload(), allow_nan=False)


def test_two_models_are_told_apart():
    view = ck.ModelMap(
        transformers.BertConfig(**TINY), compare_to=transformers.GPT2Config(n_layer=1), framework="pytorch"
    )
    assert [view.facts.class_name, view.other.class_name] == ["BertModel", "GPT2Model"]
    assert "GPT2Model: " in view.summary()
    assert len(view.payload()["models"]) == 2


def test_what_a_decoder_shares_with_its_encoder_is_called_shared():
    view = ck.ModelMap(transformers.T5Config(num_layers=2), framework="pytorch")
    encoder, decoder = view.summary().splitlines()[1:3]
    assert "input_ids (batch, sequence) → Embeddings 16,449,536 → T5Block 3,147,008 → T5Block 3,146,752 →" in encoder
    assert "decoder_input_ids (batch, target sequence) → Embeddings shared → " in decoder


def test_branches_are_told_apart_in_the_table():
    html = ck.ModelMap(transformers.GPTJConfig(n_layer=2), framework="pytorch").static_html()
    assert "Feed-forward, on the same input as Attention, both added, input of Norm added" in html


def test_two_models_of_one_class_are_numbered():
    tiny = transformers.BertConfig(**TINY)
    view = ck.ModelMap(tiny, compare_to=transformers.BertConfig(**TINY | {"vocab_size": 50}), framework="pytorch")
    assert [model["name"] for model in view.payload()["models"]] == ["BertModel 1", "BertModel 2"]


def test_without_names_there_is_a_tree_at_once():
    view = ck.ModelMap(transformers.BertConfig(**TINY), names=False, framework="pytorch")
    assert "no picture: not asked for" in view.summary()
    assert "word_embeddings" in view.static_html()


def test_text_from_outside_is_escaped():
    config = transformers.BertConfig(**TINY, evil_attribute="<img src=x onerror=alert(1)>")
    config.__dict__["<b>evil</b>"] = 3
    view = ck.ModelMap(config, framework="pytorch")
    assert "<img" not in view.to_html()
    assert "<b>evil" not in view.to_html()


def test_the_plot_shows_every_block(view):
    (axes,) = view.plot().axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Embeddings", "12 × BertLayer", "Pooler"]
    assert [bar.get_width() for bar in axes.containers[0]] == [23_837_184, 85_054_464, 590_592]


def test_a_misspelt_option_is_named():
    with pytest.raises(CourseError, match="compare_to"):
        ck.ModelMap(transformers.BertConfig(**TINY), compare=None)
