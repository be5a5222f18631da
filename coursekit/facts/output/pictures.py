"""Which fields of an output the pictures show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coursekit.errors import CourseError
from coursekit.facts.output.values import ATTENTION, STATES, Named, is_output

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Pictured:
    """The fields that pictures show; those of the encoder where there are two sides, as the ids are its input.

    Attributes
    ----------
    states
        Hidden states, each ``(batch, sequence, hidden)``.
    every_layer
        Whether they are those of all layers, not only of the last.
    attentions
        One for each layer, ``(batch, heads, query, key)``.
    logits
        ``(batch, labels)`` or ``(batch, sequence, labels)``; the scores for start and end of an answer as two labels.
    labels
        The names of these labels where the fields themselves say them.
    shape
        Batch and sequence length, or None where logits alone do not say the length.
    two_sides
        Whether the output has an encoder and a decoder.
    """

    states: tuple[Array, ...]
    every_layer: bool
    attentions: tuple[Array, ...]
    logits: Array | None
    labels: tuple[str, ...]
    shape: tuple[int, int] | None
    two_sides: bool

    @classmethod
    def of(cls, named: Named, run: str) -> Pictured:
        """Find them among the fields of an output.

        Raises
        ------
        CourseError
            When it has none of them.
        """

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
        logits = one("logits", "prediction_logits")
        labels: tuple[str, ...] = ()
        ends = one("start_logits"), one("end_logits")
        if logits is None and all(isinstance(end, np.ndarray) and end.ndim == STATES - 1 for end in ends):
            logits, labels = np.stack(ends, axis=-1), ("start", "end")  # (batch, sequence, 2)
        if two_sides or not isinstance(logits, np.ndarray) or logits.ndim not in {STATES - 1, STATES}:
            logits = None
        if states:
            shape = states[0].shape[:2]
        elif attentions:
            shape = (attentions[0].shape[0], attentions[0].shape[2])
        elif logits is not None:
            shape = logits.shape[:2] if logits.ndim == STATES else None
        else:
            raise _nothing_to_show(named, run)
        if states and attentions and attentions[0].shape[::2][:2] != shape:
            attentions = ()  # of another length, as where a model shortens its input between layers
        if shape is not None and 0 in shape:
            raise CourseError(
                f"{run} is of {shape[0]} sequences of {shape[1]} tokens: it is empty.",
                why="there is nothing to show.",
                remedy="Run the model on at least one token.",
            )
        return cls(states, every_layer, attentions, logits, labels, shape, two_sides)


def _nothing_to_show(named: Named, run: str) -> CourseError:
    parts = [name for name, value in named.values.items() if isinstance(value, Mapping) and is_output(value)]
    return CourseError(
        f"{run} has no hidden states, attention weights or logits of a shape that the pictures know. "
        f"It has {', '.join(named.values)}.",
        why="they show tensors of (batch, sequence, hidden) and (batch, head, query, key).",
        remedy=f"Pass one of its parts: {run}.{parts[0]}."
        if parts
        else "Pass what a Transformer model of transformers returned: output = model(**inputs).",
    )


def _alike(value: Any, rank: int) -> tuple[Array, ...]:
    """Return a field of layers, or nothing where its tensors are not all of one shape and rank."""
    if isinstance(value, np.ndarray) and value.ndim == rank + 1:
        value = tuple(value)
    if not isinstance(value, tuple) or not value:
        return ()
    if not all(isinstance(layer, np.ndarray) and layer.ndim == rank for layer in value):
        return ()
    return value if len({layer.shape for layer in value}) == 1 else ()


def common_shape(pictured: Mapping[str, Pictured]) -> tuple[int, int]:
    """Return the batch and the sequence length of all runs.

    Raises
    ------
    CourseError
        When they differ.
    """
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
