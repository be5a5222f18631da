"""Fields for the numbers that shape a model, and at every move how large the model becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.facts.config.groups import architecture_rank
from coursekit.views.config import drawing as draw
from coursekit.views.config.figures import original_and_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from coursekit.facts.model.edited_config import EditedConfig

_STEPS = ((20_000, 1000), (2_000, 256), (200, 64), (64, 8))  # the step of numbers above each bound
_WIDTH, _HEADS = architecture_rank("hidden_size"), architecture_rank("num_attention_heads")
_FAR = 10**15  # JavaScript knows whole numbers up to 9 times that
_ENOUGH = 3  # numbers that make a part of a nested config worth showing first
# The padding is room for the border of fields, which reaches over the edge of their box.
_LEFT, _RIGHT = {"flex": "0 1 400px", "padding": "0 6px 0 0"}, {"flex": "1 1 420px", "min_width": "0"}


class WhatIf:
    """Number fields, the figures beside them, and the code that makes the edited config.

    Attributes
    ----------
    widgets
        The section, from top to bottom.
    fields
        The number fields of the part that is shown, by path.
    notes
        Under each field: what is wrong with the number that was set there last.
    figures, code
        How large the model is, and the Python lines of its config.
    """

    def __init__(self, edits: EditedConfig) -> None:
        import ipywidgets

        self._kit = ipywidgets
        self._edits = edits
        self._last = ""  # the figures of the last numbers that fitted together
        self._quiet = False
        self.fields: dict[str, Any] = {}
        self.notes: dict[str, Any] = {}
        self.figures = ipywidgets.HTML()
        self.code = ipywidgets.Textarea(description="Code:", layout={"width": "auto"})
        parts = edits.parts()
        self.widgets: list[Any] = self._made(parts) if parts else []
        if parts:
            shown_or_said(lambda: self._show_outcome(""), self.figures)

    def _made(self, parts: list[tuple[str, str]]) -> list[Any]:
        kit = self._kit
        paths = [path for _, path in parts]
        first = next((path for path in paths if len(self._edits.numbers(path)) >= _ENOUGH), paths[0])
        self.part = kit.Dropdown(options=parts, value=first, description="Part:", layout={"width": "auto"})
        self.part.observe(lambda _: shown_or_said(self._show_fields, self.figures), "value")
        self._box = kit.VBox()
        self._box.add_class("ck-what-if")
        reset = kit.Button(description="Reset", tooltip="Take back all changes", icon="undo")
        reset.on_click(lambda _: shown_or_said(self._reset, self.figures))
        self._show_fields()
        # Fields and not sliders: the handle of an ipywidgets slider has no name that a screen reader could read.
        left = kit.VBox([*([self.part] if len(parts) > 1 else []), self._box, reset], layout=_LEFT)
        right = kit.VBox([self.figures], layout=_RIGHT)
        row = kit.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "8px 28px"})
        ask = draw.section("What if?", "Change a number and see how large the model becomes.")
        take = draw.section(
            "Use this config",
            "Copy these lines. Or write <code>browser.config</code> in a cell, where <code>browser</code> is what you "
            "called this view: a copy of the config with your numbers, for any model class of its architecture.",
        )
        return [kit.HTML(ask), row, kit.HTML(take), self.code]

    def _show_fields(self) -> None:
        kit = self._kit
        before = [*self.fields.values(), *self.notes.values()]
        self.fields, self.notes = {}, {}
        numbers = self._edits.numbers(self.part.value)
        heads = next((item.integer for item in numbers if architecture_rank(item.name) == _HEADS), None) or 1
        for number in numbers:
            low, high, step = field_range(number.name, number.integer or 1, heads)
            field = kit.BoundedIntText(
                value=self._edits.asked.get(number.path, number.integer),
                min=low,
                max=high,
                step=step,
                description=number.name,
                continuous_update=False,
                style={"description_width": "190px"},
                layout={"width": "auto"},
            )
            field.observe(
                lambda change, path=number.path: shown_or_said(
                    lambda: self._moved(path, change["new"]), self.figures, self.notes.get(path)
                ),
                "value",
            )
            self.fields[number.path] = field
            self.notes[number.path] = kit.HTML(layout={"display": "none"})
        # Each field with its note below it.
        self._box.children = [widget for path in self.fields for widget in (self.fields[path], self.notes[path])]
        for widget in before:  # nothing else would free it
            for one in (widget.layout, getattr(widget, "style", None), widget):
                if one is not None:
                    one.close()

    def _moved(self, path: str, value: int) -> None:
        if self._quiet:
            return
        try:
            self._edits.change({path: value})
        except CourseError as error:
            self._show_notes(path, draw.refusal(error))
            self._show_stale("" if path in self.notes else draw.refusal(error))
        else:
            self._show_outcome(path)

    def _reset(self) -> None:
        self._edits.reset()
        self.show()

    def show(self, path: str = "") -> None:
        """Set the fields to the edits and count once; what is wrong stands under the field at ``path``."""
        self._quiet = True
        try:
            for name, field in self.fields.items():
                field.value = self._edits.changes.get(name, self._edits.facts[name].integer)
        finally:
            self._quiet = False
        self._show_outcome(path)

    def _show_outcome(self, path: str) -> None:
        """Show what becomes of the model; what is wrong stands under the field at ``path``, else above the figures."""
        if not self._edits.changes and not self._edits.counts_at_once:
            self._figure('<p class="ck-muted">Change a number to count the parameters.</p>')
            return
        outcome = self._edits.outcome()
        notes = draw.notes(outcome)
        self._show_notes(path, notes)
        above = "" if path in self.notes else notes
        if outcome.sizes is not None:
            self._last = original_and_now(self._edits, outcome.sizes)
            self._figure(above + self._last)
        else:
            self._show_stale(above)
        self.code.value = self._edits.code
        self.code.rows = self.code.value.count("\n") + 1

    def _show_notes(self, path: str, html: str) -> None:
        for place, note in self.notes.items():
            here = html if place == path else ""
            note.value = f'<div class="ck-view" role="alert">{here}</div>' if here else ""
            note.layout.display = "" if here else "none"

    def _show_stale(self, above: str) -> None:
        stale = '<p class="ck-muted">The last figures of a model that can be built:</p>'
        self._figure(above + (f'<div class="ck-stale">{stale}{self._last}</div>' if self._last else ""))

    def _figure(self, html: str) -> None:
        self.figures.value = f'<div class="ck-view" role="status">{html}</div>'


def shown_or_said(action: Callable[[], None], place: Any, note: Any = None) -> None:
    """Do what a control asks for; an error stands in ``place``, whose old content would belong to other numbers.

    Jupyter drops what a callback raises, or writes it where nobody looks. ``note`` is a second place to be emptied.
    """
    try:
        action()
    except BaseException as error:
        if note is not None:
            note.value, note.layout.display = "", "none"
        place.value = f'<div class="ck-view">{draw.failure(error)}</div>'
        if not isinstance(error, Exception):  # the reader stopped the kernel
            raise


def field_range(name: str, value: int, heads: int = 1) -> tuple[int, int, int]:
    """Return smallest value, largest value and step of a field that starts at ``value``, which lies on a step.

    A width steps by a multiple of the heads that share it, so that the arrow keys lead from one model that can be built
    to the next. Both ends lie far off: a field would set what is beyond them back to them, and say nothing.
    """
    step = next((step for least, step in _STEPS if value > least), 1)
    if architecture_rank(name) == _WIDTH and value % heads == 0:
        step = heads * max(value // heads // 8, 1)
    # The browser counts steps from the lowest number.
    far = _FAR // step * step
    return value - far, value + far, step
