"""Sizes are those of the model that the framework really builds."""

import pytest

torch = pytest.importorskip("torch", reason="sizes are compared with models that PyTorch builds")

from transformers import (  # noqa: E402  (after the framework that they need)
    AutoModel,
    BertConfig,
    CLIPConfig,
    DistilBertConfig,
    EncodecConfig,
    GPT2Config,
    LlamaConfig,
    MobileBertConfig,
    T5Config,
    ViTConfig,
    WhisperConfig,
)

from coursekit.errors import CourseError  # noqa: E402
from coursekit.facts.sizes import shaped_tensors, size_facts  # noqa: E402


@pytest.mark.parametrize(
    "config",
    [
        BertConfig(num_hidden_layers=3),
        CLIPConfig(),
        DistilBertConfig(),
        EncodecConfig(),
        GPT2Config(n_layer=2),
        LlamaConfig(num_hidden_layers=2),
        MobileBertConfig(),
        T5Config(),  # its two word tables are one
        ViTConfig(),
        WhisperConfig(),
    ],
    ids=lambda config: config.model_type,
)
def test_the_count_is_that_of_the_built_model(config):
    with torch.device("meta"):
        built = AutoModel.from_config(config)
    facts = size_facts(config, framework="pytorch")

    assert facts.parameters == sum(parameter.numel() for parameter in built.parameters())
    assert {tensor.name for tensor in facts.tensors} == {name for name, _ in built.named_parameters()}
    assert sum(facts.parts.values()) == facts.parameters
    assert facts.nbytes("float16") == 2 * facts.parameters


def test_parts_of_bert():
    facts = size_facts(BertConfig(), framework="pytorch")

    assert facts.parts == {"embeddings": 23_837_184, "layers": 85_054_464, "head": 590_592}
    assert facts.parameters == 109_482_240


def test_an_impossible_combination_is_an_error_with_the_reason():
    with pytest.raises(CourseError, match="multiple of the number of attention heads"):
        size_facts(BertConfig(hidden_size=100), framework="pytorch")


def test_counting_leaves_the_config_and_later_models_alone():
    config = BertConfig(num_hidden_layers=1, vocab_size=10)
    before = config.to_dict()
    size_facts(config, framework="pytorch")
    model = AutoModel.from_config(config)

    assert config.to_dict() == before
    assert model.embeddings.word_embeddings.weight.std() > 0  # models built afterwards are initialized


def test_a_number_is_followed_to_the_tensors_that_it_shapes():
    config = BertConfig(num_hidden_layers=2)

    def names(path):
        return {tensor.name for tensor in shaped_tensors(config, path, framework="pytorch")}

    assert names("vocab_size") == {"embeddings.word_embeddings.weight"}
    assert names("num_attention_heads") == set()
    assert "encoder.layer.0.intermediate.dense.bias" in names("intermediate_size")
    assert all(".2." in name or ".3." in name for name in names("num_hidden_layers"))
    words = size_facts(config, framework="pytorch").with_dimension(30_522)
    assert [tensor.shape for tensor in words] == [(30_522, 768)]


def test_tensorflow_counts_the_same():
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    pytest.importorskip("tf_keras", reason="tf-keras is not installed")
    config = BertConfig(num_hidden_layers=2)

    one, two = size_facts(config, framework="pytorch"), size_facts(config, framework="tensorflow")

    assert two.model == "TFBertModel"
    assert (one.parameters, one.parts) == (two.parameters, two.parts)
    words = shaped_tensors(config, "vocab_size", framework="tensorflow")
    assert [tensor.name for tensor in words] == ["bert/embeddings/word_embeddings/weight"]
    with pytest.raises(CourseError):
        size_facts(BertConfig(hidden_size=100), framework="tensorflow")
