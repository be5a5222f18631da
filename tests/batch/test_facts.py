"""A batch: the tensor it makes, what the framework and the model say when it makes none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from coursekit import CourseError, frameworks
from coursekit.facts.batch.encoding import Settings
from coursekit.facts.batch.facts import batch_facts, tensor_inputs

CHAPTER = [[101, 7592, 999, 102], [101, 4658, 1012, 102], [101, 3835, 999, 102]]
SENTENCES = ["Hello!", "Cool.", "Nice!"]
RAGGED = ["Hello!", "Models take a batch of rectangular shape.", "<b>Nice</b> 🤗 مرحبا"]


@pytest.fixture(params=["pytorch", "tensorflow"])
def framework(request):
    """Each framework that is installed."""
    chosen = frameworks.get(request.param)
    pytest.importorskip(chosen.module, reason=f"{chosen.label} is not installed here")
    return chosen


def made_by_hand(framework, rows):
    """Return the tensor of the chapter, written as the chapter writes it."""
    if framework.name == "pytorch":
        import torch

        return torch.tensor(rows)
    import tensorflow as tf

    return tf.constant(rows)


def said_by_hand(framework, rows):
    """Return the error of the chapter's line as Python prints its last line."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  (each framework has its own)
        made_by_hand(framework, rows)
    return f"{caught.type.__name__}: {caught.value}"


def test_the_chapters_sentences_give_the_chapters_tensor(framework, tokenizer):
    facts = batch_facts(SENTENCES, tokenizer, framework=framework.name)
    tensor = tensor_inputs(facts)["input_ids"]
    expected = made_by_hand(framework, CHAPTER)

    assert [list(row.ids) for row in facts.sequences] == CHAPTER
    assert type(tensor) is type(expected)
    assert tensor.dtype == expected.dtype
    assert np.array_equal(framework.to_numpy(tensor), np.array(CHAPTER))
    assert facts.shape == (3, 4)
    assert facts.dtype == framework.to_numpy(expected).dtype.name
    assert facts.nbytes == framework.to_numpy(expected).nbytes
    assert facts.error is None


def test_the_dtype_is_the_frameworks_own(tokenizer):
    known = {"pytorch": ("int64", 96), "tensorflow": ("int32", 48)}
    for name, (dtype, nbytes) in known.items():
        if any(framework.name == name for framework in frameworks.available()):
            facts = batch_facts(SENTENCES, tokenizer, framework=name)
            assert (facts.dtype, facts.nbytes) == (dtype, nbytes)


@pytest.mark.parametrize("settings", [Settings("longest"), Settings("fixed", truncation=True, length=9)])
def test_the_inputs_are_those_of_the_tokenizer(framework, tokenizer, settings):
    facts = batch_facts(RAGGED, tokenizer, framework=framework.name, settings=settings)
    inputs = tensor_inputs(facts)

    scope = {"tokenizer": tokenizer, "sentences": RAGGED}
    expected = eval(facts.code, scope)  # the line that the view shows
    assert sorted(inputs) == sorted(expected)
    for name, value in expected.items():
        assert inputs[name].dtype == value.dtype
        assert np.array_equal(framework.to_numpy(inputs[name]), framework.to_numpy(value))


@pytest.mark.parametrize(
    "settings",
    [
        Settings("longest"),
        Settings("fixed", length=7),
        Settings("longest", truncation=True, length=3),
        Settings("fixed", truncation=True, length=2),
    ],
)
@pytest.mark.parametrize("with_tokenizer", [True, False])
def test_the_line_for_lists_of_ids_gives_the_same_ids(framework, tokenizer, settings, with_tokenizer):
    ids = [[101, 7592, 999, 102], [101, 102]]
    given = tokenizer if with_tokenizer else None
    facts = batch_facts(ids, given, framework=framework.name, settings=settings)

    import importlib

    scope = {"tokenizer": tokenizer, "ids": ids}
    scope[facts.code.split(".")[0]] = scope.get(facts.code.split(".")[0]) or importlib.import_module(framework.module)
    result = eval(facts.code, scope)
    expected = result["input_ids"] if with_tokenizer else result
    assert np.array_equal(framework.to_numpy(tensor_inputs(facts)["input_ids"]), framework.to_numpy(expected))


def test_a_ragged_batch_says_which_rows_are_short_and_what_the_framework_says(framework, tokenizer):
    facts = batch_facts(RAGGED, tokenizer, framework=framework.name)
    rows = tokenizer(RAGGED)["input_ids"]
    lengths = [len(row) for row in rows]

    assert facts.ragged
    assert facts.shape is facts.dtype is facts.nbytes is None
    assert [row.short for row in facts.sequences] == [max(lengths) - length for length in lengths]
    assert facts.error == said_by_hand(framework, rows)
    with pytest.raises(CourseError) as caught:
        tensor_inputs(facts)
    assert facts.error in caught.value.why
    assert 'padding="longest"' in caught.value.remedy


def test_numbers_that_no_tensor_holds_are_refused_in_the_frameworks_words(framework):
    facts = batch_facts([[5, 2**70]], framework=framework.name)

    assert facts.error == said_by_hand(framework, [[5, 2**70]])
    with pytest.raises(CourseError, match="makes no tensor"):
        tensor_inputs(facts)


def tiny_bert(framework, **options):
    """Return a real BERT of a few numbers, and its config."""
    import transformers

    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, **options
    )
    return getattr(transformers, f"{framework.class_prefix}BertModel")(config), config


def test_an_id_outside_the_vocabulary_gets_the_models_own_error(framework):
    model, config = tiny_bert(framework, vocab_size=50)
    ids = [[1, 2, 49], [3, 50, 77]]
    facts = batch_facts(ids, config=config, framework=framework.name)
    with pytest.raises(Exception) as caught:  # noqa: PT011  (each framework has its own)
        model(made_by_hand(framework, ids))

    assert facts.outside == [(1, 1, 50), (1, 2, 77)]
    assert [row.kinds for row in facts.sequences] == [("token",) * 3, ("token", "outside", "outside")]
    kind, _, words = facts.model_error.partition(": ")
    assert kind == caught.type.__name__
    assert words.splitlines()[0] in str(caught.value)
    assert batch_facts(ids, config=model, framework=framework.name).model_error == facts.model_error


def test_every_id_of_the_vocabulary_is_inside(framework, tokenizer):
    facts = batch_facts([[0, 30521]], tokenizer, framework=framework.name)

    assert facts.model_error is None
    assert facts.outside == []
    assert batch_facts([[0, 30522]], tokenizer, framework=framework.name).outside == [(0, 1, 30522)]


def test_a_ragged_batch_with_an_id_outside_says_both(framework):
    _, config = tiny_bert(framework, vocab_size=50)
    facts = batch_facts([[1, 2, 3], [60]], config=config, framework=framework.name)

    assert facts.ragged
    assert facts.model_error


def test_rows_longer_than_the_models_positions_are_named(tokenizer):
    from transformers import BertConfig

    config = BertConfig(max_position_embeddings=4)

    assert batch_facts(RAGGED, tokenizer, config=config).too_long == [1, 2]
    assert batch_facts(SENTENCES, tokenizer, config=config).too_long == []


def test_every_position_says_what_it_is(tokenizer):
    facts = batch_facts(["Hi 🤗", "Hello there you!"], tokenizer, settings=Settings("longest"))

    assert facts.sequences[0].kinds == ("special", "token", "unknown", "special", "padding", "padding")
    assert facts.sequences[0].tokens == ("[CLS]", "hi", "[UNK]", "[SEP]", "[PAD]", "[PAD]")
    assert facts.sequences[0].mask == (1, 1, 1, 1, 0, 0)
    assert (facts.pad_id, facts.pad_token) == (0, "[PAD]")


def test_both_readings_are_there_when_both_tokenizers_are(tokenizer, cased_tokenizer):
    facts = batch_facts(CHAPTER, cased_tokenizer, other=tokenizer)

    first, second = facts.readings
    assert second.tokens[0] == ("[CLS]", "hello", "!", "[SEP]")
    assert first.tokens[0] == tuple(cased_tokenizer.convert_ids_to_tokens(CHAPTER[0])) != second.tokens[0]
    assert len(facts.oddities) == 3
    assert batch_facts(CHAPTER, tokenizer).readings == ()


def test_a_hundred_thousand_ids_are_whole_in_the_tensor(framework):
    facts = batch_facts([range(100_000)], framework=framework.name)

    assert facts.shape == (1, 100_000)
    assert np.array_equal(framework.to_numpy(tensor_inputs(facts)["input_ids"])[0], np.arange(100_000))


def test_the_framework_is_that_of_a_given_tensor(framework):
    assert batch_facts(made_by_hand(framework, CHAPTER)).framework == framework.name


def test_facts_are_frozen_and_plain(tokenizer):
    facts = batch_facts(SENTENCES, tokenizer)

    assert all(frameworks.of(value) is None for value in vars(facts).values())
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts.shape = (1, 1)


def test_a_framework_that_does_not_exist_is_refused(tokenizer):
    with pytest.raises(CourseError, match="pytorch"):
        batch_facts(SENTENCES, tokenizer, framework="torch")
