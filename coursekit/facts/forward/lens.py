"""The logit lens: what the model's head would already say after each layer (nostalgebraist, 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coursekit.facts.forward.formulas import softmax
from coursekit.facts.forward.graph import ClosedError, Graph
from coursekit.facts.forward.heads import chain

if TYPE_CHECKING:
    from coursekit.facts.forward.steps import HeadStep, Step
    from coursekit.frameworks.recording import Array

BEST = 10
"""Words for each token and layer."""
_MOST_TOKENS = 32
"""Tokens that are sent through the head after every layer; each costs vocabulary times width times layers."""


@dataclass(frozen=True, eq=False)
class Lens:
    """The best words after each layer.

    Attributes
    ----------
    layers
        Names: ``embeddings``, ``layer 1`` …; the last one is what the model says.
    tokens
        The tokens that were sent through the head.
    ids
        The best ids, ``(layers, tokens, best)``.
    shares
        Their chances, of the same shape.
    final
        The chance of the word that is best at the end, after each layer: ``(layers, tokens)``.
    """

    layers: tuple[str, ...]
    tokens: tuple[int, ...]
    ids: Array
    shares: Array
    final: Array


def lens(graph: Graph, head: HeadStep, number: int, last: dict[str, int], steps: list[Step]) -> Lens | None:
    """Return the lens, or None where the head cannot be computed on other vectors."""
    if head.closed or head.rows is not None:
        return None
    try:
        _, links, _, _ = chain(graph, number, {last[head.stack]})
    except ClosedError:
        return None
    mine = [step for step in steps if step.stack == head.stack]
    states = [("embeddings", next(step.after for step in mine if step.kind == "embeddings"))]
    depth = max((step.layer for step in mine if step.layer is not None), default=0)
    last_of = {step.layer: step.after for step in mine}
    states += [(f"layer {layer}", last_of[layer]) for layer in range(1, depth + 1)]
    tokens = tuple(range(min(len(head.after), _MOST_TOKENS)))
    ids, shares, chances = [], [], []
    final = head.after[list(tokens)].argmax(-1)
    for at, (_, state) in enumerate(states):
        logits = head.after[list(tokens)] if at == len(states) - 1 else state[list(tokens)]
        if at < len(states) - 1:
            for link in links:
                logits = link.apply(logits)
        best = np.argpartition(-logits, range(min(BEST, logits.shape[-1] - 1)), axis=-1)[:, :BEST]
        every = softmax(logits)
        ids.append(best)
        shares.append(np.take_along_axis(every, best, -1))
        chances.append(every[np.arange(len(tokens)), final])
    return Lens(tuple(name for name, _ in states), tokens, np.stack(ids), np.stack(shares), np.stack(chances))
