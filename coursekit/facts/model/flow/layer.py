"""What happens inside one layer, read from where its values come from."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from coursekit.facts.model.flow import kinds
from coursekit.facts.model.flow.calls import NestedCall, Sources
from coursekit.facts.model.flow.picture import NotPlainError, Step
from coursekit.frameworks.trace import RESIDUAL, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from coursekit.facts.model.flow.picture import Dimensions
    from coursekit.facts.model.tree import Node

_IDLE = re.compile(r"(?i)drop|identity")
"""Classes that let their input through when a model is not trained."""
_INPUT = 0
"""The point at which the layer's own input stands."""


def steps_of(
    layer: NestedCall,
    run: Node,
    nodes: Mapping[str, Node],
    origins: Mapping[int, tuple[int, ...]],
    *,
    takes: Dimensions | None,
    shape_of: Callable[[Call], Dimensions | None],
) -> tuple[Step, ...]:
    """Return the steps of one layer in order, neighbours of one kind together.

    Parameters
    ----------
    layer
        Its call.
    run
        Its node in the tree.
    nodes
        All nodes by path.
    origins
        As in :class:`~coursekit.frameworks.trace.Trace`.
    takes
        The named shape of what the layer takes.
    shape_of
        Return the named shape of what a call gave.

    Raises
    ------
    NotPlainError
        When a step takes something else than the output of the step before or the input of an earlier one: no row of
        steps with additions would show that.
    """
    if not layer.call.inputs or not layer.call.outputs:
        raise NotPlainError("it was called without a tensor")
    row = _Row(layer.call, origins, takes, shape_of)
    events = list(_events(layer, run, nodes))
    submodules = [event for event in events if isinstance(event, _Submodule)]
    if len({submodule.path for submodule in submodules}) < len(submodules):
        raise NotPlainError("it calls one of its modules several times")
    for event in events:
        if isinstance(event, _Submodule):
            row.take(event, submodules[submodules.index(event) + 1 :])
        elif isinstance(event, _Weightless):
            row.last_weightless = event.class_name
        else:
            row.add(event)
    steps = row.finished(layer.call)
    rest = run.parameters - sum(step.parameters for step in steps)
    if rest:
        steps.append(Step("apart", "Further weights", (run.source,), rest))
    return tuple(_titled(steps))


@dataclass(eq=False)
class _Submodule:
    """A module with weights in a layer, where it was called."""

    kind: str
    class_name: str
    path: str
    paths: tuple[str, ...]
    owner: str  # the module that it belongs to, directly below the layer or below a list in it
    parameters: int
    call: Call


@dataclass(frozen=True)
class _Weightless:
    """A module that computes without weights."""

    class_name: str


def _events(layer: NestedCall, run: Node, nodes: Mapping[str, Node]) -> Iterator[_Submodule | _Weightless | Call]:
    """Yield the modules with weights, and the additions between them, in the order of the pass."""
    routed = any("expert" in node.name.lower() for node, _ in run.walk())

    def visit(each: NestedCall, around: tuple[str, ...]) -> Iterator[_Submodule | _Weightless | Call]:
        if each.path == RESIDUAL:
            yield each.call
            return
        node = nodes.get(each.path)
        if node is None or node.repeat > 1:  # the tree has only the first of equal modules
            raise NotPlainError("it holds a stack of its own")
        inner = [item for item in each.below if item.path in nodes]
        own = sum(tensor.parameters for tensor in node.tensors) if inner else node.parameters
        classes = (*around, node.class_name)
        if own:
            names = each.path[len(layer.path) + 1 :].split(".")
            kind = kinds.of_step(node, names, classes, routed=routed)
            paths = tuple(tensor.path for tensor in node.tensors) if inner else (each.path,)
            yield _Submodule(kind, node.class_name, each.path, paths, _owner(names), own, each.call)
        elif not node.parameters and not _IDLE.search(node.class_name):
            yield _Weightless(node.class_name)
        if inner:  # additions inside of one module are its own affair
            for item in each.below:
                yield from visit(item, classes)

    for item in layer.below:
        yield from visit(item, ())


def _owner(names: list[str]) -> str:
    """Return the first part of a path below a layer that is no list: ``layer.0.attention`` of T5's many."""
    place = 0
    while place + 2 < len(names) and names[place + 1].isdecimal():
        place += 2
    return ".".join(names[: place + 1])


@dataclass
class _Unfinished:
    """A step that still grows."""

    kind: str
    title: str
    takes: int  # the point that it takes
    beside: int | None
    submodules: list[_Submodule] = field(default_factory=list)
    shape: Dimensions | None = None
    added: int | None = None
    met: bool = False
    closed: bool = False

    def step(self) -> Step:
        paths = tuple(path for submodule in self.submodules for path in submodule.paths)
        parameters = sum(submodule.parameters for submodule in self.submodules)
        return Step(self.kind, self.title, paths, parameters, self.shape, self.added, self.beside, self.met)


class _Row:
    """The steps so far.

    A *point* is a value that a step can take: the layer's input, what a step gave, what an addition gave. ``current``
    is the newest one, ``open`` are those of branches that wait to be added, and ``entry`` tells which step takes a
    point.
    """

    def __init__(
        self,
        layer: Call,
        origins: Mapping[int, tuple[int, ...]],
        takes: Dimensions | None,
        shape_of: Callable[[Call], Dimensions | None],
    ) -> None:
        self.takes = takes
        self.shape_of = shape_of
        self.unfinished: list[_Unfinished] = []
        # What is marked is every submodule (a step may have several) and every addition.
        self.sources: Sources[_Submodule | int] = Sources(origins, layer.earlier)
        self.sources.mark(layer.inputs[:1], _INPUT)
        self.given_at: dict[_Submodule, int] = {}  # the point that a submodule's step gives
        self.used: dict[int, set[_Submodule]] = defaultdict(set)  # submodules whose output their own step takes up
        self.points = 1
        self.current = _INPUT
        self.open: set[int] = set()
        self.entry = {_INPUT: 0}
        self.last_weightless = ""
        self.waiting: list[_Submodule] = []  # they take nothing of the layer, as the keys of cross-attention do

    def take(self, submodule: _Submodule, later: list[_Submodule]) -> None:
        """Put a module into the row: into the step before it, or into a new one."""
        found = self.sources.of(*submodule.call.inputs)
        last = self.unfinished[-1] if self.unfinished else None
        if last is not None and _joins(last, submodule, later):
            self.used[self.current] |= {
                each for each in found if isinstance(each, _Submodule) and self.given_at[each] == self.current
            }
            if not self._points(found) <= {last.takes, self.current}:
                raise NotPlainError(f"{submodule.path} takes something else than the modules beside it")
        else:
            taken = self._points(found)
            if not taken:
                self.waiting.append(submodule)
                return
            if len(taken) > 1:
                raise NotPlainError(f"{submodule.path} takes {len(taken)} values of the layer at once")
            (point,) = taken
            if point not in self.entry:
                raise NotPlainError(f"{submodule.path} takes what another branch gave")
            beside = None if point == self.current else self.entry[point]
            if beside is not None:
                self.open.add(self.current)
            title = kinds.TITLES.get(submodule.kind, submodule.class_name)
            last = _Unfinished(submodule.kind, title, point, beside)
            self.unfinished.append(last)
            self._advance()
        for each in (*self.waiting, submodule):
            if each.kind != submodule.kind:
                raise NotPlainError(f"{each.path} takes nothing of the layer")
            last.submodules.append(each)
            self.given_at[each] = self.current
            self.sources.mark(each.call.outputs, each)
        self.waiting = []
        last.shape = self.shape_of(submodule.call) or last.shape

    def add(self, call: Call) -> None:
        """See what an addition means: an input that is added, branches that meet, or something inside of a step."""
        operands = [self.sources.of(value) for value in call.inputs]
        if not all(operands):  # a mask, a bias, positions: nothing of the layer's
            return
        if operands[0] == operands[1]:
            self._add_weightless(call)
            return
        points = self._points(operands[0] | operands[1])
        branches = points & {self.current, *self.open}
        others = points - branches
        if points == {self.current} or not branches:
            return  # inside of one step; or it matters to nobody, else whoever takes it will complain
        last = self.unfinished[-1]
        if len(others) > 1 or not others <= self.entry.keys() or (others and last.added is not None):
            raise NotPlainError("its additions do not belong to one step each")
        if others:
            last.added = self.entry[others.pop()]
            last.shape = self._entering(last.added)
        last.met = last.met or len(branches) > 1
        self.open -= branches
        if self.current in branches:
            self._advance()
            self.sources.mark(call.outputs, self.current)
        else:
            self.open.add(self.points)
            self.sources.mark(call.outputs, self.points)
            self.points += 1
        last.closed = True

    def _add_weightless(self, call: Call) -> None:
        """Show ``x + f(x)`` as a step when nothing in ``f`` has weights."""
        marks = [self.sources.marks.get(value.number) for value in call.inputs]
        whole = [mark for mark in marks if mark is not None and self._points({mark}) == {self.current}]
        if len(whole) != 1:  # both operands computed, as where positions rotate a query
            return
        step = _Unfinished(
            "other", self.last_weightless or "Without weights", self.current, None, added=self.entry[self.current]
        )
        step.shape = self._entering(self.entry[self.current])
        step.closed = True
        self.unfinished.append(step)
        self._advance()
        self.sources.mark(call.outputs, self.current)

    def finished(self, layer: Call) -> list[Step]:
        """Return the steps, after a look at whether the layer gives what the last one gave."""
        if self._points(self.sources.of(layer.outputs[0])) != {self.current} or self.open or self.waiting:
            raise NotPlainError("what it gives is not what its last step gave")
        return [step.step() for step in self.unfinished]

    def _entering(self, step: int) -> Dimensions | None:
        """Return the shape of what a step takes, which is that of its sum with anything."""
        beside = self.unfinished[step].beside if step < len(self.unfinished) else None
        if beside is not None:
            return self._entering(beside)
        return self.unfinished[step - 1].shape if step else self.takes

    def _advance(self) -> None:
        self.current = self.points
        self.points += 1
        self.entry[self.current] = len(self.unfinished)

    def _points(self, marks: frozenset[_Submodule | int] | set[_Submodule | int]) -> set[int]:
        """Return the points where marked values stand; what a step has used up itself stands nowhere else."""
        found = set()
        for mark in marks:
            point = self.given_at[mark] if isinstance(mark, _Submodule) else mark
            if isinstance(mark, _Submodule) and point != self.current and mark in self.used[point]:
                raise NotPlainError(f"{mark.path} gives something to two steps")
            found.add(point)
        return found


def _joins(last: _Unfinished, submodule: _Submodule, later: list[_Submodule]) -> bool:
    """Tell whether a module belongs to the step before it."""
    owners = {each.owner for each in last.submodules}
    if last.closed:
        return False
    if submodule.kind == last.kind:
        return (submodule.kind in kinds.TITLES and submodule.kind != "norm") or (
            submodule.kind == "other" and submodule.owner in owners
        )
    # A norm inside of attention, such as that of the queries, if attention goes on behind it.
    goes_on = any(each.kind != "norm" for each in later[:2]) and bool(later) and later[0].owner == submodule.owner
    return (
        submodule.kind == "norm"
        and last.kind in {"attention", "cross-attention"}
        and submodule.owner in owners
        and goes_on
    )


def _titled(steps: list[Step]) -> Iterator[Step]:
    """Call a norm that follows an addition at once "Add and norm", where the sum itself goes no further."""
    last = max((index for index, step in enumerate(steps) if step.kind != "apart"), default=0)
    for index, step in enumerate(steps):
        follows = step.kind == "norm" and index > 0 and steps[index - 1].added is not None
        # What the next addition adds is then what the norm gave: BERT, not GPT-2.
        added = next((later.added for later in steps[index + 1 :] if later.added is not None), None)
        ends = added is None and index == last
        yield replace(step, title="Add and norm") if follows and (ends or added == index + 1) else step
