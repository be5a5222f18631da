"""What a model is made of: its modules, what shapes each dimension, and the way of the data through it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts import changes
from coursekit.facts.dimensions import Dimension
from coursekit.facts.experiment import Effect, Experiments, Findings, Sketch, attempt, reason
from coursekit.facts.flow import Flow, flow
from coursekit.facts.folding import Node, extrapolated, first_of_each_kind, fold, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coursekit.frameworks import Framework, Parameter
    from coursekit.frameworks.anatomy import Anatomy, Lengths

_EXPERTS = re.compile(r"(^|\.)(num|n|moe_num)_(local_|routed_)?experts$")
_MANY_EXPERTS = 16
_FEW_EXPERTS = 2
_ENOUGH_EXPERTS = 16  # for a router to choose from, also where it groups them


@dataclass(frozen=True)
class Attribute:
    """A config attribute and what hangs on it.

    Attributes
    ----------
    name, value
        As in the config; the value as text.
    kind
        ``shapes`` (dimensions follow it), ``modules`` (other modules are built), ``nothing`` (shapes nothing, used at
        run time) or ``untested``.
    note
        Why it was not tested, or what the architecture says about other values.
    tensors, parameters
        How many tensors, and parameters in them, have a dimension or a number of copies that follows it.
    """

    name: str
    value: str
    kind: str
    note: str = ""
    tensors: int = 0
    parameters: int = 0


@dataclass(frozen=True)
class ModelFacts:
    """What a model is made of.

    Attributes
    ----------
    class_name, model_type
        Of the model, such as ``BertModel`` and ``bert``.
    framework
        ``pytorch`` or ``tensorflow``.
    planned
        Whether the model was only planned from a config, so that its tensors hold no numbers.
    tree
        Its modules, repeated neighbours folded, every dimension named.
    attributes
        Every attribute of the config; empty when names were not asked for.
    flow
        The way of the data.
    unnamed
        Why dimensions have no names; an empty string when they have.
    """

    class_name: str
    model_type: str
    framework: str
    planned: bool
    tree: Node
    attributes: tuple[Attribute, ...] = ()
    flow: Flow = field(default_factory=Flow)
    unnamed: str = ""

    @property
    def parameters(self) -> int:
        """How many parameters the model has; tied tensors count once."""
        return self.tree.total

    @property
    def nbytes(self) -> int:
        """How many bytes they take."""
        return self.tree.nbytes

    @property
    def tensors(self) -> int:
        """How many weight tensors it has, tied ones not counted again."""
        return sum(times for node, times in self.tree.walk() for tensor in node.tensors if not tensor.tied_to)


def model_facts(source: Any, *, names: bool = True, framework: str | None = None) -> ModelFacts:
    """Return what a model is made of.

    Parameters
    ----------
    source
        A config, a model, or the id or folder of a checkpoint, of which only the config is read.
    names
        Whether to find out by experiment which attribute shapes which dimension, and what flows where.
    framework
        ``pytorch`` or ``tensorflow``; default: that of the model, else the one in use.

    Raises
    ------
    CourseError
        When ``source`` is something else or a model without weights, or no model can be built from its config.
    """
    chosen = frameworks.choose(name=framework) if framework else None
    model, config = _resolve(source)
    chosen = (frameworks.of(model) if model is not None else None) or chosen or frameworks.choose()
    anatomy = chosen.anatomy()
    model_class = type(model) if model is not None else None
    if model is not None:
        try:
            where = anatomy.devices(model)
        except ValueError as unbuilt:  # only Keras has models without weights
            raise CourseError(
                f"This {type(model).__name__} has no weights yet.",
                why="TensorFlow makes the weights when a model is first called.",
                remedy="Call the model once, for example: model(model.dummy_inputs). Or give its config.",
            ) from unbuilt
        tree = fold(anatomy.modules(model), _parameters(chosen, model), where.get)  # type: ignore[arg-type]
    else:
        tree = _planned(chosen, anatomy, config)
    about: dict[str, Any] = {
        "class_name": tree.class_name,
        "model_type": str(getattr(config, "model_type", "")),
        "framework": chosen.name,
        "planned": model is None,
    }
    if not names or config is None:
        return ModelFacts(**about, tree=tree, unnamed="not asked for" if config is not None else "it has no config")

    def sketch(config: Any, lengths: Lengths | None, *, additions: bool = False) -> Sketch:
        built = anatomy.build(config, model_class)
        trace = anatomy.trace(built, lengths, additions=additions) if lengths else None
        return Sketch({} if lengths else anatomy.weights(built), () if lengths else anatomy.paths(built), trace)

    findings, error = attempt(lambda: Experiments(_shortened(config, tree, sketch), sketch).run())
    if findings is None:  # a model class of somebody else's may not build from its config
        return ModelFacts(**about, tree=tree, unnamed=reason(error) if error else "")
    values = changes.flat(config)
    tree = _named(tree, findings, values)
    return ModelFacts(
        **about,
        tree=tree,
        attributes=_attributes(tree, findings, values),
        flow=_flow(tree, findings),
    )


def _parameters(framework: Framework, model: Any) -> list[Parameter]:
    dotted = framework.anatomy().dotted
    return [
        replace(each, name=dotted(each.name), tied_to=dotted(each.tied_to) if each.tied_to else None)
        for each in framework.parameters(model)
    ]


def _resolve(source: Any) -> tuple[Any, Any]:
    """Return the model, if ``source`` is one, and the config."""
    if isinstance(source, type):
        kind = "config" if source.__name__.endswith("Config") else "model"
        raise CourseError(
            f"{source.__name__} is a class, not a {kind}.",
            why="a class says how to build something; the sizes stand in an instance.",
            remedy=f"Make one: {source.__name__}()" if kind == "config" else f"Make one: {source.__name__}(config)",
        )
    if frameworks.of(source) is not None and not _is_tensor(source):
        return source, getattr(source, "config", None)
    if isinstance(source, (str, bytes)) or hasattr(source, "__fspath__"):
        return None, _read_config(str(source))
    if hasattr(source, "to_dict") and hasattr(source, "model_type"):
        return None, source
    raise CourseError(
        f"A {type(source).__name__} is neither a config nor a model.",
        why="the map is drawn from the sizes in a config, or from the tensors of a model.",
        remedy="Give a config such as BertConfig(), a model, or the id of a checkpoint.",
    )


def _is_tensor(value: object) -> bool:
    framework = frameworks.of(value)
    return framework is not None and framework.is_tensor(value)


def _read_config(checkpoint: str) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(checkpoint, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise CourseError(
            f"No config was found for {checkpoint!r}.",
            why=f"transformers says: {reason(error)}",
            remedy="Check the spelling; without a network, use a checkpoint that is in the cache or in a folder.",
        ) from error


def _planned(framework: Framework, anatomy: Anatomy, config: Any) -> Node:
    """Return the tree of the model that a config describes; many experts are built as a few."""
    values = changes.flat(config)
    many = {n: v for n, v in values.items() if _EXPERTS.search(n) and isinstance(v, int) and v > _MANY_EXPERTS}

    def tree(values: Mapping[str, Any]) -> Node:
        model = anatomy.build(changes.changed(config, dict(values)), None)
        return fold(anatomy.modules(model), _parameters(framework, model))

    def extrapolate(name: str, times: int) -> Node:
        few, twice, thrice = (tree({name: count * _FEW_EXPERTS}) for count in (1, 2, 3))
        if extrapolated(few, twice, 2) != thrice:
            raise ValueError(f"the model does not grow evenly with {name}")
        return extrapolated(few, twice, times - 1)

    for name, value in many.items():
        if value % _FEW_EXPERTS:
            continue
        # If a few cannot be built, or the model does not grow evenly, all of them are built.
        folded, _ = attempt(partial(extrapolate, name, value // _FEW_EXPERTS))
        if folded is not None:
            return folded
    whole, error = attempt(lambda: tree({}))
    if whole is None:
        raise CourseError(
            f"{type(config).__name__} with these values describes no model that can be built.{_blamed(config, tree)}",
            why=f"the architecture says: {reason(error) if error else 'nothing'}",
            remedy="Change the attribute that it names, or start from the defaults.",
        ) from error
    return whole


def _blamed(config: Any, tree: Any) -> str:
    """Return the sentence that names the attributes with which the config would build if they had their defaults."""
    made, _ = attempt(type(config))  # some configs cannot be made without arguments
    default = changes.flat(made) if made is not None else {}
    blamed = []
    for name, value in changes.flat(config).items():
        if name in default and default[name] != value:
            built, _ = attempt(partial(tree, {name: default[name]}))
            if built is not None:
                blamed.append(f"{name}={value!r}")
    return f" It could be built without {' or '.join(blamed)}." if blamed else ""


def _shortened(config: Any, tree: Node, sketch: Any) -> Any:
    """Return a config that builds the first layers of each kind only, so that experiments are quick.

    Which attribute sets how many layers are built is an experiment too: fewer must be built, and all that are built
    must be as they were.
    """
    lengths = {node.path: node.length.size for node, _ in tree.walk() if node.length}
    needed = first_of_each_kind(tree)
    values = changes.flat(config)
    full: dict[str, tuple[int, ...]] = {}
    for node, _ in tree.walk():
        full.update({tensor.path: tuple(each.size for each in tensor.shape) for tensor in node.tensors})
    short: dict[str, int] = {}
    for name, value in values.items():
        if type(value) is not int or value <= 1:
            continue
        mine = [path for path, length in lengths.items() if length == value]
        count = max((needed.get(path, value) for path in mine), default=value)
        if _EXPERTS.search(name) and mine:
            count = max(count, _ENOUGH_EXPERTS)
        if count >= value:
            continue
        built, _ = attempt(partial(sketch, changes.changed(config, {**short, name: count}), None))
        if built is None:  # this attribute cannot be less
            continue
        sizes = built.sizes()
        fewer = any(sizes.get(("list", path)) == (count,) for path in mine)
        same = all(full.get(weight, shape) == shape for weight, shape in built.weights.items())
        if fewer and (same or _EXPERTS.search(name)):
            short[name] = count
    return changes.changed(config, short)


def _named(tree: Node, findings: Findings, values: Mapping[str, Any]) -> Node:
    def dimension(found: Dimension, size: int) -> Dimension | None:
        if found.size == size:
            return found
        if found.at and found.at(values) == size:
            return Dimension(size, found.name, found.attributes, found.exact, found.at)
        return None

    def shape_of(path: str, sizes: tuple[int, ...]) -> tuple[Dimension, ...]:
        found = findings.dimensions.get(("weight", path), ())
        if len(found) != len(sizes):
            return tuple(map(Dimension, sizes))
        return tuple(dimension(each, size) or Dimension(size) for each, size in zip(found, sizes, strict=True))

    def length_of(path: str, size: int) -> Dimension:
        found = findings.dimensions.get(("list", path))
        return (dimension(found[0], size) if found else None) or Dimension(size)

    return named(tree, shape_of, length_of)


def _attributes(tree: Node, findings: Findings, values: Mapping[str, Any]) -> tuple[Attribute, ...]:
    tensors: dict[str, int] = defaultdict(int)
    parameters: dict[str, int] = defaultdict(int)

    def walk(node: Node, times: int, around: frozenset[str]) -> None:
        times *= node.repeat
        for tensor in node.tensors:
            for name in around.union(*(each.attributes for each in tensor.shape)):
                tensors[name] += 0 if tensor.tied_to else times
                parameters[name] += times * tensor.parameters
        for child in node.children:
            numbered = child.name.split(" ")[0].isdecimal()
            walk(child, times, around | frozenset(node.length.attributes if node.length and numbered else ()))

    walk(tree, 1, frozenset())
    return tuple(
        Attribute(
            name,
            _text(values.get(name, effect.value)),
            _kind(effect, parameters[name]),
            effect.note,
            tensors[name],
            parameters[name],
        )
        for name, effect in findings.effects.items()
    )


def _kind(effect: Effect, parameters: int) -> str:
    return "shapes" if parameters else effect.kind


def _text(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004


def _flow(tree: Node, findings: Findings) -> Flow:
    trace = findings.trace
    if trace is None:
        return Flow(reason=findings.no_trace)
    found, error = attempt(lambda: flow(tree, trace, findings.dimensions))
    # A picture that cannot be read for sure is not drawn.
    return found or Flow(reason=reason(error) if error else "")
