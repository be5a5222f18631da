"""What a learner reads when something is wrong."""

import pickle

import pytest

from coursekit.errors import CourseError, did_you_mean, nearest, reject_unknown


def test_the_text_says_what_is_wrong_why_it_matters_and_what_to_do():
    error = CourseError("No such file.", why="There is nothing to read.", remedy="Run the cell above.")

    lines = str(error).splitlines()

    assert lines[0] == "No such file."
    assert "There is nothing to read." in lines[1]
    assert "Run the cell above." in lines[2]


def test_an_error_survives_the_way_to_another_process():
    error = CourseError("what", why="why", remedy="remedy")

    copy = pickle.loads(pickle.dumps(error))

    assert (copy.what, copy.why, copy.remedy) == ("what", "why", "remedy")


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("hiden_size", ["hidden_size", "hidden_act"], "hidden_size"),
        ("PyTorch", ["pytorch", "tensorflow"], "pytorch"),
        ("zebra", ["pytorch", "tensorflow"], None),
        ("anything", [], None),
    ],
)
def test_the_nearest_word_is_the_one_that_was_meant(word, known, expected):
    assert nearest(word, known) == expected


def test_nothing_is_suggested_when_nothing_is_close():
    assert did_you_mean("zebra", ["pytorch"]) == ""


def test_an_unknown_argument_is_named_with_the_one_that_was_meant():
    with pytest.raises(CourseError) as caught:
        reject_unknown(["compare_too"], ["compare_to"], where="ConfigBrowser")

    assert "'compare_too'" in caught.value.what
    assert "'compare_to'" in caught.value.what


def test_known_arguments_pass():
    reject_unknown(["compare_to"], ["compare_to", "task"], where="ConfigBrowser")
