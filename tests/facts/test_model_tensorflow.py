"""The map of a TensorFlow model: its stages and the names of its dimensions, in a machine without PyTorch too."""

from __future__ import annotations

import pytest
from transformers import BertConfig

from coursekit import CourseError, environment
from coursekit.facts.model import model_facts


@pytest.fixture(scope="module")
def bert():
    try:
        environment.check("tensorflow")
    except CourseError:
        pytest.skip("this environment cannot run the TensorFlow track")
    from transformers import TFBertModel

    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40}
    return TFBertModel(BertConfig(vocab_size=99, **sizes))


def test_a_model_without_weights_is_refused_with_the_call_that_makes_them(bert):
    fresh = type(bert)(bert.config)
    with pytest.raises(CourseError, match="has no weights yet") as caught:
        model_facts(fresh)
    assert "model(model.dummy_inputs)" in caught.value.remedy


def test_every_weight_of_a_built_model_is_there_with_its_shape(bert):
    bert.build_in_name_scope()
    facts = model_facts(bert)

    found = {
        tensor.path: tuple(each.size for each in tensor.shape)
        for node, _ in facts.tree.walk()
        for tensor in node.tensors
    }
    assert facts.framework == "tensorflow"
    assert facts.parameters == bert.num_parameters() == 24_320
    assert {path: shape for path, shape in found.items() if ".layer." not in path} == {
        "bert.embeddings.word_embeddings.weight": (99, 24),
        "bert.embeddings.position_embeddings.embeddings": (512, 24),
        "bert.embeddings.token_type_embeddings.embeddings": (2, 24),
        "bert.embeddings.LayerNorm.gamma": (24,),
        "bert.embeddings.LayerNorm.beta": (24,),
        "bert.pooler.dense.kernel": (24, 24),
        "bert.pooler.dense.bias": (24,),
    }


def test_dimensions_carry_the_names_written_by_hand(bert):
    facts = model_facts(bert.config, framework="tensorflow")

    names = {
        tensor.path: tuple(each.name for each in tensor.shape)
        for node, _ in facts.tree.walk()
        for tensor in node.tensors
    }
    assert names["bert.embeddings.word_embeddings.weight"] == ("vocab_size", "hidden_size")
    assert names["bert.embeddings.position_embeddings.embeddings"] == ("max_position_embeddings", "hidden_size")
    assert names["bert.encoder.layer.0.intermediate.dense.kernel"] == ("hidden_size", "intermediate_size")
    assert names["bert.encoder.layer.0.output.dense.bias"] == ("hidden_size",)
