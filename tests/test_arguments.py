"""Whatever somebody passes: an answer, or an error that says what is wrong, why it matters and what to do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coursekit as ck
from coursekit import CourseError
from coursekit.arguments import folder_path, one_of, whole_number, words, yes_or_no


class Hostile:
    """An object whose every way to show itself fails."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __fspath__ = __index__ = __repr__


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary(),
    st.lists(st.integers()), st.dictionaries(st.text(), st.integers()), st.just(object()), st.just(int),
    st.just(np.float32(2.5)), st.just(np.arange(3)), st.just("~nosuchuser"), st.just("a\0b"), st.just("\udcff"),
)  # fmt: skip
CHECKS = {
    "whole_number": lambda value: whole_number(value, "seed", least=0, most=9),
    "words": lambda value: words(value, "repository", example="bert"),
    "one_of": lambda value: one_of(value, "padding", ["left", "right"]),
    "yes_or_no": lambda value: yes_or_no(value, "names"),
    "folder_path": lambda value: folder_path(value, "folder"),
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@given(value=ODD)
def test_a_value_is_taken_or_refused_in_words(check, value):
    said = ""
    try:
        check(value)
    except CourseError as error:
        said = str(error)
    assert said.encode() == b"" or said.startswith(("seed", "repository", "padding", "names", "folder"))


def test_what_is_meant_is_taken():
    assert whole_number(np.int64(3), "seed", least=0, most=9) == 3
    assert words(None, "repository", example="bert") == ""
    assert one_of("left", "padding", ["left", "right"]) == "left"
    assert str(folder_path("~", "folder")).startswith("/")
    with pytest.raises(CourseError, match="Did you mean 'left'"):
        one_of("lft", "padding", ["left", "right"])
    with pytest.raises(CourseError, match="an object of the class Hostile"):
        words(Hostile(), "repository", example="bert")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None, True, float("nan"), [1]])
def test_an_odd_seed_changes_nothing(seed, monkeypatch):
    monkeypatch.setenv("USE_TF", "untouched")
    with pytest.raises(CourseError, match="seed cannot be"):
        ck.setup("pytorch", seed=seed)
    import os

    assert os.environ["USE_TF"] == "untouched"


@pytest.mark.parametrize("wrong", [{"folder": 3}, {"folder": ""}, {"folder": "~nosuchuser"}, {"repository": 3}])
def test_the_cache_browser_refuses_in_words(wrong):
    with pytest.raises(CourseError, match="cannot be"):
        ck.CacheBrowser(**wrong)
