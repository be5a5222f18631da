"""Tell whether an answer is right, and if it is not, which foreseen mistake it is."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.course.exercises.answers import Answer, read, short
from coursekit.course.exercises.rules import evaluate, holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from coursekit.course.exercises.asked import Exercise

RIGHT, NOT_YET, WRONG = "right", "not yet", "wrong"
_CALLED = {
    "number": "a number",
    "truth": "True or False",
    "text": "a text",
    "list": "a list",
    "mapping": "a dictionary",
    "tensor": "a tensor",
    "array": "an array",
    "config": "a config",
    "model": "a model",
    "class": "a class",
    "function": "a function",
}


@dataclass(frozen=True)
class Verdict:
    """What the check of an exercise found.

    Attributes
    ----------
    exercise
        The exercise's number.
    result
        ``right``, ``not yet`` (nothing that could be judged) or ``wrong``.
    seen
        The value that was handed in, in a few words.
    message
        What to tell the learner, as HTML: the praise, the hint for a foreseen mistake, or what is missing.
    foreseen
        Which of the exercise's mistakes it is, from 0; None for any other.
    """

    exercise: str
    result: str
    seen: str
    message: str
    foreseen: int | None = None


def judge(exercise: Exercise, value: object, track: str) -> Verdict:
    """Return the verdict on ``value`` in a track; nothing that a learner can hand in raises."""
    answer = read(value)
    names = {**vars(answer), "track": track}
    seen = answer.described
    if answer.kind == "function" and exercise.calls:
        results = [_called(value, call) for call in exercise.calls]
        names |= {"results": [each.plain for each in results], "errors": [_error(each) for each in results]}
        seen = f"{seen}, which gave {'; '.join(each.described for each in results)}"
        if all(each.kind == "nothing" for each in results):
            message = "<p>Your function returns nothing yet. Fill it in, and end it with <code>return</code>.</p>"
            return Verdict(exercise.id, NOT_YET, answer.described, message)
    fits = answer.kind in exercise.kinds and answer.framework in {"", track}
    if fits and holds(exercise.right, names):
        return Verdict(exercise.id, RIGHT, seen, exercise.praise)
    for index, mistake in enumerate(exercise.mistakes):
        if holds(mistake.rule, names):
            return Verdict(exercise.id, WRONG, seen, mistake.hint, index)
    if not fits:
        return Verdict(exercise.id, NOT_YET, seen, f"<p>{_missing(exercise, answer, track)}</p>")
    return Verdict(exercise.id, WRONG, seen, "<p>Open the next hint in the exercise above, and try again.</p>")


def _missing(exercise: Exercise, answer: Answer, track: str) -> str:
    """Return as HTML what to hand in instead of an answer that cannot be judged."""
    wanted = " or ".join(_CALLED[kind] for kind in exercise.kinds)
    if answer.kind == "nothing" and answer.class_name == "ellipsis":
        return "Put your answer in place of the three dots, and run the cell again."
    if answer.kind == "nothing":
        return f"This needs {wanted}. Did you hand in what a call gave back that only does something?"
    if answer.framework not in {"", track}:
        here = frameworks.FRAMEWORKS[track].label
        return f"It belongs to the other framework. In this track, work with {here}."
    if answer.kind == "function" and "function" not in exercise.kinds:
        return f"You handed in the function itself. Call it: put <code>()</code> behind its name to get {wanted}."
    if answer.kind == "class" and "class" not in exercise.kinds:
        return f"You handed in the class itself. Make {wanted} of it: put <code>()</code> behind its name."
    return f"This needs {wanted}. You have {escape(answer.described)}."


def _called(function: Any, call: str) -> Answer:
    """Return the facts of what a learner's function gives, or of the error that it raises."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = evaluate(call, {}, _makers(Path(folder)))
        try:
            return read(function(*arguments))
        except Exception as error:  # noqa: BLE001  (it is the learner's code, and the error is part of the answer)
            name = type(error).__name__
            return Answer("error", short(f"{name}: {error}") if str(error) else name, class_name=name)


def _error(answer: Answer) -> str:
    return answer.class_name if answer.kind == "error" else ""


def _makers(folder: Path) -> dict[str, Callable[..., Any]]:
    """Return what the arguments of a call may be made of, beside Python's own values."""
    import numpy as np

    def array(values: Any) -> Any:
        return np.array(values, dtype=float)

    def safetensors_file(**shapes: list[int]) -> str:
        from safetensors.numpy import save_file

        path = folder / "model.safetensors"
        zeros = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
        save_file(zeros, path, metadata={"format": "pt"})
        return str(path)

    return {function.__name__: function for function in (array, safetensors_file)}
