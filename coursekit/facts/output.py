"""What a model returned: its fields, its tokens, and the numbers behind every picture of them.

Several outputs on the same input are *runs*. They share tokens and scales, so that their pictures can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.facts.output_fields import (
    ATTENTION,
    STATES,
    FieldFacts,
    Missing,
    Named,
    field_facts,
    missing_fields,
    read_output,
)
from coursekit.facts.part_shown import Part, choose_part
from coursekit.facts.projection import Projection, principal_components
from coursekit.facts.similarity import cosine_similarity, mean_of_real_tokens
from coursekit.facts.tokens import PADDING, Sequences, token_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

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
        The names of the layers of :attr:`hidden`: ``embeddings``, ``layer 1`` …, or only ``last layer``.
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
        Scores, ``(sequences, labels)`` or ``(sequences, positions, labels)``.
    labels
        The names of the labels.
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


@dataclass(frozen=True, eq=False)
class OutputFacts:
    """One or more outputs on the same input.

    Attributes
    ----------
    runs
        The outputs.
    sequences
        The tokens, one tuple for each sequence of the batch.
    part
        Which part of a large output the pictures show.
    hidden_limit, attention_limit, logits_limit
        The values at the end of the common colour scales; the first is the 99.5th percentile of the sizes, so that a
        few outliers do not hide the rest.
    """

    runs: tuple[RunFacts, ...]
    sequences: Sequences
    part: Part
    hidden_limit: float
    attention_limit: float
    logits_limit: float


def output_facts(
    runs: Mapping[str, Any],
    input_ids: Any = None,
    tokenizer: Any = None,
    *,
    attention_mask: Any = None,
    config: Any = None,
    sequences: Any = None,
    layers: Any = None,
    heads: Any = None,
) -> OutputFacts:
    """Return what is true of one or more outputs on the same input.

    Parameters
    ----------
    runs
        Outputs by name: of PyTorch, of TensorFlow, tuples, mappings or arrays.
    input_ids
        What the model was given: ids of shape ``(batch, sequence)``, or the dict of inputs.
    tokenizer
        Names the ids.
    attention_mask
        Shape ``(batch, sequence)``: 1 for real tokens; taken from the dict of inputs, else from the padding ids.
    config
        The model's config, or the model: it names the labels and says where the sizes come from.
    sequences, layers, heads
        Which ones the pictures show, as lists of numbers (layers from 1, the others from 0); the default is as many
        as the page has room for.

    Raises
    ------
    CourseError
        When an output is none, when runs or ids do not fit each other, or when a choice names what is not there.
    """
    config = getattr(config, "config", config)
    read = {name: read_output(output, name) for name, output in runs.items()}
    missing = {name: missing_fields(named, runs[name]) for name, named in read.items()}
    pictured = {name: _Pictured.of(named, name) for name, named in read.items()}
    shape = _common_shape(pictured)
    tokens = token_facts(shape, input_ids, tokenizer, attention_mask)
    mask = np.array([[token.kind != PADDING for token in row] for row in tokens])  # (batch, sequence)
    part = choose_part(
        shape,
        mask,
        states=[states[0].shape[-1] * len(states) for one in pictured.values() if (states := one.states)],
        width=max((one.states[0].shape[-1] for one in pictured.values() if one.states), default=0),
        attention=[(len(one.attentions), one.attentions[0].shape[1]) for one in pictured.values() if one.attentions],
        sequences=sequences,
        layers=layers,
        heads=heads,
    )
    found = tuple(
        _run(name, named, missing[name], pictured[name], mask=mask, part=part, config=config)
        for name, named in read.items()
    )
    sizes = [np.abs(run.hidden[np.isfinite(run.hidden)]) for run in found if run.hidden is not None]
    return OutputFacts(
        found,
        tokens,
        part,
        max((float(np.percentile(values, 99.5)) for values in sizes if values.size), default=0.0),
        max((_largest(run.attention) for run in found if run.attention is not None), default=0.0),
        max((_largest(run.logits) for run in found if run.logits is not None), default=0.0),
    )


@dataclass(frozen=True, eq=False)
class _Pictured:
    """The fields that pictures show; those of the encoder where there are two sides, as the ids are its input."""

    states: tuple[Array, ...]  # each (batch, sequence, hidden)
    every_layer: bool
    attentions: tuple[Array, ...]  # each (batch, heads, query, key)
    logits: Array | None
    shape: tuple[int, int] | None

    @classmethod
    def of(cls, named: Named, run: str) -> _Pictured:
        def one(*names: str) -> Any:
            return next((named.values[name] for name in names if name in named.values), None)

        two_sides = any(name.startswith("encoder_") for name in named.values)
        side = "encoder_" if two_sides else ""
        states, last = one(f"{side}hidden_states"), one(f"{side}last_hidden_state")
        states = _alike(states, STATES)
        every_layer = bool(states)
        if not states and isinstance(last, np.ndarray) and last.ndim == STATES:
            states = (last,)
        attentions = tuple(
            layer for layer in _alike(one(f"{side}attentions"), ATTENTION) if layer.shape[2] == layer.shape[3]
        )
        logits = one("logits", "start_logits")
        logits = (
            logits if isinstance(logits, np.ndarray) and logits.ndim in {STATES - 1, STATES} and not two_sides else None
        )
        if states:
            shape = states[0].shape[:2]
        elif attentions:
            shape = (attentions[0].shape[0], attentions[0].shape[2])
        elif logits is not None:
            shape = logits.shape[:2] if logits.ndim == STATES else None
        else:
            raise CourseError(
                f"{run} has no hidden states, attention weights or logits of a shape that the pictures know.",
                why="they show tensors of (batch, sequence, hidden) and (batch, head, query, key).",
                remedy="Pass what a Transformer model of transformers returned: output = model(**inputs).",
            )
        if states and attentions and attentions[0].shape[::2][:2] != shape:
            attentions = ()  # of another length, as where a model shortens its input between layers
        if shape is not None and 0 in shape:
            raise CourseError(
                f"{run} is of {shape[0]} sequences of {shape[1]} tokens: it is empty.",
                why="there is nothing to show.",
                remedy="Run the model on at least one token.",
            )
        return cls(states, every_layer, attentions, logits, shape)


def _alike(value: Any, rank: int) -> tuple[Array, ...]:
    """Return a field of layers, or nothing where its tensors are not all of one shape and rank."""
    if isinstance(value, np.ndarray) and value.ndim == rank + 1:
        value = tuple(value)
    if not isinstance(value, tuple) or not value:
        return ()
    if not all(isinstance(layer, np.ndarray) and layer.ndim == rank for layer in value):
        return ()
    return value if len({layer.shape for layer in value}) == 1 else ()


def _common_shape(pictured: Mapping[str, _Pictured]) -> tuple[int, int]:
    shapes = {name: one.shape for name, one in pictured.items() if one.shape is not None}
    if not shapes:
        batches = {len(one.logits) for one in pictured.values() if one.logits is not None}
        if len(batches) == 1:
            return batches.pop(), 1
    if len(set(shapes.values())) == 1:
        return next(iter(shapes.values()))
    has = ", ".join(f"{name}: {batch} × {length}" for name, (batch, length) in shapes.items())
    raise CourseError(
        f"The runs are not on the same input ({has or 'their batches differ'}).",
        why="runs are compared token by token.",
        remedy="Give the same inputs to each model: run_a = model_a(**inputs), run_b = model_b(**inputs).",
    )


def _run(
    name: str, named: Named, missing: tuple[Missing, ...], pictured: _Pictured, *, mask: Array, part: Part, config: Any
) -> RunFacts:
    hidden = token_similarity = sequence_similarity = projection = None
    layers: tuple[str, ...] = ()
    if pictured.states:
        states = pictured.states
        layers = ("embeddings", *(f"layer {index}" for index in range(1, len(states))))
        layers = layers if pictured.every_layer else ("last layer",)
        chosen = list(part.sequences)
        hidden = np.stack([state[chosen][:, :, : part.dimensions] for state in states]).astype(np.float32)
        rows, places = (list(index) for index in zip(*part.tokens, strict=True)) if part.tokens else ([], [])
        vectors = np.stack([state[rows, places] for state in states]).astype(np.float32)  # (layers, tokens, hidden)
        token_similarity = cosine_similarity(vectors)
        projection = principal_components(vectors)
        means = np.stack([mean_of_real_tokens(state, mask) for state in states])  # (layers, batch, hidden)
        sequence_similarity = cosine_similarity(means)
    attention = None
    if pictured.attentions:
        attention = _attention(pictured.attentions, part)
    logits = None if pictured.logits is None else pictured.logits[list(part.sequences)].astype(np.float32)
    return RunFacts(
        name,
        named.kind,
        named.framework,
        field_facts(named, config),
        missing,
        layers,
        hidden,
        attention,
        part.layers(len(pictured.attentions)),
        part.heads(pictured.attentions[0].shape[1]) if pictured.attentions else (),
        token_similarity,
        sequence_similarity,
        projection,
        logits,
        _labels(config, 0 if logits is None else logits.shape[-1]),
    )


def _attention(attentions: tuple[Array, ...], part: Part) -> Array:
    """Return the weights of the part shown: ``(layers, sequences, heads, queries, keys)``."""
    wanted = np.ix_(list(part.sequences), list(part.heads(attentions[0].shape[1])))
    found = []
    for layer in part.layers(len(attentions)):
        weights = attentions[layer - 1]
        whole = len(wanted[0]) == weights.shape[0] and wanted[1].size == weights.shape[1]
        weights = weights if whole else weights[wanted]
        found.append(block_means(weights, part.block))
    return np.stack(found).astype(np.float32, copy=False)


def block_means(weights: Array, block: int) -> Array:
    """Return the means of ``block`` × ``block`` weights; the last blocks of a row or column may be smaller.

    Parameters
    ----------
    weights
        Shape ``(..., queries, keys)``.
    """
    if block == 1:
        return weights
    starts = np.arange(0, weights.shape[-1], block)
    sizes = np.diff([*starts, weights.shape[-1]])
    sums = np.add.reduceat(np.add.reduceat(weights, starts, axis=-1, dtype=np.float32), starts, axis=-2)
    means: Array = sums / (sizes[:, None] * sizes)  # (..., blocks, blocks)
    return means


def _labels(config: Any, count: int) -> tuple[str, ...]:
    names = getattr(config, "id2label", None) or {}
    if count > len(names):
        names = {}
    return tuple(str(names.get(index, f"label {index}")) for index in range(min(count, _LABELS)))


_LABELS = 64
"""Scores shown for one sequence or token; a vocabulary of thousands is not drawn."""


def _largest(values: Array) -> float:
    """Return the largest size among the finite values; 0 where there are none."""
    largest = float(max(values.max(initial=0), -values.min(initial=0)))
    return largest if np.isfinite(largest) else float(np.abs(values[np.isfinite(values)]).max(initial=0))
