"""Rows of ids: the same that the tokenizer makes."""

from __future__ import annotations

import copy

import pytest

from coursekit import CourseError
from coursekit.facts.batch.encoding import PADDINGS, Settings, encode

SENTENCES = ("Hello!", "Models take a batch of rectangular shape.", "<b>Nice</b> 🤗 مرحبا")


@pytest.mark.parametrize("truncation", [False, True])
@pytest.mark.parametrize("padding", list(PADDINGS))
def test_sentences_become_what_the_tokenizer_returns(tokenizer, padding, truncation):
    rows = encode(SENTENCES, tokenizer, None, Settings(padding, truncation, 7))

    options = {"max_length": 7} if truncation or padding == "fixed" else {}
    expected = tokenizer(list(SENTENCES), padding=PADDINGS[padding], truncation=truncation, **options)
    assert [list(row.ids) for row in rows] == expected["input_ids"]
    assert [list(row.mask) for row in rows] == expected["attention_mask"]
    assert [list(row.types) for row in rows] == expected["token_type_ids"]
    whole = [len(ids) for ids in tokenizer(list(SENTENCES))["input_ids"]]
    assert [row.cut for row in rows] == [max(0, length - 7) if truncation else 0 for length in whole]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("padding", "length"), [("longest", 16), ("fixed", 6)])
def test_lists_of_ids_are_padded_as_the_tokenizer_pads_them(tokenizer, padding, length, side):
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.padding_side = side
    ids = ((101, 7592, 999, 102), (101, 102))

    rows = encode(ids, tokenizer, None, Settings(padding, length=length))

    most = {"max_length": length} if padding == "fixed" else {}
    expected = tokenizer.pad({"input_ids": [list(row) for row in ids]}, padding=PADDINGS[padding], **most)
    assert [list(row.ids) for row in rows] == [list(row) for row in expected["input_ids"]]
    assert [list(row.mask) for row in rows] == [list(row) for row in expected["attention_mask"]]


def test_ids_without_a_tokenizer_are_filled_with_zero_or_with_the_configs_id():
    class Config:
        pad_token_id = 9

    ids = ((1, 2, 3), (4,))

    assert encode(ids, None, None, Settings("longest"))[1].ids == (4, 0, 0)
    assert encode(ids, None, Config(), Settings("longest"))[1].ids == (4, 9, 9)


def test_padding_that_stands_in_a_given_list_is_masked(tokenizer):
    (row,) = encode(((101, 7592, 102, 0, 0),), tokenizer, None, Settings())

    assert row.mask == (1, 1, 1, 0, 0)


def test_an_end_token_that_also_pads_is_not_masked_in_a_given_list(tokenizer):
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.eos_token = tokenizer.pad_token

    (row,) = encode(((101, 7592, 0),), tokenizer, None, Settings())

    assert row.mask == (1, 1, 1)


def test_truncation_cuts_lists_of_ids_on_the_tokenizers_side(tokenizer):
    tokenizer = copy.deepcopy(tokenizer)
    settings = Settings(truncation=True, length=2)

    assert encode(((5, 6, 7),), tokenizer, None, settings)[0].ids == (5, 6)
    tokenizer.truncation_side = "left"
    assert encode(((5, 6, 7),), tokenizer, None, settings)[0].ids == (6, 7)
    assert encode(((5, 6, 7),), tokenizer, None, settings)[0].cut == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings("longset"), "Did you mean 'longest'"),
        (Settings(None), "no padding None"),
        (Settings(truncation="yes"), "truncation is 'yes'"),
        (Settings(length=0), "length is 0"),
        (Settings(length=True), "length is True"),
        (Settings(length=2.5), "length is 2.5"),
    ],
)
def test_settings_that_do_not_exist_are_refused(settings, words):
    with pytest.raises(CourseError, match=words):
        settings.check()


def test_sentences_need_a_tokenizer():
    with pytest.raises(CourseError, match="no tokenizer"):
        encode(SENTENCES, None, None, Settings())


def test_a_length_without_room_for_text_is_refused(tokenizer):
    with pytest.raises(CourseError, match="no room for text"):
        encode(SENTENCES, tokenizer, None, Settings(truncation=True, length=2))


def test_a_tokenizer_without_a_padding_token_names_the_line_that_gives_it_one(tokenizer):
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.pad_token = None

    with pytest.raises(CourseError) as caught:
        encode(SENTENCES, tokenizer, None, Settings("longest"))

    assert "tokenizer.pad_token = " in caught.value.remedy
