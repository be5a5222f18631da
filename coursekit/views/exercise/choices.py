"""One choice out of a few, by mouse and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Choices:
    """Buttons below each other, of which one is chosen.

    Radio buttons would be the natural thing, but a notebook takes the arrow keys for itself: those that follow the
    first could not be reached without a mouse.

    Parameters
    ----------
    options
        What can be chosen.
    chosen
        The index of what is chosen already, or None.
    take
        Called with the index of a choice that somebody makes.

    Attributes
    ----------
    box
        The outermost widget.
    """

    def __init__(self, options: Sequence[str], chosen: int | None, take: Callable[[int], None]) -> None:
        import ipywidgets as widgets

        self._options = list(options)
        self._take = take
        self.buttons: list[Any] = [
            widgets.Button(description=option, layout={"width": "auto", "height": "auto"}) for option in options
        ]
        for index, button in enumerate(self.buttons):
            button.add_class("ck-choice")
            button.on_click(lambda _, at=index: self._chose(at))
        self.box = widgets.VBox(self.buttons, layout={"align_items": "flex-start", "overflow": "visible"})
        self._mark(chosen)

    def _chose(self, index: int) -> None:
        self._mark(index)
        self._take(index)

    def _mark(self, chosen: int | None) -> None:
        for index, (button, option) in enumerate(zip(self.buttons, self._options, strict=True)):
            button.description = f"✓ {option}" if index == chosen else option
            if index == chosen:
                button.add_class("ck-chosen")
            else:
                button.remove_class("ck-chosen")
