"""What each config attribute does to a model: change one, build again without weights, and compare.

Only shapes are built, so an experiment takes some ten milliseconds. Repeated layers are cut to the first of each kind
before the experiments; what is found for them holds for all of their kind.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.facts.model.dimensions import Measurement, infer, undetermined
from coursekit.facts.model.trials import UNLIKELY, alternatives, attempt, changed, flat, flow_sizes, reason
from coursekit.frameworks.trace import RESIDUAL, Lengths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from coursekit.facts.model.dimensions import Dimension
    from coursekit.facts.model.trials import Key, Measure
    from coursekit.frameworks.trace import Shape, Trace

MODULES = 100_000
"""How many modules the experiments with one config may build. The clock has no say in it, so that a slow machine finds
what a fast one finds."""
SECONDS = 90.0
"""A second limit, in seconds of work of this thread, for the few architectures whose modules are slow to build; far
more than the models of the lessons take, so a slow machine does not meet it there."""
_LATE = "the model is so large that not everything was tried"

_UNLIKELY_EQUAL = 16
"""Two sizes below it may be equal by chance."""

_DATA = {"batch": "batch", "sequence": "sequence", "target_sequence": "target sequence"}
"""How the lengths of the data are called in a shape."""


def _data(lengths: Lengths) -> dict[str, int]:
    return {label: getattr(lengths, name) for name, label in _DATA.items()}


@dataclass(frozen=True)
class Effect:
    """What changing one attribute did.

    Attributes
    ----------
    value
        The attribute's own value.
    kind
        ``shapes`` (dimensions follow it), ``modules`` (other modules are built), ``nothing`` (no tensor changes) or
        ``untested``.
    note
        What the architecture said when it refused a value; else an empty string.
    tried
        The value that the experiment gave it; None when none was accepted.
    """

    value: Any
    kind: str
    note: str = ""
    tried: Any = None


@dataclass(frozen=True)
class Findings:
    """What the experiments found."""

    dimensions: Mapping[Key, tuple[Dimension, ...]]
    effects: Mapping[str, Effect]
    trace: Trace | None = None
    no_trace: str = ""


class Experiments:
    """Experiments with one config.

    Parameters
    ----------
    config
        The config to change; it is copied, never altered.
    measure
        Build a config and return its :class:`~coursekit.facts.model.trials.Measured`, with a trace if lengths are
        given, and with its additions.
    modules
        How many modules may be built; what was not tried by then is listed as untested.
    clock
        What tells the seconds of work.
    """

    def __init__(
        self,
        config: Any,
        measure: Measure,
        *,
        modules: int = MODULES,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self.config = config
        self.measure = measure
        self.lengths: Lengths | None = None
        self.modules = modules
        self.clock = clock
        self.end = clock() + SECONDS

    @property
    def late(self) -> bool:
        """Whether no further experiment is allowed."""
        return self.builds >= self.modules // self.size or self.clock() > self.end

    def run(self, *, trace: bool = True) -> Findings:
        """Try every attribute and return what each did; with ``trace``, also to what flows through the model."""
        self._begin()
        numbers = {name: value for name, value in self.values.items() if alternatives(value)}
        unlikely = [
            name
            for name, value in numbers.items()
            if isinstance(value, (bool, float)) or value < 0 or UNLIKELY.search(name)
        ]
        # Those that shape most come first, so that they are known if the time runs out.
        for name in numbers:
            if name not in unlikely:
                self._alone(name)
        self._together(unlikely)
        for name, value in self.values.items():
            self.effects.setdefault(name, Effect(value, "untested", _why_untested(value)))
        effects = {name: self.effects[name] for name in self.values}
        dimensions = self._confirmed()
        if not trace:
            return Findings(dimensions, effects, no_trace="not asked for")
        if self.late:
            return Findings(dimensions, effects, no_trace=_LATE)
        traced, error = attempt(lambda: self.measure(self.config, Lengths(), origins=True))
        found = traced.trace if traced else None
        if found is None:
            return Findings(dimensions, effects, no_trace=reason(error) if error else "nothing was recorded")
        self._flow(found)
        return Findings({**dimensions, **self._dimensions()}, effects, found)

    def follow(self, name: str) -> dict[Key, tuple[int, ...]] | None:
        """Try one attribute and return the sizes that follow it, each with the axes that do.

        None where the config has no such number, or no model can be built with another one.
        """
        self._begin()
        if not alternatives(self.values.get(name)):
            return None
        self._alone(name)
        if self.effects[name].kind == "untested":
            return None
        axes = {key: [axis for axis, found in enumerate(all_) if name in found] for key, all_ in self.found.items()}
        return {key: tuple(found) for key, found in axes.items() if found}

    def _begin(self) -> None:
        self.values = flat(self.config)
        self.base: dict[str, Any] = {**self.values, **_data(Lengths())}
        self.inferred: dict[Any, Dimension] = {}
        self.effects: dict[str, Effect] = {}
        self.unfinished = False
        first = self.measure(self.config, None)
        self.builds = 1
        self.size = max(1, len(first.paths))
        self._start(first.sizes(), None)

    def _start(self, sizes: dict[Key, Shape], lengths: Lengths | None) -> None:
        self.sizes = sizes
        self.lengths = lengths
        self.found: dict[Key, list[dict[str, list[Measurement]]]] = {
            key: [{} for _ in shape] for key, shape in sizes.items()
        }

    def _flow(self, trace: Trace) -> None:
        """See what the shapes that flow follow: the data, and the attributes that shape the weights."""
        hanging = Counter(
            name for each in self.found.items() if each[0][0] == "weight" for axis in each[1] for name in axis
        )
        looped = any(
            count > 1 for count in Counter(each.path for each in trace.calls if each.path != RESIDUAL).values()
        )
        self._start(flow_sizes(trace), Lengths())
        for name, label in _DATA.items():
            length = getattr(Lengths(), name) + 4
            if name == "target_sequence" and len(trace.inputs) < 2:  # noqa: PLR2004  (an encoder's and a decoder's)
                continue
            # A model may demand special lengths; its sizes then stay fixed.
            longer, _ = attempt(partial(self.measure, self.config, Lengths(**{name: length})))
            if longer is None:
                continue
            self._compare(label, {label: length}, longer.sizes())
        # A table's number of rows shapes one or two weights and nothing that flows: look at all of those at once.
        few = [name for name, count in hanging.items() if count <= 2]  # noqa: PLR2004
        sizes, _ = self._build({name: self.effects[name].tried for name in few})
        alone = [name for name in hanging if name not in few or sizes != self.sizes]
        if looped:  # the same layer is called again and again: what decides how often?
            alone += [
                n
                for n, effect in self.effects.items()
                if type(effect.tried) is int and effect.kind == "nothing" and not UNLIKELY.search(n)
            ]
        for name in alone:
            if self.late:
                self.unfinished = True
                return
            sizes, _ = self._build({name: self.effects[name].tried})
            if sizes is not None:
                self._compare(name, {name: self.effects[name].tried}, sizes)

    def _build(self, tried: dict[str, Any]) -> tuple[dict[Key, Shape] | None, str]:
        self.builds += 1
        built, error = attempt(lambda: self.measure(changed(self.config, tried), self.lengths))
        return (built.sizes(), "") if built else (None, reason(error) if error else "")

    def _together(self, names: list[str]) -> None:
        """Change many attributes at once; only if something changed or failed, look closer at each half."""
        if not names:
            return
        if self.late:
            self._put_off(names)
            return
        if len(names) == 1:
            self._alone(names[0])
            return
        tried = {name: alternatives(self.values[name])[0] for name in names}
        sizes, _ = self._build(tried)
        if sizes == self.sizes:
            self.effects.update({name: Effect(self.values[name], "nothing", "", tried[name]) for name in names})
            return
        middle = len(names) // 2
        self._together(names[:middle])
        self._together(names[middle:])

    def _put_off(self, names: Iterable[str]) -> None:
        self.unfinished = True
        self.effects.update({name: Effect(self.values[name], "untested", _LATE) for name in names})

    def _alone(self, name: str) -> None:
        if self.late:
            self._put_off([name])
            return
        value = self.values[name]
        notes: list[str] = []
        # An architecture may ask for two equal sizes: what it refuses of one alone it may take of both.
        equal = [other for other, it in self.values.items() if type(it) is int and it == value and other != name]
        twins = equal if type(value) is int and value >= _UNLIKELY_EQUAL else []
        tries = [{name: other} for other in alternatives(value)]
        tries += [{name: tries[0][name], twin: tries[0][name]} for twin in twins]
        for tried in tries:
            sizes, note = self._build(tried)
            if sizes is not None:
                kind = self._compare(name, tried, sizes)
                self.effects[name] = Effect(value, kind, notes[0] if notes else "", tried[name])
                return
            notes.append(note)
        self.effects[name] = Effect(value, "untested", notes[0])

    def _compare(self, name: str, tried: dict[str, Any], sizes: dict[Key, Shape]) -> str:
        """Note which sizes changed and return what kind of effect that is."""
        kind = "nothing" if sizes.keys() == self.sizes.keys() else "modules"
        for key, shape in self.sizes.items():
            other = sizes.get(key)
            if other is None or len(other) != len(shape):
                continue
            for axis, (size, now) in enumerate(zip(shape, other, strict=True)):
                if now != size:
                    measurement = Measurement({**self.base, **tried}, now)
                    self.found[key][axis].setdefault(name, []).append(measurement)
                    kind = "shapes" if key[0] == "weight" else kind
        return kind

    def _dimensions(self) -> dict[Key, tuple[Dimension, ...]]:
        return {key: tuple(map(self._dimension, shape, self.found[key])) for key, shape in self.sizes.items()}

    def _dimension(self, size: int, measured: dict[str, list[Measurement]]) -> Dimension:
        key = (size, tuple((name, *(point.size for point in points)) for name, points in measured.items()))
        if key not in self.inferred:
            found = infer(size, self.base, measured)
            # A constant in a formula may be an attribute that was not tried.
            sure = not self.unfinished or found.name in self.base
            self.inferred[key] = found if sure else undetermined(size, found.attributes)
        return self.inferred[key]

    def _confirmed(self) -> dict[Key, tuple[Dimension, ...]]:
        """Change all attributes of each product or sum at once: what a formula then gets wrong is no formula."""
        dimensions = self._dimensions()
        several = {each.attributes for shape in dimensions.values() for each in shape if each.exact}
        for names in (names for names in several if len(names) > 1 and not self.late):
            tried = {name: self.effects[name].tried for name in names}
            sizes, _ = self._build(tried)
            for key, shape in dimensions.items():
                now = (sizes or {}).get(key, ())
                if len(now) == len(shape):
                    dimensions[key] = tuple(
                        undetermined(each.size, names)
                        if each.attributes == names and each.at and each.at({**self.base, **tried}) != size
                        else each
                        for each, size in zip(shape, now, strict=True)
                    )
        return dimensions


def _why_untested(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, str):
        return "a choice, not a number"
    return "not a number"
