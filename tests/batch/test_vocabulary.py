"""Ids belong to a vocabulary."""

from __future__ import annotations

import pytest

from coursekit import CourseError
from coursekit.facts.batch.vocabulary import Limits, Vocabulary, limits

CHAPTER = ((101, 7592, 999, 102), (101, 4658, 1012, 102), (101, 3835, 999, 102))


def test_the_chapters_ids_are_at_home_in_the_uncased_vocabulary(tokenizer):
    vocabulary = Vocabulary.of(tokenizer)

    assert vocabulary.oddities(CHAPTER) == ()
    assert vocabulary.tokens(CHAPTER[0]) == ("[CLS]", "hello", "!", "[SEP]")


def test_the_chapters_ids_are_odd_under_a_cased_vocabulary(cased_tokenizer):
    odd = Vocabulary.of(cased_tokenizer).oddities(CHAPTER)

    assert [oddity.sequence for oddity in odd] == [0, 1, 2]


def test_ids_of_the_cased_vocabulary_are_at_home_there(cased_tokenizer):
    ids = tuple(map(tuple, cased_tokenizer(["Hello there!", "It can't be; 3.5 of 10?"])["input_ids"]))

    assert Vocabulary.of(cased_tokenizer).oddities(ids) == ()


@pytest.mark.parametrize(
    "sentence",
    ["Hello!", "It can't be: 3.5 % of $10, e.g.", "unbelievably long-winded", "مرحبا", "naïve café", "a", "..."],
)
@pytest.mark.parametrize("special", [True, False])
def test_a_tokenizers_own_ids_are_never_odd(tokenizer, sentence, special):
    ids = tuple(tokenizer(sentence, add_special_tokens=special)["input_ids"])

    assert Vocabulary.of(tokenizer).oddities((ids,)) == ()


def test_unused_ids_are_named(tokenizer):
    (odd,) = Vocabulary.of(tokenizer).oddities(((101, 3, 4, 102),))

    assert "2 of 2 ids are unused" in odd.reason


def test_ids_without_a_token_are_empty_and_keep_their_place(tokenizer):
    assert Vocabulary.of(tokenizer).tokens((30522, 7592, 10**9)) == ("", "hello", "")
    assert Vocabulary.of(tokenizer).tokens((30522,)) == ("",)


def test_special_tokens_are_told_from_the_unknown_one(tokenizer):
    vocabulary = Vocabulary.of(tokenizer)

    assert vocabulary.unknown == 100
    assert {101, 102, 103, 0} == set(vocabulary.special)


def test_the_name_says_which_checkpoint_and_no_path_of_this_machine(tokenizer, cased_tokenizer):
    assert Vocabulary.of(tokenizer).name == "sentence-transformers/all-MiniLM-L6-v2"
    assert Vocabulary.of(cased_tokenizer).name == type(cased_tokenizer).__name__


def test_limits_come_from_the_config_else_from_the_tokenizer(tokenizer):
    from transformers import BertConfig

    vocabulary = Vocabulary.of(tokenizer)

    assert limits(BertConfig(vocab_size=50, max_position_embeddings=9), vocabulary) == Limits(50, 9)
    assert limits(None, vocabulary) == Limits(30522, 512)
    assert limits(None, None) == Limits(None, None)


@pytest.mark.parametrize("wrong", ["bert-base-cased", 3, object()])
def test_what_is_not_a_tokenizer_or_a_config_is_refused(wrong):
    with pytest.raises(CourseError, match="tokenizer"):
        Vocabulary.of(wrong)
    with pytest.raises(CourseError, match="config"):
        limits(wrong, None)


def test_a_class_in_place_of_a_tokenizer_gets_the_line_that_loads_one(tokenizer):
    with pytest.raises(CourseError) as caught:
        Vocabulary.of(type(tokenizer))

    assert f"{type(tokenizer).__name__}.from_pretrained(" in caught.value.remedy
