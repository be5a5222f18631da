"""The equations that several steps share: a matrix, a norm; each computed again and written as a line of NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.formulas import norms
from coursekit.facts.forward.graph import ClosedError, Graph, difference
from coursekit.facts.forward.steps import Norm

if TYPE_CHECKING:
    from coursekit.frameworks.recording import Array, Operation


def lengths(part: Array, whole: Array) -> Array:
    """Return the length of each vector of ``part`` as a part of that of ``whole``: ``(tokens,)``."""
    size = np.linalg.norm(whole, axis=-1)
    found: Array = np.linalg.norm(part, axis=-1) / np.where(size == 0, 1, size)
    return found


def times_matrix(graph: Graph, x: Array, weight: str, bias: str, transposed: bool) -> Array:
    """Return vectors times a matrix of the model, ``(tokens, out)``.

    Raises
    ------
    ClosedError
        When the weights cannot be read.
    """
    if not weight:
        raise ClosedError("its weights are packed")
    matrix = graph.weight(weight)
    found: Array = x @ (matrix.T if transposed else matrix)
    return found + graph.weight(bias) if bias else found


def same_matrix(graph: Graph, x: Array, weight: str, bias: str, transposed: bool, recorded: Array) -> float:  # noqa: PLR0917  (one for each part of the equation)
    """Return how far vectors times a matrix are from what was recorded.

    Raises
    ------
    ClosedError
        When weights cannot be read, or the numbers do not agree.
    """
    wrong = difference(times_matrix(graph, x, weight, bias, transposed), recorded)
    if wrong > graph.tolerance:
        raise ClosedError("the product with its weights is not what was recorded")
    return wrong


def matrix_line(x: str, weight: str, bias: str, transposed: bool) -> str:
    """Return a product with a matrix as NumPy."""
    line = f'{x} @ view.weight("{weight}"){".T" if transposed else ""}'
    return f'{line} + view.weight("{bias}")' if bias else line


def read_norm(graph: Graph, operation: Operation, given: int) -> tuple[Array, Norm, float]:
    """Return what a norm gave, what kind it is, and the difference.

    Raises
    ------
    ClosedError
        When it is none that is known.
    """
    before, after = graph.rows(given), graph.rows(operation.output)
    recording = graph.recording
    names = [name for name in recording.weights.values() if name.rpartition(".")[0] == operation.path]
    scale = next((name for name in names if name.rpartition(".")[2] in {"weight", "gamma", "scale"}), "")
    shift = next((name for name in names if name.rpartition(".")[2] in {"bias", "beta"}), "")
    if before.shape != after.shape:
        raise ClosedError("it is a norm over something else than each token's vector")
    epsilon = recording.epsilon.get(operation.path, 1e-6)
    weight, bias = (graph.weight(name) if name else None for name in (scale, shift))
    found = {kind: difference(made, after) for kind, made in norms(before, weight, bias, epsilon).items()}
    kind = min(found, key=lambda each: found[each])
    if found[kind] > graph.tolerance:
        raise ClosedError(f"its norm {operation.name} is neither LayerNorm nor RMSNorm")
    return after, Norm(kind, scale, shift, epsilon), found[kind]


def line_of_norm(norm: Norm | None) -> str:
    """Return a norm of ``x`` as NumPy."""
    if norm is None:
        return ""
    middle = "(x - x.mean())" if norm.kind == "LayerNorm" else "x"
    spread = "x.var()" if norm.kind == "LayerNorm" else "(x * x).mean()"
    weight = f'view.weight("{norm.weight}")' if norm.weight else ""
    weight = f"(1 + {weight})" if weight and "1 +" in norm.kind else weight
    line = f"{middle} / np.sqrt({spread} + {norm.epsilon:g})"
    line += f" * {weight}" if weight else ""
    return f'{line} + view.weight("{norm.bias}")' if norm.bias else line


def numbers_of(operation: Any) -> list[int]:
    """Return the numbers of the values that an operation takes."""
    return [each for each in operation.inputs if each is not None]
