"""Every exercise, in both tracks: its solution, its starter, and each mistake that is foreseen."""

import pytest
from exercises_source import NOTEBOOKS, entries, neighbour, run, wrong_answers
from hypothesis import given
from hypothesis import strategies as some

from coursekit.course.exercises.asked import lessons, plain
from coursekit.course.exercises.guess import compare, number_in
from coursekit.course.exercises.judge import NOT_YET, RIGHT, WRONG, judge
from coursekit.errors import CourseError

LESSONS = lessons()
EXERCISES = [exercise for lesson in LESSONS for exercise in lesson.exercises]
MODULES = {"pytorch": "torch", "tensorflow": "tf_keras"}


@pytest.mark.usefixtures("offline_bert")
@pytest.mark.parametrize("track", MODULES)
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_solution_is_right_the_starter_is_not_yet_and_each_mistake_gets_its_own_hint(exercise, track, monkeypatch):
    pytest.importorskip(MODULES[track])
    monkeypatch.setenv("COURSEKIT_CHECKPOINT", "offline")

    assert judge(exercise, run(exercise.solution[track]), track).result == RIGHT
    assert judge(exercise, run(exercise.starter[track]), track).result == NOT_YET
    answers = wrong_answers(track)[exercise.id]
    assert len(answers) >= 2
    for index, code in answers:
        verdict = judge(exercise, run(code), track)
        assert (verdict.result, verdict.foreseen) == (WRONG, index), f"{code}\n{verdict}"
        assert verdict.message == exercise.mistakes[index].hint


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_a_lesson_asks_enough_and_every_prediction_that_is_foreseen_gets_its_own_thought(lesson):
    assert len(lesson.exercises) >= 3
    assert len(lesson.predictions) >= 3
    assert len(lesson.quiz) == 5
    for exercise in lesson.exercises:
        hints = [mistake.hint for mistake in exercise.mistakes]
        assert len(set(hints)) == len(hints)
        assert exercise.hints
    for question in lesson.quiz:
        assert all(plain(choice.why) for choice in question.choices)
    # The right choices must not all stand in one place.
    assert len({[choice.right for choice in question.choices].index(True) for question in lesson.quiz}) > 1


OUTCOMES = {  # what the lessons' cells give, with the offline BERT
    "1": (109_482_240, 0.61, 0, 768),
    "2": (False, 0.0, [False, True], 6.9),
    "3": (True, "A kitten is napping on the couch.", 16, 0),
    "4": (2, 0.0, 3),
    "5": (4, True, False, 7),
    "6": (False, False, 2),
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_a_prediction_that_is_foreseen_gets_its_own_thought_and_the_outcome_is_right(lesson):
    written = entries(lesson.number)["predictions"]
    for prediction, entry, outcome in zip(lesson.predictions, written, OUTCOMES[lesson.number], strict=True):
        assert entry["mistakes"]
        for mistake, foreseen in zip(entry["mistakes"], prediction.mistakes, strict=True):
            found = compare(prediction, str(mistake["example"]), outcome)
            assert found.result in {"off", "close"}
            assert found.thoughts[0] == foreseen.hint
        right = [choice for choice in prediction.choices if compare(prediction, choice, outcome).result == "right"]
        if prediction.kind == "choice":
            assert len(right) == 1
        else:
            assert compare(prediction, str(outcome), outcome).result == "right"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("109,482,240", 109_482_240), ("110 million", 110e6), ("1.1e8", 1.1e8), ("110M", 110e6), ("-3", -3)),
        *((".5", 0.5), ("5 %", 0.05), ("1_000", 1000), ("7B", 7e9), ("", None), ("many", None), ("3 apples", None)),
        *(("1.2.3", None), ("e5", None), ("1e999", None), (",", None)),
    ],
)
def test_a_number_is_read_as_people_write_it(text, number):
    assert number_in(text) == (number if number is None else pytest.approx(number))


@pytest.mark.parametrize(
    ("given_", "result", "distance"),
    [
        ("109 million", "right", ""),
        ("150 million", "close", "37.0% too high"),
        ("1 million", "off", "109 times too small, about 2 zeros"),
        ("300 million", "off", "2.7 times too large"),
        ("-1", "off", "1.095e+08 too low"),
    ],
)
def test_a_prediction_hears_how_far_off_it_is(given_, result, distance):
    found = compare(LESSONS[0].predictions[0], given_, 109_482_240)
    assert (found.result, found.distance) == (result, distance)


@given(some.one_of(some.none(), some.text()), some.one_of(some.none(), some.floats(), some.text(), some.just(object)))
def test_any_prediction_meets_any_outcome(given_, outcome):
    for prediction in LESSONS[0].predictions:
        assert compare(prediction, given_, outcome).result in {"", "right", "close", "off"}


def test_the_sources_are_refused_when_something_in_them_cannot_be(tmp_path):
    source = (NOTEBOOKS / "src" / "exercises" / "01_config.yaml").read_text("utf-8")
    folder = tmp_path / "src" / "exercises"
    folder.mkdir(parents=True)
    for old, new, complaint in (
        ("praise:", "prise:", "Did you mean 'praise'"),
        ("parameters < 5_000_000", "paramters < 5_000_000", "Did you mean 'parameters'"),
        ("number == 194_536_704", "open(number)", "which there is not"),
        ("kind: config", "kind: konfig", "no kind 'konfig'"),
        ("        right: true\n", "", "exactly one choice"),
    ):
        assert old in source
        (folder / "01_config.yaml").write_text(source.replace(old, new, 1), "utf-8")
        with pytest.raises(CourseError, match=complaint):
            neighbour().compose(tmp_path, {"01_config": "1. First"})
