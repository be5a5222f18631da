"""Attention, computed again from recorded queries, keys and values, and compared with what the model went on with.

Two ways of models are read: PyTorch's fused function, and ``softmax(q·kᵀ · scale + mask) · v`` in single operations,
whatever stands between: masks, relative positions, slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.formulas import softmax
from coursekit.facts.forward.graph import ClosedError, Graph, difference

if TYPE_CHECKING:
    from coursekit.frameworks.recording import Array, Operation

_NOTHING = 1e-6
"""TensorFlow's models add 10⁻⁹ to every score: it changes none."""
_HEADS = 3
"""Axes of an array of heads: head, token, dimension."""


@dataclass(frozen=True, eq=False)
class Core:
    """The inside of attention: numbers of the values q, k and v, and the arrays."""

    numbers: tuple[int, int, int]
    query: Array
    key: Array
    value: Array
    scale: float
    mask: Array | None
    scores: Array
    weights: Array
    context: Array
    output: int
    key_heads: int


def find_core(graph: Graph, operations: list[Operation]) -> Operation | None:
    """Return the operation among these in which attention happens, if there is exactly one."""
    found = [each for each in operations if each.kind == "attention" or _is_softmax(graph, each)]
    if len(found) > 1:
        raise ClosedError("it computes several attentions")
    return found[0] if found else None


def _is_softmax(graph: Graph, operation: Operation) -> bool:
    if operation.kind != "softmax" or len(graph.shape(operation.output)) < _HEADS:
        return False
    return any(each.kind == "matmul" for each in _on_the_way(graph, operation.output))


def _on_the_way(graph: Graph, number: int) -> list[Operation]:
    """Return who uses a value, over what changes only its shape or type."""
    users = []
    for user in graph.users[number]:
        users += _on_the_way(graph, user.output) if graph.is_plain(user) else [user]
    return users


def read_core(graph: Graph, operation: Operation) -> Core:
    """Compute attention again.

    Raises
    ------
    ClosedError
        When it is not of the form above, or the model's own numbers are others.
    """
    fused = operation.kind == "attention"
    query, key, value, scale, mask, output = _fused(graph, operation) if fused else _single(graph, operation)
    q, k, v = (_heads(graph.array(number), turned) for number, turned in (query, key, value))
    key_heads = len(k)
    if len(q) % len(k) or len(k) != len(v):
        raise ClosedError("queries and keys have heads that do not fit each other")
    k, v = (np.repeat(each, len(q) // len(each), axis=0) for each in (k, v))
    if q.shape[-1] != k.shape[-1] or k.shape[1] != v.shape[1]:
        raise ClosedError("queries, keys and values do not fit each other")
    products = (q @ k.swapaxes(-1, -2)) * np.float32(scale)  # (heads, queries, keys)
    if mask is not None:
        try:
            mask = np.broadcast_to(mask, np.broadcast_shapes(mask.shape, products.shape[-2:]))
            mask = mask.reshape(-1, *mask.shape[-2:])
            mask = np.where(np.abs(mask) < _NOTHING, np.float32(0), mask)
            scores = products + mask
        except ValueError as error:
            raise ClosedError("its mask has another shape than its weights") from error
        mask = None if not mask.any() else mask.astype(np.float32)
    else:
        scores = products
    weights = softmax(scores)
    context = weights @ v  # (heads, queries, head size)
    own = _heads(graph.array(output), turned=False)
    wrong = difference(context, own)
    if not fused:
        wrong = max(wrong, difference(weights, _heads(graph.array(operation.output), turned=False)))
    if wrong > graph.tolerance:
        raise ClosedError("the model's own numbers are not those of softmax(q·k/√d)·v")
    return Core(
        (query[0], key[0], value[0]),
        q,
        k,
        v,
        float(scale),
        mask,
        scores,
        weights,
        context,
        output,
        _different(k, key_heads),
    )


def _different(keys: Array, heads: int) -> int:
    """Return how many heads of keys are different: groups may have been copied by the model itself."""
    for size in range(len(keys), 1, -1):
        if len(keys) % size == 0:
            groups = keys.reshape(len(keys) // size, size, *keys.shape[1:])
            if (groups == groups[:, :1]).all():
                return len(keys) // size
    return heads


_Placed = tuple[int, bool]
"""The number of a value, and whether its last two axes are swapped."""
_Read = tuple[_Placed, _Placed, _Placed, float, Any, int]


def _heads(array: Array, turned: bool) -> Array:
    """Return an array of heads without the batch of one: ``(heads, tokens, size)``."""
    if array.ndim > _HEADS + 1 or array.ndim < _HEADS - 1 or (array.ndim == _HEADS + 1 and len(array) != 1):
        raise ClosedError(f"its heads stand in an array of {array.ndim} axes")
    array = array.reshape(-1, *array.shape[-2:])
    return array.swapaxes(-1, -2) if turned else array


def _fused(graph: Graph, operation: Operation) -> _Read:
    numbers = list(operation.inputs)
    constants = operation.constants
    named = {
        name: constants[f"{name} at"] for name in ("query", "key", "value", "attn_mask") if f"{name} at" in constants
    }
    query, key, value = (numbers[named.get(name, place)] for place, name in enumerate(("query", "key", "value")))
    if query is None or key is None or value is None:
        raise ClosedError("its queries, keys and values are no values of this pass")
    place = named.get("attn_mask", 3)
    given = numbers[place] if place < len(numbers) else None
    mask: Any = None
    if given is not None:
        mask = graph.array(given)
        mask = np.where(mask, np.float32(0), np.float32(-np.inf)) if mask.dtype == bool else mask
        mask = mask.reshape(mask.shape[-3:]) if mask.ndim > _HEADS else mask
    if constants.get("is_causal", constants.get(5)):
        queries, keys = graph.shape(query)[-2], graph.shape(key)[-2]
        mask = np.where(np.tri(queries, keys, dtype=bool), np.float32(0), np.float32(-np.inf))
    scale = constants.get("scale") or graph.shape(query)[-1] ** -0.5
    return (query, False), (key, False), (value, False), scale, mask, operation.output


def _single(graph: Graph, operation: Operation) -> _Read:
    given = next(number for number in operation.inputs if number is not None)
    query, key, scale, mask = _products(graph, given, 0)
    users = [each for each in _on_the_way(graph, operation.output) if each.kind == "matmul"]
    product = users[0]
    first, second = (number for number in product.inputs if number is not None)
    if not graph.comes_from(first, operation.output):
        raise ClosedError("its weights do not meet the values in a matrix product")
    return query, key, (second, bool(product.constants.get("adj_y"))), scale, mask, product.output


def _products(graph: Graph, number: int, depth: int) -> tuple[_Placed, _Placed, float, Any]:
    """Walk back from the scores to the product of queries and keys, collecting what was multiplied and added."""
    operation = graph.maker.get(number)
    if operation is None or depth > 12:  # noqa: PLR2004  (more is no attention that is known)
        raise ClosedError("its scores are not a product of queries and keys")
    numbers = [each for each in operation.inputs if each is not None]
    constant = next((v for k, v in operation.constants.items() if k in (0, 1) and type(v) in (int, float)), None)
    if graph.is_plain(operation):
        return _products(graph, numbers[0], depth + 1)
    if operation.kind == "matmul":
        return _product(graph, operation, numbers)
    if operation.kind in {"multiply", "divide"}:
        factor = float(constant) if constant is not None else _scalar(graph, numbers)
        query, key, scale, mask = _products(graph, _main(graph, numbers), depth + 1)
        factor = 1 / factor if operation.kind == "divide" else factor
        return query, key, scale * factor, None if mask is None else mask * np.float32(factor)
    if operation.kind in {"add", "subtract"} and len(numbers) == 2:  # noqa: PLR2004
        main = _main(graph, numbers)
        other = graph.array(numbers[1] if main == numbers[0] else numbers[0])
        other = -other if operation.kind == "subtract" else other
        query, key, scale, mask = _products(graph, main, depth + 1)
        other = other.reshape(other.shape[-3:]) if other.ndim > _HEADS else other
        return query, key, scale, other if mask is None else mask + other
    if operation.name == "baddbmm":
        query, key, scale, mask = _product(graph, operation, numbers[1:3])
        beta, alpha = (float(operation.constants.get(name, 1)) for name in ("beta", "alpha"))
        return query, key, scale * alpha, graph.array(numbers[0]) * np.float32(beta)
    if operation.kind == "fill":
        where = operation.name == "where"
        query, key, scale, mask = _products(graph, numbers[where], depth + 1)
        blocked = graph.array(numbers[not where])
        blocked = np.logical_not(blocked) if where else blocked
        blocked = blocked.reshape(blocked.shape[-3:]) if blocked.ndim > _HEADS else blocked
        added = np.where(blocked, np.float32(-np.inf), np.float32(0))
        return query, key, scale, added if mask is None else mask + added
    raise ClosedError(f"its scores pass {operation.name}, which is not read here")


def _main(graph: Graph, numbers: list[int]) -> int:
    """Return the operand that is the product of queries and keys: the one made later."""
    whole = max(int(np.prod(graph.shape(number))) for number in numbers)
    large = [number for number in numbers if int(np.prod(graph.shape(number))) == whole]
    if len(large) == 1:
        return large[0]
    made = [number for number in large if _leads(graph, number)]
    if len(made) != 1:
        raise ClosedError("it is not clear which of its scores are products")
    return made[0]


def _leads(graph: Graph, number: int) -> bool:
    for _ in range(12):
        operation = graph.maker.get(number)
        if operation is None:
            return False
        if operation.kind == "matmul":
            return True
        numbers = [each for each in operation.inputs if each is not None]
        if operation.kind not in {"same", "part", "add", "multiply", "divide", "fill"} or not numbers:
            return False
        if len(numbers) > 1 and operation.kind in {"add", "multiply"}:
            return any(_leads(graph, each) for each in numbers)
        number = numbers[0]
    return False


def _scalar(graph: Graph, numbers: list[int]) -> float:
    single = [number for number in numbers if int(np.prod(graph.shape(number))) == 1]
    if not single:
        raise ClosedError("its scores are multiplied by something that is no single number")
    return float(graph.array(single[0]).reshape(()))


def _product(graph: Graph, operation: Operation, numbers: list[int]) -> tuple[_Placed, _Placed, float, Any]:
    if len(numbers) != 2:  # noqa: PLR2004
        raise ClosedError("its product has not two sides")
    query, key = numbers
    scale = 1.0
    turned = not operation.constants.get("adj_y")
    maker = graph.maker.get(query)
    if maker is not None and maker.kind in {"multiply", "divide"}:  # queries that were scaled before
        inner = [each for each in maker.inputs if each is not None]
        constant = next((v for v in maker.constants.values() if type(v) in (int, float)), None)
        if constant is None and len(inner) == 2 and int(np.prod(graph.shape(inner[1]))) == 1:  # noqa: PLR2004
            constant = float(graph.array(inner[1]).reshape(()))
        if constant:
            query, scale = inner[0], 1 / constant if maker.kind == "divide" else constant
    return (query, False), (key, turned), scale, None
