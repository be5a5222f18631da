"""The same facts of TensorFlow models: names against a table written by hand, counts, and the way of the data."""

from __future__ import annotations

import bert_by_hand
import pytest

from coursekit import frameworks
from coursekit.course import notebook
from coursekit.errors import CourseError
from coursekit.facts.model.facts import model_facts

transformers = pytest.importorskip("transformers")
TENSORFLOW = frameworks.get("tensorflow")
LAYER = "bert.encoder.layer.0"


@pytest.fixture(scope="module", autouse=True)
def _tensorflow():
    try:
        notebook._check_versions(TENSORFLOW, imported_before=False)
    except CourseError:
        pytest.skip("this environment cannot run the TensorFlow track")


@pytest.fixture(scope="module")
def bert():
    return model_facts(transformers.BertConfig(), framework="tensorflow")


def test_dimensions_carry_the_names_written_by_hand(bert):
    found = {
        tensor.path: tuple(each.name for each in tensor.shape)
        for node, _ in bert.tree.walk()
        for tensor in node.tensors
    }
    assert {path: found.get(path) for path in bert_by_hand.TENSORFLOW} == bert_by_hand.TENSORFLOW


def test_layers_are_folded_and_counted(bert):
    assert (bert.class_name, bert.planned) == ("TFBertModel", True)
    assert (bert.parameters, bert.tensors) == (bert_by_hand.PARAMETERS, bert_by_hand.TENSORS)
    layer = bert.tree.find(LAYER)
    assert (layer.repeat, layer.name) == (12, "0 … 11")
    assert str(bert.tree.find("bert.encoder.layer").length) == "num_hidden_layers 12"
    by_name = {each.name: each for each in bert.attributes}
    assert (by_name["num_hidden_layers"].tensors, by_name["num_hidden_layers"].parameters) == (192, 85_054_464)
    assert by_name["hidden_dropout_prob"].kind == "nothing"


def test_the_way_of_the_data_is_that_of_pytorch(bert):
    bert_by_hand.check_flow(bert)


def test_a_model_shows_its_own_tensors():
    config = transformers.BertConfig(
        hidden_size=16, intermediate_size=8, num_hidden_layers=3, num_attention_heads=2, vocab_size=40
    )
    model = transformers.TFBertModel(config)
    with pytest.raises(CourseError, match="no weights yet"):
        model_facts(model)
    model.build_in_name_scope()
    facts = model_facts(model)
    assert facts.parameters == model.num_parameters()
    assert not facts.planned
    assert facts.tree.find(LAYER).repeat == 3
    tensors = {tensor.path: tensor for node, _ in facts.tree.walk() for tensor in node.tensors}
    assert tensors["bert.pooler.dense.kernel"].device == "CPU:0"
    assert tuple(each.name for each in tensors[f"{LAYER}.intermediate.dense.kernel"].shape) == (
        "hidden_size",
        "intermediate_size",
    )


@pytest.mark.parametrize("wrong", ["layer", "class"])
def test_what_is_no_model_of_transformers(wrong):
    import tf_keras

    if wrong == "class":
        with pytest.raises(CourseError, match="TFBertModel is a class, not a model"):
            model_facts(transformers.TFBertModel)
        return
    model = tf_keras.Sequential([tf_keras.layers.Dense(4, input_shape=(3,)), tf_keras.layers.Dense(2)])
    facts = model_facts(model)
    assert (facts.parameters, facts.unnamed) == (4 * 4 + 5 * 2, "it has no config")


def test_keras_is_left_as_it_was(bert):
    from tf_keras.src.engine import base_layer, base_layer_v1

    assert bert.flow.stacks
    calls = [layer.__call__.__qualname__ for layer in (base_layer.Layer, base_layer_v1.Layer)]
    assert calls == ["Layer.__call__", "Layer.__call__"]
