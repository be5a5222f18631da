"""The builder, on two small lessons of its own: real kernels, real nbval."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.errors import CourseError

OPENING = """\
# %%
source = "git+https://github.com/{{repository}}@{{branch}}"
"""
ONE = """\
# %% [markdown]
# # First
#
# {{badges}}

# %% [markdown] tags=["tensorflow"]
# Only for {{framework}}.

# %% tags=["pytorch"]
number = 1

# %% tags=["tensorflow"]
number = 2

# %% tags=["differs-in-5"] because="an example"
print("the number is", number)
print("of", "{{track}}")

# %%
from ipywidgets import IntSlider

IntSlider(number)

# %% [markdown]
# **Next:** {{next}}
"""
TWO = """\
# %% [markdown]
# # Second
#
# Also in {{other}}.

# %% tags=["raises-exception"]
1 / 0
"""
EXERCISES = """\
exercises:
  - title: A task
    task: Say **3**.
    kind: number
    starter: {pytorch: "mine = ...  # pytorch", tensorflow: "mine = ...  # tensorflow"}
    solution: mine = 3
    right: number == 3
    praise: Yes.
    hints: [Count.]
    mistakes: []
"""
PROJECT = """\
[project]
branch = "another entry"

[tool.coursekit]
# a comment
repository = "ada/course"
branch = "main"

[tool.other]
repository = "left/alone"
"""
README = """\
[![Open](https://example.org/badge.svg)](https://colab.research.google.com/github/ada/course/blob/main/a.ipynb)
git clone https://github.com/ada/course, on the main branch, or pip install git+https://github.com/ada/course@main
"""


@pytest.fixture(scope="module")
def built(builder, tmp_path_factory):
    """Return a project whose lessons are built; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("project")
    folder = root / "notebooks"
    (folder / "src").mkdir(parents=True)
    for name, text in {"opening": OPENING, "01_one": ONE, "02_two": TWO}.items():
        (folder / "src" / f"{name}.py").write_text(text)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "README.md").write_text(README)
    lessons = builder.Lessons(folder, builder.read_address(root))
    builder.build(lessons, lessons.stems(), list(builder.FRAMEWORKS))
    return root


@pytest.fixture
def project(builder, built, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(built, root)
    return builder.Lessons(root / "notebooks", builder.read_address(root))


def texts(root):
    return {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_each_track_has_its_cells_and_the_shared_ones(project):
    notebook = project.compose("01_one", "tensorflow")
    sources = [cell.source for cell in notebook.cells]
    assert sources[0].startswith("# First\n\n[Open in Colab](")
    assert "/github/ada/course/blob/main/notebooks/tensorflow/01_one.ipynb)" in sources[0]
    assert sources[1] == 'source = "git+https://github.com/ada/course@main"'
    assert sources[2:4] == ["Only for TensorFlow.", "number = 2"]
    assert "number = 1" not in sources
    assert sources[-1].startswith("**Next:** [Second](02_two.ipynb)")
    assert notebook.cells[4].metadata == {"because": "an example", "tags": ["differs-in-5"]}
    assert "[PyTorch](../pytorch/02_two.ipynb)" in project.compose("02_two", "tensorflow").cells[0].source


def test_ids_are_unique_and_stay_when_other_cells_change(project):
    before = {cell.source: cell.id for cell in project.compose("01_one", "pytorch").cells}
    assert len(set(before.values())) == len(before)
    path = project.folder / "src" / "01_one.py"
    path.write_text(path.read_text().replace("number = 1", "number = 1\nmore = 1"))
    after = {cell.source: cell.id for cell in project.compose("01_one", "pytorch").cells}
    assert {source for source in before if after.get(source) != before[source]} == {"number = 1"}


def test_an_unknown_placeholder_is_named(project):
    path = project.folder / "src" / "02_two.py"
    path.write_text(path.read_text().replace("{{other}}", "{{ohter}}"))
    with pytest.raises(CourseError, match=r"\{\{ohter\}\}.*Did you mean 'other'"):
        project.compose("02_two", "pytorch")


def test_building_twice_gives_the_same_bytes(builder, built, project):
    builder.build(project, project.stems(), list(builder.FRAMEWORKS))
    assert texts(project.folder) == texts(built / "notebooks")


def test_a_notebook_keeps_outputs_and_nothing_of_the_machine(project):
    path = project.path("01_one", "pytorch")
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert code[2].outputs == [
        {"output_type": "stream", "name": "stdout", "text": "the number is 1\nof pytorch\n"},
    ]
    assert list(code[3].outputs[0].data) == ["text/plain"]  # the slider, without its kernel
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert "widget-view" not in path.read_text()
    assert str(Path.home()) not in path.read_text()


def test_nbval_accepts_what_the_builder_wrote(project):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "--rootdir",
        str(project.folder),
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*command, str(project.folder)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "12 passed" in done.stdout


def test_an_untouched_build_passes_the_check(builder, project):
    assert builder.check(project) == []


def tamper_source(notebook):
    notebook.cells[2].source += "  # by hand"


def tamper_tags(notebook):
    notebook.cells[3].metadata = {}


def tamper_metadata(notebook):
    notebook.metadata.authors = ["somebody"]


def add_widget_state(notebook):
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {}}


def add_widget_view(notebook):
    notebook.cells[4].outputs[0].data["application/vnd.jupyter.widget-view+json"] = {"model_id": "1"}


def drop_count(notebook):
    notebook.cells[3].execution_count = None


def swap_counts(notebook):
    notebook.cells[2].execution_count, notebook.cells[3].execution_count = 3, 2


def add_log_noise(notebook):
    notebook.cells[3].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="a warning\n"))


def add_address(notebook):
    notebook.cells[3].outputs[0].text = "<object at 0x7f3a12345678>\n"


def add_error(notebook):
    notebook.cells[3].outputs.append(nbformat.v4.new_output("error", ename="KeyError", evalue="'x'"))


def add_cell(notebook):
    notebook.cells.append(nbformat.v4.new_markdown_cell("mine", id="mine"))


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (tamper_source, "its source was changed"),
        (tamper_tags, "its metadata was changed"),
        (tamper_metadata, "its metadata was changed"),
        (add_widget_state, "has widget state"),
        (add_widget_view, "a widget of a kernel that is gone"),
        (drop_count, "was not executed"),
        (swap_counts, "was not executed in order"),
        (add_log_noise, "wrote to stderr: a warning"),
        (add_address, "shows a memory address"),
        (add_error, "ended in KeyError"),
        (add_cell, "its cells are not those of its source, from cell number 7 on"),
    ],
)
def test_the_check_finds_what_was_changed_by_hand(builder, project, tamper, said):
    path = project.path("01_one", "pytorch")
    notebook = nbformat.read(path, as_version=4)
    tamper(notebook)
    nbformat.write(notebook, path)
    problems = builder.check(project)
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("pytorch/01_one.ipynb: ") for problem in problems)


def test_the_check_finds_missing_left_over_and_rewritten_notebooks(builder, project):
    project.path("02_two", "tensorflow").unlink()
    shutil.copy(project.path("01_one", "pytorch"), project.folder / "pytorch" / "03_old.ipynb")
    path = project.path("01_one", "pytorch")
    path.write_text(path.read_text().replace("\n ", "\n  "))
    assert builder.check(project) == [
        "pytorch/03_old.ipynb: there is no source for it",
        "pytorch/01_one.ipynb: it was not written by the builder",
        "tensorflow/02_two.ipynb: it was not built",
    ]


def test_the_check_finds_a_source_that_went_on(builder, project):
    path = project.folder / "src" / "02_two.py"
    path.write_text(path.read_text().replace("1 / 0", "2 / 0"))
    assert [problem.split(":")[0] for problem in builder.check(project)] == [
        "pytorch/02_two.ipynb",
        "tensorflow/02_two.ipynb",
    ]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("raise KeyError('missing')", "KeyError"),
        ("import sys\nprint('noise', file=sys.stderr)", "wrote to stderr: noise"),
        ("object()", "shows a memory address"),
    ],
)
def test_a_cell_that_fails_leaves_the_old_notebook(builder, project, cell, said):
    path = project.folder / "src" / "02_two.py"
    path.write_text(f"{path.read_text()}\n# %%\n{cell}\n")
    before = project.path("02_two", "pytorch").read_bytes()
    with pytest.raises(CourseError, match=said):
        builder.build(project, ["02_two"], ["pytorch"])
    assert project.path("02_two", "pytorch").read_bytes() == before


def test_a_fork_changes_every_address_and_no_output(builder, project):
    root = project.folder.parent
    before = {stem: nbformat.read(project.path(stem, "pytorch"), as_version=4) for stem in project.stems()}
    address = builder.Address.of("grace/my.course", "teaching")
    changed = builder.fork(project, address, root)
    assert builder.read_address(root) == address
    for path, content in texts(root).items():
        assert b"ada/course" not in content, path
    readme = (root / "README.md").read_text()
    assert "/github/grace/my.course/blob/teaching/a.ipynb" in readme
    assert "grace/my.course, on the main branch, or" in readme
    assert "grace/my.course@teaching" in readme
    project_file = (root / "pyproject.toml").read_text()
    assert project_file == PROJECT.replace("ada/course", "grace/my.course").replace('"main"', '"teaching"')
    renamed = builder.Lessons(project.folder, address)
    assert builder.check(renamed) == []
    for stem, old in before.items():
        new = nbformat.read(project.path(stem, "pytorch"), as_version=4)
        assert [(cell.id, cell.get("outputs")) for cell in new.cells] == [
            (cell.id, cell.get("outputs")) for cell in old.cells
        ]
    assert {path.name for path in changed} == {"pyproject.toml", "README.md", "01_one.ipynb", "02_two.ipynb"}


def test_a_fork_and_back_gives_the_same_bytes(builder, project):
    root, before = project.folder.parent, texts(project.folder.parent)
    elsewhere = builder.Address.of("grace/course", "trunk")
    builder.fork(project, elsewhere, root)
    builder.fork(builder.Lessons(project.folder, elsewhere), project.address, root)
    assert texts(root) == before


def test_a_fork_of_stale_notebooks_changes_nothing(builder, project):
    root = project.folder.parent
    project.path("02_two", "pytorch").unlink()
    before = texts(root)
    with pytest.raises(CourseError, match="make notebooks"):
        builder.fork(project, builder.Address.of("grace/course", "main"), root)
    assert texts(root) == before


@pytest.mark.parametrize(
    "repository",
    [
        "course",
        "ada/",
        "/course",
        "ada/course/more",
        "a da/course",
        "-ada/course",
        "ada/course.git",
        "ada/..",
        'a"/b',
        "",
    ],
)
def test_a_name_that_github_cannot_have_is_refused(builder, repository):
    with pytest.raises(CourseError, match=r"owner/name|Give it as"):
        builder.Address.of(repository, "main")


@pytest.mark.parametrize("branch", ["", "a b", "a..b", "/a", "a/", "-a", "a.lock", "a//b", 'a"b', "a\nb"])
def test_a_branch_that_git_cannot_have_is_refused(builder, branch):
    with pytest.raises(CourseError, match="branch"):
        builder.Address.of("ada/course", branch)


def test_branches_with_a_slash_and_dots_are_fine(builder):
    assert builder.Address.of("ada-l/my_course.2", "2026/spring-v1.0").branch == "2026/spring-v1.0"


def test_an_unknown_lesson_is_named_with_the_nearest_one(builder, project):
    assert builder.chosen(project, ["notebooks/src/01_one.py"]) == ["01_one"]
    with pytest.raises(CourseError, match="Did you mean '02_two'"):
        builder.chosen(project, ["02_tow"])


def test_a_fork_changes_every_file_that_names_the_address(builder, lessons):
    """Those of notebooks/ and tests/ aside: notebooks are composed anew, and tests use made-up addresses."""
    new = builder.Address.of("ada/my-course", "main")
    texts = builder.rewrite_address(lessons.folder.parent, lessons.address, new)
    root = lessons.folder.parent
    top = [path for path in root.iterdir() if path.is_file()]
    files = [*top, *(root / "docs").rglob("*.md"), *(root / ".github").rglob("*.*")]
    texts_now = {path: path.read_text("utf-8") for path in files if path.suffix in {".md", ".toml", ".cff", ".yml"}}

    assert {path for path, text in texts_now.items() if lessons.address.repository in text} == set(texts)
    assert not any(lessons.address.repository in text for text in texts.values())


def test_below_an_exercise_stands_the_cell_for_its_answer_in_the_track(builder, project):
    source = project.folder / "src" / "02_two.py"
    source.write_text('# %% [markdown]\n# # Second\n\n# %%\nck.exercise("2.1")\n\n# %%\nck.outcome("2.1", 3)\n')
    with pytest.raises(CourseError, match="does not have"):
        project.compose("02_two", "pytorch")
    (project.folder / "src" / "exercises").mkdir()
    (project.folder / "src" / "exercises" / "02_two.yaml").write_text(EXERCISES)

    for track in builder.FRAMEWORKS:
        task, answer, outcome = project.compose("02_two", track).cells[-3:]
        assert task.source == 'ck.exercise("2.1")'
        assert answer.source == f'mine = ...  # {track}\n\nck.check("2.1", mine)'
        assert outcome.metadata == {"collapsed": True, "jupyter": {"outputs_hidden": True}}
    assert any("asked.json: it is not what" in problem for problem in builder.check(project))


def test_a_folded_output_must_not_begin_with_the_answer(builder):
    cell = nbformat.v4.new_code_cell(metadata={"collapsed": True}, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    for text, good in (("42\n", False), ("The answer:\n42\n", True), ("\n<!-- Run it. -->\n42", True)):
        cell.outputs = [nbformat.v4.new_output("stream", text=text)]
        assert (builder.faults(notebook) == []) is good
