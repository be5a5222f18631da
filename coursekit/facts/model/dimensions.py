"""Which formula over config attributes a size follows, found from experiments and never from equal numbers.

An experiment changes one attribute and measures the size again. A formula is accepted only if it gives every size that
was measured. It is as simple as that allows: an attribute, a multiple, a product, a sum, a quotient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import permutations
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Values = Mapping[str, float]
    Rule = tuple[str, Callable[[Values], float]]

_COUNT = re.compile(r"(num|n)_|.*_heads$")
_LARGEST_FACTOR = 64
"""A larger constant factor says more about chance than about a model."""


@dataclass(frozen=True)
class Dimension:
    """One dimension of a tensor.

    Attributes
    ----------
    size
        How large it is.
    name
        The formula that it follows, such as ``num_attention_heads × head_dim``; ``""`` when no attribute changes it.
    attributes
        The config attributes that change it.
    exact
        Whether ``name`` is a formula; otherwise it only lists the attributes.
    at
        Return the size for other values of the attributes.
    """

    size: int
    name: str = ""
    attributes: tuple[str, ...] = ()
    exact: bool = True
    at: Callable[[Values], float] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.name} {self.size}" if self.name else str(self.size)


@dataclass(frozen=True)
class Measurement:
    """The size that was measured for these values of the attributes."""

    values: Values
    size: int


def infer(size: int, base: Values, measured: Mapping[str, Sequence[Measurement]]) -> Dimension:
    """Return the simplest formula that gives all measured sizes.

    Parameters
    ----------
    size
        The size at the ``base`` values.
    base
        The value of every attribute.
    measured
        For every attribute that changes the size: what was measured with that attribute changed.
    """
    # A count reads best first: num_heads × d_kv.
    names = tuple(sorted(measured, key=lambda name: not _COUNT.match(name.rpartition(".")[2])))
    if not names:
        return Dimension(size)
    points = [Measurement(base, size), *(point for points in measured.values() for point in points)]
    slopes = {name: _slope(name, size, base, points) for name, points in measured.items()}
    for text, rule in _rules(names, size, base, slopes):
        if _fits(rule, points):
            return Dimension(size, text, names, exact=True, at=rule)
    return undetermined(size, names)


def undetermined(size: int, names: Sequence[str]) -> Dimension:
    """Return the dimension that these attributes change in a way that no formula here describes."""
    return Dimension(size, f"set by {' and '.join(names)}", tuple(names), exact=False)


def _fits(rule: Callable[[Values], float], points: Sequence[Measurement]) -> bool:
    try:
        return all(rule(point.values) == point.size for point in points)
    except (ZeroDivisionError, OverflowError):
        return False


def _slope(name: str, size: int, base: Values, points: Sequence[Measurement]) -> int | None:
    steps = {(point.size - size) / (point.values[name] - base[name]) for point in points}
    slope = steps.pop()
    return int(slope) if not steps and slope.is_integer() else None


def _rules(names: Sequence[str], size: int, base: Values, slopes: Mapping[str, int | None]) -> Iterator[Rule]:
    """Yield what a size may follow, the simplest first; constants come from the base point."""
    yield from _products(names, size, base)
    if len(names) == 1:
        yield from _of_one(names[0], size, base, slopes[names[0]])
    if several := {2: _of_two, 3: _of_three, 4: _of_four}.get(len(names)):
        for order in permutations(names):  # of ten names there would be millions
            yield from several(order, size, base)
    yield from _sums(names, size, base, slopes)


def _with(rule: Callable[..., float], **constants: int) -> Callable[[Values], float]:
    return lambda values: rule(values, **constants)


def _times(factor: int, text: str) -> str:
    return text if factor == 1 else f"{factor} × {text}"


def _plus(text: str, constant: int) -> str:
    return text if constant == 0 else f"{text} {'+' if constant > 0 else '-'} {abs(constant)}"


def _products(names: Sequence[str], size: int, base: Values) -> Iterator[Rule]:
    """Yield k × a × b × …, and the same divided by k."""
    text = " × ".join(names)
    product = prod(base[name] for name in names)
    if not product:
        return
    # int() as model code writes it: int(hidden_size * mlp_ratio)
    yield text, lambda values: int(prod(values[name] for name in names))
    factor = round(size / product)
    if 1 < factor <= _LARGEST_FACTOR:
        yield _times(factor, text), lambda values: int(factor * prod(values[name] for name in names))
    divisor = round(product / size) if size else 0
    if 1 < divisor <= _LARGEST_FACTOR:
        whole = f"({text})" if len(names) > 1 else text
        yield f"{whole} / {divisor}", lambda values: prod(values[name] for name in names) // divisor


def _of_one(a: str, size: int, base: Values, slope: int | None) -> Iterator[Rule]:
    square = base[a] ** 2
    for factor in (1, 2, 3):
        constant = int(size - factor * square)
        text = _plus(_times(factor, f"{a}²"), constant)
        if constant <= 2:  # noqa: PLR2004  (a class token, a distillation token)
            yield text, _with(lambda values, k, c: k * values[a] ** 2 + c, k=factor, c=constant)
    grid = 2 * base[a] - 1  # relative positions in a window
    extra = int(size - grid**2)
    yield _plus(f"(2 × {a} - 1)²", extra), lambda values: (2 * values[a] - 1) ** 2 + extra
    if slope and slope > 0:
        constant = int(size - slope * base[a])
        yield _plus(_times(slope, a), constant), lambda values: slope * values[a] + constant


def _of_two(order: Sequence[str], size: int, base: Values) -> Iterator[Rule]:
    a, b = order
    if base[b]:
        quotient = base[a] // base[b]
        if quotient:
            factor = round(size / quotient)
            if 1 <= factor <= _LARGEST_FACTOR:
                yield (
                    _times(factor, f"({a} / {b})" if factor > 1 else f"{a} / {b}"),
                    (lambda values: factor * (values[a] // values[b])),
                )
        constant = int(size - quotient**2)
        yield _plus(f"({a} / {b})²", constant), lambda values: (values[a] // values[b]) ** 2 + constant
    if base[a] and base[b]:
        factor = round(size / (base[a] * base[b] ** 2))
        yield _times(factor, f"{a} × {b}²"), lambda values: factor * values[a] * values[b] ** 2
        for factor in (1, 2, 3):
            constant = int(size - factor * base[a] * base[b])
            yield (
                _plus(_times(factor, f"{a} × {b}"), constant),
                _with(lambda values, k, c: k * values[a] * values[b] + c, k=factor, c=constant),
            )
    for k in (1, 2, 3, 4):
        # a × b + k × a is (b + k) × a
        yield f"({b} + {k}) × {a}", _with(lambda values, k: (values[b] + k) * values[a], k=k)


def _of_three(order: Sequence[str], size: int, base: Values) -> Iterator[Rule]:  # noqa: ARG001  (one signature)
    a, b, c = order
    for k in (1, 2):
        yield f"({a} + {_times(k, b)}) × {c}", _with(lambda values, k: (values[a] + k * values[b]) * values[c], k=k)
        yield f"{a} + {_times(k, f'{b} × {c}')}", _with(lambda values, k: values[a] + k * values[b] * values[c], k=k)
        yield f"{_times(k, a)} × {b} + {c}", _with(lambda values, k: k * values[a] * values[b] + values[c], k=k)
    if base[b] and base[c]:
        yield f"{a} × {b} / {c}", lambda values: values[a] * values[b] // values[c]
        yield f"({a} / {c}) × ({b} / {c})", lambda values: (values[a] // values[c]) * (values[b] // values[c])
    yield f"{a} × {b} × {c}²", lambda values: values[a] * values[b] * values[c] ** 2


def _of_four(order: Sequence[str], size: int, base: Values) -> Iterator[Rule]:  # noqa: ARG001  (one signature)
    a, b, c, d = order
    for k in (1, 2):
        yield (
            f"{a} × {b} + {_times(k, f'{c} × {d}')}",
            _with(lambda values, k: values[a] * values[b] + k * values[c] * values[d], k=k),
        )
        yield (
            f"({a} + {b} + {_times(k, c)}) × {d}",
            _with(lambda values, k: (values[a] + values[b] + k * values[c]) * values[d], k=k),
        )


def _sums(names: Sequence[str], size: int, base: Values, slopes: Mapping[str, int | None]) -> Iterator[Rule]:
    """Yield k × a + m × b + …, with the steps that single changes showed."""
    known = {name: slope for name, slope in slopes.items() if slope and 0 < slope <= _LARGEST_FACTOR}
    if len(known) != len(names) or len(names) == 1:
        return
    constant = int(size - sum(slope * base[name] for name, slope in known.items()))
    text = _plus(" + ".join(_times(slope, name) for name, slope in known.items()), constant)
    yield text, lambda values: sum(slope * values[name] for name, slope in known.items()) + constant
