"""The fifteen questions of the exam: each answer is taught where the exam says."""

import re

import pytest

from coursekit.course.exercises.asked import lessons as asked

TRACKS = ("pytorch", "tensorflow")


@pytest.fixture(scope="module")
def questions(lessons):
    text = (lessons.folder.parent / "docs" / "exam.md").read_text("utf-8")
    return re.split(r"^## ", text, flags=re.MULTILINE)[1:]


def headings(lessons, stem, track):
    prose = "\n".join(cell.source for cell in lessons.compose(stem, track).cells if cell.cell_type == "markdown")
    return set(re.findall(r"^#+ (.+)$", prose, re.MULTILINE))


def test_there_are_fifteen_and_the_places_of_their_answers_exist(lessons, questions):
    assert len(questions) == 15
    for question in questions:
        place = " ".join(question.split("Where:")[1].split())
        stems = re.findall(r"`(\d\d_\w+)`", place)
        named = re.findall(r"\*([^*]+)\*", place)
        assert stems, question
        assert named, question
        for heading in named:
            in_tracks = [any(heading in headings(lessons, stem, track) for stem in stems) for track in TRACKS]
            assert all(in_tracks) or ("track" in place and any(in_tracks)), f"{heading!r} of {stems}: {in_tracks}"


def test_every_lesson_asks_all_that_its_file_holds(lessons):
    """What stands in a file of exercises is shown in the lesson, in its order, and nothing else is."""
    for stem, lesson in zip(lessons.stems(), asked(), strict=True):
        for track in TRACKS:
            code = "\n".join(cell.source for cell in lessons.compose(stem, track).cells if cell.cell_type == "code")
            for call, ids in (
                ("exercise", [each.id for each in lesson.exercises]),
                ("check", [each.id for each in lesson.exercises]),
                ("predict", [each.id for each in lesson.predictions]),
                ("outcome", [each.id for each in lesson.predictions]),
                ("quiz", [lesson.number]),
            ):
                assert re.findall(rf'ck\.{call}\("([\d.]+)"', code) == ids, f"{stem}, {track}"
