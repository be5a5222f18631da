"""The same tests on both frameworks: what facts ask of them."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from tracks import TINY, usable
from transformers import BertConfig

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.frameworks import FRAMEWORKS


@pytest.fixture(scope="module", params=["pytorch", "tensorflow"])
def framework(request):
    if not usable(request.param):
        pytest.skip(f"this environment cannot run the {request.param} track")
    return FRAMEWORKS[request.param]


@pytest.fixture(scope="module")
def model(framework):
    built = framework.auto_class().from_config(BertConfig(**TINY))
    if framework.name == "tensorflow":  # a Keras model has no weights before it was called
        built.build_in_name_scope()
    return built


def expected_count() -> int:
    """Return the parameters of the tiny BERT, counted by hand from its architecture."""
    hidden, inner, positions = TINY["hidden_size"], TINY["intermediate_size"], 512
    norm = 2 * hidden
    embeddings = (TINY["vocab_size"] + positions + 2) * hidden + norm
    attention = 4 * (hidden * hidden + hidden) + norm
    feed_forward = hidden * inner + inner + inner * hidden + hidden + norm
    pooler = hidden * hidden + hidden
    return embeddings + TINY["num_hidden_layers"] * (attention + feed_forward) + pooler


@pytest.mark.parametrize("values", [[[101, 7592, 999, 102], [101, 4658, 1012, 102]], [[0.5, -1.5]], [[]], 3])
def test_values_come_back_from_a_tensor(framework, values):
    array = framework.to_numpy(framework.tensor(values))

    assert isinstance(array, np.ndarray)
    assert array.shape == np.shape(values)
    assert array.tolist() == values


def test_whole_numbers_get_the_type_that_the_framework_gives_them(framework):
    array = framework.to_numpy(framework.tensor([[1, 2]]))

    assert array.dtype == {"pytorch": np.int64, "tensorflow": np.int32}[framework.name]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_every_precision_can_be_read(framework, dtype):
    module = sys.modules[framework.module]
    values = [0.0, 1.0, -2.5]
    if framework.name == "pytorch":
        tensor = module.tensor(values, dtype=getattr(module, dtype))
    else:
        tensor = module.constant(values, dtype=dtype)

    assert framework.to_numpy(tensor).tolist() == values


def test_a_tensor_that_training_follows_can_be_read(framework, model):
    first = framework.parameters(model)[0]

    assert first.trainable
    assert first.read().shape == first.shape


def test_real_and_empty_models_have_the_same_tensors(framework, model):
    real = framework.parameters(model)
    empty = framework.parameters(framework.empty_model(BertConfig(**TINY)))

    def told(parameters):  # Keras numbers the models of a process: tf_bert_model_1/...
        return [(re.sub(r"^tf_\w+/", "", p.name), p.shape, p.dtype, p.trainable) for p in parameters]

    assert told(empty) == told(real)
    assert sum(p.count for p in empty) == expected_count()
    assert sum(p.nbytes for p in empty) == 4 * expected_count()


def test_a_empty_tensor_says_that_it_has_no_values(framework):
    empty = framework.parameters(framework.empty_model(BertConfig(**TINY)))

    with pytest.raises(ValueError, match="no values"):
        empty[0].read()


def test_an_empty_model_allocates_no_weights(framework):
    """A model of 300 billion parameters can be empty on this machine, which could never hold it."""
    config = BertConfig(
        vocab_size=50, hidden_size=2**17, num_hidden_layers=1, num_attention_heads=2, intermediate_size=2**20
    )

    empty = framework.parameters(framework.empty_model(config))

    assert sum(p.count for p in empty) > 300e9


def test_a_task_brings_its_head(framework):
    base = framework.parameters(framework.empty_model(BertConfig(**TINY)))
    headed = framework.parameters(
        framework.empty_model(BertConfig(**TINY, num_labels=3), framework.auto_class("sequence-classification"))
    )

    extra = sum(p.count for p in headed) - sum(p.count for p in base)

    assert extra == 3 * TINY["hidden_size"] + 3


@pytest.mark.parametrize("task", ["", "sequence-classification", "masked-lm", "causal-lm", "question-answering"])
def test_the_auto_class_of_a_task_is_that_of_transformers(framework, task):
    assert framework.auto_class(task).__name__ == framework.auto_class_name(task)


def test_an_object_belongs_to_the_framework_that_made_it(framework, model):
    assert frameworks.of(model) is framework
    assert frameworks.of(framework.tensor([1])) is framework
    assert frameworks.of(np.zeros(1)) is None
    assert frameworks.of("a word") is None
    assert frameworks.choose([model]) is framework


def test_seeds_repeat_random_numbers(framework):
    def weights() -> list[float]:
        framework.seed(3)
        built = framework.auto_class().from_config(BertConfig(**TINY))
        if framework.name == "tensorflow":
            built.build_in_name_scope()
        return framework.parameters(built)[0].read().ravel()[:5].tolist()

    assert weights() == weights()


def test_an_unknown_name_is_answered_with_the_right_one():
    with pytest.raises(CourseError, match="'pytorch'"):
        frameworks.get("pytroch")


def test_without_a_framework_the_install_line_is_given(monkeypatch):
    monkeypatch.setattr(frameworks, "find_spec", lambda _name: None)

    with pytest.raises(CourseError, match="pip install torch"):
        frameworks.choose()


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework_that_is_asked_for_and_not_installed_is_named(monkeypatch, name):
    monkeypatch.setattr(frameworks, "find_spec", lambda _name: None)

    with pytest.raises(CourseError, match=rf"{FRAMEWORKS[name].label} is not installed.*\n.*\n.*ck\.setup\('{name}'\)"):
        frameworks.choose([1], name=name)


def test_tied_tensors_point_to_the_first():
    if not usable("pytorch"):
        pytest.skip("this environment cannot run the PyTorch track")
    pytorch = FRAMEWORKS["pytorch"]
    model = pytorch.auto_class("masked-lm").from_config(BertConfig(**TINY))

    found = {p.name: p for p in pytorch.parameters(model)}

    embeddings, decoder = "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"
    assert found[embeddings].tied_to is None
    assert found[decoder].tied_to == embeddings
    counted = sum(p.count for p in found.values() if p.tied_to is None)
    assert counted == sum(p.numel() for p in model.parameters())
