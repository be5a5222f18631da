"""Build the lessons: one script in ``src``, one executed notebook for each framework.

A lesson is a jupytext percent script. Its cells tagged ``pytorch`` or ``tensorflow`` go to that track, all others to
both. Every lesson opens with the cells of ``src/opening.py``, put in after its first cell. ``{{name}}`` in a cell
stands for something that only the builder knows, such as the track or the repository's address. Below a cell
``ck.exercise("1.2")`` stands a cell for the answer, with the starter from ``src/exercises``. The output of a cell that
is tagged ``folded`` or calls ``ck.outcome`` is folded until the cell is run: it answers a question that stands before.

    python notebooks/build.py                    # every lesson, both tracks
    python notebooks/build.py 03_pretrained --track pytorch
    python notebooks/build.py --check            # is every notebook what its source says? (runs nothing)
    python notebooks/build.py --exercises        # put src/exercises into the package (a build does that as well)
    python notebooks/build.py --fork owner/name --branch main

The same sources give the same bytes: cell ids come from the text, and nothing of the machine or the clock is kept.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path

import exercises
import nbformat
from address import Address, read_address, rewrite_address
from lessons import FRAMEWORKS, METADATA, Lessons
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from coursekit.errors import CourseError, did_you_mean

HERE = Path(__file__).resolve().parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CELL_TIMEOUT = 300  # seconds; a learner's patience ends long before
NOTHING_DONE = {"COURSEKIT_PROGRESS": "off"}
"""What the person who builds the lessons has solved is not part of them."""
MEMORY_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run a notebook in a fresh kernel and keep its outputs in it, without what differs from run to run.

    The offline BERT is loaded whatever the network could give, so that outputs are the same everywhere.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=40"],  # the kernel's warnings would break up the progress lines
    )
    client.execute(env={**os.environ, "COURSEKIT_CHECKPOINT": "offline", "HF_HUB_OFFLINE": "1", **NOTHING_DONE})
    notebook.metadata = NotebookNode(METADATA)  # the client adds the kernel's own, with its versions
    for cell in notebook.cells:
        if "yours" in cell.metadata.get("tags", []):
            cell.outputs = []  # it shows this machine, and would show the reader another one
        for output in cell.get("outputs", []):
            # A view that needs a kernel shows its static face where there is none.
            output.get("data", {}).pop(WIDGET_VIEW, None)


def faults(notebook: NotebookNode) -> list[str]:
    """Return what a finished notebook must not have: cells that did not run, errors, log noise, addresses."""
    found = []
    if "widgets" in notebook.metadata:
        found.append("has widget state in its metadata, which GitHub cannot show")
    expected = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        expected += 1
        name = f"cell {cell.id}"
        if cell.execution_count is None:
            found.append(f"{name} was not executed")
        elif cell.execution_count != expected:
            found.append(f"{name} was not executed in order: it has count {cell.execution_count}, not {expected}")
        if cell.metadata.get("collapsed") and not shows_nothing_folded(cell):
            found.append(
                f"{name} is folded, but JupyterLab shows its first line: begin with a heading that ends in ':'"
            )
        found += [f"{name} {fault}" for output in cell.outputs for fault in _output_faults(output, cell)]
    return found


def shows_nothing_folded(cell: NotebookNode) -> bool:
    """Tell whether the first line of the first output, which JupyterLab shows of a folded one, gives nothing away."""
    if not cell.outputs:
        return True
    first = cell.outputs[0]
    text = first.get("text") or first.get("data", {}).get("text/html") or first.get("data", {}).get("text/plain", "")
    line = next((line for line in text.split("\n") if line), "").strip()
    return line.startswith("<!--") or line.endswith(":")


def _output_faults(output: NotebookNode, cell: NotebookNode) -> list[str]:
    found = []
    if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
        found.append(f"ended in {output.ename}: {output.evalue}")
    if output.get("name") == "stderr":
        found.append(f"wrote to stderr: {output.text.strip().splitlines()[0]}")
    data = output.get("data", {})
    if WIDGET_VIEW in data:
        found.append("refers to a widget of a kernel that is gone")
    if any(MEMORY_ADDRESS.search(str(text)) for text in (output.get("text", ""), *data.values())):
        found.append("shows a memory address, which is another one in every run")
    return found


def differences(notebook: NotebookNode, composed: NotebookNode) -> list[str]:
    """Return where a notebook is not what its source says; outputs are left to nbval."""
    found = []
    if notebook.metadata != composed.metadata:
        found.append("its metadata was changed")
    ids, composed_ids = [cell.id for cell in notebook.cells], [cell.id for cell in composed.cells]
    if ids != composed_ids:
        first = next(
            (i for i, pair in enumerate(zip(ids, composed_ids, strict=False)) if pair[0] != pair[1]),
            min(len(ids), len(composed_ids)),
        )
        return [*found, f"its cells are not those of its source, from cell number {first + 1} on"]
    for cell, made in zip(notebook.cells, composed.cells, strict=True):
        changed = [key for key in ("cell_type", "source", "metadata") if cell[key] != made[key]]
        found += [f"cell {cell.id}: its {key} was changed" for key in changed]
    return found


def check(lessons: Lessons) -> list[str]:
    """Return everything that is wrong with the notebooks, one line each; an empty list when all is well."""
    problems = []
    asked = exercises.path_in(lessons.folder.parent)
    if not asked.exists() or asked.read_text(encoding="utf-8") != exercises.serialized(lessons.exercises()):
        problems.append(f"{asked.name}: it is not what notebooks/src/exercises says")
    expected = {lessons.path(stem, track): (stem, track) for stem in lessons.stems() for track in FRAMEWORKS}
    present = {path for track in FRAMEWORKS for path in (lessons.folder / track).glob("*.ipynb")}
    problems += [f"{name(path)}: there is no source for it" for path in sorted(present - expected.keys())]
    for path, (stem, track) in expected.items():
        if path not in present:
            problems.append(f"{name(path)}: it was not built")
            continue
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        found = differences(notebook, lessons.compose(stem, track)) + faults(notebook)
        if not found and text != serialized(notebook):
            found = ["it was not written by the builder"]
        problems += [f"{name(path)}: {problem}" for problem in found]
    return problems


def name(path: Path) -> str:
    """Return the short name of a notebook, such as ``pytorch/01_config.ipynb``."""
    return f"{path.parent.name}/{path.name}"


def serialized(notebook: NotebookNode) -> str:
    """Return the text of a notebook's file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def write_exercises(lessons: Lessons) -> None:
    """Put what the lessons ask into the package."""
    path = exercises.path_in(lessons.folder.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(exercises.serialized(lessons.exercises()), encoding="utf-8")


def build(lessons: Lessons, stems: list[str], tracks: list[str]) -> None:
    """Write the executed notebooks of ``stems`` in ``tracks``; one that fails leaves the old file as it was."""
    write_exercises(lessons)  # before a kernel reads them
    todo = [(stem, track) for track in tracks for stem in stems]
    for number, (stem, track) in enumerate(todo, start=1):
        path = lessons.path(stem, track)
        print(f"[{number}/{len(todo)}] {name(path)} … ", end="", file=sys.stderr, flush=True)
        start = time.monotonic()
        notebook = lessons.compose(stem, track)
        path.parent.mkdir(exist_ok=True)
        try:
            execute(notebook, path.parent)
        except CellExecutionError as error:
            raise CourseError(
                f"{stem}.py does not run in {FRAMEWORKS[track]}.\n{error}",
                why="learners would meet the same error, and no notebook was written.",
                remedy=f"Correct the cell in notebooks/src/{stem}.py, or tag it raises-exception if it has to fail.",
            ) from None
        if found := faults(notebook):
            raise CourseError(
                f"{name(path)} ran, but " + "; ".join(found) + ".",
                why="what stands in a committed notebook has to be the same in every run, and worth reading.",
                remedy=f"Change the cell in notebooks/src/{stem}.py.",
            )
        path.write_text(serialized(notebook), encoding="utf-8")
        print(f"{time.monotonic() - start:.1f} s", file=sys.stderr)


def fork(lessons: Lessons, address: Address, root: Path) -> list[Path]:
    """Point every badge, link and install line to another repository, without running a lesson.

    Returns
    -------
    list of Path
        The files that were changed.

    Raises
    ------
    CourseError
        When a notebook is not what its source says: its outputs could not be kept. Nothing is changed then.
    """
    if problems := check(lessons):
        raise CourseError(
            "The notebooks are not what their sources say:\n  " + "\n  ".join(problems),
            why="their outputs are kept when the address changes, so they have to be right before.",
            remedy="Run: make notebooks",
        )
    renamed = Lessons(lessons.folder, address)
    texts = rewrite_address(root, lessons.address, address)
    for stem in lessons.stems():
        for track in FRAMEWORKS:
            path = lessons.path(stem, track)
            outputs = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
            notebook = renamed.compose(stem, track)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = outputs[cell.id].outputs, outputs[cell.id].execution_count
            texts[path] = serialized(notebook)
    changed = [path for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return changed


def chosen(lessons: Lessons, stems: list[str]) -> list[str]:
    """Return the lessons that were asked for by name, or all of them."""
    known = lessons.stems()
    names = [Path(stem).stem for stem in stems]  # a path typed with the shell's completion is fine
    for stem in names:
        if stem not in known:
            raise CourseError(
                f"There is no lesson {stem!r}.{did_you_mean(stem, known)}",
                why="only scripts in notebooks/src are built.",
                remedy=f"Name one of: {', '.join(known)}.",
            )
    return names or known


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description="Build the lessons' notebooks from notebooks/src.")
    parser.add_argument("stems", nargs="*", metavar="lesson", help="such as 01_config; all of them when none is named")
    parser.add_argument("--track", choices=list(FRAMEWORKS), help="build only this framework's notebooks")
    parser.add_argument(
        "--check", action="store_true", help="run nothing; fail if a notebook is not what its source says"
    )
    parser.add_argument("--exercises", action="store_true", help="run nothing; only put the exercises into the package")
    parser.add_argument("--fork", metavar="OWNER/NAME", help="point badges, links and install lines to this repository")
    parser.add_argument("--branch", metavar="BRANCH", help="the branch that they name (with --fork)")
    options = parser.parse_args(arguments)
    try:
        root = HERE.parent
        lessons = Lessons(HERE, read_address(root))
        if options.fork:
            address = Address.of(options.fork, options.branch or lessons.address.branch)
            changed = fork(lessons, address, root)
            print(f"{len(changed)} files now name {address.repository}, branch {address.branch}.")
        elif options.exercises:
            write_exercises(lessons)
        elif options.check:
            if problems := check(lessons):
                print("\n".join(problems), file=sys.stderr)
                print("Build them anew with: make notebooks", file=sys.stderr)
                return 1
            print(f"All {len(lessons.stems()) * len(FRAMEWORKS)} notebooks are what their sources say.")
        else:
            build(lessons, chosen(lessons, options.stems), [options.track] if options.track else list(FRAMEWORKS))
    except CourseError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
