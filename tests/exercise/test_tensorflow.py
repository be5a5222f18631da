"""Every exercise of the TensorFlow track: its solution, its starter and each mistake that is foreseen."""

import pytest
from exercises_source import choose, run, wrong_answers

from coursekit.course.exercises.asked import lessons
from coursekit.course.exercises.judge import NOT_YET, RIGHT, WRONG, judge

TRACK = "tensorflow"
EXERCISES = [exercise for lesson in lessons() for exercise in lesson.exercises]


@pytest.fixture(autouse=True)
def _track(monkeypatch):
    pytest.importorskip("tf_keras")
    choose(monkeypatch, TRACK)
    monkeypatch.setenv("COURSEKIT_CHECKPOINT", "offline")


@pytest.mark.usefixtures("offline_bert")
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_solution_is_right_the_starter_is_not_yet_and_each_mistake_gets_its_own_hint(exercise):
    assert judge(exercise, run(exercise.solution[TRACK])).result == RIGHT
    assert judge(exercise, run(exercise.starter[TRACK])).result == NOT_YET
    answers = wrong_answers(TRACK)[exercise.id]
    assert len(answers) >= 2
    for index, code in answers:
        verdict = judge(exercise, run(code))
        assert (verdict.result, verdict.foreseen) == (WRONG, index), f"{code}\n{verdict}"
        assert verdict.message == exercise.mistakes[index].hint
