"""What the lessons ask: exercises, questions and predictions, as ``notebooks/build.py`` puts them into the package.

Their one source stands with the lessons, in ``notebooks/src/exercises``; all prose is HTML already, made of Markdown
by the builder. The numbers are those of the lessons: ``1.2`` is the second exercise (or prediction) of lesson 1.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from coursekit import frameworks
from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "asked.json"
"""The generated file, beside this module."""


@dataclass(frozen=True)
class Mistake:
    """A misconception that is foreseen: the ``rule`` that recognizes it, and the ``hint`` (HTML) that answers it."""

    rule: str
    hint: str


@dataclass(frozen=True)
class Exercise:
    """A task that is answered with a value.

    Attributes
    ----------
    id, title
        Such as ``1.2``, and a few words.
    task
        What to do, as HTML.
    kinds
        The kinds of :class:`~coursekit.course.exercises.answers.Answer` that can be right.
    starter, solution
        Lines of Python for each track; the starter stands in the cell below the task.
    right
        The rule that a right answer meets.
    praise
        What is said then, as HTML.
    hints
        From the gentlest on, as HTML.
    mistakes
        In the order in which they are tried.
    calls
        For a function: the arguments that it is called with, each an expression for a tuple.
    """

    id: str
    title: str
    task: str
    kinds: tuple[str, ...]
    starter: dict[str, str]
    solution: dict[str, str]
    right: str
    praise: str
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    calls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One answer to choose, whether it is right, and why (HTML)."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """One question of a quiz; exactly one choice is right. Its id is such as ``1.Q3``."""

    id: str
    question: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Prediction:
    """A question to be answered before the cell is run that answers it.

    Attributes
    ----------
    id
        Such as ``1.2``.
    question
        HTML.
    kind
        ``number``, ``choice`` or ``word``.
    choices
        What can be chosen.
    answers
        For each choice the rule on ``outcome``, the value of the run, that makes it the right one.
    close
        How far from the outcome a number may be, as a share of it, to count as close.
    thought
        Which thought leads to the outcome, as HTML; shown after the run.
    mistakes
        Predictions that are foreseen: their rules may ask about ``given`` and ``outcome``.
    """

    id: str
    question: str
    kind: str
    choices: tuple[str, ...]
    answers: tuple[str, ...]
    close: float
    thought: str
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Lesson:
    """Everything that one lesson asks."""

    number: str
    title: str
    exercises: tuple[Exercise, ...]
    predictions: tuple[Prediction, ...]
    quiz: tuple[Question, ...]


ItemT = TypeVar("ItemT", Exercise, Prediction, Question, Lesson)


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return the lessons in their order."""
    text = files("coursekit.course.exercises").joinpath(FILE).read_text("utf-8")
    return from_dict(json.loads(text))


def from_dict(data: Mapping[str, Any]) -> tuple[Lesson, ...]:
    """Return the lessons that the builder wrote as ``data``."""
    return tuple(
        Lesson(
            number=lesson["number"],
            title=lesson["title"],
            exercises=tuple(_exercise(entry) for entry in lesson["exercises"]),
            predictions=tuple(_prediction(entry) for entry in lesson["predictions"]),
            quiz=tuple(_question(entry) for entry in lesson["quiz"]),
        )
        for lesson in data["lessons"]
    )


def _exercise(entry: Mapping[str, Any]) -> Exercise:
    lists = {name: tuple(entry[name]) for name in ("kinds", "hints", "calls")}
    return Exercise(**{**entry, **lists, "mistakes": _mistakes(entry)})


def _prediction(entry: Mapping[str, Any]) -> Prediction:
    lists = {name: tuple(entry[name]) for name in ("choices", "answers")}
    return Prediction(**{**entry, **lists, "mistakes": _mistakes(entry)})


def _question(entry: Mapping[str, Any]) -> Question:
    return Question(entry["id"], entry["question"], tuple(Choice(**choice) for choice in entry["choices"]))


def _mistakes(entry: Mapping[str, Any]) -> tuple[Mistake, ...]:
    return tuple(Mistake(**mistake) for mistake in entry["mistakes"])


def exercise(number: str) -> Exercise:
    """Return the exercise with this number, such as ``1.2``; raise a CourseError when there is none."""
    return _find(number, {each.id: each for lesson in lessons() for each in lesson.exercises}, "exercise")


def prediction(number: str) -> Prediction:
    """Return the prediction with this number, such as ``1.2``; raise a CourseError when there is none."""
    return _find(number, {each.id: each for lesson in lessons() for each in lesson.predictions}, "prediction")


def question(number: str) -> Question:
    """Return the question of a quiz with this number, such as ``1.Q3``; raise a CourseError when there is none."""
    return _find(number, {each.id: each for lesson in lessons() for each in lesson.quiz}, "question")


def lesson(number: str) -> Lesson:
    """Return what the lesson with this number asks; raise a CourseError when there is none."""
    return _find(number, {each.number: each for each in lessons()}, "lesson")


def _find(number: object, known: dict[str, ItemT], called: str) -> ItemT:
    # 1.2 without quotes is what many write first; 1.10 would be read as 1.1, but no lesson asks so much.
    word = str(number) if isinstance(number, (str, int, float)) else ""
    if word in known:
        return known[word]
    given = repr(word) if word else f"a {type(number).__name__}"
    raise CourseError(
        f"There is no {called} {given}.{did_you_mean(word, known)}",
        why=f"it names the {called} to show.",
        remedy=f"Use one of: {', '.join(known)}.",
    )


def track() -> str:
    """Return the track of the notebook: the one that ``ck.setup`` chose, else that of the framework in use."""
    chosen = [each.name for each in frameworks.FRAMEWORKS.values() if os.environ.get(each.switch) == "1"]
    if len(chosen) == 1:
        return chosen[0]
    try:
        return frameworks.choose().name
    except CourseError:  # a task can be read where no framework is installed
        return "pytorch"


def plain(html: str) -> str:
    """Return HTML of the course as one line of text."""
    without_tags = re.sub(r"<[^>]+>", "", re.sub(r"</(p|li|pre)>", " ", html))
    return " ".join(unescape(without_tags).split())
