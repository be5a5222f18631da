"""What is true of one or more outputs on the same input, as views draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

    from coursekit.facts.output.fields import FieldFacts
    from coursekit.facts.output.missing import Missing
    from coursekit.facts.output.page_budget import Part
    from coursekit.facts.output.pca import Projection
    from coursekit.facts.output.tokens import Sequences

    Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class RunFacts:
    """One output and what its pictures show. An array is None where the output has no such field.

    Attributes
    ----------
    name
        How the run was called.
    kind
        The class of the output.
    framework
        ``pytorch``, ``tensorflow`` or ``numpy``.
    fields
        The fields of the output.
    missing
        The fields that it could have, and how.
    layers
        The names of the layers of :attr:`hidden`: ``embeddings``, ``layer 1`` …, or only ``last layer``; the name of
        the field where it is not known which layer it is of.
    hidden
        Hidden states of the part shown, ``(layers, sequences, positions, dimensions)``.
    attention
        Attention weights of the part shown, ``(layers, sequences, heads, queries, keys)``; means of blocks where
        :attr:`Part.block` is not 1.
    attention_layers, heads
        Which layers (from 1) and heads (from 0) these are.
    token_similarity
        Cosine similarity of :attr:`Part.tokens`, ``(layers, tokens, tokens)``.
    sequence_similarity
        Cosine similarity of the means of real tokens of all sequences, ``(layers, batch, batch)``.
    projection
        :attr:`Part.tokens` of all layers in two dimensions, ``(layers, tokens, 2)``.
    logits
        Scores, ``(sequences, labels)`` or ``(sequences, positions, labels)``; the highest few of each sequence or token
        where there are more labels than a picture has room for.
    labels
        The names of the columns of :attr:`logits`: labels, or ``1st``, ``2nd`` and so on.
    words
        The label of each of the highest scores, of the shape of :attr:`logits`; None where the columns are labels.
    scores
        What the numbers of :attr:`logits` are: ``Logits``, ``Probabilities``, or a name such as ``array 1``.
    """

    name: str
    kind: str
    framework: str
    fields: tuple[FieldFacts, ...]
    missing: tuple[Missing, ...]
    layers: tuple[str, ...]
    hidden: Array | None
    attention: Array | None
    attention_layers: tuple[int, ...]
    heads: tuple[int, ...]
    token_similarity: Array | None
    sequence_similarity: Array | None
    projection: Projection | None
    logits: Array | None
    labels: tuple[str, ...]
    words: Array | None
    scores: str = "Logits"


@dataclass(frozen=True, eq=False)
class OutputFacts:
    """One or more outputs on the same input.

    Attributes
    ----------
    runs
        The outputs.
    sequences
        The tokens, one tuple for each sequence that is looked at.
    part
        Which part of a large output the pictures show.
    hidden_limit, attention_limit, logits_limit
        The values at the end of the common colour scales; the first is the 99.5th percentile of the sizes, so that a
        few outliers do not hide the rest.
    keys
        The tokens of the keys of attention, one tuple for each sequence, where they are not those of the queries.
    numbers
        The index in the batch of each of :attr:`sequences`.
    batch
        How many sequences the batch has.
    unit
        What stands at a position: ``token``, ``patch``, ``frame`` or ``position``.
    signs
        What the signs mean that the vocabulary writes into its tokens, one line each.
    side, sides
        Which part of the output the pictures show, and which parts it has; empty where it has one.
    step, steps
        Which step of generation they show (from 0), and how many there are; 0 where nothing was generated.
    """

    runs: tuple[RunFacts, ...]
    sequences: Sequences
    part: Part
    hidden_limit: float
    attention_limit: float
    logits_limit: float
    keys: Sequences | None = None
    numbers: tuple[int, ...] = ()
    batch: int = 0
    unit: str = "token"
    signs: tuple[str, ...] = ()
    side: str = ""
    sides: tuple[str, ...] = ("",)
    step: int = 0
    steps: int = 0
