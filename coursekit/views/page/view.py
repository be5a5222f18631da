"""What every view is: one class over one frozen dataclass of facts, with three faces.

The text face is for terminals, screen readers and nbval; the static face is complete without kernel, network or script;
the live face is the same thing, interactive. :class:`View` has the first two. The live ones come in two kinds:
:class:`~coursekit.views.page.explorer.Explorer` carries everything in the page, :class:`LiveView` asks the kernel.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FactsT = TypeVar("FactsT")


class View(ABC, Generic[FactsT]):
    """A fact, shown.

    Attributes
    ----------
    facts
        The frozen dataclass that the view draws; everything on the page can be read from it.
    """

    facts: FactsT

    @abstractmethod
    def summary(self) -> str:
        """Return a few short lines with the key figures; the same on every machine."""

    @abstractmethod
    def static_html(self) -> str:
        """Return the body of the static face: headings, tables and pictures that read well without style or script."""

    def to_html(self) -> str:
        """Return the whole view as HTML that needs no kernel and no network."""
        return f'<div class="ck-view"><style>{style("page/style.css")}</style>{self.static_html()}</div>'

    def __repr__(self) -> str:
        return visible(self.summary())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002  (IPython's protocol)
        return {"text/plain": repr(self), "text/html": visible(self.to_html())}


class LiveView(View[FactsT]):
    """A view whose live face is made of core ipywidgets and asks the kernel.

    Attributes
    ----------
    widget
        The outermost ipywidgets widget.
    """

    widget: Any

    def close(self) -> None:
        """Close the live face, and free what it keeps in kernel and browser; show the view to have it again.

        Each control is a widget with a line to the browser of its own, which lives until it is closed.
        """
        outermost = self.__dict__.pop("widget", None)
        if outermost is None:
            return
        for cell, (run, views) in _SHOWN.items():
            _SHOWN[cell] = run, [view for view in views if view is not self]
        for one in _widgets_in(outermost):
            one.close()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(include, exclude)
        _close_what_was_here(self)
        # The protocol of ipywidgets 7 and 8 alike: version 2.0.
        reference = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {**bundle, "application/vnd.jupyter.widget-view+json": reference}


_SHOWN: dict[str, tuple[str, list[LiveView[Any]]]] = {}
"""For each cell of the notebook by its name: the run in which it showed live views, and these views."""
_MOST_UNPLACED = 16
"""Live views that stay open where a front end does not say which cell shows them; older ones are closed."""


def _close_what_was_here(view: LiveView[Any]) -> None:
    """Close the views that the running cell showed when it ran last: their output is gone, nobody can reach them."""
    cell, run = _running_cell() or ("", "")
    before, views = _SHOWN.get(cell, ("", []))
    old = views if run != before else views[: -_MOST_UNPLACED + 1] if not cell else []
    kept = [one for one in views if one not in old and one is not view]
    _SHOWN[cell] = run, [*kept, view]
    for one in old:
        if one is not view:
            one.close()


def _running_cell() -> tuple[str, str] | None:
    """Return the name of the cell that is being run and of this run, or None outside of a notebook that says it."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    try:
        header = shell.kernel.get_parent("shell")
        return str(header["metadata"]["cellId"]), str(header["header"]["msg_id"])
    except (AttributeError, KeyError, TypeError):
        return None


def _widgets_in(widget: Any) -> Iterator[Any]:
    """Yield a widget, the widgets inside of it, and the layout and style of each, which are widgets as well."""
    for child in getattr(widget, "children", ()):
        yield from _widgets_in(child)
    for part in ("layout", "style"):
        if hasattr(one := getattr(widget, part, None), "close"):
            yield one
    yield widget


@cache
def asset(name: str) -> str:
    """Return the text of a script or style that lies beside this module."""
    return files("coursekit.views").joinpath(name).read_text("utf-8")


def has_asset(name: str) -> bool:
    """Tell whether a script or style of this name lies beside this module."""
    return files("coursekit.views").joinpath(name).is_file()


def style(*names: str) -> str:
    """Return style sheets as one text for a ``<style>`` element."""
    return "\n".join(asset(name) for name in names)


def text(value: object) -> str:
    """Return ``str(value)`` escaped for HTML, in text and in attributes."""
    return escape(visible(str(value)), quote=True)


class Html(str):
    """Text that is HTML already, made of escaped pieces: a cell of :func:`table` that is not escaped again."""

    __slots__ = ()


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str, numeric: Sequence[str] = ()
) -> str:
    """Return an accessible HTML table; every cell is escaped unless it is :class:`Html`.

    Parameters
    ----------
    columns
        The names of the columns, in order.
    rows
        One sequence of cells for each row, as long as ``columns``; the first cell names the row.
    caption
        What the table shows, for everybody who cannot see the page around it.
    numeric
        The columns to align to the right.
    """
    # Where styles are stripped, as on GitHub, a plain attribute still sets the columns straight.
    right = [' class="ck-number" align="right"' if column in numeric else "" for column in columns]
    head = "".join(f'<th scope="col"{side}>{text(column)}</th>' for column, side in zip(columns, right, strict=True))
    body = "".join(
        '<tr align="left">'
        + "".join(
            f'<th scope="row"{side}>{_cell(cell)}</th>' if first else f"<td{side}>{_cell(cell)}</td>"
            for first, cell, side in zip((True, *[False] * len(row)), row, right, strict=False)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="ck-table"><caption>{text(caption)}</caption>'
        f'<thead><tr align="left">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(content: object) -> str:
    return content if isinstance(content, Html) else text(content)
