"""Run the solution of an exercise beside the learner's notebook, without touching what stands in it."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from coursekit.course.exercises.judge import judge

if TYPE_CHECKING:
    from coursekit.course.exercises.asked import Exercise
    from coursekit.course.exercises.judge import Verdict

_LONGEST = 2000


@dataclass(frozen=True)
class Run:
    """What running a solution gave: the verdict on its value, what it printed, or the error that it ended in."""

    verdict: Verdict | None
    printed: str = ""
    error: str = ""


def run_solution(exercise: Exercise, track: str) -> Run:
    """Run the solution of ``track`` and judge its value.

    It sees the names of the notebook, and what it binds is dropped again: a model of the learner's that has the same
    name is still theirs afterwards.
    """
    names = {**vars(sys.modules["__main__"]), "__name__": "__main__"}
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            exec(compile(exercise.solution[track], f"<solution {exercise.id}>", "exec"), names)  # noqa: S102  (these lines are the course's own)
    except Exception as error:  # noqa: BLE001  (no network, a name from a cell that was not run: say so on the page)
        return Run(None, printed.getvalue()[:_LONGEST], f"{type(error).__name__}: {error}"[:_LONGEST])
    return Run(judge(exercise, names.get("mine"), track), printed.getvalue()[:_LONGEST])
