"""What counts as a batch, and how it is written down to be edited."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit import CourseError
from coursekit.facts.batch.sequences import checked, ids_from, sentences_from, to_lines

CHAPTER = [[101, 7592, 999, 102], [101, 4658, 1012, 102], [101, 3835, 999, 102]]
ROWS = tuple(map(tuple, CHAPTER))


@pytest.mark.parametrize(
    "batch",
    [
        CHAPTER,
        tuple(ROWS),
        np.array(CHAPTER),
        [np.array(row, dtype=np.int32) for row in CHAPTER],
        [[np.int64(id_) for id_ in row] for row in CHAPTER],
        iter(CHAPTER),
    ],
    ids=["lists", "tuples", "array", "arrays", "numpy integers", "iterator"],
)
def test_every_way_to_write_ids_gives_the_same_rows_of_plain_integers(batch):
    rows = checked(batch)

    assert rows == ROWS
    assert {type(id_) for row in rows for id_ in row} == {int}


def test_a_tensor_of_pytorch_is_a_batch():
    torch = pytest.importorskip("torch", reason="needs PyTorch")

    assert checked(torch.tensor(CHAPTER)) == ROWS
    assert checked([torch.tensor(row) for row in CHAPTER]) == ROWS


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ([], "empty"),
        ("Hello!", "one string"),
        ([[]], "Sequence 0 is empty"),
        ([[101], []], "Sequence 1 is empty"),
        (["Hello!", "  "], "Sequence 1 is empty"),
        (["Hello!", "half \ud83e"], "Sequence 1 holds half of a character"),
        ([101, 102], "one number"),
        (np.int64(3), "is"),
        (np.array(3), "one number"),
        ([[[101]]], "nested too deep"),
        (np.zeros((1, 2, 2), dtype=int), "nested too deep"),
        ([[101, 2.0]], "a float"),
        (np.array([[1.5]]), "a float"),
        ([[101, np.float32(2)]], "a float"),
        ([[True]], "a boolean"),
        (np.array([[True]]), "a boolean"),
        ([True], "a boolean"),
        ([[101, None]], "None"),
        ([None], "None"),
        (None, "None"),
        ([[101, -1]], "negative"),
        ([["Hello"]], "a string"),
        (["Hello!", [101]], "Sequence 1 is not a sentence"),
        ([[101], "Hello!"], "Sequence 0 is not a sentence"),
        ({"input_ids": CHAPTER}, "dictionary"),
        ({101}, "set"),
        (b"Hello", "bytes"),
        (7, "int"),
    ],
)
def test_what_is_not_a_batch_is_named_with_its_remedy(batch, words):
    with pytest.raises(CourseError) as caught:
        checked(batch)

    assert words in caught.value.what
    assert caught.value.remedy


def test_the_remedy_for_one_sequence_adds_the_batch_axis():
    with pytest.raises(CourseError) as caught:
        checked([101, 7592, 999, 102])

    assert "[[101, 7592, 999, 102]]" in caught.value.remedy


@given(st.lists(st.lists(st.integers(0, 10**12), min_size=1), min_size=1))
def test_ids_survive_being_written_and_read(rows):
    assert ids_from(to_lines(checked(rows))) == checked(rows)


@given(st.lists(st.text(st.characters(exclude_characters="\r↵", codec="utf-8")).filter(str.strip), min_size=1))
def test_sentences_survive_being_written_and_read(sentences):
    assert sentences_from(to_lines(checked(sentences))) == tuple(sentences)


@given(st.text())
def test_any_text_is_read_as_ids_or_refused_with_a_reason(lines):
    with suppress(CourseError):
        assert all(type(id_) is int and id_ >= 0 for row in ids_from(lines) for id_ in row)


@pytest.mark.parametrize("line", ["101, 7592", "[101, 7592],", " 101 7592 ", "101,7592,", "\n101 , 7592\n\n"])
def test_ids_may_be_typed_as_one_likes(line):
    assert ids_from(line) == ((101, 7592),)


def test_a_typing_mistake_is_named_with_its_line():
    with pytest.raises(CourseError, match="Line 2 has 'x7'"):
        ids_from("101\nx7, 3")
