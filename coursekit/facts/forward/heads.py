"""What stands behind the layers: a last norm, a pooler, the head of a task; and what a head says of earlier layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.equations import (
    lengths,
    line_of_norm,
    matrix_line,
    numbers_of,
    read_norm,
    same_matrix,
    times_matrix,
)
from coursekit.facts.forward.feed_forward import active
from coursekit.facts.forward.formulas import ACTIVATIONS, norms
from coursekit.facts.forward.graph import ClosedError, Graph, difference
from coursekit.facts.forward.steps import HeadStep, Line, Norm, Step, SumStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from coursekit.frameworks.recording import Array, Operation


@dataclass(frozen=True, eq=False)
class Link:
    """One operation of a head: what it is, and how to apply it to other vectors."""

    kind: str
    output: int
    apply: Callable[[Array], Array]
    name: str = ""
    norm: Norm | None = None
    given: int = -1
    path: str = ""
    code: str = ""


def chain(graph: Graph, number: int, known: set[int]) -> tuple[int, list[Link], tuple[int, ...] | None, float]:
    """Return where a value comes from among ``known``, what is done on the way, which tokens, and the difference.

    Raises
    ------
    ClosedError
        When something on the way is not read here.
    """
    links: list[Link] = []
    rows: tuple[int, ...] | None = None
    worst = 0.0
    for _ in range(40):
        number = graph.plain(number)
        if number in known:
            return number, links[::-1], rows, worst
        operation = graph.maker.get(number)
        if operation is None:
            break
        data = [each for each in numbers_of(operation) if not graph.weight_name(each)]
        if not data:
            break
        if operation.kind == "part":
            rows = _chosen(graph.rows(data[0]), graph.rows(number))
        else:
            jump = active(graph, number) if operation.kind not in {"linear", "norm", "add"} else None
            if jump is not None:
                given, name, wrong = jump
                link = Link("activation", number, ACTIVATIONS[name][0], name, given=given, code=ACTIVATIONS[name][1])
                data = [given]
            else:
                link, wrong = _link(graph, operation, data)
            worst = max(worst, wrong)
            links.append(link)
        number = data[0]
    raise ClosedError("it is not computed from the last layer by matrices, norms and activations alone")


def _chosen(given: Array, taken: Array) -> tuple[int, ...] | None:
    if given.shape == taken.shape:
        return None
    found = [int(np.flatnonzero((given == row).all(-1))[0]) for row in taken if (given == row).all(-1).any()]
    if len(found) != len(taken):
        raise ClosedError("it takes a part of the last layer's vectors")
    return tuple(found)


def _link(graph: Graph, operation: Operation, data: list[int]) -> tuple[Link, float]:
    after = graph.rows(operation.output)
    before = graph.rows(data[0])
    if operation.kind == "linear" or (operation.kind == "matmul" and len(data) == 1):
        taken, weight, bias, transposed = graph.linear(operation)
        wrong = same_matrix(graph, graph.rows(taken), weight, bias, transposed, after)
        made = Link(
            "linear",
            operation.output,
            lambda x: times_matrix(graph, x, weight, bias, transposed),
            path=operation.path,
            code=matrix_line("x", weight, bias, transposed),
        )
        return made, wrong
    if operation.kind == "norm":
        _, norm, wrong = read_norm(graph, operation, data[0])
        scale, shift = (graph.weight(name) if name else None for name in (norm.weight, norm.bias))
        made = Link(
            "norm",
            operation.output,
            lambda x: norms(x, scale, shift, norm.epsilon)[norm.kind],
            norm=norm,
            given=data[0],
            path=operation.path,
            code=line_of_norm(norm),
        )
        return made, wrong
    if operation.kind == "multiply" and len(numbers_of(operation)) == 1:
        factor = next((v for v in operation.constants.values() if type(v) in (int, float)), None)
        if factor is not None and difference(before * np.float32(factor), after) <= graph.tolerance:
            code = f"x * {factor:.8g}"
            return Link("scale", operation.output, lambda x: x * np.float32(factor), code=code), 0.0
    if operation.kind == "add" and len(data) == 1 and len(numbers_of(operation)) == 2:  # noqa: PLR2004  (a bias)
        bias = next(name for each in numbers_of(operation) if (name := graph.weight_name(each)))
        vector = graph.weight(bias)
        if difference(before + vector, after) <= graph.tolerance:
            return Link("bias", operation.output, lambda x: x + vector, code=f'x + view.weight("{bias}")'), 0.0
    raise ClosedError(f"{operation.name} on its way is not read here")


def final_norm(graph: Graph, link: Link, stack: str, prefix: str) -> Step:
    """Return the norm behind the last layer as a step."""
    before, after = graph.rows(link.given), graph.rows(link.output)
    code = f"x = s.before[TOKEN]; {line_of_norm(link.norm)}"
    return SumStep(
        f"{prefix}last norm",
        "norm",
        "Last norm",
        None,
        stack,
        (link.path,),
        before,
        after,
        change=lengths(after - before, before),
        lines=(Line("The norm", code, "s.after[TOKEN]"),),
        total=before,
        norm=link.norm,
    )


def head_step(graph: Graph, name: str, number: int, known: set[int], config: Any, stack: str, prefix: str) -> HeadStep:  # noqa: PLR0917  (one for each part of the equation)
    """Return the step that gives an output.

    Raises
    ------
    ClosedError
        When it cannot be computed again.
    """
    source, links, rows, wrong = chain(graph, number, known)
    before, after = graph.rows(source), graph.rows(number)
    stages = []
    lines = []
    code = ["x = s.before[TOKEN]"]
    last = [link.output for link in links][-1:]
    for link in links:
        if link.kind != "scale" and link.output not in last:
            stages.append(
                (link.name or {"linear": "matrix", "norm": "norm", "bias": "bias"}[link.kind], graph.rows(link.output))
            )
        code.append(f"x = {link.code}")
    lines.append(Line("The whole head", "; ".join([*code, "x"]), "s.after[ROW]"))
    activation = next((link for link in links if link.kind == "activation"), None)
    width = after.shape[-1]
    vocabulary = width == getattr(config, "vocab_size", None) and width > 1
    names = getattr(config, "id2label", None) or {}
    labels = tuple(str(names[at]) for at in range(width)) if len(names) == width and not vocabulary else ()
    pooler = "pooler" in name
    title = "Pooler" if pooler else "Head"
    return HeadStep(
        name=f"{prefix}{'pooler' if pooler else 'head' if name in {'logits', 'prediction_logits'} else f'head {name}'}",
        kind="pooler" if pooler else "head",
        title=title,
        layer=None,
        stack=stack,
        paths=tuple(link.path for link in links if link.path),
        before=before if rows is None else before[list(rows)],
        after=after,
        rows=rows,
        difference=wrong,
        lines=tuple(lines),
        output=name,
        stages=tuple(stages),
        activation=activation.name if activation is not None else "",
        wide=None if activation is None else graph.rows(activation.given),
        labels=labels,
        vocabulary=vocabulary,
    )
