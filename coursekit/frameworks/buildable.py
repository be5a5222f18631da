"""Which configs are too large to be built even without memory; asked before any config class sees the dictionary.

A ``config.json`` comes from outside and may say anything, such as a billion layers: each would be an object. Products
are bounded, not factors alone, because experts stand in every layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LAYERS, _MOST_EXPERTS, _MOST_EXPERTS_IN_ALL = 2000, 20_000, 200_000
"""The largest models of today have 126 layers, and 384 experts in each of 61."""
_MOST_LABELS = 100_000
"""A config keeps the name of each label, twice."""
_MOST_POSITIONS = 10**8
"""Some architectures compute a table of all positions; the longest context of today is 10,485,760."""
_MOST_NAMES, _MOST_SETTINGS, _DEEPEST = 1_000, 20_000, 30
"""Settings with a name of their own (a config has some dozens), all keys and items of lists together (of which a
vocabulary of labels has most), and dictionaries in dictionaries."""
_LAYERS = re.compile(r"(layers?|blocks?|stages?)$|^(n|num)_(layers?|blocks?)|^depths?$")
_EXPERTS = re.compile(r"experts?$|^(n|num)_experts?")
_POSITIONS = re.compile(r"^(max_|n_)?(\w+_)?(positions?|position_embeddings|ctx)$")
_LABELS = re.compile(r"^(num_labels|num_classes)$")
_DTYPES = {"torch_dtype", "dtype"}


class NoModelError(Exception):
    """No model can be built, not even an empty one; the message is a sentence that says why."""


def repeats(name: str) -> bool:
    """Tell whether a config's number of this name says how often something is built: layers, blocks, experts."""
    return _LAYERS.search(name) is not None or _EXPERTS.search(name) is not None


def check_buildable(settings: object, *, few_experts: bool = False) -> None:
    """Raise :class:`NoModelError` unless an empty model of these settings can be built in reasonable time.

    Parameters
    ----------
    settings
        The content of a ``config.json``, or what a config's ``to_dict()`` returns.
    few_experts
        Whether the caller builds a few experts and counts the others from them, so that their number does not matter.

    Raises
    ------
    NoModelError
        With the name of the number that is too large, or of what is no config at all.
    """
    if not isinstance(settings, Mapping):
        raise NoModelError(f"A config is a JSON object with named settings; this is a {type(settings).__name__}.")
    _check_amount(settings)
    _check_types(settings)
    for part in _parts(settings):
        _check_numbers(part, few_experts=few_experts)


def _check_amount(settings: Mapping[Any, Any]) -> None:
    count, level = 0, [settings]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for value in level:
            count += len(value)
            if count > _MOST_SETTINGS + 2 * _MOST_LABELS:
                raise NoModelError("The config has so many settings that no model is built from it.")
            inner += [
                item
                for item in (value.values() if isinstance(value, Mapping) else value)
                if isinstance(item, (Mapping, list, tuple))
            ]
        level = inner
        if not level:
            return
    raise NoModelError(f"The config's settings are nested more than {_DEEPEST} deep.")


def _check_types(settings: Mapping[Any, Any]) -> None:
    if len(settings) > _MOST_NAMES:
        raise NoModelError(f"The config has {len(settings):,} settings; a model's config has some dozens.")
    kind = settings.get("model_type", "")
    if kind is not None and not isinstance(kind, str):
        raise NoModelError(f"model_type is a {type(kind).__name__}, and it has to be the name of an architecture.")
    for key in _DTYPES & settings.keys():
        value = settings[key]
        if isinstance(value, str) and not re.fullmatch(r"(torch\.)?(auto|double|half|float|b?float\d\w*)", value):
            raise NoModelError(f"{key} is {value[:40]!r}; it has to be a type such as 'float32' or 'bfloat16'.")


def _parts(settings: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """Yield the settings and those of configs inside them."""
    yield settings
    for key, value in settings.items():
        if isinstance(value, Mapping) and key not in {"id2label", "label2id"}:
            yield from _parts(value)


def _check_numbers(settings: Mapping[Any, Any], *, few_experts: bool) -> None:
    layers, experts = ("", 1.0), ("", 1.0)
    for key, value in settings.items():
        name, number = str(key), _number(value)
        if number is None:
            continue
        if _EXPERTS.search(name):
            _refuse_above(_MOST_EXPERTS, name, number)
            experts = max(experts, (name, number), key=lambda pair: pair[1])
        elif _LAYERS.search(name):
            _refuse_above(_MOST_LAYERS, name, number)
            layers = max(layers, (name, number), key=lambda pair: pair[1])
        elif _LABELS.search(name):
            _refuse_above(_MOST_LABELS, name, number)
        elif _POSITIONS.search(name):
            _refuse_above(_MOST_POSITIONS, name, number)
    if layers[1] * experts[1] > _MOST_EXPERTS_IN_ALL and not few_experts:
        raise NoModelError(
            f"{layers[0]} × {experts[0]} is {layers[1] * experts[1]:,.0f}: a model of that many experts is not built."
        )


def _number(value: Any) -> float | None:
    """Return a number, or the sum of a list of numbers; None for all else."""
    if isinstance(value, (list, tuple)):
        numbers = [_number(item) for item in value]
        return sum(number for number in numbers if number is not None)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return float("inf")


def _refuse_above(most: int, name: str, number: float) -> None:
    if number > most:
        said = "infinitely large" if number == float("inf") else f"{number:,.0f}"
        raise NoModelError(f"{name} is {said}: not built, because {most:,} is the most that is.")
