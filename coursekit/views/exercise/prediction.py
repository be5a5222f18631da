"""Predict, then run: a guess that is taken before the cell runs, and compared to what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from coursekit.course.exercises import asked, progress
from coursekit.course.exercises.asked import plain
from coursekit.course.exercises.guess import Comparison, checked, compare
from coursekit.errors import CourseError
from coursekit.views.exercise import drawing as draw
from coursekit.views.exercise.choices import Choices
from coursekit.views.page.view import LiveView, text

if TYPE_CHECKING:
    from coursekit.course.exercises.asked import Prediction

_PLACEHOLDERS = {"number": "a number, such as 1200 or 1.2 million", "word": "a word"}


@dataclass(frozen=True)
class PredictionFacts:
    """A question, and what was predicted on this machine before; None for nothing yet."""

    prediction: Prediction
    given: str | None


def predict(number: str) -> PredictionView:
    """Ask the question with this number, such as ``"1.2"``, before the cell that answers it is run.

    Raises
    ------
    CourseError
        When there is no such prediction.
    """
    return PredictionView(number)


def outcome(number: str, value: object) -> OutcomeView:
    """Compare ``value``, what the run gave, to what was predicted under this number.

    Raises
    ------
    CourseError
        When there is no such prediction.
    """
    prediction = asked.prediction(number)
    return OutcomeView(compare(prediction, _given(prediction), value))


def _given(prediction: Prediction) -> str | None:
    """Return the prediction that was kept, unless the question has changed since and does not take it any more."""
    given = progress.load().predictions.get(prediction.id, {}).get("given")
    try:
        return checked(prediction, given) if isinstance(given, str) else None
    except CourseError:
        return None


class PredictionView(LiveView[PredictionFacts]):
    """Show a question and take a number, a choice or a word.

    Parameters
    ----------
    number
        Such as ``1.2``: the second prediction of lesson 1.
    """

    def __init__(self, number: str) -> None:
        prediction = asked.prediction(number)
        self.facts = PredictionFacts(prediction, _given(prediction))

    def summary(self) -> str:
        """Return the question; what was predicted does not show here, so a notebook stays the same."""
        return f"Prediction {self.facts.prediction.id}: {plain(self.facts.prediction.question)}"

    def static_html(self) -> str:
        """Return the question and what can be chosen."""
        choices = "".join(f"<li>{text(choice)}</li>" for choice in self.facts.prediction.choices)
        return f"{draw.own_look()}{self._question()}{f'<ul>{choices}</ul>' if choices else ''}"

    def _question(self) -> str:
        it = self.facts.prediction
        return f'<div class="ck-predict-text"><h4 class="ck-task-title">Predict first</h4>{it.question}</div>'

    @cached_property
    def widget(self) -> Any:
        """The question above its field or its choices."""
        import ipywidgets as widgets

        it, given = self.facts.prediction, self.facts.given
        self._status = widgets.HTML()
        head = widgets.HTML(draw.look() + self._question())
        if it.kind == "choice":
            chosen = it.choices.index(given) if given is not None else None
            row = Choices(it.choices, chosen, lambda index: self._take(it.choices[index])).box
        else:
            self._field = widgets.Text(
                value=given or "",
                placeholder=_PLACEHOLDERS[it.kind],
                continuous_update=False,  # taken on Enter, or on the button
                description="Your guess:",
                layout={"width": "340px", "max_width": "100%"},
            )
            take = widgets.Button(description="Keep it", layout={"width": "auto"})
            take.on_click(lambda _: self._take(self._field.value))
            self._field.observe(lambda change: self._take(change["new"]), "value")
            row = widgets.HBox([self._field, take], layout={"flex_flow": "row wrap"})
        if given is not None:
            self._status.value = _kept(given)
        box = widgets.VBox([head, row, self._status])
        box.add_class("ck-view").add_class("ck-predict")
        return box

    def _take(self, words: str) -> None:
        it = self.facts.prediction
        try:
            given = checked(it, words)
        except CourseError as error:
            self._status.value = draw.live(f"<p>{text(error.what)} {text(error.remedy)}</p>")
            return
        self.facts = PredictionFacts(it, given)
        note = progress.record("predictions", it.id, given=given)
        self._status.value = _kept(given, note)


def _kept(given: str, note: str = "") -> str:
    more = f' <span class="ck-muted">{text(note)}</span>' if note else ""
    return draw.live(f"<p>You predict <b>{text(given)}</b>. Now run the next cell.{more}</p>")


class OutcomeView(LiveView[Comparison]):
    """Show the outcome beside what was predicted: open where the cell was run, folded where it is only read.

    Parameters
    ----------
    comparison
        As :func:`~coursekit.course.exercises.guess.compare` gives it.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.facts = comparison

    def summary(self) -> str:
        """Return outcome, prediction and thoughts as one line."""
        facts = self.facts
        thoughts = " ".join(plain(thought) for thought in facts.thoughts)
        return f"Prediction {facts.prediction}. {_answer(facts)} {_compared(facts)} {thoughts}".rstrip()

    def static_html(self) -> str:
        """Return the same, folded: the question above it is to be thought about first."""
        return draw.own_look() + draw.folded("Compare your prediction", self._body())

    def to_html(self) -> str:
        """Return the whole view; its first line is all that JupyterLab shows of a folded output."""
        return f"<!-- Run this cell to compare your prediction. -->\n{super().to_html()}"

    def _body(self) -> str:
        facts = self.facts
        result = draw.mark(facts.result) if facts.result else ""
        thoughts = "".join(facts.thoughts)
        return f"<p>{result} <b>{text(_answer(facts))}</b> {text(_compared(facts))}</p>{thoughts}"

    @cached_property
    def widget(self) -> Any:
        """The same, open."""
        import ipywidgets as widgets

        box = widgets.VBox([widgets.HTML(draw.look() + draw.live(self._body()))])
        box.add_class("ck-view").add_class("ck-outcome")
        return box


def _answer(facts: Comparison) -> str:
    return f"The answer: {facts.outcome.rstrip('.')}."


def _compared(facts: Comparison) -> str:
    if facts.given is None:
        return "You made no prediction this time."
    if facts.result == "right":
        return f"You said {facts.given}."
    return f"You said {facts.given}{f': {facts.distance}' if facts.distance else ''}."
