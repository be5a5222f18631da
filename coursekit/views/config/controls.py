"""The live face of a config browser: ask "what if", follow one number to its tensors, search the attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursekit.views.config import drawing as draw
from coursekit.views.config.what_if import WhatIf, shown_or_said

if TYPE_CHECKING:
    from coursekit.facts.config.facts import Attribute, ConfigFacts
    from coursekit.facts.model.edited_config import EditedConfig

_UNFOLD = 25  # attributes that are shown at once rather than folded into their groups


class ConfigControls:
    """Core ipywidgets around one config and its edits.

    Attributes
    ----------
    root
        The outermost widget.
    """

    def __init__(self, edits: EditedConfig, head: str) -> None:
        import ipywidgets

        self.what_if = WhatIf(edits)
        self.follow = Follow(edits)
        self.search = Search(edits.facts)
        sections = [*self.what_if.widgets, *self.follow.widgets, *self.search.widgets]
        self.root = ipywidgets.VBox([ipywidgets.HTML(head), *sections])
        self.root.add_class("ck-browser")

    def show(self, path: str = "") -> None:
        """Set the fields to the edits; what is wrong stands under the field at ``path``, else above the figures."""
        self.what_if.show(path)


class Follow:
    """Choose one number, and see which tensors it shapes.

    Attributes
    ----------
    widgets
        The section, from top to bottom.
    """

    def __init__(self, edits: EditedConfig) -> None:
        import ipywidgets

        self._edits = edits
        numbers = [item for _, prefix in edits.parts() for item in edits.numbers(prefix)]
        options = [("choose one", ""), *((f"{item.path} = {item.value}", item.path) for item in numbers)]
        self.choice = ipywidgets.Dropdown(options=options, description="Number:", layout={"max_width": "430px"})
        self.tensors = ipywidgets.HTML()
        self.choice.observe(lambda _: shown_or_said(self._show, self.tensors), "value")
        heading = draw.section("Which tensors does a number shape?", "Choose one and see where it stands in the model.")
        self.widgets = [ipywidgets.HTML(heading), self.choice, self.tensors] if numbers else []

    def _show(self) -> None:
        path = self.choice.value
        html = draw.shaped(self._edits.facts[path], self._edits.shaped(path)) if path else ""
        self.tensors.value = f'<div class="ck-view" role="status">{html}</div>'


class Search:
    """All attributes in their groups, or those among them that a search and a filter leave.

    Attributes
    ----------
    widgets
        The section, from top to bottom.
    """

    def __init__(self, facts: ConfigFacts) -> None:
        import ipywidgets

        self._facts = facts
        changed = len(self._facts.changed)
        self.words = ipywidgets.Text(
            description="Search:", placeholder="a name or words of its description", layout={"width": "430px"}
        )
        self.changed = ipywidgets.Checkbox(
            description=f"Only what was changed ({changed})", indent=False, layout={"width": "auto"}
        )
        self.found = ipywidgets.HTML()
        for control in (self.words, self.changed):
            control.observe(lambda _: shown_or_said(self._show, self.found), "value")
        shown_or_said(self._show, self.found)
        row = ipywidgets.HBox([self.words, self.changed], layout={"flex_flow": "row wrap", "grid_gap": "0 20px"})
        heading = draw.section("Attributes", "The config as it was given. Open a description to read the rest of it.")
        self.widgets = [ipywidgets.HTML(heading), row, self.found]

    def _show(self) -> None:
        words = self.words.value.lower().split()
        every = self._facts.attributes
        found = [item for item in every if self._fits(item, words)]
        narrowed = bool(words) or self.changed.value
        html = draw.attributes(self._facts, found, words, unfold=narrowed and len(found) <= _UNFOLD)
        if not found:
            html = "<p>No attribute fits. Try fewer words.</p>" if words else "<p>Everything is at its default.</p>"
        count = f"{len(found)} of {len(every)} attributes" if narrowed else f"{len(every)} attributes"
        self.found.value = f'<div class="ck-view"><p class="ck-muted" role="status">{count}</p>{html}</div>'

    def _fits(self, item: Attribute, words: list[str]) -> bool:
        told = f"{item.path} {item.documentation} {item.group}".lower()
        return (item.changed or not self.changed.value) and all(word in told for word in words)
