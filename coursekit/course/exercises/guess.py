"""A prediction against the outcome: how far off it was, and which thought leads there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite, log10
from typing import TYPE_CHECKING

from coursekit.course.exercises.answers import read
from coursekit.course.exercises.rules import holds, words
from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from coursekit.course.exercises.asked import Prediction

_SCALES = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "g", "billion", "billions"), 1e9),
    **dict.fromkeys(("t", "trillion", "trillions"), 1e12),
    "%": 0.01,
}
_NUMBER = re.compile(r"([-+]?(?:\d[\d,_ ]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)\s*([a-z%]*)")
_TIMES = {"too high": "too large", "too low": "too small"}
_LONGEST = 200
_FAR = 10
"""From this factor on, the order of magnitude tells more than a percentage."""


@dataclass(frozen=True)
class Comparison:
    """A prediction beside what the run gave.

    Attributes
    ----------
    prediction
        The prediction's number.
    given
        What was predicted, as it was written; None when nothing was.
    outcome
        What the run gave, in a few words.
    result
        ``right``, ``close``, ``off``, or an empty string without a prediction.
    distance
        How far off a number was, in words.
    thoughts
        What to think about it, as HTML: first on the foreseen mistake, then on the outcome.
    """

    prediction: str
    given: str | None
    outcome: str
    result: str
    distance: str
    thoughts: tuple[str, ...]


def number_in(text: str) -> float | None:
    """Return the number that a learner means by ``110 million``, ``1.1e8``, ``109,482,240`` or ``5 %``; else None."""
    match = _NUMBER.fullmatch(text.strip().lower().replace("\N{NO-BREAK SPACE}", " ")[:_LONGEST])
    if match is None:
        return None
    scale = 1.0 if not match[2] else _SCALES.get(match[2])
    if scale is None:
        return None
    value = float(re.sub(r"[,_ ]", "", match[1])) * scale
    return value if isfinite(value) else None


def checked(prediction: Prediction, given: str) -> str:
    """Return ``given`` as it is kept.

    Raises
    ------
    CourseError
        When it is no number, or none of the choices, or empty.
    """
    given = " ".join(given.split())[:_LONGEST]
    if prediction.kind == "choice" and given not in prediction.choices:
        raise CourseError(
            f"{given!r} is none of the choices.{did_you_mean(given, prediction.choices)}",
            why="only then can it be compared to the outcome.",
            remedy=f"Choose one of: {'; '.join(prediction.choices)}.",
        )
    if prediction.kind == "number" and number_in(given) is None:
        raise CourseError(
            f"{given!r} is not a number." if given else "There is no number yet.",
            why="only a number can be compared to the outcome.",
            remedy="Write digits, such as 1200000, or a number and a word, such as 1.2 million.",
        )
    if not given:
        raise CourseError(
            "There is no prediction yet.", why="it is compared to the outcome.", remedy="Write a word or two."
        )
    return given


def compare(prediction: Prediction, given: str | None, outcome: object) -> Comparison:
    """Return how ``given`` compares to ``outcome``, the value of the run; nothing that is handed in raises."""
    answer = read(outcome)
    if given is None:
        return Comparison(
            prediction.id, None, _outcome(prediction, answer.plain, answer.described), "", "", _last(prediction)
        )
    value = number_in(given) if prediction.kind == "number" else given
    names = {"given": value, "outcome": answer.plain}
    foreseen = tuple(mistake.hint for mistake in prediction.mistakes if holds(mistake.rule, names))[:1]
    result, distance = _result(prediction, value, answer.plain)
    shown = _outcome(prediction, answer.plain, answer.described)
    thoughts = (*(foreseen if result != "right" else ()), *_last(prediction))
    return Comparison(prediction.id, given, shown, result, distance, thoughts)


def _last(prediction: Prediction) -> tuple[str, ...]:
    return (prediction.thought,) if prediction.thought else ()


def _outcome(prediction: Prediction, outcome: object, described: str) -> str:
    right = _right_choices(prediction, outcome)
    return right[0] if right else described


def _right_choices(prediction: Prediction, outcome: object) -> list[str]:
    pairs = zip(prediction.choices, prediction.answers, strict=True)
    return [choice for choice, rule in pairs if holds(rule, {"outcome": outcome})]


def _result(prediction: Prediction, given: object, outcome: object) -> tuple[str, str]:
    """Return ``right``, ``close`` or ``off``, and the distance in words."""
    if prediction.kind == "choice":
        return ("right" if given in _right_choices(prediction, outcome) else "off"), ""
    if prediction.kind == "word":
        return ("right" if words(given) == words(outcome) else "off"), ""
    if not isinstance(given, (int, float)) or not isinstance(outcome, (int, float)) or isinstance(outcome, bool):
        return "off", ""
    if abs(given - outcome) <= prediction.close * abs(outcome) / 10:
        return "right", ""
    return ("close" if abs(given - outcome) <= prediction.close * abs(outcome) else "off"), distance(given, outcome)


def distance(given: float, outcome: float) -> str:
    """Return how far a number is from the outcome: as a share of it, or as a factor when it is far."""
    direction = "too high" if given > outcome else "too low"
    if outcome == 0 or given * outcome <= 0 or not isfinite(given) or not isfinite(outcome):
        return f"{abs(given - outcome):,.4g} {direction}" if isfinite(given - outcome) else ""
    factor = max(given / outcome, outcome / given)
    if factor >= _FAR:
        zeros = round(log10(factor))
        return f"{factor:,.0f} times {_TIMES[direction]}, about {zeros} {'zero' if zeros == 1 else 'zeros'}"
    if factor >= 2:  # noqa: PLR2004  (twice as much is more telling than 100 %)
        return f"{factor:.1f} times {_TIMES[direction]}"
    return f"{abs(given - outcome) / abs(outcome):.1%} {direction}"
