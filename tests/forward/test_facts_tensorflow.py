"""A pass in TensorFlow: the steps and numbers of PyTorch's, and a model that is as before."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.errors import CourseError
from coursekit.facts.forward.facts import forward_facts
from coursekit.facts.forward.graph import difference

tf = pytest.importorskip("tensorflow", reason="these models are TensorFlow's")
torch = pytest.importorskip("torch", reason="they are compared with PyTorch's")
transformers = pytest.importorskip("transformers")
if not hasattr(transformers, "TFBertModel"):
    pytest.skip("transformers 5 has no TensorFlow models", allow_module_level=True)

SIZES = {"hidden_size": 16, "num_attention_heads": 4, "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 30}
IDS = np.array([[1, 2, 3, 5, 8]])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The same random BERT in both frameworks."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    transformers.BertForMaskedLM(transformers.BertConfig(**SIZES)).save_pretrained(folder)
    return transformers.BertForMaskedLM.from_pretrained(folder), transformers.TFBertForMaskedLM.from_pretrained(
        folder, from_pt=True
    )


def test_both_frameworks_agree_on_bert(pair):
    one, other = (forward_facts(model, {"input_ids": IDS}) for model in pair)

    assert one.whole
    assert other.whole, [(step.name, step.closed) for step in other.closed]
    assert [step.name for step in one.steps] == [step.name for step in other.steps]
    for mine, theirs in zip(one.steps, other.steps, strict=True):
        assert difference(theirs.after, mine.after) < 1e-4, mine.name
        if mine.kind == "attention":
            assert np.abs(mine.weights - theirs.weights).max() < 1e-4
            assert theirs.mask is None
    np.testing.assert_allclose(one.lens.shares, other.lens.shares, atol=1e-4)


def test_the_model_is_as_before(pair):
    model = pair[1]
    wrapped = [name for layer in model.submodules if "call" in vars(layer) for name in [layer.name]]
    before = model(IDS).logits.numpy()

    forward_facts(model, IDS)
    with pytest.raises(Exception, match="cannot be called"):
        forward_facts(model, {"input_ids": IDS, "token_type_ids": IDS + 50})

    assert [name for layer in model.submodules if "call" in vars(layer) for name in [layer.name]] == wrapped
    np.testing.assert_array_equal(model(IDS).logits.numpy(), before)


@pytest.mark.parametrize("name", ["DistilBert", "Roberta", "Electra", "MPNet"])
def test_relatives_are_shown_whole(name):
    sizes = (
        {"dim": 16, "hidden_dim": 24, "n_heads": 4, "n_layers": 2, "vocab_size": 30} if name == "DistilBert" else SIZES
    )
    model = getattr(transformers, f"TF{name}Model")(getattr(transformers, f"{name}Config")(**sizes))
    output = model(IDS, output_attentions=True)

    facts = forward_facts(model, {"input_ids": IDS})

    assert facts.whole, [(step.name, step.closed) for step in facts.closed]
    np.testing.assert_allclose(facts["last hidden state"].after, output.last_hidden_state[0], atol=1e-5)
    np.testing.assert_allclose(facts["layer 2 attention"].weights, output.attentions[1][0], atol=1e-5)


def test_a_model_without_weights_is_to_be_called_first():
    model = transformers.TFBertModel(transformers.BertConfig(**SIZES))

    with pytest.raises(CourseError, match="first called"):
        forward_facts(model, {"input_ids": IDS})
