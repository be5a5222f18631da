"""The parameter count of a part of a model as a sum of products of config attributes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coursekit.facts.model.dimensions import Dimension
    from coursekit.facts.model.tree import Node, Tensor


@dataclass(frozen=True)
class Term:
    """Tensors of one named shape: how many there are, and the parameters of all of them together."""

    count: int
    shape: tuple[Dimension, ...]
    parameters: int


def tensors_at(tree: Node, paths: Iterable[str]) -> list[tuple[Tensor, int]]:
    """Return the tensors of the modules (or the tensors themselves) at ``paths``, each with its number of copies.

    The copies are counted inside of one module: those of one layer, not of all layers.
    """
    nodes: dict[str, Node] = {}
    single: dict[str, Tensor] = {}
    for node, _ in tree.walk():
        nodes.setdefault(node.path, node)
        nodes.setdefault(node.source, node)
        single.update({tensor.path: tensor for tensor in node.tensors})
    found: list[tuple[Tensor, int]] = []
    for path in paths:
        if path in nodes:
            whole = nodes[path].repeat
            found += [(tensor, times // whole) for node, times in nodes[path].walk() for tensor in node.tensors]
        elif path in single:
            found.append((single[path], 1))
    return found


def terms(tensors: Iterable[tuple[Tensor, int]]) -> tuple[Term, ...]:
    """Return the sum: tensors of one named shape together, tied ones left out, the largest first."""
    counts: Counter[tuple[Dimension, ...]] = Counter()
    for tensor, times in tensors:
        if not tensor.tied_to:
            counts[tensor.shape] += times
    found = []
    for shape, count in counts.items():
        product = count
        for dimension in shape:
            product *= dimension.size
        found.append(Term(count, shape, product))
    return tuple(sorted(found, key=lambda term: -term.parameters))
