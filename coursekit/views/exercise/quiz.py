"""Five questions at the end of a lesson, and a why for every choice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from coursekit.course.exercises import asked, progress
from coursekit.course.exercises.asked import plain
from coursekit.views.exercise import drawing as draw
from coursekit.views.exercise.choices import Choices
from coursekit.views.page.view import LiveView, text

if TYPE_CHECKING:
    from coursekit.course.exercises.asked import Lesson, Question

_LETTERS = "abcdefgh"


@dataclass(frozen=True)
class QuizFacts:
    """The questions of a lesson, and which choice (from 0) was made for each id on this machine."""

    lesson: Lesson
    chosen: dict[str, int]

    @property
    def right(self) -> int:
        """How many of them are answered rightly."""
        return sum(
            question.id in self.chosen and question.choices[self.chosen[question.id]].right
            for question in self.lesson.quiz
        )


def quiz(lesson: str) -> QuizView:
    """Ask the closing questions of a lesson, such as ``"1"``.

    Raises
    ------
    CourseError
        When there is no such lesson.
    """
    return QuizView(lesson)


class QuizView(LiveView[QuizFacts]):
    """Show the questions of a lesson; each choice is answered at once.

    Parameters
    ----------
    lesson
        The lesson's number.
    """

    def __init__(self, lesson: str) -> None:
        about = asked.lesson(lesson)
        kept = progress.load().questions
        chosen = {each.id: kept.get(each.id, {}).get("chosen") for each in about.quiz}
        fitting = {
            each.id: index
            for each in about.quiz
            if type(index := chosen[each.id]) is int and 0 <= index < len(each.choices)
        }
        self.facts = QuizFacts(about, fitting)

    def summary(self) -> str:
        """Return how many questions there are; what was chosen does not show here, so a notebook stays the same."""
        return f"Quiz of lesson {self.facts.lesson.number}: {len(self.facts.lesson.quiz)} questions"

    def static_html(self) -> str:
        """Return the questions and their choices; the answers and their whys are folded."""
        return f"{draw.own_look()}{self._title()}{''.join(_static(each, n) for n, each in self._numbered())}"

    def _numbered(self) -> list[tuple[int, Question]]:
        return list(enumerate(self.facts.lesson.quiz, start=1))

    def _title(self) -> str:
        lesson = self.facts.lesson
        return f'<h4 class="ck-task-title">{len(lesson.quiz)} questions on lesson {text(lesson.number)}</h4>'

    @cached_property
    def widget(self) -> Any:
        """The questions, each with its choices and the answer below."""
        import ipywidgets as widgets

        self._count = widgets.HTML()
        self._answers: dict[str, Any] = {}
        rows: list[Any] = [widgets.HTML(draw.look() + self._title())]
        for number, question in self._numbered():
            options = [f"{_LETTERS[i]}) {plain(choice.text)}" for i, choice in enumerate(question.choices)]
            choices = Choices(options, self.facts.chosen.get(question.id), partial(self._choose, question))
            self._answers[question.id] = widgets.HTML()
            rows += [widgets.HTML(_asked(question, number)), choices.box, self._answers[question.id]]
        box = widgets.VBox([*rows, self._count])
        box.add_class("ck-view").add_class("ck-quiz")
        self._draw()
        return box

    def _choose(self, question: Question, index: int) -> None:
        self.facts = QuizFacts(self.facts.lesson, {**self.facts.chosen, question.id: index})
        result = "right" if question.choices[index].right else "wrong"
        progress.record("questions", question.id, chosen=index, result=result)
        self._draw()

    def _draw(self) -> None:
        for question in self.facts.lesson.quiz:
            if question.id in self.facts.chosen:
                choice = question.choices[self.facts.chosen[question.id]]
                result = draw.mark("right" if choice.right else "wrong")
                self._answers[question.id].value = draw.live(f'<div class="ck-why">{result} {choice.why}</div>')
        total = len(self.facts.lesson.quiz)
        self._count.value = draw.live(f'<p class="ck-muted">{self.facts.right} of {total} right</p>')


def _asked(question: Question, number: int) -> str:
    return f'<div class="ck-question"><b>{number}.</b> {question.question}</div>'


def _static(question: Question, number: int) -> str:
    choices = "".join(f"<li>{choice.text}</li>" for choice in question.choices)
    whys = "".join(
        f"<li>{draw.mark('right' if choice.right else 'wrong')}: {choice.text} {choice.why}</li>"
        for choice in question.choices
    )
    answer = draw.folded("Answer", f'<ol type="a">{whys}</ol>')
    return f'{_asked(question, number)}<ol type="a">{choices}</ol>{answer}'
