"""How many numbers a model of a config would hold, and where, without building it."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.config.edits import edited
from coursekit.facts.config.facts import check_config
from coursekit.facts.model.parts import PARTS, part_of
from coursekit.frameworks.buildable import check_buildable

if TYPE_CHECKING:
    from coursekit.frameworks import Framework

DTYPES: dict[str, int] = {"float32": 4, "float16": 2, "int8": 1}
"""The types in which sizes are given, and the bytes that a number of each takes."""

_KEPT = 64


@dataclass(frozen=True)
class TensorSize:
    """One weight tensor: its name, its shape in the framework's order, and its part (see ``parts.PARTS``)."""

    name: str
    shape: tuple[int, ...]
    part: str

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


@dataclass(frozen=True)
class ShapedTensor(TensorSize):
    """A tensor whose shape follows a number of the config.

    Attributes
    ----------
    axes
        The axes of its shape that follow the number; none for a tensor that comes or goes with it, as layers do.
    """

    axes: tuple[int, ...]


@dataclass(frozen=True)
class SizeFacts:
    """How large a model is.

    Attributes
    ----------
    framework
        The framework whose model was counted: ``pytorch`` or ``tensorflow``.
    model
        The name of its class, such as ``BertModel``.
    tensors
        Every weight tensor once; what two parts of a model share is counted with the first.
    """

    framework: str
    model: str
    tensors: tuple[TensorSize, ...]

    @cached_property
    def parameters(self) -> int:
        """How many numbers all tensors hold."""
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def parts(self) -> dict[str, int]:
        """How many of them each part holds, in the order of ``PARTS``; parts without any are left out."""
        counts = dict.fromkeys((name for name, _ in PARTS), 0)
        for tensor in self.tensors:
            counts[tensor.part] += tensor.parameters
        return {name: count for name, count in counts.items() if count}

    def nbytes(self, dtype: str = "float32") -> int:
        """Return the bytes that the weights take in one of ``DTYPES``."""
        if dtype not in DTYPES:
            raise CourseError(
                f"Sizes are not given in {dtype!r}.",
                why="the bytes of a number depend on its type.",
                remedy=f"Use one of {', '.join(DTYPES)}.",
            )
        return self.parameters * DTYPES[dtype]

    def with_dimension(self, number: int) -> tuple[TensorSize, ...]:
        """Return the tensors that have ``number`` as one of their dimensions, in order."""
        return tuple(tensor for tensor in self.tensors if number in tensor.shape)


_cache: OrderedDict[tuple[str, str], SizeFacts] = OrderedDict()
_lock = Lock()


def size_facts(config: Any, *, framework: str | None = None) -> SizeFacts:
    """Return how large the model is that ``AutoModel.from_config(config)`` would build.

    The model's own code is run on tensors that have a shape and no memory, so the count is that of the built model.

    Parameters
    ----------
    config
        A config of transformers.
    framework
        ``pytorch`` or ``tensorflow``; without it, the one in use.

    Raises
    ------
    CourseError
        When no model can be built from ``config``, with the reason that the model's own code gives.
    """
    check_config(config)
    room = frameworks.choose(name=framework)
    try:
        key = (room.name, _content(config))
    except Exception as error:
        raise _no_model(config, room, error) from error
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    facts = _measure(config, room)
    with _lock:
        _cache[key] = facts
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return facts


def shaped_tensors(config: Any, path: str, *, framework: str | None = None) -> tuple[ShapedTensor, ...] | None:
    """Return the tensors whose shape follows one attribute: those that change or appear when its number is doubled.

    Parameters
    ----------
    config
        A config of transformers.
    path
        The path of an attribute that is a whole number.
    framework
        As for :func:`size_facts`.

    Returns
    -------
    The tensors of the original model that change, and those that are new; None where no model can be built with
    another number there.
    """
    before = size_facts(config, framework=framework)
    number = config
    for name in path.split("."):
        number = getattr(number, name)
    # Doubling keeps what must divide; some numbers only work one larger, and a few architectures take only multiples.
    for other in (number * 2, number + 1, number // 2):
        if other == number or other < 1:
            continue
        try:
            after = size_facts(edited(config, {path: other}), framework=framework)
        except CourseError:
            continue
        return _follow(before, after)
    return None


def _follow(before: SizeFacts, after: SizeFacts) -> tuple[ShapedTensor, ...]:
    old = {tensor.name: tensor for tensor in before.tensors}
    new = {tensor.name: tensor for tensor in after.tensors}
    found = []
    for name, tensor in {**new, **old}.items():
        one, two = (side[name].shape if name in side else () for side in (old, new))
        if one != two:
            axes = [axis for axis, sizes in enumerate(zip(one, two, strict=False)) if sizes[0] != sizes[1]]
            found.append(ShapedTensor(name, tensor.shape, tensor.part, tuple(axes)))
    return tuple(found)


def _measure(config: Any, room: Framework) -> SizeFacts:
    try:
        check_buildable(config.to_dict())
        parameters = room.parameters(room.empty_model(config))
    except Exception as error:
        raise _no_model(config, room, error) from error
    tensors = [
        TensorSize(name, parameter.shape, part_of(name))
        for parameter in parameters
        for name in [_without_model(parameter.name)]
        if parameter.tied_to is None
    ]
    return SizeFacts(room.name, _model_name(config, room), tuple(tensors))


def _without_model(name: str) -> str:
    """Return a weight's name without TensorFlow's ``tf_bert_model_3/``, which counts the models made so far."""
    first, slash, rest = name.partition("/")
    return rest if slash and first.startswith("tf_") else name


def _model_name(config: Any, room: Framework) -> str:
    try:
        found = room.auto_class()._model_mapping[type(config)]  # noqa: SLF001  (there is no public way to ask)
    except (KeyError, AttributeError):
        return room.auto_class_name()
    return str((found[0] if isinstance(found, tuple) else found).__name__)


def _no_model(config: Any, room: Framework, error: Exception) -> CourseError:
    name = type(config).__name__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = " ".join(lines)[:300] or type(error).__name__
    if "Unrecognized configuration class" in reason:
        reason = f"{room.auto_class_name()} knows no model for a {name}"
        remedy = "Give the config of a part that is a model of its own, or one of another architecture."
    elif isinstance(error, ImportError) or "requires the" in reason:
        remedy = "Install the library that is named, or take another architecture."
    else:
        remedy = "Change the numbers that are named, or start again from the defaults."
    return CourseError(
        f"No {room.label} model can be built from this {name}: {reason.rstrip('.')}.",
        why="sizes are counted in the model that the architecture's own code would build.",
        remedy=remedy,
    )


def _content(config: Any) -> str:
    """Return all that ``config`` says as text, to tell configs of equal content."""
    return f"{type(config).__module__}.{type(config).__qualname__} " + json.dumps(
        config.to_dict(), sort_keys=False, default=repr, skipkeys=False
    )
