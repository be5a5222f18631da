"""The tree of the empty model that a config describes, and a shorter config of the same kinds of layers.

Nothing is allocated, but a model of 58 layers with 256 experts each would still take minutes. So experts are counted
from a few, and experiments look at the first layers of each kind only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.facts.model.tree import Node, extrapolated, first_of_each_kind, fold
from coursekit.facts.model.trials import attempt, changed, flat, reason
from coursekit.frameworks.buildable import NoModelError, check_buildable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from coursekit.facts.model.trials import Measure
    from coursekit.frameworks import Framework

_EXPERTS = re.compile(r"(^|\.)(num|n|moe_num)_(local_|routed_)?experts$")
_MANY_EXPERTS = 16
_FEW_EXPERTS = 2
_TRIED = 4  # auto classes, where that of base models has no row
_ENOUGH_EXPERTS = 16  # for a router to choose from, also where it groups them


def tree_of(framework: Framework, model: Any, devices: Mapping[str, str] | None = None) -> Node:
    """Return the folded tree of a model, with the device of each weight where that is known."""

    def path(name: str | None) -> str | None:
        return framework.path_of(name) if name else None

    parameters = [
        replace(each, name=framework.path_of(each.name), tied_to=path(each.tied_to))
        for each in framework.parameters(model)
    ]
    return fold(framework.modules(model), parameters, devices or {})


def empty_tree(framework: Framework, config: Any) -> Node:
    """Return the tree of the empty model that a config describes; many experts are built as a few.

    Raises
    ------
    NoModelError
        When it is too large even for that.
    Exception
        Whatever the architecture raises that cannot build it.
    """
    check_buildable(config.to_dict(), few_experts=True)
    many = {n: v for n, v in flat(config).items() if _EXPERTS.search(n) and type(v) is int and v > _MANY_EXPERTS}

    def extrapolate(name: str, times: int) -> Node:
        few, twice, thrice = (_tree(framework, config, {name: count * _FEW_EXPERTS}) for count in (1, 2, 3))
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
    check_buildable(config.to_dict())
    return _tree(framework, config, {})


def _tree(framework: Framework, config: Any, values: Mapping[str, Any]) -> Node:
    return tree_of(framework, framework.empty_model(changed(config, dict(values))))


def explained_tree(framework: Framework, config: Any) -> Node:
    """Return what :func:`empty_tree` does.

    Raises
    ------
    CourseError
        When no model can be built, with the attributes that are to blame.
    """
    tree, error = attempt(lambda: empty_tree(framework, config))
    if tree is not None:
        return tree
    if isinstance(error, NoModelError):
        raise CourseError(
            f"{type(config).__name__} with these values describes no model that can be built.",
            why=str(error),
            remedy="Give it fewer; the largest models have some hundred layers.",
        ) from error
    if (known := no_base_model(framework, config, error)) is not None:
        raise known from error
    blamed = _blamed(config, partial(_tree, framework, config))
    raise CourseError(
        f"{type(config).__name__} with these values describes no model that can be built.{blamed}",
        why=f"the architecture says: {reason(error) if error else 'nothing'}",
        remedy="Change the attribute that it names, or start from the defaults.",
    ) from error


def no_base_model(framework: Framework, config: Any, error: Exception | None) -> CourseError | None:
    """Return the error about a config that has no base model, or asks for a library; None where it is about values."""
    name = type(config).__name__
    if isinstance(error, ImportError) or "requires the" in str(error):
        return CourseError(
            f"No {framework.label} model can be built from this {name}: a library is missing.",
            why=" ".join(str(error).split())[:300],
            remedy="Install the library that is named and restart the kernel, or take another architecture.",
        )
    if "Unrecognized configuration class" not in str(error):
        return None
    others = _building(framework, config)
    named = f" {' or '.join(others)} can." if others else ""
    return CourseError(
        f"No {framework.label} model can be built from this {name}: {framework.auto_class_name()} knows no model "
        f"for it.{named}",
        why="what is counted and drawn is the model that the auto class of base models would build.",
        remedy=f"Build it with that class, and give the model: {others[0]}.from_config(config)."
        if others
        else "Give the config of a part that is a model of its own, or one of another architecture.",
    )


def _building(framework: Framework, config: Any) -> list[str]:
    """Return the auto classes that can build ``config``, at most two of them."""

    def builds(name: str) -> bool:
        return attempt(partial(framework.empty_model, config, framework.auto_class_named(name)))[0] is not None

    found = [name for name in framework.auto_classes_of(config)[:_TRIED] if builds(name)]
    return found[:2]


def _blamed(config: Any, tree: Callable[[Mapping[str, Any]], Node]) -> str:
    """Return the sentence that names the attributes with which the config would build if they had their defaults."""
    made, _ = attempt(type(config))  # some configs cannot be made without arguments
    default = flat(made) if made is not None else {}
    values = flat(config)
    other = {name: default[name] for name, value in values.items() if name in default and default[name] != value}

    def builds(names: Iterable[str]) -> bool:
        return attempt(partial(tree, {name: other[name] for name in names}))[0] is not None

    one = [name for name in other if builds([name])]
    several: list[str] = []
    if not one and builds(other):  # nothing alone: drop what need not be changed
        several = list(other)
        for name in other:
            if builds(rest := [each for each in several if each != name]):
                several = rest
    said = [f"{name}={values[name]!r}" for name in one or several]
    return f" It could be built without {(' or ' if one else ' and ').join(said)}." if said else ""


def shortened(config: Any, tree: Node, measure: Measure) -> Any:
    """Return a config that builds the first layers of each kind only, so that experiments are quick.

    Which attribute sets how many layers are built is an experiment too: fewer must be built, and all that are built
    must be as they were.
    """
    lengths = {node.path: node.length.size for node, _ in tree.walk() if node.length}
    needed = first_of_each_kind(tree)
    values = flat(config)
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
        built, _ = attempt(partial(measure, changed(config, {**short, name: count}), None))
        if built is None:  # this attribute cannot be less
            continue
        sizes = built.sizes()
        fewer = any(sizes.get(("list", path)) == (count,) for path in mine)
        same = all(full.get(weight, shape) == shape for weight, shape in built.weights.items())
        if fewer and (same or _EXPERTS.search(name)):
            short[name] = count
            lengths.update({key[1]: size[0] for key, size in sizes.items() if key[0] == "list"})
    return changed(config, short)
