"""How many numbers a model of a config would hold, and where, without building it."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.config.facts import check_config
from coursekit.facts.model.empty_model import empty_tree, no_base_model, shortened
from coursekit.facts.model.experiments import Experiments
from coursekit.facts.model.trials import attempt, measure_with
from coursekit.frameworks.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coursekit.facts.model.tree import Node, Tensor
    from coursekit.frameworks import Framework

DTYPES: dict[str, int] = {"float32": 4, "float16": 2, "int8": 1}
"""The types in which sizes are given, and the bytes that a number of each takes."""

MOST_LISTED = 100_000
"""Tensors that are each listed; the largest models of today have about half as many."""
_KEPT = 64

PARTS: tuple[tuple[str, str], ...] = (
    ("embeddings", "Embeddings"),
    ("layers", "Layers"),
    ("head", "Head"),
    ("other", "Everything else"),
)
"""The parts in the order of the data's way through a model, and how they are called on the page."""

_LAYER = re.compile(
    r"(^|[./])(layers?|layer_?modules?|h|blocks?|stages?|resblocks?|encoder_layers|decoder_layers|transformer_layers)"
    r"([./]|[._]+)_?\d+([./]|$)|(layer|block|stage|h)_?\._?\d+"
)
_HEAD = re.compile(r"(^|[./])(pooler|lm_head|cls|classifier|score|head|heads|predictions|qa_outputs|projector)([./]|$)")
_EMBEDDING = re.compile(r"embed|(^|[./])(wte|wpe|shared|tok_|patch_|relative_attention_bias|position)")


@lru_cache(maxsize=4096)
def part_of(name: str) -> str:
    """Return the part that the tensor called ``name`` belongs to, one of ``PARTS``.

    A tensor inside a numbered block counts to the layers; then the names decide that modelling code of transformers
    uses for embeddings and for what stands behind the last layer.
    """
    if re.search(r"[./_]\d+([./]|$)", name) and not re.search(r"embed(ding)?s?[./]", name.lower()[:24]):
        return "layers"
    if _LAYER.search(name):
        return "layers"
    lower = name.lower()
    if _EMBEDDING.search(lower):
        return "embeddings"
    if _HEAD.search(lower):
        return "head"
    return "other"


@dataclass(frozen=True)
class TensorSize:
    """One weight tensor: its name, its shape in the framework's order, and its part (one of ``PARTS``).

    Of a model with more than ``MOST_LISTED`` tensors, ``count`` equal ones are listed as one, by the name of the first.
    """

    name: str
    shape: tuple[int, ...]
    part: str
    count: int = field(default=1, kw_only=True)

    @property
    def parameters(self) -> int:
        """How many numbers it holds, or all that are listed as it."""
        return self.count * prod(self.shape)


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


class _Listed(NamedTuple):
    """A tensor by its own name, how many it stands for, where the experiments saw it, and the lists around it."""

    name: str
    times: int
    tensor: Tensor
    source: str
    lists: tuple[str, ...]


@dataclass
class _Counted:
    """What is kept of a config that was counted."""

    config: Any
    framework: Framework
    tree: Node
    facts: SizeFacts
    short: Any = None


_cache: OrderedDict[tuple[str, str], _Counted] = OrderedDict()
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
    return _counted(config, framework).facts


def _counted(config: Any, framework: str | None) -> _Counted:
    check_config(config)
    chosen = frameworks.choose(name=framework)
    try:
        key = (chosen.name, _content(config))
    except Exception as error:
        raise _no_model(config, chosen, error) from error
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    counted = _count(config, chosen)
    with _lock:
        _cache[key] = counted
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return counted


def shaped_tensors(config: Any, path: str, *, framework: str | None = None) -> tuple[ShapedTensor, ...] | None:
    """Return the tensors whose shape follows one attribute, found by the experiment that ModelMap makes with it.

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
    The tensors of the model that follow it: those with a dimension that does, and those of modules that come or go with
    it. None where no model can be built with another number there.
    """
    counted = _counted(config, framework)
    measure = measure_with(counted.framework)
    with quiet():
        if counted.short is None:
            counted.short, _ = attempt(lambda: shortened(counted.config, counted.tree, measure))
        followed, _ = attempt(lambda: Experiments(counted.short, measure).follow(path))
    if followed is None:
        return None
    found = []
    for name, times, tensor, source, lists in _expanded(counted.tree):
        shape = tuple(each.size for each in tensor.shape)
        axes = followed.get(("weight", source), ())
        come_or_go = any(("list", each) in followed for each in lists)
        if axes or come_or_go:
            found.append(ShapedTensor(name, shape, part_of(tensor.path), () if come_or_go else axes, count=times))
    return tuple(found)


def _count(config: Any, framework: Framework) -> _Counted:
    try:
        with quiet():
            tree = empty_tree(framework, config)
    except Exception as error:
        raise _no_model(config, framework, error) from error
    tensors = [
        TensorSize(name, tuple(each.size for each in tensor.shape), part_of(tensor.path), count=times)
        for name, times, tensor, _, _ in _expanded(tree)
    ]
    return _Counted(deepcopy(config), framework, tree, SizeFacts(framework.name, tree.class_name, tuple(tensors)))


def _expanded(tree: Node) -> Iterator[_Listed]:
    """Yield each tensor of each of the folded modules, tied ones left out."""
    folded = sum(times * len(node.tensors) for node, times in tree.walk()) > MOST_LISTED

    def walk(node: Node, path: str, count: int, around: tuple[str, ...]) -> Iterator[_Listed]:
        lead, source = (f"{each}." if each else "" for each in (path, node.source))
        for tensor in node.tensors:
            if not tensor.tied_to:
                yield _Listed(lead + tensor.name, count, tensor, source + tensor.name, around)
        for child in node.children:
            first = child.name.partition(" ")[0]
            inside = (*around, node.source) if first.isdecimal() else around
            if child.repeat == 1 or folded:
                yield from walk(child, lead + first, count * child.repeat, inside)
                continue
            for index in range(child.repeat):
                yield from walk(child, f"{lead}{int(first) + index}", count, inside)

    yield from walk(tree, "", 1, ())


def _no_model(config: Any, framework: Framework, error: Exception) -> CourseError:
    if (known := no_base_model(framework, config, error)) is not None:
        return known
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = " ".join(lines)[:300] or type(error).__name__
    return CourseError(
        f"No {framework.label} model can be built from this {type(config).__name__}: {reason.rstrip('.')}.",
        why="sizes are counted in the model that the architecture's own code would build.",
        remedy="Change the numbers that are named, or start again from the defaults.",
    )


def _content(config: Any) -> str:
    """Return all that ``config`` says as text, to tell configs of equal content."""
    return f"{type(config).__module__}.{type(config).__qualname__} " + json.dumps(
        config.to_dict(), sort_keys=False, default=repr, skipkeys=False
    )
