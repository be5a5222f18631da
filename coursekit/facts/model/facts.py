"""What a model is made of: its modules, what shapes each dimension, and the way of the data through it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.config.load import config_of
from coursekit.facts.files.locate import MODEL, MODEL_CLASS, is_config, locate
from coursekit.facts.model.dimensions import Dimension
from coursekit.facts.model.empty_model import explained_tree, shortened, tree_of
from coursekit.facts.model.experiments import Effect, Experiments, Findings
from coursekit.facts.model.flow.picture import Flow
from coursekit.facts.model.flow.stacks import flow
from coursekit.facts.model.tree import Node, named
from coursekit.facts.model.trials import attempt, flat, measure_with, reason
from coursekit.frameworks.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coursekit.frameworks import Framework


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
    model, config = _resolved(source)
    chosen = (frameworks.of(model) if model is not None else None) or frameworks.choose(name=framework)
    with quiet():  # an architecture has something to say of many a config that is only tried
        return _facts(chosen, model, config, names=names)


def _resolved(source: Any) -> tuple[Any, Any]:
    """Return the model, if ``source`` is one, and the config."""
    found = locate(source, revision="main")
    if found.given == MODEL:
        config = getattr(source, "config", None)
        return source, config if is_config(config) else None
    if found.given == MODEL_CLASS:
        raise CourseError(
            f"{found.shown} is a class, not a model.",
            why="a class says how to build something; the sizes stand in an instance, or in its config.",
            remedy=f"Make one: {found.shown}({source.config_class.__name__}())",
        )
    return None, config_of(found)


def _facts(framework: Framework, model: Any, config: Any, *, names: bool) -> ModelFacts:
    tree = explained_tree(framework, config) if model is None else _built(framework, model)
    about: dict[str, Any] = {
        "class_name": tree.class_name,
        "model_type": str(getattr(config, "model_type", "")),
        "framework": framework.name,
        "planned": model is None,
    }
    if not names or config is None:
        return ModelFacts(**about, tree=tree, unnamed="not asked for" if config is not None else "it has no config")
    model_class = None if model is None else type(model)

    measure = measure_with(framework, model_class)
    findings, error = attempt(lambda: Experiments(shortened(config, tree, measure), measure).run())
    if findings is None:  # a model class of somebody else's may not build from its config
        return ModelFacts(**about, tree=tree, unnamed=reason(error) if error else "")
    values = flat(config)
    tree = _named(tree, findings, values)
    return ModelFacts(
        **about,
        tree=tree,
        attributes=_attributes(tree, findings, values),
        flow=_flow(tree, findings),
    )


def _built(framework: Framework, model: Any) -> Node:
    """Return the tree of a model with its weights."""
    try:
        where = framework.devices(model)
    except ValueError as unbuilt:  # only Keras has models without weights
        raise CourseError(
            f"This {type(model).__name__} has no weights yet.",
            why="TensorFlow makes the weights when a model is first called.",
            remedy="Call the model once, for example: model(model.dummy_inputs). Or give its config.",
        ) from unbuilt
    return tree_of(framework, model, where)


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
