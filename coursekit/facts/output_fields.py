"""The anatomy of a model's output: its fields, and where each number of a shape comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coursekit import frameworks
from coursekit.errors import CourseError

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
    """

    name: str
    meaning: str
    axes: tuple[Axis, ...]
    tensors: int | None
    dtype: str
    nbytes: int
    not_finite: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of :attr:`axes`."""
        return tuple(axis.size for axis in self.axes)


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


@dataclass(frozen=True, eq=False)
class Named:
    """The fields of an output by name, as NumPy arrays or tuples of them, with the types that they had.

    Attributes
    ----------
    kind
        The class of the output, such as ``BaseModelOutputWithPooling``.
    framework
        ``pytorch``, ``tensorflow`` or ``numpy``.
    values
        An array, a tuple of arrays, or another object for each field.
    dtypes
        The framework's name of the type of each field's numbers.
    """

    kind: str
    framework: str
    values: dict[str, Any]
    dtypes: dict[str, str]


STATES, ATTENTION = 3, 4
"""How many axes a tensor of hidden states has, and one of attention weights."""

MEANINGS = {
    "last_hidden_state": "One vector for each token, after the last layer.",
    "pooler_output": "One vector for each sequence: that of its first token, through one more layer and tanh.",
    "hidden_states": "The vectors of all tokens after the embeddings and after each layer.",
    "attentions": "For each layer and head: how much each token (query) takes from each token (key). Rows sum to 1.",
    "cross_attentions": "How much each token of the decoder takes from each token of the encoder.",
    "logits": "One score for each choice, before softmax turns scores to probabilities.",
    "start_logits": "For each token, a score for being the start of the answer.",
    "end_logits": "For each token, a score for being the end of the answer.",
    "loss": "How wrong the predictions were, as one number.",
    "past_key_values": "Keys and values of all layers, kept so that the next token needs less work.",
}


def read_output(output: Any, run: str) -> Named:
    """Return the fields of an output of either framework, a tuple, a mapping or an array.

    Raises
    ------
    CourseError
        When ``output`` holds no tensors.
    """
    if isinstance(output, Mapping):
        pairs = {str(name): value for name, value in output.items() if value is not None}
    elif isinstance(output, (tuple, list)):
        pairs = _named_by_shape([value for value in output if value is not None and not _is_empty(value)])
    elif _is_array(output):
        pairs = _named_by_shape([output])
    else:
        raise _not_an_output(output, run)
    tensors = [leaf for value in pairs.values() for leaf in _leaves(value)]
    if not tensors:
        raise _not_an_output(output, run)
    framework = next((room.name for leaf in tensors if (room := frameworks.of(leaf)) is not None), "numpy")
    values = {name: _read(value, name, run) for name, value in pairs.items()}
    dtypes = {name: _dtype(value) for name, value in pairs.items()}
    return Named(type(output).__name__, framework, values, dtypes)


def is_output(value: Any) -> bool:
    """Tell whether ``value`` could be an output: a mapping, a tuple or an array that holds tensors."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return bool(_leaves(value))


def _is_array(value: Any) -> bool:
    room = frameworks.of(value)
    return isinstance(value, np.ndarray) or (room is not None and room.is_tensor(value))


def _is_empty(value: Any) -> bool:
    return isinstance(value, tuple) and not value


def _leaves(value: Any) -> list[Any]:
    if _is_array(value):
        return [value]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, (tuple, list)) else []


def _dtype(value: Any) -> str:
    leaves = _leaves(value)
    if not leaves:
        return type(value).__name__
    dtype = leaves[0].dtype
    return str(getattr(dtype, "name", dtype)).removeprefix("torch.")


def _read(value: Any, name: str, run: str) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(_read(item, name, run) for item in value)
    if not _is_array(value):
        return value
    room = frameworks.of(value)
    try:
        array = np.asarray(value) if room is None else room.to_numpy(value)
    except ValueError as error:
        raise CourseError(
            f"{name} of {run} cannot be read: {error}.",
            why="the pictures show the values of an output.",
            remedy="Run a model that has weights, outside of a graph: output = model(**inputs).",
        ) from error
    if array.dtype.kind not in "fiub":
        raise CourseError(
            f"{name} of {run} holds {array.dtype} values.",
            why="a model's output holds real numbers.",
            remedy="Pass what model(**inputs) returned.",
        )
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _named_by_shape(values: list[Any]) -> dict[str, Any]:
    """Name the values of a tuple as ``return_dict=False`` gives them: by their order and their number of axes."""
    named: dict[str, Any] = {}
    for value in values:
        leaves = _leaves(value)
        rank = len(leaves[0].shape) if leaves else -1
        if isinstance(value, (tuple, list)):
            flat = all(_is_array(item) for item in value)
            name = {STATES: "hidden_states", ATTENTION: "attentions"}.get(rank, "") if flat else "past_key_values"
        else:
            after_vectors = "pooler_output" if "last_hidden_state" in named else "logits"
            name = {0: "loss", 2: after_vectors, STATES: "last_hidden_state"}.get(rank, "")
            if rank == ATTENTION and len(values) == 1:
                name, value = "attentions", (value,)  # noqa: PLW2901  (a single layer)
        if not name or name in named:
            name = f"[{len(named)}]"
        named[name] = value
    states, last = named.get("hidden_states"), named.get("last_hidden_state")
    if states is not None and last is not None and states[0].shape[-1] != last.shape[-1]:
        named = {"logits" if name == "last_hidden_state" else name: value for name, value in named.items()}
    return named


def _not_an_output(output: Any, run: str) -> CourseError:
    room = frameworks.of(output)
    model = room is not None and room.is_model(output)
    what = "a model, not its output" if model else f"of type {type(output).__name__}, which holds no tensors"
    return CourseError(
        f"{run} is {what}.",
        why="the view shows what a model returns: hidden states, attention weights, logits.",
        remedy="Run the model and pass what it returns: output = model(**inputs).",
    )


def field_facts(named: Named, config: Any) -> tuple[FieldFacts, ...]:
    """Return the facts of each field, in the output's order; empty tuples, which transformers 5 fills in, left out."""
    return tuple(
        _field(name, value, named.dtypes[name], config) for name, value in named.values.items() if not _is_empty(value)
    )


def _field(name: str, value: Any, dtype: str, config: Any) -> FieldFacts:
    leaves: list[Array] = _leaves(value)
    side, _, bare = name.rpartition("coder_")
    meaning = MEANINGS.get(name) or MEANINGS.get(bare, "")
    if meaning and side:
        meaning = f"Of the {side}coder. {meaning}"
    tensors = len(value) if isinstance(value, tuple) else None
    if not leaves:
        return FieldFacts(name, meaning, (), tensors, dtype, 0, 0)
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
    elif not _leaves(asked):
        reason = "You asked for them, but this implementation of attention (sdpa, flash) never writes them down."
        line = 'model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")'
        found.append(Missing("attentions", reason, line))
    return tuple(found)
