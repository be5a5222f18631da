"""The text and static faces of WeightComparison, its picture, and what it refuses."""

from __future__ import annotations

import pytest
from transformers import BertConfig, BertModel

import coursekit as ck
from coursekit.views.weights.view import WeightComparison

torch = pytest.importorskip("torch", reason="these models are PyTorch's")

CONFIG = {"num_hidden_layers": 2, "hidden_size": 48, "num_attention_heads": 4, "intermediate_size": 64}


def bert(seed=0, **settings):
    torch.manual_seed(seed)
    return BertModel(BertConfig(**CONFIG, vocab_size=1500, **settings))


@pytest.fixture(scope="module")
def view():
    return ck.WeightComparison(first=bert(0), second=bert(1))


def test_the_summary_has_the_key_figures(view):
    parameters = bert().num_parameters()
    assert view.summary().splitlines() == [
        f"first and second: two BertModel in PyTorch, {parameters:,} parameters in 39 tensors each",
        "23 tensors are identical, 16 differ",
        "standard deviation of the matrices: first 0.020, second 0.020",
    ]
    assert repr(view) == view.summary()


def test_a_single_model_is_only_described():
    lines = WeightComparison(model=bert(initializer_range=0.5)).summary().splitlines()
    assert "identical" not in lines[1]
    assert lines[1] == "standard deviation of the matrices: model 0.500"


def test_the_static_face_has_a_row_for_each_part(view):
    html = view.static_html()
    for part in ("embeddings", "encoder.layer.0", "encoder.layer.1", "pooler"):
        assert f'<th scope="row">{part}</th>' in html
    assert html.count("<img ") == 2


def test_labels_are_escaped():
    html = WeightComparison(**{"<script>alert(1)</script>": bert()}).to_html()
    assert "<script>alert(1)" not in html


def test_the_page_of_the_offline_bert_is_small(offline_bert):
    model = BertModel.from_pretrained(offline_bert)
    html = WeightComparison(random=BertModel(model.config), pretrained=model, again=model).to_html()
    assert len(html.encode()) < 1_500_000


def test_the_picture_of_a_tensor(view):
    figure = view.plot("pooler.dense.weight")
    assert figure.axes[0].get_title() == "pooler.dense.weight"
    assert len([axis for axis in figure.axes if axis.get_images()]) == 2
    assert "normal, σ = 0.02" in [words.get_text() for words in figure.axes[0].get_legend().get_texts()]
    assert len(view.plot("pooler.dense.bias").axes) == 1
    with pytest.raises(ck.CourseError, match=r"Did you mean 'pooler\.dense\.weight'"):
        view.plot("poler.dense.weight")


def test_models_need_names():
    with pytest.raises(ck.CourseError, match="Each model needs a name"):
        WeightComparison(bert())
