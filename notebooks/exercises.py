"""Compose what the lessons ask: from one YAML file for each lesson in ``src/exercises``, the package's data.

A file has ``predictions``, ``exercises`` and ``quiz``; their numbers follow from their order. Prose is Markdown. Code
is ``{pytorch: …, tensorflow: …}``, or plain text where both tracks write the same. What a rule may ask about an answer
stands in ``coursekit/course/exercises/answers.py`` and ``rules.py``.

``wrong`` answers are for the tests: each is an answer that a learner with this misconception gives. They do not reach
the package.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt

from coursekit.course.exercises.answers import Answer
from coursekit.course.exercises.asked import FILE
from coursekit.course.exercises.rules import evaluate, names_in
from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

TRACKS = ("pytorch", "tensorflow")
STARTER = "mine = ..."
KINDS = ("number", "truth", "text", "list", "mapping", "tensor", "array", "config", "model", "class", "function")
ANSWER_NAMES = {each.name for each in fields(Answer)} | {"track", "results", "errors"}
PREDICTION_NAMES = {"given", "outcome"}
MARKDOWN = MarkdownIt("commonmark", {"html": False})  # no other HTML than what Markdown makes
ENTRIES = {
    "lesson": {"predictions", "exercises", "quiz"},
    "exercise": {"title", "task", "kind", "starter", "solution", "right", "praise", "hints", "mistakes", "calls"},
    "mistake": {"when", "hint", "wrong"},
    "prediction": {"question", "kind", "choices", "close", "thought", "mistakes"},
    "foreseen": {"when", "thought", "example"},
    "question": {"question", "choices"},
    "choice": {"text", "right", "why"},
}


def source(folder: Path, stem: str) -> dict[str, Any]:
    """Return what the file of a lesson says, as it is written."""
    path = folder / "src" / "exercises" / f"{stem}.yaml"
    if not path.exists():
        return {"predictions": [], "exercises": [], "quiz": []}
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    _check(data, "lesson", stem)
    return {name: data.get(name) or [] for name in ENTRIES["lesson"]}


def compose(folder: Path, titles: dict[str, str]) -> dict[str, Any]:
    """Return what all lessons ask, as the package keeps it.

    Parameters
    ----------
    folder
        The folder that holds ``src``.
    titles
        The heading of each lesson by its stem, in their order.

    Raises
    ------
    CourseError
        When a file has an entry that does not exist, or a rule that cannot be used.
    """
    return {"lessons": [_lesson(stem, title, source(folder, stem)) for stem, title in titles.items()]}


def starters(folder: Path, stem: str) -> dict[str, dict[str, str]]:
    """Return by number what stands in the cell below each exercise of a lesson, for each track."""
    lesson = _lesson(stem, "", source(folder, stem))
    return {each["id"]: each["starter"] for each in lesson["exercises"]}


def serialized(data: dict[str, Any]) -> str:
    """Return the text of the package's file."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def path_in(root: Path) -> Path:
    """Return where the package's file belongs below the repository's folder."""
    return root / "coursekit" / "course" / "exercises" / FILE


def by_track(code: Any, where: str) -> dict[str, str]:
    """Return code for each track."""
    if isinstance(code, str):
        return dict.fromkeys(TRACKS, code.rstrip())
    if isinstance(code, dict) and set(code) == set(TRACKS):
        return {track: code[track].rstrip() for track in TRACKS}
    raise _fault(where, "its code is neither text nor one text for each of pytorch and tensorflow")


def _lesson(stem: str, title: str, data: dict[str, Any]) -> dict[str, Any]:
    number = str(int(stem.split("_", maxsplit=1)[0]))
    named = [(kind, index, entry) for kind in data for index, entry in enumerate(data[kind], start=1)]
    return {
        "number": number,
        "title": title.split(". ", 1)[-1],
        "exercises": [_exercise(f"{number}.{i}", entry) for kind, i, entry in named if kind == "exercises"],
        "predictions": [_prediction(f"{number}.{i}", entry) for kind, i, entry in named if kind == "predictions"],
        "quiz": [_question(f"{number}.Q{i}", entry) for kind, i, entry in named if kind == "quiz"],
    }


def _exercise(number: str, entry: dict[str, Any]) -> dict[str, Any]:
    where = f"exercise {number}"
    _check(entry, "exercise", where)
    kinds = entry["kind"].split(" or ")
    if unknown := set(kinds) - set(KINDS):
        raise _fault(where, f"there is no kind {unknown.pop()!r}")
    for call in entry.get("calls", []):
        evaluate(call, {}, {"array": list, "safetensors_file": dict})
    return {
        "id": number,
        "title": entry["title"],
        "task": html(entry["task"]),
        "kinds": kinds,
        "starter": by_track(entry.get("starter", STARTER), where),
        "solution": by_track(entry["solution"], where),
        "right": _rule(entry["right"], ANSWER_NAMES, where),
        "praise": html(entry["praise"]),
        "hints": [html(hint) for hint in entry["hints"]],
        "mistakes": [_mistake(mistake, where) for mistake in entry["mistakes"]],
        "calls": entry.get("calls", []),
    }


def _mistake(entry: dict[str, Any], where: str) -> dict[str, Any]:
    _check(entry, "mistake", where)
    by_track(entry["wrong"], where)
    return {"rule": _rule(entry["when"], ANSWER_NAMES, where), "hint": html(entry["hint"])}


def _prediction(number: str, entry: dict[str, Any]) -> dict[str, Any]:
    where = f"prediction {number}"
    _check(entry, "prediction", where)
    choices = entry.get("choices", {})
    foreseen = entry.get("mistakes", [])
    for mistake in foreseen:
        _check(mistake, "foreseen", where)
    return {
        "id": number,
        "question": html(entry["question"]),
        "kind": entry["kind"],
        "choices": list(choices),
        "answers": [_rule(str(rule), PREDICTION_NAMES, where) for rule in choices.values()],
        "close": entry.get("close", 0.1),
        "thought": html(entry.get("thought", "")),
        "mistakes": [
            {"rule": _rule(mistake["when"], PREDICTION_NAMES, where), "hint": html(mistake["thought"])}
            for mistake in foreseen
        ],
    }


def _question(number: str, entry: dict[str, Any]) -> dict[str, Any]:
    where = f"question {number}"
    _check(entry, "question", where)
    for choice in entry["choices"]:
        _check(choice, "choice", where)
    choices = [
        {"text": _inline(choice["text"]), "right": bool(choice.get("right")), "why": html(choice["why"])}
        for choice in entry["choices"]
    ]
    if sum(choice["right"] for choice in choices) != 1:
        raise _fault(where, "exactly one choice has to be right")
    return {"id": number, "question": html(entry["question"]), "choices": choices}


def html(markdown: str) -> str:
    """Return Markdown as HTML."""
    made: str = MARKDOWN.render(markdown).strip()
    return made


def _inline(markdown: str) -> str:
    made: str = MARKDOWN.renderInline(markdown).strip()
    return made


def _rule(rule: str, known: set[str], where: str) -> str:
    """Return a rule that asks only about what there is."""
    rule = " ".join(str(rule).split())
    for name in names_in(rule) - known:
        raise _fault(where, f"the rule {rule!r} asks about {name!r}, which there is not.{did_you_mean(name, known)}")
    try:
        evaluate(rule, dict.fromkeys(known))
    except CourseError:
        raise
    except Exception:  # noqa: BLE001, S110  (a rule about None fails; only its form is looked at here)
        pass
    return rule


def _check(entry: Any, kind: str, where: str) -> None:
    if not isinstance(entry, dict):
        raise _fault(where, f"a {kind} has to be a mapping")
    for name in set(entry) - ENTRIES[kind]:
        raise _fault(where, f"a {kind} has no {name!r}.{did_you_mean(str(name), ENTRIES[kind])}")


def _fault(where: str, what: str) -> CourseError:
    return CourseError(
        f"notebooks/src/exercises, {where}: {what}",
        why="learners would see an exercise that cannot be answered.",
        remedy="Correct the file.",
    )
