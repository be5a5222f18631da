"""The names of what a model returned without names: ``return_dict=False``, one field alone, a module of one's own.

The order comes from the class of outputs that the model's own ``forward`` states, where the model was given. Without
it only what the values themselves prove is named: integers are ids, non-negative rows that sum to 1 are attention, a
width that only one number of the config has says what it counts. Everything else is called by its position.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from coursekit.facts.output.given import Given

    Array = npt.NDArray[Any]

STATES, ATTENTION = 3, 4
"""How many axes a tensor of hidden states has, and one of attention weights."""
MATRIX = 2
IDS, LOGITS, PROBABILITIES = "ids", "logits", "probabilities"
_WAYS = 4096
"""Ways to lay values on fields that are looked at; models of transformers have a few."""


def position_name(place: int) -> str:
    """Return the name of what cannot be known: its position, counted from 1."""
    return f"array {place + 1}"


def is_position_name(name: str) -> bool:
    """Tell whether a field is called by its position only."""
    return name.startswith("array ")


def names_of(values: Sequence[Any], caches: Sequence[bool], given: Given, *, alone: bool) -> list[str] | None:
    """Return a name for each value of a tuple, or None where they are the layers of one field, passed alone.

    Parameters
    ----------
    values
        Arrays, and tuples of them.
    caches
        Which of them were caches of transformers.
    given
        What the output came from.
    alone
        Whether this is one array, not a tuple: it may be a field of the model's output, or any part of one.
    """
    stated = None if alone else given.output_class
    if stated is not None and (names := _by_class(values, caches, stated)) is not None:
        return names
    if len(values) > 1 and of_layers(tuple(values), given) is not None:
        return None
    names = [
        _by_value(value, cache, given, alone=len(values) == 1) or position_name(place)
        for place, (value, cache) in enumerate(zip(values, caches, strict=True))
    ]
    layers = [place for place, value in enumerate(values) if isinstance(value, tuple) and _same(value, STATES)]
    for place in layers:  # hidden states of all layers: their last one is a field of its own
        last = values[place][-1]
        equal = [
            at
            for at, value in enumerate(values)
            if isinstance(value, np.ndarray)
            and value.shape == last.shape
            and np.array_equal(value, last, equal_nan=True)
        ]
        if len(layers) == 1 and len(equal) == 1 and len(values[place]) > 1:
            names[place], names[equal[0]] = "hidden_states", "last_hidden_state"
    doubled = {name for name in names if names.count(name) > 1}
    return [position_name(place) if name in doubled else name for place, name in enumerate(names)]


def of_layers(values: tuple[Any, ...], given: Given) -> str | None:
    """Return ``hidden_states`` or ``attentions`` where the values are one array for each layer, else None."""
    deep = given.number("num_hidden_layers")
    if _same(values, STATES):
        width = given.number("hidden_size")
        return (
            "hidden_states" if deep is not None and len(values) == deep + 1 and values[0].shape[-1] == width else None
        )
    if _same(values, ATTENTION) and (deep is None or len(values) == deep) and all(map(_rows_sum_to_one, values)):
        return "attentions"
    return None


def _same(values: tuple[Any, ...], rank: int) -> bool:
    """Tell whether these are arrays of floating point of one shape with so many axes."""
    return (
        bool(values)
        and all(isinstance(value, np.ndarray) and value.ndim == rank and value.dtype.kind == "f" for value in values)
        and len({value.shape for value in values}) == 1
    )


def _rows_sum_to_one(array: Array) -> bool:
    with np.errstate(all="ignore"):
        sums = array.sum(axis=-1, dtype=np.float64)
    return array.size > 0 and bool((array >= 0).all()) and bool(np.allclose(sums, 1, atol=0.02))


def _by_value(value: Any, cache: bool, given: Given, *, alone: bool) -> str | None:  # noqa: PLR0911  (one for each kind of value)
    """Return the name that the numbers of one value prove, or None."""
    if cache:
        return "past_key_values"
    if isinstance(value, tuple):
        return of_layers(value, given) if all(isinstance(one, np.ndarray) for one in value) else _keys_and_values(value)
    if not isinstance(value, np.ndarray):
        return None
    if value.dtype.kind in "iu" and value.ndim == MATRIX:
        return IDS if alone else None  # beside other values they may be lengths as well
    if value.dtype.kind != "f" or not value.size:
        return None
    if value.ndim == ATTENTION and value.shape[-1] > 1 and _rows_sum_to_one(value):
        return "attentions"
    meant = given.width(value.shape[-1]) if value.ndim in {MATRIX, STATES} else None
    if meant is None or meant[0] not in {"vocabulary", "label"} or not _along_batch(value, given):
        return None
    return PROBABILITIES if value.shape[-1] > 1 and _rows_sum_to_one(value) else LOGITS


def _along_batch(value: Array, given: Given) -> bool:
    """Tell whether a value has the batch, and where it has three axes the length, of the ids that were given."""
    if given.batch is not None and value.shape[0] != given.batch:
        return False
    return value.ndim < STATES or given.ids is None or value.shape[1] == given.ids.shape[1]


def _keys_and_values(value: tuple[Any, ...]) -> str | None:
    pairs = all(isinstance(layer, tuple) and len(layer) in {2, 4} for layer in value)
    arrays = [one for layer in value if isinstance(layer, tuple) for one in layer]
    four = all(isinstance(one, np.ndarray) and one.ndim == ATTENTION for one in arrays)
    # Models of several resolutions return attention weights in nested tuples.
    return "past_key_values" if pairs and arrays and four and not any(map(_rows_sum_to_one, arrays)) else None


def _by_class(values: Sequence[Any], caches: Sequence[bool], stated: Any) -> list[str] | None:
    """Return the names of the fields of an output class that the values can be, in order; None where none fit.

    A value that fits more than one field in the ways that are possible is called by its position.
    """
    known = [(field.name, _kind(field)) for field in fields(stated)]
    ways = []
    for way in _ways(values, caches, known, 0, 0):
        ways.append(way)
        if len(ways) > _WAYS:
            return None
    # Who asks for attention weights gets those of a decoder's own tokens before those that it takes from the encoder.
    ways = [way for way in ways if _asked_together([known[place][0] for place in way])]
    if not ways:
        return None
    return [
        known[places.pop()][0] if len(places := {way[index] for way in ways}) == 1 else position_name(index)
        for index in range(len(values))
    ]


def _ways(
    values: Sequence[Any], caches: Sequence[bool], known: list[tuple[str, str]], at: int, start: int
) -> Iterator[tuple[int, ...]]:
    if at == len(values):
        yield ()
        return
    for place in range(start, len(known) - (len(values) - at) + 1):
        name, kind = known[place]
        if _fits(name, kind, values[at], caches[at]):
            for rest in _ways(values, caches, known, at + 1, place + 1):
                yield place, *rest


def _asked_together(names: list[str]) -> bool:
    sides = [name.removesuffix("attentions") for name in names if name.endswith("attentions")]
    return not any(side == "cross_" for side in sides) or any(side in {"", "decoder_"} for side in sides)


def _kind(field: Any) -> str:
    words = str(field.type).lower()
    if "cache" in words or field.name in {"past_key_values", "cache_params", "mems", "state"}:
        return "cache"
    if field.name.endswith(("hidden_states", "attentions")) or "tuple" in words or "list" in words:
        return "tuple"
    return "output" if "output" in words else "tensor"


_RANKS = {
    "loss": {0, 1},
    "last_hidden_state": {3, 4, 5},
    "pooler_output": {2, 4},
    "start_logits": {2},
    "end_logits": {2},
    "seq_relationship_logits": {2},
    "prediction_logits": {3},
    "image_embeds": {2, 3},
    "text_embeds": {2, 3},
}


def _fits(name: str, kind: str, value: Any, cache: bool) -> bool:  # noqa: C901, PLR0911  (one for each kind)
    """Tell whether a value can be the field of this name and kind."""
    nested = isinstance(value, tuple)
    if kind == "cache":
        # Older versions return keys and values as tuples of layers; mems are one array for each layer.
        return cache or (nested and (name != "past_key_values" or any(isinstance(layer, tuple) for layer in value)))
    if cache:
        return False
    if kind == "tuple":
        if not nested:
            return False
        ranks = {one.ndim if isinstance(one, np.ndarray) else -1 for one in value}
        if name.endswith("attentions"):
            return ranks <= {3, 4, 5, -1} and all(_weights(one) for one in value)
        if name.endswith("hidden_states"):
            return ranks <= {2, 3, 4, 5} and not (ranks == {ATTENTION} and all(map(_rows_sum_to_one, value)))
        return True
    if kind == "output":
        return not isinstance(value, np.ndarray)
    if not isinstance(value, np.ndarray):
        return False
    bare = name.removeprefix("encoder_").removeprefix("decoder_")
    if name.endswith("loss"):
        return value.size == 1 and value.ndim <= 1 and value.dtype.kind == "f"
    if value.ndim == 0:
        return False
    return value.ndim in _RANKS.get(bare, {1, 2, 3, 4, 5, 6})


def _weights(value: Any) -> bool:
    """Tell whether an array could be attention weights: no number of it is negative or above 1; of dropout, twice."""
    if not isinstance(value, np.ndarray):
        return True
    with np.errstate(all="ignore"):
        return value.dtype.kind == "f" and not bool((value < 0).any())
