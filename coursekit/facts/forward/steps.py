"""The steps of a pass as they are shown: plain numbers, and what was compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from coursekit.frameworks.recording import Array


@dataclass(frozen=True)
class Line:
    """A line of NumPy that gives numbers of a step.

    Attributes
    ----------
    title
        What it computes.
    code
        The line, with ``TOKEN``, ``HEAD`` and ``ROW0``, ``ROW1`` … for what is chosen; ``view`` is the ForwardPass.
    gives
        Where the step holds these numbers, as an expression of ``s``, the step.
    """

    title: str
    code: str
    gives: str


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a pass.

    Attributes
    ----------
    name
        What it is called: ``layer 3 attention``.
    kind
        ``embeddings``, ``attention``, ``cross-attention``, ``add``, ``norm``, ``add and norm``, ``feed-forward``,
        ``pooler``, ``head``, ``result`` or ``layer`` (one whose steps are not told apart).
    title
        Its title beside the number of its layer.
    layer
        From 1, or None outside of the layers.
    stack
        ``encoder`` or ``decoder`` where there are both.
    paths
        The modules that it is made of.
    before, after
        The vectors that it takes and gives, ``(tokens, width)``.
    change
        How much it changes each vector, ``(tokens,)``: the length of what attention and feed-forward will add, and of
        the difference that other steps make, as a part of the length of the vector that goes through the model.
    rows
        The token of each row of ``after`` where these are not all.
    difference
        The largest difference between the model's own numbers and those computed in NumPy; see :func:`difference`.
    closed
        Why the inside is not shown, or nothing.
    lines
        How to compute it.
    notes
        What else is to be said, such as how positions enter.
    """

    name: str
    kind: str
    title: str
    layer: int | None
    stack: str
    paths: tuple[str, ...]
    before: Array
    after: Array
    change: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    rows: tuple[int, ...] | None = None
    difference: float = 0.0
    closed: str = ""
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Part:
    """One vector of a sum of embeddings: a row of a table, or what was computed for the token.

    Attributes
    ----------
    name, path
        The last part of the path of its table, and the name of the weight; nothing where there is no table.
    indices
        Which row each token takes.
    vectors
        ``(tokens, width)``.
    """

    name: str
    path: str
    indices: tuple[int, ...] | None
    vectors: Array


@dataclass(frozen=True)
class Norm:
    """A norm: its kind, the names of its weights, and the constant under its root."""

    kind: str
    weight: str
    bias: str
    epsilon: float


@dataclass(frozen=True, eq=False)
class EmbeddingsStep(Step):
    """The sum of a token's embeddings. ``total`` is the sum, ``(tokens, width)``."""

    parts: tuple[Part, ...] = ()
    total: Array | None = None
    norm: Norm | None = None


@dataclass(frozen=True, eq=False)
class AttentionStep(Step):
    """Attention.

    Attributes
    ----------
    query, key, value
        As they meet, ``(heads, tokens, head size)``; keys and values of ``sources`` many tokens.
    scale
        What each product is multiplied by.
    mask
        What is added to the products, ``(heads or 1, queries, keys)``: what is at most -10,000 blocks.
    scores
        The products with scale and mask, ``(heads, queries, keys)``.
    weights
        Softmax of the scores.
    context
        The weighted values, ``(heads, queries, head size)``.
    merged
        The same side by side, ``(queries, heads · head size)``, which the output matrix takes.
    key_heads
        How many different heads of keys there are; fewer than heads where groups share them.
    source
        The stack that the keys come from.
    """

    query: Array | None = None
    key: Array | None = None
    value: Array | None = None
    scale: float = 1.0
    mask: Array | None = None
    scores: Array | None = None
    weights: Array | None = None
    context: Array | None = None
    merged: Array | None = None
    key_heads: int = 0
    source: str = ""


@dataclass(frozen=True, eq=False)
class SumStep(Step):
    """Addition, a norm, or both: ``around + through = total``, of which ``norm`` makes ``after``.

    ``around`` is what went around the step before, ``through`` what came through it, ``(tokens, width)``; both are None
    where nothing is added.
    """

    around: Array | None = None
    through: tuple[Array, ...] = ()
    total: Array | None = None
    norm: Norm | None = None


@dataclass(frozen=True, eq=False)
class FeedForwardStep(Step):
    """Feed-forward: ``wide``, the activation, ``inner``, narrowed again.

    Attributes
    ----------
    wide
        What the activation takes, ``(tokens, intermediate)``.
    up
        What its result is multiplied with in a gated feed-forward, or None.
    inner
        What the second matrix takes.
    activation
        Its name.
    """

    wide: Array | None = None
    up: Array | None = None
    inner: Array | None = None
    activation: str = ""


@dataclass(frozen=True, eq=False)
class HeadStep(Step):
    """What stands behind the layers: matrices, activations and norms in a row.

    Attributes
    ----------
    output
        The field of the model's output that it gives.
    stages
        Title and numbers of each, ``(rows, width)``.
    activation
        The name of the activation, or nothing; ``wide`` is what it takes.
    labels
        The names of the columns, where there are few.
    vocabulary
        Whether the columns are the ids of the vocabulary.
    """

    output: str = ""
    stages: tuple[tuple[str, Array], ...] = ()
    activation: str = ""
    wide: Array | None = None
    labels: tuple[str, ...] = ()
    vocabulary: bool = False
