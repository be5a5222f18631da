"""The values of a model's output, of either framework: a tuple, a mapping, an array or a cache, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.output.naming import names_of, of_layers
from coursekit.text import visible

if TYPE_CHECKING:
    from coursekit.facts.output.given import Given

Array = npt.NDArray[Any]

MOST_TENSORS = 100_000
"""Tensors of one output; a model of a thousand layers that answers a hundred times has as many."""
DEPTH = 8
"""How deep tuples may be nested: the keys and values of layers of steps of a part of an output are five deep."""


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
        An array, a tuple of arrays, or another object for each field; those of an output inside of the output have
        names with a dot.
    dtypes
        The framework's name of the type of each field's numbers.
    known
        Whether the output itself named its fields.
    could
        The names that the class of the output has fields for; empty where that is not known.
    """

    kind: str
    framework: str
    values: dict[str, Any]
    dtypes: dict[str, str]
    known: bool
    could: frozenset[str]


def read_output(output: Any, run: str, given: Given) -> Named:
    """Return the fields of an output of either framework, a tuple, a mapping or an array.

    Raises
    ------
    CourseError
        When ``output`` holds no tensors, or such that no values can be read from.
    """
    known = isinstance(output, Mapping)
    if not known and not isinstance(output, (tuple, list)) and not is_array(output):
        raise _not_an_output(output, run)
    framework = next((room.name for leaf in leaves_of(output) if (room := frameworks.of(leaf)) is not None), "numpy")
    reader = _Reader(run)
    if known:
        values, dtypes = reader.mapping(output)
    else:
        listed = [output] if is_array(output) else [item for item in output if item is not None and not is_empty(item)]
        read = [reader.read(item, f"element {place}") for place, item in enumerate(listed)]
        names = names_of(read, [is_cache(item) for item in listed], given, alone=is_array(output))
        if names is None:  # one field of an output, passed alone
            name = of_layers(tuple(read), given) or ""
            values, dtypes = {name: tuple(read)}, {name: _dtype(listed)}
        else:
            values = dict(zip(names, read, strict=True))
            dtypes = {name: _dtype(item) for name, item in zip(names, listed, strict=True)}
    if not any(True for value in values.values() for _ in arrays_of(value)):
        raise _not_an_output(output, run)
    fields = getattr(type(output), "__dataclass_fields__", {})
    return Named(type(output).__name__, framework, values, dtypes, known, frozenset(fields))


class _Reader:
    """Turns what an output holds to arrays and nested tuples of arrays."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.count = 0
        self.path: set[int] = set()

    def mapping(self, output: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> tuple[dict[str, Any], Any]:
        """Return the fields and the types of their numbers; outputs inside of it become names with a dot."""
        values: dict[str, Any] = {}
        dtypes: dict[str, str] = {}
        self._enter(output, prefix or "it")
        for key, value in output.items():
            name = f"{prefix}{visible(str(key))}"
            if value is None:
                continue
            if isinstance(value, Mapping) and depth < DEPTH:
                inner, types = self.mapping(value, f"{name}.", depth + 1)
                values |= inner
                dtypes |= types
            elif (parts := _two_caches(value)) is not None:
                for part, cache in parts.items():
                    values[f"{name}.{part}"] = self.read(cache, name)
                    dtypes[f"{name}.{part}"] = _dtype(cache)
            else:
                values[name], dtypes[name] = self.read(value, name), _dtype(value)
        self.path.discard(id(output))
        return values, dtypes

    def read(self, value: Any, name: str) -> Any:
        """Return an array, a tuple for whatever holds arrays, or ``value`` itself."""
        if is_array(value):
            self.count += 1
            if self.count > MOST_TENSORS:
                raise CourseError(
                    f"{self.run} holds more than {MOST_TENSORS:,} tensors.",
                    why="the view names every field of an output and reads its numbers.",
                    remedy="Pass one output of the model, or some of its fields.",
                )
            return self._array(value, name)
        items = _items(value)
        if items is None:
            return value
        self._enter(value, name)
        read = tuple(self.read(item, name) for item in items if item is not None)
        self.path.discard(id(value))
        return read

    def _enter(self, value: Any, name: str) -> None:
        self.count += 1
        if id(value) in self.path or len(self.path) > DEPTH or self.count > MOST_TENSORS:
            what = "contains itself" if id(value) in self.path else f"is nested more than {DEPTH} deep, or too wide"
            raise CourseError(
                f"{name} of {self.run} {what}.",
                why="an output is tensors, and tuples of them for layers and steps.",
                remedy="Pass what model(**inputs) returned.",
            )
        self.path.add(id(value))

    def _array(self, value: Any, name: str) -> Array:
        room = frameworks.of(value)
        try:
            array: Array = np.asarray(value) if room is None else np.asarray(room.to_numpy(value))
        except Exception as error:  # without values, sparse, nested, quantized, fake: each says it in a way of its own
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise CourseError(
                f"{name} of {self.run} cannot be read: {said.rstrip('.')[:200]}.",
                why="the pictures show the values of an output.",
                remedy="Pass ordinary tensors, as a model that has weights returns them: output = model(**inputs).",
            ) from error
        if array.dtype.kind not in "fiub":
            raise CourseError(
                f"{name} of {self.run} holds {array.dtype} values.",
                why="a model's output holds real numbers.",
                remedy="Pass what model(**inputs) returned.",
            )
        return array.astype(np.float32) if array.dtype == np.float16 else array


def is_output(value: Any) -> bool:
    """Tell whether ``value`` could be an output: it holds tensors, and not only integers as inputs do."""
    if (
        isinstance(value, Mapping)
        and INPUTS & {str(key) for key in value}
        and not hasattr(value, "__dataclass_fields__")
    ):
        return False
    return any(not _is_whole(leaf) for leaf in leaves_of(value))


INPUTS = {"input_ids", "pixel_values", "input_values", "input_features", "inputs_embeds", "decoder_input_ids"}
"""Names under which models take their inputs; no output has them."""


def is_array(value: Any) -> bool:
    """Tell whether ``value`` is a tensor of a framework or a NumPy array."""
    room = frameworks.of(value)
    return isinstance(value, np.ndarray) or (room is not None and room.is_tensor(value))


def is_cache(value: Any) -> bool:
    """Tell whether ``value`` is a cache of transformers: keys and values, or a state, by layer."""
    return _items(value) is not None and not isinstance(value, (tuple, list))


def is_empty(value: Any) -> bool:
    """Tell whether a field is a tuple of nothing, as transformers 5 returns what an implementation does not give."""
    return isinstance(value, tuple) and not value


def leaves_of(value: Any) -> Iterator[Any]:
    """Yield the tensors or arrays inside of a field, however its tuples are nested; what contains itself ends there."""
    stack = [iter([value])]
    path: list[int] = []
    visited = 0
    while stack:
        item = next(stack[-1], _END)
        if item is _END:
            stack.pop()
            del path[len(stack) - 1 :]
        elif is_array(item):
            yield item
        else:
            visited += 1
            inner = list(item.values()) if isinstance(item, Mapping) else _items(item)
            if inner and len(stack) <= DEPTH and visited < MOST_TENSORS and id(item) not in path:
                path.append(id(item))
                stack.append(iter(inner))


_END = object()


def arrays_of(value: Any) -> Iterator[Array]:
    """Yield the arrays inside of a field that was read."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from arrays_of(item)


def _items(value: Any) -> list[Any] | None:
    """Return what a tuple, a list or a cache of transformers holds, or None for anything else."""
    if isinstance(value, (tuple, list)):
        return list(value)
    if not type(value).__module__.startswith("transformers.") or isinstance(value, type):
        return None
    if frameworks.of(value) is not None:
        return None
    if isinstance(layers := getattr(value, "layers", None), (list, tuple)):
        return list(layers)
    held = getattr(value, "__dict__", {})
    if "keys" in held and "values" in held:  # one layer of a cache
        return [held["keys"], held["values"]]
    # What else keeps a state by layer, such as MambaCache: its tensors, and its lists of them.
    parts = [
        part
        for part in held.values()
        if is_array(part) or (isinstance(part, (list, tuple)) and any(map(is_array, part)))
    ]
    parts += [
        list(part.values()) for part in held.values() if isinstance(part, dict) and any(map(is_array, part.values()))
    ]
    return parts or None


def _two_caches(value: Any) -> dict[str, Any] | None:
    """Return the two caches of a decoder that also looks at an encoder, or None."""
    names = ("self_attention_cache", "cross_attention_cache")
    found = {name: part for name in names if (part := getattr(value, name, None)) is not None}
    return found if len(found) == len(names) and type(value).__module__.startswith("transformers.") else None


def _is_whole(leaf: Any) -> bool:
    """Tell whether a tensor holds integers or booleans: ids, masks, positions, but no output."""
    name = str(getattr(leaf.dtype, "name", leaf.dtype))
    return any(word in name for word in ("int", "bool"))


def _dtype(value: Any) -> str:
    leaf = next(leaves_of(value), None)
    if leaf is None:
        return type(value).__name__
    return str(getattr(leaf.dtype, "name", leaf.dtype)).removeprefix("torch.")


def _not_an_output(output: Any, run: str) -> CourseError:
    room = frameworks.of(output)
    model = room is not None and room.is_model(output)
    what = "a model, not its output" if model else f"of type {type(output).__name__}, which holds no tensors"
    return CourseError(
        f"{run} is {what}.",
        why="the view shows what a model returns: hidden states, attention weights, logits.",
        remedy="Run the model and pass what it returns: output = model(**inputs).",
    )
