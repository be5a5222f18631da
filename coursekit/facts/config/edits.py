"""A config with some of its numbers changed: as an independent copy, and as the code that makes it."""

from __future__ import annotations

from copy import deepcopy
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.config.facts import check_config, defaults_of, known_names, values_of, walk
from coursekit.facts.files.locate import is_config
from coursekit.frameworks.buildable import NoModelError, check_buildable

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a config keeps and no constructor takes, or what changes nothing in the model.
_NOT_WRITTEN = frozenset({"transformers_version", "name_or_path", "architectures", "output_attentions"})
_LONG = 400
_WIDTH = 88  # of a line of code in a notebook


def edited(config: Any, changes: Mapping[str, Any]) -> Any:
    """Return an independent copy of ``config`` with ``changes``, made as its class would make it.

    The copy comes from the constructor, so that what an architecture derives from a number follows that number.

    Parameters
    ----------
    config
        A config of transformers; it is not touched.
    changes
        New values by path, such as ``{"text_config.hidden_size": 256}``.

    Raises
    ------
    CourseError
        When ``config`` has no such attribute, or its class refuses the values.
    """
    check_config(config)
    known = {f"{prefix}.{name}" if prefix else name for prefix, part in walk(config) for name in values_of(part)}
    for path in changes:
        if path not in known:
            raise CourseError(
                f"{type(config).__name__} has no attribute {path!r}.{did_you_mean(path, known)}",
                why="a config accepts any name without an error, and the change would do nothing.",
                remedy="Take one of the names that the config browser shows.",
            )
    return _edited(config, dict(changes))


def _edited(config: Any, changes: dict[str, Any]) -> Any:
    own = {path: value for path, value in changes.items() if "." not in path}
    copy = _rebuilt(config, own) if own else deepcopy(config)
    inner: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        if "." in path:
            name, _, rest = path.partition(".")
            inner.setdefault(name, {})[rest] = value
    for name, part_changes in inner.items():
        setattr(copy, name, _edited(getattr(copy, name), part_changes))
    return copy


def _rebuilt(config: Any, changes: dict[str, Any]) -> Any:
    """Return the config that the constructor makes of ``config``'s own choices and ``changes``."""
    _check_buildable(config, changes)
    choices = _choices(config)
    try:
        if choices is None:
            copy = deepcopy(config)
            for name, value in changes.items():
                setattr(copy, name, value)
            return copy
        copy = type(config)(**deepcopy({**choices, **changes}))
    except Exception as error:
        reason = " ".join(str(error).split())[:300].rstrip(".")
        raise CourseError(
            f"{type(config).__name__} refuses these values: {reason}.",
            why="the numbers of a config have to fit each other.",
            remedy="Change the numbers that are named, or start again from the defaults.",
        ) from error
    for name in ("architectures", "_name_or_path"):
        if name in vars(config):
            setattr(copy, name, deepcopy(vars(config)[name]))
    return copy


def _check_buildable(config: Any, changes: Mapping[str, Any]) -> None:
    """Refuse numbers with which a constructor would not come to an end: many make a list of all layers."""
    try:
        check_buildable({**values_of(config), **changes}, few_experts=True)
    except NoModelError as error:
        raise CourseError(
            f"No {type(config).__name__} is made with these values: {str(error).rstrip('.')}.",
            why="each layer, label and expert takes memory before a single number is there.",
            remedy="Take a smaller number; the largest models have some hundred layers.",
        ) from error


def _choices(config: Any) -> dict[str, Any] | None:
    """Return the fewest arguments from which the constructor makes ``config``; None where it cannot."""
    cls = type(config)
    if _inner(config):
        return None
    try:
        check_buildable(values_of(config), few_experts=True)
    except NoModelError:  # its constructor might not come to an end
        return None
    different = _different(config)
    target = _comparable(config)

    def makes(arguments: dict[str, Any]) -> bool:
        try:
            return _equal(_comparable(cls(**deepcopy(arguments))), target)
        except Exception:  # noqa: BLE001  (constructors raise whatever they like)
            return False

    if not makes(different):
        return None
    for name in list(different):
        fewer = {other: value for other, value in different.items() if other != name}
        if makes(fewer):
            different = fewer
    return different


def _comparable(config: Any) -> dict[str, Any]:
    return {name: value for name, value in values_of(config).items() if name not in _NOT_WRITTEN}


def _equal(one: Any, two: Any) -> bool:
    try:
        return bool(one == two)
    except Exception:  # noqa: BLE001  (arrays and foreign objects compare in their own ways)
        return False


def code_of(config: Any, changes: Mapping[str, Any]) -> str:
    """Return the Python lines that make ``edited(config, changes)``, with every value that is not a default.

    Values that no line of code can say, or that would fill the page, are named in a comment; so are names that the
    class does not know.
    """
    imports: set[tuple[str, str]] = set()
    lines = _lines(edited(config, changes), "config", imports, set(changes))
    modules = sorted({module for module, _ in imports})
    heads = [
        f"from {module} import {', '.join(sorted(name for other, name in imports if other == module))}"
        for module in modules
    ]
    return "\n".join([*heads, "", *lines])


def _lines(config: Any, target: str, imports: set[tuple[str, str]], changed: set[str]) -> list[str]:
    cls: Any = type(config)
    imports.add((_home(cls), cls.__name__))
    choices = _choices(config)
    settings: dict[str, Any] = {}
    if choices is None:
        choices, settings = {}, _different(config)
    # A config.json may hold any name, and a name that is none in Python must not become a line of code.
    left_out = [name for name, value in {**choices, **settings}.items() if not _name(name) or not _writable(value)]
    written = [f"{name}={value!r}" for name, value in choices.items() if name not in left_out]
    call = f"{target} = {cls.__name__}({', '.join(written)})"
    if len(call) > _WIDTH:
        call = f"{target} = {cls.__name__}(\n" + "".join(f"    {item},\n" for item in written) + ")"
    lines = [call, *(f"{target}.{name} = {value!r}" for name, value in settings.items() if name not in left_out)]
    known = known_names(cls)
    lines += [
        f"# {cls.__name__} does not know {name}.{did_you_mean(name, known)}"
        for name in {**choices, **settings}
        if name not in known and name not in left_out
    ]
    for name, part in _inner(config).items():
        # A part is written out where it was edited, and where the constructor above would make another one.
        paths = {path.partition(".")[2] for path in changed if path.startswith(f"{name}.")}
        if paths or not _is_default_part(cls, name, part):
            lines += _lines(part, f"{target}.{name}", imports, paths)
    names = ", ".join(name if _name(name) else repr(name) for name in left_out)
    return [*lines, f"# Not written out: {names}"] if left_out else lines


def _name(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _inner(config: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(config).items() if not name.startswith("_") and is_config(value)}


def _is_default_part(cls: Any, name: str, part: Any) -> bool:
    try:
        return _equal(_comparable(getattr(cls(), name)), _comparable(part))
    except Exception:  # noqa: BLE001  (composite configs raise whatever they like)
        return False


def _different(config: Any) -> dict[str, Any]:
    """Return the attributes that differ from what the class would give them."""
    defaults = defaults_of(type(config))
    return {
        name: value
        for name, value in values_of(config).items()
        if name not in _NOT_WRITTEN and (name not in defaults or not _equal(value, defaults[name]))
    }


def _home(cls: type) -> str:
    import transformers

    return "transformers" if getattr(transformers, cls.__name__, None) is cls else cls.__module__


def _writable(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return len(repr(value)) <= _LONG and all(_writable(item) for item in value)
    if isinstance(value, dict):
        plain = all(_writable(key) and _writable(item) for key, item in value.items())
        return plain and len(repr(value)) <= _LONG
    return value is None or (type(value) in (bool, int, float, str) and len(repr(value)) <= _LONG)
