"""Tensors are grouped as the model is built, whichever framework named them."""

from __future__ import annotations

import pytest

from coursekit.facts.files.tensor_names import group_of, shape_text


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("encoder.layer.0.output.dense.weight", "encoder.layer.0"),
        ("bert.encoder.layer.11.output.LayerNorm.bias", "bert.encoder.layer.11"),
        ("embeddings.LayerNorm.weight", "embeddings"),
        ("bert.embeddings.word_embeddings.weight", "bert.embeddings"),
        ("pooler.dense.bias", "pooler"),
        ("h.3.attn.c_attn.weight", "h.3"),
        ("wte.weight", "wte"),
        ("weight", "weight"),
        ("bert/encoder/layer_._0/output/dense/kernel", "bert/encoder/layer_._0"),
        ("bert/pooler/dense/bias", "bert/pooler"),
        ("tf_bert_model/bert/encoder/layer_._3/output/dense/kernel", "tf_bert_model/bert/encoder/layer_._3"),
        ("tf_bert_model/bert/embeddings/word_embeddings/weight", "tf_bert_model/bert/embeddings"),
    ],
)
def test_a_tensor_belongs_to_the_part_around_it(name, group):
    assert group_of(name) == group


@pytest.mark.parametrize(("shape", "spoken"), [((30522, 768), "30,522 × 768"), ((4,), "4"), ((), "one number")])
def test_a_shape_is_written_as_it_is_spoken(shape, spoken):
    assert shape_text(shape) == spoken
