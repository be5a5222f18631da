"""What every view is: one class over one frozen dataclass of facts, with three faces.

The text face is for terminals, screen readers and nbval; the static face is complete without kernel, network or script;
the live face is the same thing, interactive. :class:`View` has the first two. The live ones come in two kinds:
:class:`~coursekit.views.page.explorer.Explorer` carries everything in the page, :class:`LiveView` asks the kernel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(include, exclude)
        # The protocol of ipywidgets 7 and 8 alike: version 2.0.
        reference = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {**bundle, "application/vnd.jupyter.widget-view+json": reference}


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
