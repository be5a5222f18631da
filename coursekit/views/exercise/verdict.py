"""The answer to an answer: right, not yet or not right, what was seen, and what to think about."""

from __future__ import annotations

from coursekit.course.exercises import asked, progress
from coursekit.course.exercises.judge import NOT_YET, RIGHT, WRONG, Verdict, judge
from coursekit.views.exercise import drawing as draw
from coursekit.views.page.view import View, text


def check(number: str, mine: object) -> VerdictView:
    """Check your answer to the exercise with this number.

    Parameters
    ----------
    number
        Such as ``"1.2"``.
    mine
        Your answer: the value itself. Anything may be handed in.

    Raises
    ------
    CourseError
        When there is no such exercise.
    """
    task = asked.exercise(number)
    verdict = judge(task, mine, asked.track())
    if verdict.result != NOT_YET:
        known = progress.load().exercises.get(task.id, {}).get("tries", 0)
        progress.record("exercises", task.id, result=verdict.result, tries=(known if isinstance(known, int) else 0) + 1)
    return VerdictView(verdict)


class VerdictView(View[Verdict]):
    """Show the verdict on an answer.

    Parameters
    ----------
    verdict
        As :func:`~coursekit.course.exercises.judge.judge` gives it.
    """

    _SAY = {  # noqa: RUF012  (never changed)
        RIGHT: "right",
        NOT_YET: "not answered yet",
        WRONG: "not right",
    }

    def __init__(self, verdict: Verdict) -> None:
        self.facts = verdict

    def summary(self) -> str:
        """Return the verdict, what was seen and the hint as one line."""
        facts = self.facts
        said = asked.plain(facts.message)
        return " ".join([f"Exercise {facts.exercise}: {self._SAY[facts.result]}.", *self._seen(), said])

    def _seen(self) -> list[str]:
        return [] if self.facts.seen == "nothing yet" else [f"You gave {self.facts.seen}."]

    def static_html(self) -> str:
        """Return the verdict as a note."""
        facts = self.facts
        seen = text(" ".join(self._seen()))
        kind = facts.result.replace(" ", "-")
        return (
            f'{draw.own_look()}<div class="ck-verdict ck-verdict-{kind}" role="status">'
            f"<p>{draw.mark(facts.result)} {seen}</p>{facts.message}</div>"
        )
