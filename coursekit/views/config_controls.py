"""The live face of a config browser: number fields that ask "what if", and a list of attributes to search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.facts.attributes import ORDER
from coursekit.views import config_drawing as draw

if TYPE_CHECKING:
    from coursekit.views.config_browser import ConfigBrowser

_EVERY = "All groups"
_WIDE, _LABEL = "auto", "190px"
# The padding is room for the border of fields, which reaches over the edge of their box.
_LEFT, _RIGHT = {"flex": "0 1 430px", "padding": "0 6px 0 0"}, {"flex": "1 1 380px", "min_width": "0"}


class ConfigControls:
    """Core ipywidgets around one browser.

    Attributes
    ----------
    root
        The outermost widget.
    """

    def __init__(self, browser: ConfigBrowser) -> None:
        import ipywidgets

        self._kit = ipywidgets
        self._browser = browser
        self._quiet = False
        self._changes: dict[str, int] = dict(browser._changes)  # noqa: SLF001  (the browser's other half)
        self._fields: dict[str, Any] = {}
        # Fields and not sliders: the handle of an ipywidgets slider has no name that a screen reader could read.
        self._figures = ipywidgets.HTML(layout={"width": "auto"})
        self._code = ipywidgets.Textarea(
            description="Code:", rows=4, layout={"width": "auto"}, style={"description_width": "60px"}
        )
        self.root = ipywidgets.VBox([ipywidgets.HTML(browser.head()), *self._what_if(), *self._attributes()])
        self.root.add_class("ck-browser")
        self._refresh()

    # What if

    def _what_if(self) -> list[Any]:
        kit = self._kit
        parts = self._browser.parts_with_numbers()
        if not parts:
            return []
        self._part = kit.Dropdown(options=parts, description="Part:", layout={"width": _WIDE})
        self._part.observe(lambda _: self._show_fields(), "value")
        self._box = kit.VBox(layout={"width": _WIDE})
        reset = kit.Button(description="Reset", tooltip="Take back all changes", icon="undo")
        reset.on_click(lambda _: self._browser.reset())
        self._show_fields()
        left = kit.VBox([*([self._part] if len(parts) > 1 else []), self._box, reset], layout=_LEFT)
        right = kit.VBox([self._figures], layout=_RIGHT)
        row = kit.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "8px 28px"})
        return [self._heading("What if?", "Change a number and see how large the model becomes."), row, self._code]

    def _show_fields(self) -> None:
        from coursekit.views.config_browser import field_range

        self._fields = {}
        for number in self._browser.numbers(self._part.value):
            value = number.integer or 1
            low, high, step = field_range(value)
            field = self._kit.BoundedIntText(
                value=self._changes.get(number.path, value),
                min=low,
                max=high,
                step=step,
                description=number.name,
                continuous_update=False,
                style={"description_width": _LABEL},
                layout={"width": "auto"},
            )
            field.observe(lambda change, path=number.path: self._moved(path, change["new"]), "value")
            self._fields[number.path] = field
        self._box.children = tuple(self._fields.values())

    def _moved(self, path: str, value: int) -> None:
        if self._quiet:
            return
        original = self._browser.facts[path].integer
        self._changes.pop(path, None)
        if value != original:
            self._changes[path] = value
        self._refresh()

    def show(self, changes: dict[str, int]) -> None:
        """Set the fields to ``changes`` and count once."""
        self._changes = dict(changes)
        self._quiet = True
        for path, field in self._fields.items():
            field.value = changes.get(path, self._browser.facts[path].integer)
        self._quiet = False
        self._refresh()

    def _refresh(self) -> None:
        if not self._changes and not self._browser.counts_at_once:
            html = '<p class="ck-muted">Change a number to count the parameters.</p>'
        else:
            html = self._browser.answer(self._changes)
        self._figures.value = f'<div class="ck-view" role="status">{html}</div>'
        self._code.value = self._browser.code

    # Attributes

    def _attributes(self) -> list[Any]:
        kit = self._kit
        self._search = kit.Text(
            description="Search:", placeholder="a name or words of its description", layout={"width": _WIDE}
        )
        present = {item.group for item in self._browser.facts.attributes}
        groups = [_EVERY, *(group for group in ORDER if group in present)]
        self._group = kit.Dropdown(options=groups, description="Group:", layout={"width": _WIDE})
        self._changed = kit.Checkbox(description="Changed only", indent=False, layout={"width": "auto"})
        self._list = kit.Select(description="Attributes:", rows=14, layout={"width": _WIDE, "height": "auto"})
        self._count = kit.HTML()
        self._detail = kit.HTML(layout={"width": "auto"})
        self._ask = kit.Button(
            description="Which tensors does it shape?",
            layout={"width": "max-content", "align_self": "flex-start"},
            tooltip="Try another number here",
        )
        for control in (self._search, self._group, self._changed):
            control.observe(lambda _: self._filter(), "value")
        self._list.observe(lambda _: self._open(), "value")
        self._ask.on_click(lambda _: self._show_tensors())
        self._filter()
        left = kit.VBox(
            [self._search, self._group, self._changed, self._list, self._count], layout={"flex": "0 1 430px"}
        )
        right = kit.VBox([self._detail, self._ask], layout=_RIGHT)
        row = kit.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "8px 28px"})
        return [self._heading("Attributes", "Choose one to read what it does. ● marks a changed one."), row]

    def _filter(self) -> None:
        words = self._search.value.lower().split()
        found = [
            item
            for item in self._browser.facts.attributes
            if (self._group.value in (_EVERY, item.group))
            and (item.changed or not self._changed.value)
            and all(word in f"{item.path} {item.documentation} {item.group}".lower() for word in words)
        ]
        # A name that was searched for stands before attributes that only mention it.
        found.sort(key=lambda item: not all(word in item.path.lower() for word in words))
        options = [(f"{'● ' if item.changed else ''}{item.path} = {item.value[:40]}", item.path) for item in found]
        chosen = self._list.value
        paths = [path for _, path in options]
        self._list.options = options
        self._list.value = chosen if chosen in paths else (paths[0] if paths else None)
        self._count.value = (
            f'<div class="ck-view ck-muted" role="status">{len(found)} of {len(self._browser.facts.attributes)} '
            "attributes</div>"
        )
        self._open()

    def _open(self) -> None:
        path = self._list.value
        if path is None:
            self._detail.value = '<div class="ck-view"><p>No attribute fits. Try fewer words.</p></div>'
            self._ask.layout.display = "none"
            return
        item = self._browser.facts[path]
        self._detail.value = f'<div class="ck-view">{draw.attribute(item)}</div>'
        self._ask.layout.display = "none" if item.integer is None else ""

    def _show_tensors(self) -> None:
        path = self._list.value
        if path is not None:
            html = draw.attribute(self._browser.facts[path], self._browser.shaped(path))
            self._detail.value = f'<div class="ck-view">{html}</div>'

    def _heading(self, name: str, hint: str) -> Any:
        return self._kit.HTML(f'<div class="ck-view"><h4>{name}</h4><p class="ck-muted">{hint}</p></div>')
