"""What a config says: its attributes with values, defaults, documentation and groups, and what is wrong with it."""

from __future__ import annotations

import inspect
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.facts.config.documentation import documentation
from coursekit.facts.config.groups import ORDER, Attribute, architecture_rank, group_of, mapping, short
from coursekit.facts.config.warnings import ConfigWarning, config_warnings
from coursekit.facts.files.locate import is_config

__all__ = [
    "Attribute",
    "ConfigFacts",
    "ConfigWarning",
    "Difference",
    "architecture_integers",
    "check_config",
    "config_facts",
    "defaults_of",
    "differences",
    "known_names",
    "values_of",
    "walk",
]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_DEFAULT = object()
_PATH = "name_or_path"
_VOLATILE = frozenset({"transformers_version", "_commit_hash"})


@dataclass(frozen=True)
class ConfigFacts:
    """What a config says.

    Attributes
    ----------
    class_name, model_type
        Such as ``BertConfig`` and ``bert``.
    source
        The checkpoint that it came from, or an empty string.
    attributes
        All attributes, those of nested configs too, in the order in which they are shown.
    parts
        The paths of the nested configs and the names of their classes; the config itself is not among them.
    warnings
        What is probably wrong.
    """

    class_name: str
    model_type: str
    source: str
    attributes: tuple[Attribute, ...]
    parts: tuple[tuple[str, str], ...]
    warnings: tuple[ConfigWarning, ...]

    def __getitem__(self, path: str) -> Attribute:
        for attribute in self.attributes:
            if attribute.path == path:
                return attribute
        raise KeyError(path)

    @property
    def changed(self) -> tuple[Attribute, ...]:
        """The attributes that differ from their defaults."""
        return tuple(attribute for attribute in self.attributes if attribute.changed)


@dataclass(frozen=True)
class Difference:
    """An attribute in which two configs differ; a value is None where that config lacks the attribute."""

    path: str
    group: str
    first: str | None
    second: str | None


def config_facts(config: Any) -> ConfigFacts:
    """Return what ``config`` says. No framework is imported, and no model is built.

    Parameters
    ----------
    config
        A config of transformers.

    Raises
    ------
    CourseError
        When ``config`` is no config of transformers.
    """
    check_config(config)
    facts = _facts(config)
    if not facts.warnings:
        return facts
    # What a class brings with its own defaults is its authors' business.
    cls: Any = type(config)
    usual = _usual_warnings(cls)
    return replace(facts, warnings=tuple(warning for warning in facts.warnings if warning not in usual))


@cache
def _usual_warnings(cls: Any) -> frozenset[ConfigWarning]:
    try:
        return frozenset(_facts(cls()).warnings)
    except Exception:  # noqa: BLE001  (composite configs raise whatever they like)
        return frozenset()


def _facts(config: Any) -> ConfigFacts:
    attributes: list[Attribute] = []
    warnings: list[ConfigWarning] = []
    parts: list[tuple[str, str]] = []
    for prefix, part in walk(config):
        cls: Any = type(part)
        if prefix:
            parts.append((prefix, cls.__name__))
        found = list(_attributes(part, prefix))
        attributes += found
        warnings += config_warnings(part, prefix, {item.name: item for item in found}, known_names(cls))
    return ConfigFacts(
        class_name=type(config).__name__,
        model_type=str(getattr(config, "model_type", "") or ""),
        source=str(vars(config).get("_name_or_path") or ""),
        attributes=tuple(attributes),
        parts=tuple(parts),
        warnings=tuple(warnings),
    )


def check_config(config: Any) -> None:
    """Raise a :class:`CourseError` unless ``config`` is a config of transformers."""
    from transformers import PretrainedConfig

    if not isinstance(config, PretrainedConfig):
        raise CourseError(
            f"A {type(config).__name__} is no config.",
            why="the attributes are read from a config object of transformers.",
            remedy="Give a config, such as BertConfig(), or the config of a model: model.config.",
        )


def differences(first: Any, second: Any) -> tuple[Difference, ...]:
    """Return the attributes in which two configs differ, in the order in which they are shown.

    What two architectures call differently and transformers knows as one thing is compared as one: BERT's
    ``hidden_size`` with DistilBERT's ``dim``.
    """
    one, two = _comparable(first), _comparable(second)
    found = []
    for key in [*one, *(key for key in two if key not in one)]:
        here, there = one.get(key), two.get(key)
        if here and there and _same(here[1], there[1]):
            continue
        paths = list(dict.fromkeys(side[0].path for side in (here, there) if side))
        group = next(side[0].group for side in (here, there) if side)
        values = [side[0].value if side else None for side in (here, there)]
        found.append(Difference(" / ".join(paths), group, *values))
    order = {group: place for place, group in enumerate(ORDER)}
    return tuple(sorted(found, key=lambda difference: order[difference.group]))


def _comparable(config: Any) -> dict[str, tuple[Attribute, Any]]:
    """Return each attribute and its value by the name that all architectures share."""
    attributes = {attribute.path: attribute for attribute in config_facts(config).attributes}
    found = {}
    for prefix, part in walk(config):
        lead = f"{prefix}." if prefix else ""
        shared = {own: standard for standard, own in mapping(type(part), "attribute_map").items()}
        for name, value in values_of(part).items():
            if name not in _VOLATILE:
                found[lead + shared.get(name, name)] = attributes[lead + name], value
    return found


def walk(config: Any, prefix: str = "", seen: frozenset[int] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Yield ``config`` and the configs inside it, each behind its path; the path of ``config`` itself is empty."""
    yield prefix, config
    for name, value in vars(config).items():
        if not name.startswith("_") and is_config(value) and id(value) not in seen:
            yield from walk(value, f"{prefix}.{name}" if prefix else name, seen | {id(config)})


def values_of(config: Any) -> dict[str, Any]:
    """Return the attributes that ``config`` keeps, by name, without the private ones and without nested configs."""
    found = {}
    for name, value in vars(config).items():
        public = {"_name_or_path": _PATH, "_output_attentions": "output_attentions"}.get(name, name)
        if not public.startswith("_") and public != "model_type" and not is_config(value):
            found[public] = value
    return found


def defaults_of(cls: Any) -> Mapping[str, Any]:
    """Return the attributes of ``cls()``, or of its signature when it cannot be built without arguments."""
    try:
        return _built_defaults(cls)
    except Exception:  # noqa: BLE001  (composite configs raise whatever they like)
        return {
            name: parameter.default
            for name, parameter in _signature(cls).items()
            if parameter.default is not inspect.Parameter.empty
        }


@cache
def _built_defaults(cls: Any) -> Mapping[str, Any]:
    return values_of(deepcopy(cls()))


@cache
def _signature(cls: Any) -> Mapping[str, inspect.Parameter]:
    return {
        name: parameter
        for name, parameter in inspect.signature(cls.__init__).parameters.items()
        if name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }


@cache
def known_names(cls: Any) -> frozenset[str]:
    """Return all names that mean something to ``cls``: what it keeps, what it takes, what it or a base documents."""
    from transformers import PretrainedConfig

    names = {*defaults_of(cls), *documentation(cls), *_signature(cls), *defaults_of(PretrainedConfig)}
    names |= {*mapping(cls, "attribute_map"), *mapping(cls, "sub_configs")}
    return frozenset(names | {"auto_map", "torch_dtype", "dtype", "quantization_config", "model_type"})


def _attributes(config: Any, prefix: str) -> Iterator[Attribute]:
    cls: Any = type(config)
    defaults, entries, known = defaults_of(cls), documentation(cls), known_names(cls)
    other_names = {own: standard for standard, own in mapping(cls, "attribute_map").items()}
    found = []
    for name, value in values_of(config).items():
        default = defaults.get(name, _NO_DEFAULT)
        entry = entries.get(name) or entries.get(other_names.get(name, ""))
        group = group_of(name) if name in known else ORDER[-1]
        found.append(
            Attribute(
                path=f"{prefix}.{name}" if prefix else name,
                name=name,
                group=group,
                value=short(value),
                default="" if default is _NO_DEFAULT else short(default),
                changed=name not in _VOLATILE and not _same(value, default),
                type=entry.type if entry else "",
                documentation=entry.text if entry else "",
                integer=value if _shapes(group, value) else None,
            )
        )
    order = {group: place for place, group in enumerate(ORDER)}
    yield from sorted(found, key=lambda attribute: (order[attribute.group], architecture_rank(attribute.name)))


def _shapes(group: str, value: Any) -> bool:
    return type(value) is int and value > 0 and group in ORDER[:2]


def architecture_integers(facts: ConfigFacts, prefix: str = "", limit: int = 10) -> tuple[Attribute, ...]:
    """Return the attributes of one part that are whole numbers and shape the model, the best known ones first."""
    own = [
        attribute
        for attribute in facts.attributes
        if attribute.integer is not None and attribute.path.rpartition(".")[0] == prefix
    ]
    return tuple(sorted(own, key=lambda attribute: architecture_rank(attribute.name))[:limit])


def _same(one: Any, two: Any) -> bool:
    if one is two:
        return True
    try:
        return bool(one == two) and isinstance(one, bool) == isinstance(two, bool)
    except Exception:  # noqa: BLE001  (arrays and foreign objects compare in their own ways)
        return False
