"""Sizes are those of the model that the framework really builds."""

import pytest

torch = pytest.importorskip("torch", reason="sizes are compared with models that PyTorch builds")

import transformers  # noqa: E402
from architectures import ARCHITECTURES  # noqa: E402  (after the framework that they need)
from transformers import AutoModel, BertConfig, DeepseekV3Config  # noqa: E402

from coursekit.errors import CourseError  # noqa: E402
from coursekit.facts.model.size import shaped_tensors, size_facts  # noqa: E402
from coursekit.frameworks.buildable import check_buildable  # noqa: E402


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_the_count_is_that_of_the_built_model(cls):
    with torch.device("meta"):
        built = AutoModel.from_config(cls())
    facts = size_facts(cls(), framework="pytorch")

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


@pytest.mark.parametrize("layers", [2001, 10**9])
def test_a_model_that_would_never_be_planned_is_refused_at_once(layers):
    with pytest.raises(CourseError, match=f"num_hidden_layers is {layers:,}"):
        size_facts(BertConfig(num_hidden_layers=layers), framework="pytorch")


def test_many_experts_are_no_reason_to_refuse():
    assert check_buildable(DeepseekV3Config(n_routed_experts=16_384).to_dict(), few_experts=True) is None


def test_experts_are_counted_from_a_few_and_listed_all():
    """One layer of experts of DeepSeek V3, whose 256 take seconds to be built."""
    config = DeepseekV3Config(num_hidden_layers=2, first_k_dense_replace=1, n_routed_experts=256)
    facts = size_facts(config, framework="pytorch")
    with torch.device("meta"):
        built = AutoModel.from_config(config)
    shapes = {name: tuple(parameter.shape) for name, parameter in built.named_parameters()}

    assert {tensor.name: tensor.shape for tensor in facts.tensors} == shapes
    followed = shaped_tensors(config, "moe_intermediate_size", framework="pytorch")
    assert {tensor.name for tensor in followed} == {
        name for name in shapes if ".mlp.experts." in name or "shared" in name
    }


def test_many_experts_in_many_layers_are_counted_at_once():
    config = DeepseekV3Config(num_hidden_layers=30, n_routed_experts=16_384, n_group=1, topk_group=1)
    facts = size_facts(config, framework="pytorch")
    experts = sum(tensor.parameters for tensor in facts.tensors if ".mlp.experts." in tensor.name)

    layers = 30 - config.first_k_dense_replace
    assert experts == layers * 16_384 * 3 * config.hidden_size * config.moe_intermediate_size
    assert len(facts.tensors) < 1000


def test_a_config_without_a_base_model_is_told_which_class_builds_it():
    config = transformers.Pix2StructConfig()

    with pytest.raises(CourseError, match=r"AutoModelForImageTextToText( or \w+)? can"):
        size_facts(config, framework="pytorch")


def test_a_library_that_is_missing_is_named():
    with pytest.raises(CourseError, match="timm") as raised:
        size_facts(transformers.TimmBackboneConfig(backbone="resnet18"), framework="pytorch")
    assert "Install" in raised.value.remedy


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
    layers = {name for name in dict(AutoModel.from_config(config).named_parameters()) if name.startswith("encoder.")}
    assert names("num_hidden_layers") == layers
    words = size_facts(config, framework="pytorch").with_dimension(30_522)
    assert [tensor.shape for tensor in words] == [(30_522, 768)]


def test_the_axes_that_follow_a_number_are_told_from_others_of_the_same_size():
    square = BertConfig(num_hidden_layers=1, hidden_size=96, intermediate_size=96)
    found = {tensor.name: tensor.axes for tensor in shaped_tensors(square, "intermediate_size", framework="pytorch")}

    assert found == {
        "encoder.layer.0.intermediate.dense.weight": (0,),
        "encoder.layer.0.intermediate.dense.bias": (0,),
        "encoder.layer.0.output.dense.weight": (1,),
    }


def test_tensorflow_counts_the_same():
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    pytest.importorskip("tf_keras", reason="tf-keras is not installed")
    config = BertConfig(num_hidden_layers=2)

    one, two = size_facts(config, framework="pytorch"), size_facts(config, framework="tensorflow")

    assert two.model == "TFBertModel"
    assert (one.parameters, one.parts) == (two.parameters, two.parts)
    words = shaped_tensors(config, "vocab_size", framework="tensorflow")
    assert [tensor.name for tensor in words] == ["bert.embeddings.word_embeddings.weight"]
    with pytest.raises(CourseError):
        size_facts(BertConfig(hidden_size=100), framework="tensorflow")
