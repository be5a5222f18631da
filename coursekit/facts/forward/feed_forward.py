"""Feed-forward as a layer computes it: widened, activated, perhaps gated, narrowed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.equations import matrix_line, same_matrix
from coursekit.facts.forward.formulas import ACTIVATIONS
from coursekit.facts.forward.graph import ClosedError, Graph, difference
from coursekit.facts.forward.steps import Line

if TYPE_CHECKING:
    from coursekit.frameworks.recording import Array


def feed_forward(graph: Graph, entry: int, number: int, after: Array) -> Any:
    """Return the facts of a feed-forward: widened, activated, perhaps gated, narrowed again.

    Raises
    ------
    ClosedError
        When it is not of this form, such as one that sends tokens to experts.
    """
    narrow = graph.made_by(number, "linear")
    if narrow is None:
        raise ClosedError("its last operation is no matrix: perhaps tokens are sent to experts")
    inner, weight, bias, transposed = graph.linear(narrow)
    up: int | None = None
    behind = active(graph, inner)
    if behind is None:
        product = graph.made_by(inner, "multiply")
        sides = [] if product is None else [each for each in product.inputs if each is not None]
        gates = [(each, gate) for each in sides if (gate := active(graph, each)) is not None]
        if len(sides) != 2 or not gates:  # noqa: PLR2004
            raise ClosedError("between its matrices stands something else than an activation that is known here")
        gated, behind = gates[0]
        up = next(each for each in sides if each != gated)
    given, name, wrong = behind
    wide, narrowed = graph.rows(given), graph.rows(inner)
    with np.errstate(over="ignore"):
        activated = ACTIVATIONS[name][0](wide)
    rows = None if up is None else graph.rows(up)
    off = difference(activated if rows is None else activated * rows, narrowed)
    if off > graph.tolerance:
        raise ClosedError("what its second matrix takes is not what its activation gave")
    wrong = max(wrong, off)
    lines, notes, paths = [], [], [narrow.path]
    widen = graph.made_by(given, "linear")
    if widen is None or ((taken := graph.linear(widen))[0] != entry and graph.plain(taken[0]) != graph.plain(entry)):
        notes.append("What it widens is not computed again: it is a part of a larger product.")
    else:
        paths.insert(0, widen.path)
        try:
            wrong = max(wrong, same_matrix(graph, graph.rows(entry), *taken[1:], graph.rows(given)))
            lines.append(Line("Widened", matrix_line("s.before[TOKEN]", *taken[1:]), "s.wide[TOKEN]"))
        except ClosedError as error:
            notes.append(f"The first matrix is not computed again: {error}.")
    times = "" if rows is None else "({}) * s.up[TOKEN]"
    code = ACTIVATIONS[name][1]
    code = f"x = s.wide[TOKEN]; {times.format(code) if times else code}"
    lines.append(Line(name if rows is None else f"{name}, gated", code, "s.inner[TOKEN]"))
    try:
        wrong = max(wrong, same_matrix(graph, narrowed, weight, bias, transposed, after))
        lines.append(Line("Narrowed", matrix_line("s.inner[TOKEN]", weight, bias, transposed), "s.after[TOKEN]"))
    except ClosedError as error:
        notes.append(f"The second matrix is not computed again: {error}.")
    facts = {"wide": wide, "up": rows, "inner": narrowed, "activation": name}
    return facts, tuple(lines), wrong, tuple(paths), tuple(notes)


def active(graph: Graph, number: int) -> tuple[int, str, float] | None:
    """Return what an activation takes, its name, and the difference, where a value is what an activation gave.

    It is recognized by its numbers, so that one written in single operations is read as well.
    """
    number = graph.plain(number)
    operation = graph.maker.get(number)
    if operation is None:
        return None
    if operation.kind == "activation":
        given = next(each for each in operation.inputs if each is not None)
    else:
        shape = graph.shape(number)
        older = (
            graph.maker[each]
            for each in sorted(graph.before(number, number - _NEAR), reverse=True)
            if each in graph.maker
        )
        ends = (each for each in older if each.kind in {"linear", "part"} and _alike(graph.shape(each.output), shape))
        end = next((each for each in ends if each.output != number), None)
        if end is None or operation.kind in {"linear", "norm", "embedding"}:
            return None
        given = end.output
    wide, found = graph.rows(given), graph.rows(number)
    if wide.shape != found.shape:
        return None
    name, wrong = known_activation(wide, found, graph.tolerance)
    return (given, name, wrong) if name else None


_NEAR = 40
"""How many values an activation may make on its way."""


def _alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one[-1:] == other[-1:] and int(np.prod(one)) == int(np.prod(other))


def known_activation(wide: Array, active: Array, tolerance: float) -> tuple[str, float]:
    """Return the name of the activation that gives ``active``, and the difference; an empty name when none does."""
    with np.errstate(over="ignore"):
        found = {name: difference(function(wide), active) for name, (function, _) in ACTIVATIONS.items()}
    name = min(found, key=lambda each: found[each])
    return (name, found[name]) if found[name] <= tolerance else ("", 0.0)
