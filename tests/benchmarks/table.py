"""What every benchmark returns, and the one table of them."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Row:
    """One figure.

    Parameters
    ----------
    name
        What was measured.
    measured
        The figure.
    unit
        Its unit.
    target
        The most that it may be, or None where it is told for comparison only.
    peer
        What the same costs without coursekit, with its unit and its name; empty where nothing does the same.
    """

    name: str
    measured: float
    unit: str
    target: float | None = None
    peer: str = ""

    @property
    def held(self) -> bool:
        """Whether the target is met; a figure without one always is."""
        return self.target is None or self.measured <= self.target


def number(value: float) -> str:
    """Return a figure with three digits that count, or all before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as aligned text: name, measured, target, held or not, peer."""
    lines = [("figure", "measured", "target", "", "peer")]
    for row in rows:
        target = "" if row.target is None else f"{number(row.target)} {row.unit}"
        verdict = "" if row.target is None else "held" if row.held else "MISSED"
        lines.append((row.name, f"{number(row.measured)} {row.unit}", target, verdict, row.peer))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        f"{name:<{widths[0]}}  {measured:>{widths[1]}}  {target:>{widths[2]}}  {verdict:<{widths[3]}}  {peer}".rstrip()
        for name, measured, target, verdict, peer in lines
    )


def main(measure: Callable[[], Iterable[Row]]) -> int:
    """Measure as a program: print the table and return 1 where a target is missed.

    With ``--rows FILE`` the rows are written there, for the table of all benchmarks.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--rows", type=Path)
    options, _ = parser.parse_known_args()
    rows = list(measure())
    if options.rows:
        options.rows.write_text(json.dumps([asdict(row) for row in rows]), "utf-8")
    else:
        sys.stdout.write(table(rows) + "\n")
    return int(not all(row.held for row in rows))
