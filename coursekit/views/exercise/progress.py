"""What was done so far, lesson by lesson."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.course.exercises import asked
from coursekit.course.exercises.progress import folder, load
from coursekit.views.page.view import View, table, text


@dataclass(frozen=True)
class LessonProgress:
    """How much of a lesson was done: exercises solved, questions answered rightly, predictions made."""

    number: str
    title: str
    exercises: tuple[int, int]
    questions: tuple[int, int]
    predictions: tuple[int, int]
    next: str


@dataclass(frozen=True)
class ProgressFacts:
    """The progress of every lesson; ``place`` is the folder of the file, ``note`` says why nothing is kept, if so."""

    lessons: tuple[LessonProgress, ...]
    place: str
    note: str


def progress() -> ProgressView:
    """Show what you have done so far on this machine. Nothing of it leaves the machine."""
    return ProgressView()


class ProgressView(View[ProgressFacts]):
    """Show the exercises, questions and predictions that are done, lesson by lesson."""

    def __init__(self) -> None:
        state = load()
        place = folder()
        lessons = tuple(
            LessonProgress(
                lesson.number,
                lesson.title,
                _done([each.id for each in lesson.exercises], state.exercises, "right"),
                _done([each.id for each in lesson.quiz], state.questions, "right"),
                _done([each.id for each in lesson.predictions], state.predictions),
                next(
                    (each.id for each in lesson.exercises if state.exercises.get(each.id, {}).get("result") != "right"),
                    "",
                ),
            )
            for lesson in asked.lessons()
        )
        self.facts = ProgressFacts(lessons, "" if place is None else str(place), state.note)

    def summary(self) -> str:
        """Return one line for each lesson."""
        lines = [
            f"Lesson {it.number}: {_of(it.exercises)} exercises, {_of(it.questions)} questions, "
            f"{_of(it.predictions)} predictions"
            for it in self.facts.lessons
        ]
        return "\n".join([*lines, *([self.facts.note] if self.facts.note else [])])

    def static_html(self) -> str:
        """Return the same as a table."""
        rows = [
            [
                f"{it.number}. {it.title}",
                _of(it.exercises),
                _of(it.questions),
                _of(it.predictions),
                it.next or "all done",
            ]
            for it in self.facts.lessons
        ]
        columns = ["lesson", "exercises solved", "questions right", "predictions made", "next exercise"]
        shown = table(columns, rows, caption="What you have done so far", numeric=columns[1:4])
        where = f"Kept in {text(self.facts.place)}, on this machine only." if self.facts.place else ""
        return f'{shown}<p class="ck-muted">{text(self.facts.note) or where}</p>'


def _done(ids: list[str], section: dict[str, dict[str, object]], result: str | None = None) -> tuple[int, int]:
    done = [each for each in ids if each in section and (result is None or section[each].get("result") == result)]
    return len(done), len(ids)


def _of(pair: tuple[int, int]) -> str:
    return f"{pair[0]} of {pair[1]}"
