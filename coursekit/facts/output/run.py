"""What a model returned: its fields, its tokens, and the numbers behind every picture of them.

Several outputs on the same input are *runs*. They share tokens and scales, so that their pictures can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.output.fields import FieldFacts, Missing, field_facts, missing_fields
from coursekit.facts.output.page_budget import Choice, Part, block_means, choose_part
from coursekit.facts.output.pca import Projection, principal_components
from coursekit.facts.output.pictures import Pictured, common_shape
from coursekit.facts.output.scores import score_facts
from coursekit.facts.output.similarity import cosine_similarity, mean_of_real_tokens
from coursekit.facts.output.tokens import PADDING, Sequences, token_facts, vocabulary_of
from coursekit.facts.output.values import Named, read_output

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from coursekit.facts.batch.vocabulary import Vocabulary

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
        Scores, ``(sequences, labels)`` or ``(sequences, positions, labels)``; the highest few of each sequence or token
        where there are more labels than a picture has room for.
    labels
        The names of the columns of :attr:`logits`: labels, or ``1st``, ``2nd`` and so on.
    words
        The label of each of the highest scores, of the shape of :attr:`logits`; None where the columns are labels.
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
    choice: Choice = Choice(),  # noqa: B008  (frozen)
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
    choice
        Which sequences, layers and heads the pictures show.

    Raises
    ------
    CourseError
        When an output is none, when runs or ids do not fit each other, or when a choice names what is not there.
    """
    config = getattr(config, "config", config)
    read = {name: read_output(output, name) for name, output in runs.items()}
    missing = {name: missing_fields(named, runs[name]) for name, named in read.items()}
    pictured = {name: Pictured.of(named, name) for name, named in read.items()}
    shape = common_shape(pictured)
    vocabulary = vocabulary_of(tokenizer)
    tokens = token_facts(shape, input_ids, vocabulary, attention_mask)
    mask = np.array([[token.kind != PADDING for token in row] for row in tokens])  # (batch, sequence)
    part = choose_part(
        shape,
        mask,
        states=[states[0].shape[-1] * len(states) for one in pictured.values() if (states := one.states)],
        width=max((one.states[0].shape[-1] for one in pictured.values() if one.states), default=0),
        attention=[(len(one.attentions), one.attentions[0].shape[1]) for one in pictured.values() if one.attentions],
        choice=choice,
    )
    if any(one.two_sides for one in pictured.values()):
        part = replace(part, notes=("The pictures show the encoder, whose input the ids are.", *part.notes))
    found = tuple(
        _run(name, named, missing[name], pictured[name], mask=mask, part=part, config=config, vocabulary=vocabulary)
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


def _run(
    name: str,
    named: Named,
    missing: tuple[Missing, ...],
    pictured: Pictured,
    *,
    mask: Array,
    part: Part,
    config: Any,
    vocabulary: Vocabulary | None,
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
    scores = None if pictured.logits is None else pictured.logits[list(part.sequences)].astype(np.float32)
    logits, labels, words = (
        (None, (), None) if scores is None else score_facts(scores, config, vocabulary, labels=pictured.labels)
    )
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
        labels,
        words,
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


def _largest(values: Array) -> float:
    """Return the largest size among the finite values; 0 where there are none."""
    largest = float(max(values.max(initial=0), -values.min(initial=0)))
    return largest if np.isfinite(largest) else float(np.abs(values[np.isfinite(values)]).max(initial=0))
