"""The grid of a batch, drawn twice: as a table that reads well anywhere, and in blocks that a key press can wait for.

A browser lays out a table whole, also what nobody sees of it: a tenth of a second for two thousand cells. In the live
face a row is therefore cut into blocks, and rows and blocks outside of the window are skipped (``content-visibility``).
The roles of ARIA make it the same table for a screen reader. Rows that did not change are not drawn again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import east_asian_width

from coursekit.facts.batch.positions import TOKEN
from coursekit.views.page.view import text

if TYPE_CHECKING:
    from coursekit.facts.batch.facts import BatchFacts
    from coursekit.facts.batch.positions import SequenceFacts

COLUMNS, ROWS, CELLS = 96, 64, 4096
"""How many positions, sequences and cells the grid shows at most; the tensor always has all."""
_TAIL = 4
_BLOCK = 8
_NONE = "no token"
_ROOMY = 64
"""Characters up to which the cells of a row are written large: they still fit beside the names of the rows."""


class _Cell(NamedTuple):
    look: str
    lines: tuple[str, ...]
    width: int  # characters of a fixed-width font

    def within(self, start: str, tag: str, end: str) -> str:
        """Return the cell as an element whose lines ``end`` ends."""
        look = f' class="ck-{self.look}"' if self.look else ""
        return f"<{start}{look}>{end.join(self.lines)}</{tag}>"


class Grid:
    """The part of a batch that is shown.

    Parameters
    ----------
    facts
        The batch.
    """

    def __init__(self, facts: BatchFacts) -> None:
        self._facts = facts
        self._columns = shown(facts.longest, COLUMNS)
        most = max(_TAIL * 2, min(ROWS, CELLS // len(self._columns)))
        self._rows = shown(len(facts.sequences), most)
        self._lines = ("token", "id", "mask", *(("type",) * facts.pairs))[0 if facts.tokenizer else 1 :]
        visible, columns, named = set(self._rows), tuple(self._columns), facts.tokenizer is not None
        self._cells = {
            index: _cells(row, columns, named=named, typed=facts.pairs, before=row.short if facts.padding_left else 0)
            for index, row in enumerate(facts.sequences)
            if index in visible
        }
        self._widths = [max(cell.width for cell in column) for column in zip(*self._cells.values(), strict=True)]

    def explanation(self) -> str:
        """Return what a cell holds, and how much of the batch is not shown."""
        token = "the token, " if self._facts.tokenizer else ""
        words = f"In each cell: {token}the id, and the attention mask (1: the model looks at it, 0: it does not)."
        words += (
            " The type says which sentence of the pair a token is of: 0 the first, 1 the second." * self._facts.pairs
        )
        columns = self._facts.longest - sum(column is not None for column in self._columns)
        parts = [count(columns, "position")] * bool(columns) + [count(self._hidden, "sequence")] * bool(self._hidden)
        return f"{words} Not shown here: {' and '.join(parts)}. The tensor has all." if parts else words

    def table(self) -> str:
        """Return the grid as a table."""
        head = "".join(f'<th scope="col">{"…" if column is None else column}</th>' for column in self._columns)
        widths = "".join(f'<col style="width:{width}ch">' for width in self._widths)
        body = "".join(
            f'<tr><td class="ck-gap" colspan="{len(self._columns) + 2}">… {count(self._hidden, "sequence")} …</td></tr>'
            if index is None
            else f'<tr><th scope="row">{_name(self._facts.sequences[index], index)}</th>'
            f'<td class="ck-lines">{"<br>".join(self._lines)}</td>'
            f"{''.join(cell.within('td', 'td', '<br>') for cell in self._cells[index])}</tr>"
            for index in self._rows
        )
        return (
            f'{self._region}<table class="ck-grid"><caption class="ck-visually-hidden">The batch</caption>'
            f'<colgroup><col class="ck-name"><col class="ck-lines">{widths}</colgroup>'
            f'<thead><tr><th scope="col">sequence</th><th scope="col">position</th>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def blocks(self) -> str:
        """Return the same as rows of blocks, with the roles of a table."""
        tracks = ";".join(
            f"--ck-{start}:{' '.join(f'{width}ch' for width in self._widths[start : start + _BLOCK])}"
            for start in range(0, len(self._columns), _BLOCK)
        )
        heads = tuple(_Cell("", ("…" if column is None else str(column),), 0) for column in self._columns)
        lines = "\n".join(self._lines)
        body = "".join(
            f'<div role="row"><div role="cell" class="ck-gap">… {count(self._hidden, "sequence")} …</div></div>'
            if index is None
            else f'<div role="row"><div role="rowheader">{_name(self._facts.sequences[index], index)}</div>'
            f'<div role="cell" class="ck-lines">{lines}</div>{_blocks(self._cells[index], "cell")}</div>'
            for index in self._rows
        )
        return (
            f'{self._region}<div role="table" aria-label="The batch" class="ck-grid ck-rows-of-{len(self._lines)}" '
            f'style="{tracks}"><div role="row" class="ck-head"><div role="columnheader">sequence</div>'
            f'<div role="columnheader" class="ck-lines">position</div>{_blocks(heads, "columnheader")}</div>'
            f"{body}</div></div>"
        )

    @property
    def _region(self) -> str:
        roomy = " ck-roomy" if sum(self._widths) <= _ROOMY else ""
        label = "The batch, a table that scrolls"
        return f'<div class="ck-grid-scroll{roomy}" role="region" aria-label="{label}" tabindex="0">'

    @property
    def _hidden(self) -> int:
        return len(self._facts.sequences) - sum(index is not None for index in self._rows)


@lru_cache(2 * ROWS)
def _cells(
    row: SequenceFacts, columns: tuple[int | None, ...], *, named: bool, typed: bool, before: int
) -> tuple[_Cell, ...]:
    """Return the cells of a row that begins ``before`` positions late, with tokens and types where there are."""
    cells = []
    for column in columns:
        position = -1 if column is None else column - before
        if column is None:
            cells.append(_Cell("gap", ("…",), 5))
        elif 0 <= position < len(row.ids):
            token, id_, kind = row.words[position], row.ids[position], row.kinds[position]
            token = (clip(token, 24) or _NONE) if named else ""
            kinds = (str(row.types[position]) if row.types else "",) if typed else ()
            lines = (*((text(token),) if named else ()), str(id_), str(row.mask[position]), *kinds)
            cells.append(_Cell("" if kind == TOKEN else kind, lines, max(3, _width(token), len(str(id_))) + 2))
        else:
            cells.append(_Cell("missing", ("missing",), 9))
    return tuple(cells)


@lru_cache(2 * ROWS)
def _blocks(cells: tuple[_Cell, ...], role: str) -> str:
    parts = [cell.within(f'div role="{role}"', "div", "\n") for cell in cells]
    return "".join(
        f'<div class="ck-block" style="grid-template-columns:var(--ck-{start})">'
        f"{''.join(parts[start : start + _BLOCK])}</div>"
        for start in range(0, len(parts), _BLOCK)
    )


def shown(number: int, most: int) -> list[int | None]:
    """Return the indices to show: all, or the first and the last few with None between them."""
    if number <= most:
        return list(range(number))
    return [*range(most - _TAIL), None, *range(number - _TAIL, number)]


def count(number: int, word: str) -> str:
    """Return such as ``1 sequence`` or ``1,000 sequences``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def clip(words: str, most: int) -> str:
    """Return at most so many letters, with an ellipsis where some are missing."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _width(token: str) -> int:
    """Return how many characters of a fixed-width font a token takes."""
    return len(token) + (0 if token.isascii() else sum(east_asian_width(letter) in "WF" for letter in token))


def _name(row: SequenceFacts, index: int) -> str:
    parts = [f"<b>{index}</b>"]
    if row.text is not None:
        parts.append(f' <span dir="auto">{text(clip(row.text, 40))}</span>')
    if row.short:
        parts.append(f' <span class="ck-short">({row.short:,} short)</span>')
    if row.cut:
        parts.append(f" <span>({row.cut:,} cut)</span>")
    return "".join(parts)
