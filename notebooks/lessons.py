"""Compose the lessons: from one script in ``src``, the cells of a notebook for each framework."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import exercises
import jupytext
import nbformat
from nbformat import NotebookNode

from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from address import Address

FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# What a cell's metadata may say beside tags: folded in JupyterLab, folded on Colab, and why CI excuses it.
PASSED_ON = ("jupyter", "cellView", "because")
PLACEHOLDER = re.compile(r"\{\{([a-z]+)\}\}")
EXERCISE = re.compile(r'ck\.exercise\("([0-9.]+)"\)')
ASKS = re.compile(r"\bck\.(exercise|quiz|predict)\(")
FOLDED = "folded"
"""The tag of a cell whose output answers a question that stands before it."""


@dataclass(frozen=True)
class Lessons:
    """The lessons below one folder: their sources and the notebooks that are made of them.

    Parameters
    ----------
    folder
        The folder that holds ``src`` and one folder for each track.
    address
        Where learners find the notebooks on the web.
    """

    folder: Path
    address: Address

    def stems(self) -> list[str]:
        """Return the lessons' names in their order, such as ``01_config``."""
        return sorted(path.stem for path in (self.folder / "src").glob("[0-9][0-9]_*.py"))

    def path(self, stem: str, track: str) -> Path:
        """Return where the notebook of a lesson belongs."""
        return self.folder / track / f"{stem}.ipynb"

    def title(self, stem: str) -> str:
        """Return the first heading of a lesson."""
        first = self._script(stem)[0].source
        return first.splitlines()[0].removeprefix("# ")

    def compose(self, stem: str, track: str) -> NotebookNode:
        """Return the notebook of a lesson in one framework, not yet executed.

        Raises
        ------
        CourseError
            When a cell uses a placeholder that does not exist.
        """
        lesson = self._script(stem)
        cells = [lesson[0], *self._script("opening"), *self._with_answers(lesson[1:], stem, track)]
        values = self._values(stem, track)
        seen: Counter[str] = Counter()
        notebook = nbformat.v4.new_notebook(metadata=NotebookNode(METADATA))
        for cell in cells:
            tags = set(cell.metadata.get("tags", []))
            if tags & FRAMEWORKS.keys() and track not in tags:
                continue
            seen[cell.source] += 1
            # The text before placeholders are filled: a fork's notebooks keep their ids.
            identity = f"{stem}\n{seen[cell.source]}\n{cell.source}"
            make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
            made = make(
                fill(cell.source, values, where=stem), id=f"{stem[:2]}-{sha256(identity.encode()).hexdigest()[:8]}"
            )
            made.metadata.update({key: cell.metadata[key] for key in PASSED_ON if key in cell.metadata})
            if kept := sorted(tags - FRAMEWORKS.keys() - {FOLDED}):
                made.metadata.tags = kept
            if cell.cell_type == "code" and (FOLDED in tags or "ck.outcome(" in cell.source):
                # JupyterLab unfolds the output when the cell is run; Colab and older notebooks read `collapsed`.
                made.metadata["collapsed"] = True
                made.metadata["jupyter"] = {**made.metadata.get("jupyter", {}), "outputs_hidden": True}
            notebook.cells.append(made)
        return notebook

    def exercises(self) -> dict[str, Any]:
        """Return what all lessons ask, as the package keeps it."""
        return exercises.compose(self.folder, {stem: self.title(stem) for stem in self.stems()})

    def _with_answers(self, cells: list[NotebookNode], stem: str, track: str) -> list[NotebookNode]:
        """Return the cells with one more below each exercise, where the answer is written and checked."""
        starters = exercises.starters(self.folder, stem)
        made = []
        for cell in cells:
            made.append(cell)
            if cell.cell_type == "code" and (match := EXERCISE.fullmatch(cell.source.strip())):
                if match[1] not in starters:
                    raise CourseError(
                        f"{stem}.py shows exercise {match[1]}, which its file of exercises does not have.",
                        why="learners would see an error instead of a task.",
                        remedy=f"Write it into notebooks/src/exercises/{stem}.yaml.",
                    )
                code = f'{starters[match[1]][track]}\n\nck.check("{match[1]}", mine)'
                made.append(nbformat.v4.new_code_cell(code, metadata=cell.metadata))
        return made

    def _script(self, stem: str) -> list[NotebookNode]:
        text = (self.folder / "src" / f"{stem}.py").read_text(encoding="utf-8")
        cells: list[NotebookNode] = jupytext.reads(text, fmt="py:percent").cells
        return cells

    def _values(self, stem: str, track: str) -> dict[str, str]:
        address, stems = self.address, self.stems()
        other = next(name for name in FRAMEWORKS if name != track)
        values = {
            "track": track,
            "framework": FRAMEWORKS[track],
            "repository": address.repository,
            "branch": address.branch,
            "badges": address.badges(f"notebooks/{track}/{stem}.ipynb"),
            "other": f"[{FRAMEWORKS[other]}](../{other}/{stem}.ipynb)",
            "minutes": str(minutes(self._script(stem), track)),
        }
        following = stems[stems.index(stem) + 1 :]
        if following:
            on_colab = address.colab(f"notebooks/{track}/{following[0]}.ipynb")
            values["next"] = f"[{self.title(following[0])}]({following[0]}.ipynb) ([on Colab]({on_colab}))"
        return values


def minutes(cells: list[NotebookNode], track: str) -> int:
    """Return how long a lesson takes, by counting: rounded to five minutes.

    Words are read at 160 a minute. A code cell takes 20 seconds to read and to run, a view of the course a minute and
    a half to explore, an exercise two minutes, a quiz as well, a prediction half a minute.
    """
    seconds = 0.0
    for cell in cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & FRAMEWORKS.keys() and track not in tags:
            continue
        if cell.cell_type == "markdown":
            seconds += len(cell.source.split()) * 60 / 160
        elif ASKS.search(cell.source):
            seconds += 30 if "ck.predict(" in cell.source else 120
        else:
            seconds += 20 + 90 * len(re.findall(r"\bck\.[A-Z]\w+\(", cell.source))
    return max(5, 5 * round(seconds / 300))


def fill(text: str, values: dict[str, str], *, where: str) -> str:
    """Return ``text`` with every ``{{name}}`` replaced by its value."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise CourseError(
                f"{where}.py uses {{{{{name}}}}}, which the builder does not know.{did_you_mean(name, values)}",
                why="learners would see the braces instead of what they stand for.",
                remedy=f"Use one of: {', '.join(sorted(values))}.",
            )
        return values[name]

    return PLACEHOLDER.sub(value, text)
