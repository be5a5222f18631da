"""Predictions, exercises and a quiz, used as a learner uses them, in JupyterLab and as an exported page."""

import nbformat
import pytest
from exercises_source import neighbour, wrong_answers
from lab import PATIENCE, Watch, new_page, serious_violations

import coursekit as ck
from coursekit.course.exercises.asked import lessons, plain

SETUP = """\
import os
os.environ["COURSEKIT_PROGRESS"] = {place!r}
import coursekit as ck
ck.setup("pytorch")"""
SHOWN = [
    'ck.predict("1.1")',
    'ck.outcome("1.1", 109_482_240)',
    'ck.predict("1.2")',
    'ck.exercise("1.1")',
    'ck.quiz("1")',
]
PREDICT, OUTCOME, CHOOSE, EXERCISE, QUIZ = range(1, 6)
FOLDED = """\
# %% [markdown]
# # 1. One

# %% tags=["folded"]
print("What it gives:")
print("the answer")

# %%
print("no answer")
"""
EXERCISES = [exercise for lesson in lessons() for exercise in lesson.exercises]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return str(tmp_path_factory.mktemp("progress"))


@pytest.fixture(scope="module")
def live(browser, lab, place):
    """A notebook with something of everything, for the tests of this module, in their order."""
    watch = Watch()
    page = new_page(browser, watch)
    notebook = lab.run(page, [SETUP.format(place=place), *SHOWN], name="exercises")
    yield notebook
    page.context.close()
    watch.check()


def run_cell(page, index):
    page.locator(".jp-Notebook .jp-CodeCell").nth(index).click()
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")


@pytest.mark.usefixtures("offline_bert")
def test_every_exercise_is_solved_once_rightly_and_once_wrongly(page, lab, tmp_path):
    wrong = wrong_answers("pytorch")
    cells, expected = [SETUP.format(place=str(tmp_path))], []
    for exercise in EXERCISES:
        index, code = wrong[exercise.id][0]
        cells += [f'{lines}\nck.check("{exercise.id}", mine)' for lines in (code, exercise.solution["pytorch"])]
        expected += [("Not right", exercise.mistakes[index].hint), ("Right", exercise.praise)]
    notebook = lab.run(page, [*cells, "ck.progress()"], name="solved")

    for number, (result, message) in enumerate(expected, start=1):
        said = " ".join(notebook.output(number).locator(".ck-verdict").text_content().split())
        assert said.startswith(f"{result} You gave"), said
        assert said.endswith(plain(message))
    for lesson in lessons():
        row = notebook.output(len(cells)).locator("tr", has_text=lesson.title)
        assert f"{len(lesson.exercises)} of {len(lesson.exercises)}" in row.text_content()


def test_a_number_is_predicted_by_keyboard_and_compared_after_the_run(live):
    field = live.output(PREDICT).get_by_placeholder("a number")
    field.focus()
    live.page.keyboard.type("many")
    live.page.keyboard.press("Enter")
    live.output(PREDICT).get_by_text("'many' is not a number").wait_for()
    field.fill("1 million")
    live.page.keyboard.press("Enter")
    live.output(PREDICT).get_by_text("You predict").wait_for()
    run_cell(live.page, OUTCOME)
    live.output(OUTCOME).get_by_text("You said 1 million: 109 times too small").wait_for()
    assert live.output(OUTCOME).get_by_text("A hidden size of 768 looks small").is_visible()


def test_a_choice_is_predicted_by_keyboard(live):
    output = live.output(CHOOSE)
    output.get_by_role("button", name="exactly half of them").focus()
    live.page.keyboard.press("Tab")
    live.page.keyboard.press("Enter")
    output.get_by_text("You predict more than half").wait_for()


def test_hints_open_one_after_the_other_and_the_solution_runs(live, picture):
    output = live.output(EXERCISE)
    first, second = (plain(hint) for hint in lessons()[0].exercises[0].hints)
    assert output.get_by_text(first).count() == 0
    output.get_by_role("button", name="Hint 1 of 2").focus()
    live.page.keyboard.press("Enter")
    output.get_by_text(first).wait_for()
    assert output.get_by_text(second).count() == 0
    output.get_by_role("button", name="Hint 2 of 2").click()
    output.get_by_text(second).wait_for()
    output.get_by_role("button", name="Show the solution").focus()
    live.page.keyboard.press("Enter")
    output.get_by_text("mine = rest + 24 * one_layer").wait_for()
    live.kernel("mine, rest = 'still mine', 3")
    output.get_by_role("button", name="Run the solution").click()
    output.get_by_text("It gives 194,536,704").wait_for()
    assert live.kernel("print(mine, rest)").strip() == "still mine 3"
    picture(output, "exercise_live")


def test_each_choice_of_a_quiz_is_answered_with_its_why(live, picture):
    output = live.output(QUIZ)
    wrong, right = lessons()[0].quiz[0].choices[1], lessons()[0].quiz[0].choices[0]
    output.get_by_role("button", name=f"b) {plain(wrong.text)}").click()
    output.get_by_text(plain(wrong.why)).wait_for()
    output.get_by_text("0 of 5 right").wait_for()
    output.get_by_role("button", name=f"a) {plain(right.text)}").first.click()
    output.get_by_text("1 of 5 right").wait_for()
    assert output.get_by_text(plain(wrong.why)).count() == 0
    picture(output, "quiz_live")


def test_axe_finds_nothing_serious(live):
    for selector in (".ck-predict", ".ck-outcome", ".ck-task", ".ck-quiz"):
        assert serious_violations(live.page, f".jp-Notebook {selector}") == []


def test_after_a_reload_the_state_comes_back_when_the_cells_are_run(live, lab, page, picture):
    assert live.page.url
    notebook = lab.open(page, "exercises.ipynb", dark=True)
    page.set_viewport_size({"width": 620, "height": 2000})
    assert notebook.output(PREDICT).get_by_placeholder("a number").input_value() == "1 million"
    assert notebook.output(CHOOSE).get_by_role("button", name="✓ more than half").is_visible()
    assert notebook.output(EXERCISE).get_by_role("button", name="No more hints").is_visible()
    assert notebook.output(QUIZ).get_by_text("1 of 5 right").is_visible()
    picture(page, "exercises_dark_narrow")


def test_what_answers_a_question_is_folded_until_its_cell_is_run(lab, page, tmp_path):
    """The notebook is composed by the builder; its outputs are those of a run."""
    source = tmp_path / "notebooks" / "src"
    source.mkdir(parents=True)
    (source / "opening.py").write_text("# %%\n1\n")
    (source / "01_one.py").write_text(FOLDED)
    address = neighbour("address").Address.of("ada/course", "main")
    composed = neighbour("lessons").Lessons(tmp_path / "notebooks", address).compose("01_one", "pytorch")
    for cell, text in zip(composed.cells[2:], ("What it gives:\nthe answer", "no answer"), strict=True):
        cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text=f"{text}\n")], 1
    nbformat.write(composed, lab.folder / "folded.ipynb")

    notebook = lab.open(page, "folded.ipynb", run=False)
    notebook.output(2).get_by_text("no answer").wait_for()
    assert not page.get_by_text("What it gives: the answer").is_visible()
    run_cell(page, 1)
    notebook.output(1).get_by_text("What it gives: the answer").wait_for(timeout=PATIENCE)


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 600)])
def test_without_a_kernel_all_can_be_read_and_answers_open_without_script(exported, picture, monkeypatch, dark, width):
    monkeypatch.setenv("USE_TORCH", "1")
    monkeypatch.setenv("USE_TF", "0")
    views = [ck.predict("1.2"), ck.outcome("1.2", 0.61), ck.exercise("1.2"), ck.check("1.1", 3)]
    views += [ck.quiz("1"), ck.progress()]
    page = exported("<main>" + "".join(view.to_html() for view in views) + "</main>", dark=dark, width=width)

    for hidden in ("Ask of every part", "BertModel(small)", "Only from_pretrained fetches weights."):
        assert not page.get_by_text(hidden).first.is_visible()
    assert page.get_by_text("exactly half of them").is_visible()
    for summary in page.locator("summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    for shown in ("Ask of every part", "BertModel(small)", "fetches weights."):
        assert page.get_by_text(shown).first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    assert serious_violations(page, "main") == []
    picture(page, f"exercises_static_{'dark' if dark else 'light'}_{width}")
