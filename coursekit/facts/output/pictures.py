"""Which fields of an output the pictures show: of a model of one side, of an encoder and a decoder, of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.output.naming import ATTENTION, MATRIX, PROBABILITIES, STATES, is_position_name
from coursekit.facts.output.values import arrays_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from coursekit.facts.output.values import Named

    Array = npt.NDArray[Any]

ENCODER, DECODER, CROSS = "encoder", "decoder", "cross"
"""The sides of a model that has two, and what the decoder takes from the encoder."""


@dataclass(frozen=True, eq=False)
class Pictured:
    """The fields that pictures show.

    Attributes
    ----------
    states
        Hidden states, each ``(batch, sequence, hidden)``.
    layers
        The name of each of them.
    attentions
        One for each layer, ``(batch, heads, query, key)``.
    vectors
        One vector for each sequence, ``(batch, hidden)``, where there are no states.
    logits
        ``(batch, labels)`` or ``(batch, sequence, labels)``; the scores for start and end of an answer as two labels.
    labels
        The names of these labels where the fields themselves say them.
    scores
        What the numbers of :attr:`logits` are, as a title.
    batch, length
        Sizes of the part that is shown; the length is None where no field says it.
    keys
        How many keys there are, where they are not the queries.
    notes
        What is not drawn, and why.
    """

    states: tuple[Array, ...]
    layers: tuple[str, ...]
    attentions: tuple[Array, ...]
    vectors: Array | None
    logits: Array | None
    labels: tuple[str, ...]
    scores: str
    batch: int
    length: int | None
    keys: int | None
    notes: tuple[str, ...]


def sides_of(named: Named) -> tuple[str, ...]:
    """Return the parts of an output that have tokens of their own, the one that the inputs belong to first.

    They are ``encoder``, ``decoder`` and ``cross``, or the names of outputs inside of the output, such as
    ``text_model_output``; one empty string for an output of one side.
    """
    names = [name for name, value in named.values.items() if any(True for _ in arrays_of(value))]
    inner = list(dict.fromkeys(name.rpartition(".")[0] for name in names if "." in name and name.endswith(_STATES)))
    own = any(name.endswith(_STATES) and "." not in name for name in names)
    if inner and not own:
        return tuple(sorted(inner, key=lambda name: "text" not in name))
    cross = (CROSS,) if "cross_attentions" in names else ()
    two = any(name.startswith(("encoder_", "decoder_")) for name in names)
    if not two:
        return ("", *cross)
    encoder = any(name in {f"encoder_{end}" for end in _STATES} for name in names)
    decoder = any(name.startswith("decoder_") or name in {"last_hidden_state", "logits"} for name in names)
    return (*((ENCODER,) if encoder else ()), *((DECODER,) if decoder else ()), *cross) or ("",)


_STATES = ("last_hidden_state", "hidden_states", "attentions")


def steps_of(named: Named) -> int:
    """Return in how many steps an output was generated; 0 where it was not."""
    for name in ("hidden_states", "attentions", "decoder_hidden_states", "decoder_attentions", "cross_attentions"):
        value = named.values.get(name)
        if isinstance(value, tuple) and value and all(isinstance(step, tuple) for step in value):
            return len(value)
    if "sequences" in named.values:
        for name in ("scores", "logits"):
            value = named.values.get(name)
            if isinstance(value, tuple):
                return len(value)
    return 0


def chosen_side(sides: tuple[str, ...], side: Any) -> str:
    """Return the side to show: the one that was asked for, else the first.

    Raises
    ------
    CourseError
        When the output does not have it.
    """
    if side is None:
        return sides[0]
    if isinstance(side, str) and side in sides:
        return side
    names = [name for name in sides if name]
    has = f"it has {', '.join(names)}" if names else "all of its tokens are of one kind"
    raise CourseError(
        f"The output has no side {side!r}.{did_you_mean(str(side), names)}",
        why=f"{has}.",
        remedy=f"Use side={names[0]!r}." if names else "Remove side.",
    )


def pictured(named: Named, run: str, side: str, step: int, steps: int) -> Pictured:
    """Find the fields of one side and step of an output.

    Raises
    ------
    CourseError
        When what they show is empty.
    """
    values = {name: _at_step(name, value, step, steps) for name, value in named.values.items()}

    def one(*names: str) -> Any:
        return next((values[name] for name in names if name in values), None)

    notes: list[str] = []
    prefix = f"{side}." if side not in {"", ENCODER, DECODER, CROSS} else "encoder_" if side == ENCODER else ""
    own = ("decoder_hidden_states", "hidden_states") if side in {DECODER, CROSS} else (f"{prefix}hidden_states",)
    states = _alike(one(*own), STATES, own[0], notes)
    layers: tuple[str, ...] = ("embeddings", *(f"layer {index}" for index in range(1, len(states)))) if states else ()
    last = one(f"{prefix}last_hidden_state")
    if not states and isinstance(last, np.ndarray) and last.ndim == STATES:
        states, layers = (last,), ("last layer",)
    if not states and side == "":
        states, layers = _unnamed_states(values)
    weights = (
        "cross_attentions" if side == CROSS else "decoder_attentions" if side == DECODER else f"{prefix}attentions"
    )
    attentions = _alike(one(weights, "attentions") if side == DECODER else one(weights), ATTENTION, weights, notes)
    logits, labels, scores = (None, (), "") if side in {ENCODER, CROSS} else _scores(one, values, prefix)
    vectors = None if states or attentions or side else _vectors(values)
    batch, length = _shape(states, attentions, logits, vectors, values)
    if attentions and attentions[0].shape[0] != batch:
        notes.append(
            f"{weights} are not drawn: their first axis is {attentions[0].shape[0]:,}, and the batch is {batch:,}."
        )
        attentions = ()
    if states and attentions and attentions[0].shape[2] != length:
        words = (
            f"{weights} are not drawn: they have {attentions[0].shape[2]:,} queries, and there are {length:,} vectors."
        )
        notes.append(words)
        attentions = ()
    if batch == 0 or length == 0 or any(array.size == 0 for array in (*states, *attentions)):
        raise CourseError(
            f"{run} is of {batch} sequences of {length or 0} tokens: it is empty.",
            why="there is nothing to show.",
            remedy="Run the model on at least one token.",
        )
    keys = (
        attentions[0].shape[3]
        if attentions and (side == CROSS or attentions[0].shape[2] != attentions[0].shape[3])
        else None
    )
    return Pictured(states, layers, attentions, vectors, logits, labels, scores, batch, length, keys, tuple(notes))


def _at_step(name: str, value: Any, step: int, steps: int) -> Any:
    """Return what a field of a generated output held at one step; the fields that are not by step as they are."""
    if not steps or not isinstance(value, tuple) or len(value) != steps:
        return value
    if name in {"scores", "logits"} or all(isinstance(part, tuple) for part in value):
        return value[step]
    return value


def _shape(
    states: tuple[Array, ...],
    attentions: tuple[Array, ...],
    logits: Array | None,
    vectors: Array | None,
    values: Mapping[str, Any],
) -> tuple[int, int | None]:
    if states:
        return states[0].shape[0], states[0].shape[1]
    if attentions:
        return attentions[0].shape[0], attentions[0].shape[2]
    if logits is not None:
        return logits.shape[0], logits.shape[1] if logits.ndim == STATES else None
    if vectors is not None:
        return vectors.shape[0], None
    for value in values.values():
        for array in arrays_of(value):
            if array.ndim:
                return array.shape[0], array.shape[1] if array.dtype.kind in "iu" and array.ndim == MATRIX else None
    return 1, None


def _unnamed_states(values: Mapping[str, Any]) -> tuple[tuple[Array, ...], tuple[str, ...]]:
    """Return the arrays without a name that could be vectors of tokens: of three axes, all of the first one's shape."""
    found = {
        name: value
        for name, value in values.items()
        if is_position_name(name) and isinstance(value, np.ndarray) and value.ndim == STATES and value.dtype.kind == "f"
    }
    first = next(iter(found.values()), None)
    kept = {name: value for name, value in found.items() if first is not None and value.shape == first.shape}
    return tuple(kept.values()), tuple(kept)


def _vectors(values: Mapping[str, Any]) -> Array | None:
    """Return one vector for each sequence where the output has nothing else."""
    for name in ("pooler_output", *values):
        value = values.get(name)
        known = name == "pooler_output" or name.endswith("embeds") or is_position_name(name)
        if (
            known
            and isinstance(value, np.ndarray)
            and value.ndim == MATRIX
            and value.dtype.kind == "f"
            and value.shape[1] > 1
        ):
            return value
    return None


def _scores(one: Any, values: Mapping[str, Any], prefix: str) -> tuple[Array | None, tuple[str, ...], str]:
    """Return scores, the names of their columns where the fields say them, and what they are called."""
    found = one(f"{prefix}logits", "prediction_logits", "scores", PROBABILITIES)
    ends = one("start_logits"), one("end_logits")
    flat = all(isinstance(end, np.ndarray) and end.ndim == MATRIX and end.shape[1] > 0 for end in ends)
    if found is None and flat and ends[0].shape == ends[1].shape:
        return np.stack(ends, axis=-1), ("start", "end"), "Logits"  # (batch, sequence, 2)
    if isinstance(found, np.ndarray) and found.ndim in {MATRIX, STATES} and found.dtype.kind == "f" and found.shape[-1]:
        return found, (), "Probabilities" if PROBABILITIES in values else "Logits"
    few = {
        name: value
        for name, value in values.items()
        if is_position_name(name)
        and isinstance(value, np.ndarray)
        and value.ndim == MATRIX
        and value.dtype.kind == "f"
        and 0 < value.shape[1] <= _FEW
    }
    for name, value in few.items():
        return value, tuple(map(str, range(value.shape[1]))), name
    return None, (), ""


_FEW = 64
"""Numbers of each sequence, of unknown meaning, that are shown as they are."""


def _alike(value: Any, rank: int, name: str, notes: list[str]) -> tuple[Array, ...]:
    """Return a field of layers, or nothing, and a note why, where its tensors are not all of one shape and rank."""
    if isinstance(value, np.ndarray) and value.ndim == rank + 1:
        value = tuple(value)
    if isinstance(value, np.ndarray) and value.ndim == rank:
        value = (value,)
    if not isinstance(value, tuple) or not value:
        return ()
    arrays = [layer for layer in value if isinstance(layer, np.ndarray)]
    shapes = {layer.shape for layer in arrays}
    if arrays and (len(shapes) > 1 or arrays[0].ndim != rank or len(arrays) < len(value)):
        listed = sorted(map(str, shapes))
        more = " …" if len(listed) > _LISTED else ""
        notes.append(f"{name} are not drawn: their tensors have the shapes {', '.join(listed[:_LISTED])}{more}.")
        return ()
    return tuple(arrays)


_LISTED = 4
"""Shapes that a note lists."""
