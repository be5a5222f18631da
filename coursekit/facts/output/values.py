"""The values of a model's output by name: of either framework, from a tuple, a mapping or an array, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit import frameworks
from coursekit.errors import CourseError


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
        pairs = _named_by_shape([value for value in output if value is not None and not is_empty(value)])
    elif _is_array(output):
        pairs = _named_by_shape([output])
    else:
        raise _not_an_output(output, run)
    tensors = [leaf for value in pairs.values() for leaf in leaves_of(value)]
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
    return bool(leaves_of(value))


def _is_array(value: Any) -> bool:
    room = frameworks.of(value)
    return isinstance(value, np.ndarray) or (room is not None and room.is_tensor(value))


def is_empty(value: Any) -> bool:
    """Tell whether a field is a tuple of nothing, as transformers 5 returns what an implementation does not give."""
    return isinstance(value, tuple) and not value


def leaves_of(value: Any) -> list[Any]:
    """Return the tensors or arrays inside of a field, however its tuples are nested."""
    if _is_array(value):
        return [value]
    return [leaf for item in value for leaf in leaves_of(item)] if isinstance(value, (tuple, list)) else []


def _dtype(value: Any) -> str:
    leaves = leaves_of(value)
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
    except (TypeError, ValueError, RuntimeError) as error:  # a tensor without values, sparse, nested or quantized
        raise CourseError(
            f"{name} of {run} cannot be read: {str(error).rstrip('.')}.",
            why="the pictures show the values of an output.",
            remedy="Pass ordinary tensors, as a model that has weights returns them: output = model(**inputs).",
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
    if len(values) > 1 and all(map(_is_array, values)) and len({tuple(value.shape) for value in values}) == 1:
        layers = {STATES: "hidden_states", ATTENTION: "attentions"}.get(len(values[0].shape))
        if layers is not None:  # one field of an output, passed alone
            return {layers: tuple(values)}
    named: dict[str, Any] = {}
    for value in values:
        leaves = leaves_of(value)
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
