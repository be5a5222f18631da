"""What stands in ``notebooks/src/exercises``: the package's data with the wrong answers, which only tests need."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from coursekit.course.exercises import asked

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


@cache
def neighbour(name: str = "exercises") -> Any:
    """Return one of the builder's modules; they are a script's neighbours, not a part of the package."""
    sys.path.insert(0, str(NOTEBOOKS))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(NOTEBOOKS))


def wrong_answers(track: str) -> dict[str, list[tuple[int, str]]]:
    """Return, for each exercise, the mistakes by their index and the code of an answer that makes them."""
    found: dict[str, list[tuple[int, str]]] = {}
    for lesson in asked.lessons():
        for exercise, entry in zip(lesson.exercises, entries(lesson.number)["exercises"], strict=True):
            codes = [neighbour().by_track(mistake["wrong"], exercise.id)[track] for mistake in entry["mistakes"]]
            found[exercise.id] = [(index, code) for index, code in enumerate(codes) if code]
    return found


def entries(number: str) -> dict[str, Any]:
    """Return the file of a lesson."""
    path = next((NOTEBOOKS / "src").glob(f"{int(number):02}_*.py"))
    return neighbour().source(NOTEBOOKS, path.stem)


def run(code: str) -> Any:
    """Run a cell's lines in a fresh namespace and return ``mine``."""
    import coursekit

    names = {"ck": coursekit, "__name__": "__main__"}
    exec(compile(code, "<cell>", "exec"), names)
    return names["mine"]
