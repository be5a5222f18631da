"""The faces of predictions, exercises, quizzes and progress, without a browser."""

import re

import pytest

import coursekit as ck
from coursekit.course.exercises import progress
from coursekit.course.exercises.asked import lessons
from coursekit.errors import CourseError

# What a cell shows stays open: it is the face that a learner answers with.
pytestmark = pytest.mark.changes("open widgets")


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path))
    monkeypatch.setattr(progress, "_OWN", progress.State())


def faces():
    return [
        (bundle["text/plain"], bundle["text/html"])
        for view in (ck.exercise("1.1"), ck.predict("1.1"), ck.quiz("1"), ck.check("1.1", ...))
        for bundle in [view._repr_mimebundle_()]
    ]


def test_what_was_done_changes_neither_text_nor_page_so_a_notebook_stays_the_same():
    before = faces()
    ck.exercise("1.1").widget.children[2].children[0].click()  # a hint
    ck.predict("1.1")
    progress.record("predictions", "1.1", given="3")
    progress.record("questions", "1.Q1", chosen=0, result="right")
    ck.check("1.1", 194_536_704)

    assert faces() == before
    assert all("\n" not in text for text, _ in before)
    assert "1 of 4 exercises, 1 of 5 questions, 1 of 4 predictions" in repr(ck.progress())


def test_a_check_counts_tries_and_keeps_what_was_solved():
    for mine in (..., 3, 194_536_704, 4):
        ck.check("1.1", mine)
    assert progress.load().exercises["1.1"] == {"result": "right", "tries": 3}


def test_a_verdict_says_what_it_saw_and_escapes_it():
    verdict = ck.check("1.3", "<img src=x>")
    assert repr(verdict).startswith("Exercise 1.3: not answered yet. You gave '<img src=x>'. This needs a config")
    assert "<img" not in verdict.to_html()


def test_a_prediction_is_compared_whenever_the_answer_is_run():
    assert "You made no prediction" in repr(ck.outcome("1.1", 109_482_240))
    progress.record("predictions", "1.1", given="1 million")
    outcome = ck.outcome("1.1", 109_482_240)
    assert "You said 1 million: 109 times too small" in repr(outcome)
    # The first line is all that JupyterLab shows of a folded output.
    assert re.fullmatch(r"<!-- [\w ]+\. -->", outcome.to_html().split("\n")[0])


def test_a_kept_choice_that_is_none_any_more_is_forgotten():
    progress.record("predictions", "1.2", given="a choice of an older course")
    progress.record("questions", "1.Q1", chosen=99)
    progress.record("exercises", "1.1", hints="many")
    assert ck.predict("1.2").facts.given is None
    assert ck.quiz("1").facts.chosen == {}
    assert ck.exercise("1.1").facts.hints == 0


@pytest.mark.parametrize("ask", [ck.exercise, ck.predict, ck.quiz, lambda number: ck.check(number, 1)])
def test_a_number_that_does_not_exist_is_an_error_that_names_those_that_do(ask):
    for number in ("0.9", 17, None, object()):
        with pytest.raises(CourseError, match=r"Use one of: 1"):
            ask(number)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.number)
def test_every_widget_can_be_made_and_every_page_read(lesson):
    views = [ck.exercise(each.id) for each in lesson.exercises] + [ck.predict(each.id) for each in lesson.predictions]
    for view in [*views, ck.quiz(lesson.number)]:
        assert view._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]["model_id"]
        assert "`" not in re.sub(r"<code>.*?</code>|<style>.*?</style>", "", view.to_html(), flags=re.DOTALL)
