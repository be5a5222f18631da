"""A check answers whatever it is given: never a traceback, never an address, never a long line."""

import datetime as dt
import math
import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as some_numpy

from coursekit.course.exercises.answers import read
from coursekit.course.exercises.asked import Exercise, Mistake, exercise, lessons, plain
from coursekit.course.exercises.judge import NOT_YET, RIGHT, WRONG, judge
from coursekit.course.exercises.rules import holds
from coursekit.errors import CourseError

EXERCISES = [exercise for lesson in lessons() for exercise in lesson.exercises]


class Hostile:
    """Raises at every look at it."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError

    def __call__(self):
        raise RuntimeError


class Endless(dict):
    def keys(self):
        raise MemoryError


def endless():
    found = []
    found.append(found)
    return found


def broken(*_):
    raise ValueError("this is " + "long " * 100)


ODD = [
    *(
        None,
        ...,
        math.nan,
        math.inf,
        -math.inf,
        10**400,
        1 + 2j,
        b"bytes",
        "",
        "x" * 10_000,
        Hostile(),
        Hostile,
        Endless(),
    ),
    *(endless(), {"a": endless()}, [[1], [2, 3]], (), set(), np.array([]), np.array(["a"]), np.array([None]), np.nan),
    *(np.zeros((3, 0)), np.array(3), np.float16("inf"), np.datetime64("now"), dt.date(2020, 1, 1), sys, print),
    *(broken, lambda: None, lambda *_: ..., lambda *_: 3, lambda *_: endless(), lambda *_: Hostile(), type, exercise),
    *({"input_ids": "no"}, {1: 2}, [None, None], [Hostile()], range(3), iter([]), ValueError("x"), NotImplemented),
]
# Hypothesis looks at what it generates, which a hostile object does not survive: those are tried one by one.
TAME = [
    value
    for value in ODD
    if type(value) is not Hostile and not (type(value) is list and any(type(one) is Hostile for one in value))
]
values = some.recursive(
    some.one_of(
        *(some.none(), some.booleans(), some.integers(), some.floats(), some.complex_numbers(), some.text()),
        *(some.binary(), some.sampled_from(range(len(TAME))).map(lambda index: TAME[index])),
        some_numpy.arrays(some_numpy.scalar_dtypes(), some_numpy.array_shapes(min_dims=0, max_side=3)),
    ),
    lambda inner: some.one_of(
        *(some.lists(inner, max_size=3), some.tuples(inner, inner), some.dictionaries(some.text(max_size=3), inner)),
        inner.map(lambda value: lambda *_: value),
    ),
    max_leaves=6,
)


def is_well_behaved(task, value, track="pytorch"):
    verdict = judge(task, value, track)
    assert verdict.result in {RIGHT, NOT_YET, WRONG}
    assert verdict.message.startswith("<p>")
    assert not re.search(r"0x[0-9a-f]{6}", verdict.seen)
    assert len(verdict.seen) < 800
    assert "\n" not in verdict.seen
    return verdict


@given(some.sampled_from(EXERCISES), values)
def test_nonsense_is_answered(task, value):
    is_well_behaved(task, value)


@pytest.mark.parametrize("task", EXERCISES, ids=lambda task: task.id)
def test_odd_things_are_answered(task):
    for value in ODD:
        assert is_well_behaved(task, value).result != RIGHT


@pytest.mark.parametrize("track", ["pytorch", "tensorflow"])
def test_tensors_and_models_of_either_framework_are_answered_in_either_track(track):
    torch = pytest.importorskip("torch")
    things = [
        *(torch.zeros(2, 3), torch.tensor(3.0), torch.zeros(2, device="meta"), torch.nn.Linear(2, 3), torch.nn.Linear),
        *(
            torch.zeros(2, requires_grad=True),
            torch.Size([2]),
            torch.float16,
            torch.nn.Module(),
            torch.tensor([math.nan]),
        ),
        *(torch.zeros(2, 2).to_sparse(), torch.nn.Linear(2, 3, device="meta"), [torch.nn.Linear(1, 1)] * 2),
    ]
    for task in EXERCISES:
        for value in things:
            assert is_well_behaved(task, value, track).result != RIGHT


TASK = Exercise(
    id="0.1",
    title="",
    task="",
    kinds=("number",),
    starter={},
    solution={},
    right="number == 3",
    praise="<p>Yes.</p>",
    hints=(),
    mistakes=(Mistake("number == 4", "<p>Four.</p>"), Mistake("number > 3", "<p>Large.</p>")),
)


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.array(3), np.float32(3)])
def test_a_number_is_right_whatever_holds_it(value):
    assert judge(TASK, value, "pytorch").result == RIGHT


@pytest.mark.parametrize(
    ("value", "result", "says"),
    [
        (4, WRONG, "Four."),
        (5, WRONG, "Large."),
        (2, WRONG, "next hint"),
        (math.nan, WRONG, "next hint"),
        (True, NOT_YET, "This needs a number"),
        ("3", NOT_YET, "This needs a number. You have '3'"),
        (..., NOT_YET, "in place of the three dots"),
        (None, NOT_YET, "what a call gave back"),
        (int, NOT_YET, "the class itself"),
        ((3).bit_length, NOT_YET, "the function itself"),
        ("<b>", NOT_YET, "You have '<b>'"),
    ],
)
def test_what_is_no_answer_yet_is_told_from_what_is_wrong(value, result, says):
    verdict = judge(TASK, value, "pytorch")
    assert verdict.result == result
    assert says in plain(verdict.message)
    assert "<b>" not in verdict.message


def test_a_tensor_of_the_other_framework_is_told_so():
    torch = pytest.importorskip("torch")
    assert "work with TensorFlow" in judge(TASK, torch.tensor(3), "tensorflow").message
    assert judge(TASK, torch.tensor(3), "pytorch").result == RIGHT


@pytest.mark.parametrize(
    "rule", ["__import__('os')", "open('x')", "number.__class__", "(lambda: 1)()", "a := 1", "number +"]
)
def test_a_rule_can_neither_call_nor_reach_anything_else(rule):
    with pytest.raises(CourseError, match="cannot be used"):
        holds(rule, {"number": 1})


def test_a_rule_that_makes_no_sense_of_an_answer_does_not_hold():
    assert holds("near(items, [[1, 2]], 0.1)", {"items": [[1.05, 2]]})
    for items in (None, [], [[1]], [[1, "a"]], [[1, 2], [3]], [[1, math.nan]]):
        assert not holds("near(items, [[1, 2]], 0.1)", {"items": items})


def test_two_models_with_equal_numbers_have_one_digest():
    torch = pytest.importorskip("torch")
    one, other = torch.nn.Linear(2, 3), torch.nn.Linear(2, 3)
    pair = read((one, other, one))
    assert pair.members[0].digest != pair.members[1].digest
    assert [member.same for member in pair.members] == [False, False, True]
    other.load_state_dict(one.state_dict())
    assert read(one).digest == read(other).digest
