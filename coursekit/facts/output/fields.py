"""The anatomy of a model's output: its fields, and where each number of a shape comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coursekit.facts.output.values import Named, is_empty, leaves_of

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Axis:
    """One axis of a tensor.

    Attributes
    ----------
    name
        What is counted along it, such as ``sequence``.
    size
        How many there are.
    origin
        Where that number comes from.
    """

    name: str
    size: int
    origin: str


@dataclass(frozen=True)
class FieldFacts:
    """One field of an output.

    Attributes
    ----------
    name
        Its name, such as ``last_hidden_state``.
    meaning
        What it holds, in one sentence.
    axes
        Its axes in order; a tuple of tensors has ``layer`` first. Empty for a field that holds no tensors.
    tensors
        How many tensors the field is a tuple of, or None for a single one.
    dtype
        The type of its numbers; the type of the object where it holds no tensors.
    nbytes
        How many bytes its numbers take.
    not_finite
        How many of its numbers are NaN or infinite.
    held
        How many tensors it holds, also inside of tuples of tuples.
    """

    name: str
    meaning: str
    axes: tuple[Axis, ...]
    tensors: int | None
    dtype: str
    nbytes: int
    not_finite: int
    held: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of :attr:`axes`."""
        return tuple(axis.size for axis in self.axes)

    @property
    def without_axes(self) -> str:
        """What it is where it has no axes in common: ``one number``, ``4 tensors`` or ``no tensors``."""
        if self.tensors is None and self.held == 1:
            return "one number"
        return f"{self.held} tensors" if self.held else "no tensors"


@dataclass(frozen=True)
class Missing:
    """A field that could be there.

    Attributes
    ----------
    name
        Its name.
    reason
        Why it is not there.
    line
        The line that brings it.
    """

    name: str
    reason: str
    line: str


MEANINGS = {
    "last_hidden_state": "One vector for each token, after the last layer.",
    "pooler_output": "One vector for each sequence: that of its first token, through one more layer and tanh.",
    "hidden_states": "The vectors of all tokens after the embeddings and after each layer.",
    "attentions": "For each layer and head: how much each token (query) takes from each token (key). Rows sum to 1.",
    "cross_attentions": "How much each token of the decoder takes from each token of the encoder.",
    "logits": "One score for each choice, before softmax turns scores to probabilities.",
    "prediction_logits": "For each token, one score for each word that could stand there.",
    "start_logits": "For each token, a score for being the start of the answer.",
    "end_logits": "For each token, a score for being the end of the answer.",
    "loss": "How wrong the predictions were, as one number.",
    "past_key_values": "Keys and values of all layers, kept so that the next token needs less work.",
}


def field_facts(named: Named, config: Any) -> tuple[FieldFacts, ...]:
    """Return the facts of each field, in the output's order; empty tuples, which transformers 5 fills in, left out."""
    return tuple(
        _field(name, value, named.dtypes[name], config) for name, value in named.values.items() if not is_empty(value)
    )


def _field(name: str, value: Any, dtype: str, config: Any) -> FieldFacts:
    leaves: list[Array] = leaves_of(value)
    side, _, bare = name.rpartition("coder_")
    meaning = MEANINGS.get(name) or MEANINGS.get(bare, "")
    if meaning and side:
        meaning = f"Of the {side}coder. {meaning}"
    tensors = len(value) if isinstance(value, tuple) else None
    if not leaves:
        return FieldFacts(name, meaning, (), tensors, dtype, 0, 0, 0)
    shapes = {leaf.shape for leaf in leaves}
    flat = tensors is None or len(leaves) == tensors
    axes = _axes(bare or name, leaves[0].shape, tensors, config) if flat and len(shapes) == 1 else ()
    itemsize = 2 if dtype in {"float16", "bfloat16"} else leaves[0].itemsize
    return FieldFacts(
        name,
        meaning,
        axes,
        tensors,
        dtype,
        sum(leaf.size for leaf in leaves) * itemsize,
        sum(int(leaf.size - np.isfinite(leaf).sum()) for leaf in leaves if leaf.dtype.kind == "f"),
        len(leaves),
    )


def _axes(name: str, shape: tuple[int, ...], tensors: int | None, config: Any) -> tuple[Axis, ...]:
    batch = ("batch", "one for each sequence that you passed", "")
    sequence = ("sequence", "tokens of the longest sequence; shorter ones are padded", "")
    hidden = ("hidden", "hidden_size of the config", "hidden_size")
    head = ("head", "num_attention_heads of the config", "num_attention_heads")
    query = ("query", "one for each token that takes", "")
    key = ("key", "one for each token that is taken from", "")
    label = ("label", "num_labels of the config", "num_labels")
    word = ("vocabulary", "vocab_size of the config", "vocab_size")
    choices = word if shape and shape[-1] == getattr(config, "vocab_size", None) else label
    known: dict[tuple[str, int], list[tuple[str, str, str]]] = {
        ("last_hidden_state", 3): [batch, sequence, hidden],
        ("hidden_state", 3): [batch, sequence, hidden],
        ("hidden_states", 3): [batch, sequence, hidden],
        ("pooler_output", 2): [batch, hidden],
        ("attentions", 4): [batch, head, query, key],
        ("cross_attentions", 4): [batch, head, query, key],
        ("logits", 2): [batch, choices],
        ("logits", 3): [batch, sequence, choices],
        ("prediction_logits", 3): [batch, sequence, choices],
        ("start_logits", 2): [batch, sequence],
        ("end_logits", 2): [batch, sequence],
    }
    names = known.get((name, len(shape)), [(f"axis {index}", "", "") for index in range(len(shape))])
    if tensors is not None:
        more = " + 1: the embeddings, then each layer" if name == "hidden_states" else ""
        first = ("layer", f"num_hidden_layers of the config{more}", "" if more else "num_hidden_layers")
        names, shape = [first, *names], (tensors, *shape)
    return tuple(
        Axis(axis, size, _checked(origin, getattr(config, attribute, size) if attribute else size, size))
        for (axis, origin, attribute), size in zip(names, shape, strict=True)
    )


def _checked(origin: str, stated: Any, size: int) -> str:
    return origin if stated == size else f"not the {origin}, which says {stated}"


def missing_fields(named: Named, output: Any) -> tuple[Missing, ...]:
    """Return what the model would also give, with the line that asks for it."""
    call = "output = model(**inputs, {}=True)"
    found = []
    has = {name.removeprefix("encoder_") for name in named.values}
    if not isinstance(output, (Mapping, tuple, list)):
        return ()
    if "hidden_states" not in has:
        line = call.format("output_hidden_states")
        found.append(Missing("hidden_states", "The model returns them only when you ask.", line))
    asked = next((value for name, value in named.values.items() if name.endswith("attentions")), None)
    if asked is None:
        line = call.format("output_attentions")
        found.append(Missing("attentions", "The model returns them only when you ask.", line))
    elif not leaves_of(asked):
        reason = "You asked for them, but this implementation of attention (sdpa, flash) never writes them down."
        line = 'model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")'
        found.append(Missing("attentions", reason, line))
    return tuple(found)
