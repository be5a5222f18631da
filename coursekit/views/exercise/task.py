"""An exercise: its task, its hints one after the other, and a solution that can be run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from coursekit.course.exercises import asked, progress
from coursekit.course.exercises.solution import run_solution
from coursekit.views.exercise import drawing as draw
from coursekit.views.page.view import LiveView, text

if TYPE_CHECKING:
    from coursekit.course.exercises.asked import Exercise as Task
    from coursekit.course.exercises.solution import Run


@dataclass(frozen=True)
class ExerciseFacts:
    """An exercise in one track, and how far the learner is.

    Attributes
    ----------
    task
        The exercise.
    track
        ``pytorch`` or ``tensorflow``.
    done
        Whether it was solved on this machine.
    hints
        How many of its hints were opened.
    """

    task: Task
    track: str
    done: bool
    hints: int


def exercise(number: str) -> ExerciseView:
    """Show the exercise with this number, such as ``"1.2"``; answer it with ``ck.check``.

    Raises
    ------
    CourseError
        When there is no such exercise.
    """
    return ExerciseView(number)


class ExerciseView(LiveView[ExerciseFacts]):
    """Show a task; hints and the solution open on demand.

    Parameters
    ----------
    number
        Such as ``1.2``: the second exercise of lesson 1.
    """

    def __init__(self, number: str) -> None:
        task = asked.exercise(number)
        known = progress.load().exercises.get(task.id, {})
        opened = known.get("hints", 0)
        hints = min(opened, len(task.hints)) if isinstance(opened, int) else 0
        self.facts = ExerciseFacts(task, asked.track(), known.get("result") == "right", max(hints, 0))

    def summary(self) -> str:
        """Return the number and the title; how far the learner is does not show here, so a notebook stays the same."""
        return f"Exercise {self.facts.task.id}: {self.facts.task.title}"

    def static_html(self) -> str:
        """Return the task, with every hint and the solution folded."""
        task = self.facts.task
        hints = "".join(draw.folded(f"Hint {number}", hint) for number, hint in enumerate(task.hints, start=1))
        solution = draw.code(task.solution[self.facts.track]) + task.praise
        return f"{draw.own_look()}{self._head()}{hints}{draw.folded('Solution', solution)}"

    def _head(self, status: str = "") -> str:
        task = self.facts.task
        title = f'<h4 class="ck-task-title">Exercise {text(task.id)}: {text(task.title)} {status}</h4>'
        return f'<div class="ck-task-text">{title}{task.task}</div>'

    @cached_property
    def widget(self) -> Any:
        """The task above its buttons."""
        import ipywidgets as widgets

        task = self.facts.task
        self._opened = self.facts.hints
        wide = {"width": "auto"}
        done = '<span class="ck-result ck-result-right">done</span>' if self.facts.done else ""
        self._hints = widgets.HTML()
        self._more = widgets.Button(layout=wide)
        self._show = widgets.Button(description="Show the solution", layout=wide)
        self._solution = widgets.HTML()
        self._run = widgets.Button(description="Run the solution", layout={**wide, "display": "none"})
        self._ran = widgets.HTML()
        self._more.on_click(lambda _: self._next_hint())
        self._show.on_click(lambda _: self._toggle_solution())
        self._run.on_click(lambda _: self._run_solution())
        buttons = widgets.HBox([self._more, self._show, self._run], layout={"flex_flow": "row wrap"})
        head = widgets.HTML(draw.look() + self._head(done))
        box = widgets.VBox([head, self._hints, buttons, self._solution, self._ran])
        box.add_class("ck-view").add_class("ck-task")
        self._draw_hints()
        if not task.hints:
            self._more.layout.display = "none"
        return box

    def _next_hint(self) -> None:
        self._opened = min(self._opened + 1, len(self.facts.task.hints))
        progress.record("exercises", self.facts.task.id, hints=self._opened)
        self._draw_hints()

    def _draw_hints(self) -> None:
        every = self.facts.task.hints
        shown = "".join(f'<li value="{n}">{hint}</li>' for n, hint in enumerate(every[: self._opened], start=1))
        self._hints.value = draw.live(f'<ol class="ck-hints">{shown}</ol>' if shown else "")
        left = len(every) - self._opened
        self._more.description = f"Hint {self._opened + 1} of {len(every)}" if left else "No more hints"
        self._more.disabled = not left

    def _toggle_solution(self) -> None:
        opened = not self._solution.value
        shown = draw.code(self.facts.task.solution[self.facts.track]) + self.facts.task.praise
        self._solution.value = draw.live(shown) if opened else ""
        self._ran.value = ""
        self._show.description = "Hide the solution" if opened else "Show the solution"
        self._run.layout.display = "" if opened else "none"

    def _run_solution(self) -> None:
        self._ran.value = draw.live("<p>Running …</p>")
        self._ran.value = draw.live(_run_html(run_solution(self.facts.task, self.facts.track)))


def _run_html(run: Run) -> str:
    printed = draw.code(run.printed) if run.printed else ""
    if run.verdict is None:
        return f"{printed}<p>{draw.mark('not yet')} It needs the cells above: run them first. ({text(run.error)})</p>"
    return f"{printed}<p>{draw.mark(run.verdict.result)} It gives {text(run.verdict.seen)}.</p>"
