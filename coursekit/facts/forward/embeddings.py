"""The embeddings: the rows of tables, or whatever is added, to the vector that enters the first layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.equations import line_of_norm, numbers_of, read_norm
from coursekit.facts.forward.graph import ClosedError, Graph, difference
from coursekit.facts.forward.steps import EmbeddingsStep, Line, Norm, Part

if TYPE_CHECKING:
    from coursekit.frameworks.recording import Array


def embeddings(graph: Graph, enters: int, stack: str, prefix: str) -> EmbeddingsStep:
    """Return the step that gives ``enters``, what the first layer takes."""
    after = graph.rows(enters)
    name = f"{prefix}embeddings"
    facts: dict[str, Any] = {
        "name": name,
        "kind": "embeddings",
        "title": "Embeddings",
        "layer": None,
        "stack": stack,
        "after": after,
        "change": np.zeros(len(after), np.float32),
    }
    try:
        return EmbeddingsStep(**{"before": after[:, :0], "paths": (), **facts, **_read(graph, enters)})
    except ClosedError as error:
        return EmbeddingsStep(**facts, before=after[:, :0], paths=(), closed=str(error))


def _read(graph: Graph, enters: int) -> dict[str, Any]:
    number = graph.plain(enters)
    after = graph.rows(number)
    norm: Norm | None = None
    wrong = 0.0
    operation = graph.maker.get(number)
    if operation is not None and operation.kind == "norm":
        number = graph.plain(next(each for each in numbers_of(operation) if not graph.weight_name(each)))
        _, norm, wrong = read_norm(graph, operation, number)
    total = graph.rows(number)
    parts = [_part(graph, term, len(total), total.shape[-1]) for term in _terms(graph, number)]
    wrong = max(wrong, difference(sum(part.vectors for part in parts), total))
    if wrong > graph.tolerance:
        raise ClosedError("what enters the first layer is not the sum of its embeddings")
    rows = [
        f'view.weight("{part.path}")[ROW{at}]'
        if part.path and part.indices is not None
        else f"s.parts[{at}].vectors[TOKEN]"
        for at, part in enumerate(parts)
    ]
    code = "x = " + " + ".join(rows)
    lines = [Line("The sum", f"{code}; x", "s.total[TOKEN]")]
    if norm is not None:
        lines.append(Line("The norm", f"{code}; {line_of_norm(norm)}", "s.after[TOKEN]"))
    paths = tuple(part.path.rpartition(".")[0] for part in parts if part.path)
    return {
        "before": total,
        "parts": tuple(parts),
        "total": total,
        "norm": norm,
        "difference": wrong,
        "lines": tuple(lines),
        "paths": paths,
        "after": after,
    }


def _terms(graph: Graph, number: int) -> list[int]:
    operation = graph.made_by(number, "add")
    if operation is None:
        return [number]
    return [term for each in numbers_of(operation) for term in _terms(graph, each)]


def _part(graph: Graph, number: int, tokens: int, width: int) -> Part:
    """Return one term of the sum: a row of a table where it is one."""
    plain = graph.plain(number)
    weight = graph.weight_name(plain)
    operation = graph.maker.get(plain)
    vectors = _spread(graph.rows(number), tokens, width)
    if weight:
        return Part(weight.rpartition(".")[2], weight, None, vectors)
    if operation is None or operation.kind != "embedding":
        return Part(operation.path.rpartition(".")[2] if operation else "input", "", None, vectors)
    table = next((name for each in numbers_of(operation) if (name := graph.weight_name(each))), "")
    given = [each for each in numbers_of(operation) if not graph.weight_name(each)]
    indices = np.broadcast_to(graph.array(given[0]).reshape(-1), (tokens,)) if given else None
    home = operation.path.rpartition(".")[2] or table.rpartition(".")[0].rpartition(".")[2]
    rows = None if indices is None else tuple(int(each) for each in indices)
    if table and rows is not None:
        matrix = graph.weight(table)
        if max(rows) >= len(matrix) or difference(matrix[list(rows)], vectors) > graph.tolerance:
            rows = None
    return Part(home, table if rows is not None else "", rows, vectors)


def _spread(vectors: Array, tokens: int, width: int) -> Array:
    try:
        return np.broadcast_to(vectors, (tokens, width)).astype(np.float32)
    except ValueError as error:
        raise ClosedError("a term of its embeddings is not one vector for each token") from error
