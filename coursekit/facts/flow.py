"""The way of the data through a model, as a picture can show it: towers of stages, stages of steps.

The order, the shapes and the residual connections are those of a forward pass. Where that pass does not go straight
through one stack of layers (two for an encoder and its decoder), there is no picture, and a reason instead.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from coursekit.frameworks.anatomy import RESIDUAL, Call, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coursekit.facts.dimensions import Dimension
    from coursekit.facts.folding import Node
    from coursekit.frameworks.anatomy import Shape

Dimensions = tuple["Dimension", ...]

_NORM = re.compile(r"(?i)norm|^ln(_|$)")
_ATTENTION = re.compile(r"(?i)att(n|ention|ns)?($|[^a-z])|attention|attn")
_CROSS = re.compile(r"(?i)cross|encdec|encoder_attn")
_FEED_FORWARD = re.compile(
    r"(?i)mlp|ffn|feed_?forward|intermediate|^output$|Output$|(^|_)ff($|_|n)|fc_?\d|^lin\d|^wi|^wo$|dense|expert|moe|sparse|gate"
)
_EMBEDDING = re.compile(r"(?i)embed|^wte$|^wpe$|^shared$|embd")
_POOLER = re.compile(r"(?i)pool|head|classifier|score")

TITLES = {
    "embeddings": "Embeddings",
    "attention": "Attention",
    "cross-attention": "Cross-attention",
    "feed-forward": "Feed-forward",
    "experts": "Feed-forward with experts",
    "norm": "Norm",
    "head": "Pooler",
    "layers": "Layers",
    "other": "Other",
}


@dataclass(frozen=True)
class Step:
    """What happens inside a stage, in order.

    Attributes
    ----------
    kind
        One of the keys of ``TITLES``.
    title
        What it is called in the picture.
    paths
        The modules that it is made of; where a module holds tensors beside modules, the tensors.
    parameters
        How many parameters they have, in one layer.
    shape
        What comes out, named; None when that was not seen.
    added
        Whether the input of an earlier step is added to what comes out, and of which one (its index; the stage's own
        input is that of step 0); None when nothing is added.
    beside
        The index of the step that works on the same input, when this step does not take the output of the one before.
    """

    kind: str
    title: str
    paths: tuple[str, ...]
    parameters: int
    shape: Dimensions | None = None
    added: int | None = None
    beside: int | None = None


@dataclass(frozen=True)
class Stage:
    """A block of the picture.

    Attributes
    ----------
    kind, title
        As in :class:`Step`; ``layers`` for a stack of layers.
    class_name
        The class of its module, or of one layer.
    paths
        Its modules; for layers, the first of them.
    repeat
        How many equal layers it stands for.
    repeat_name
        The formula over config attributes for that number, where it is known.
    calls
        How often the same module is called; more than once when layers share their weights.
    parameters
        Of all its layers together.
    shape
        What comes out, named.
    steps
        What happens inside of it, in one layer.
    """

    kind: str
    title: str
    class_name: str
    paths: tuple[str, ...]
    repeat: int
    repeat_name: str
    calls: Dimension | None
    parameters: int
    shape: Dimensions | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Output:
    """A named tensor that the model returns, and the index of the stage that gives it."""

    name: str
    shape: Dimensions
    after: int


@dataclass(frozen=True)
class Tower:
    """One stack of layers with what stands before and behind it."""

    title: str
    input_name: str
    input_shape: Dimensions
    stages: tuple[Stage, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Flow:
    """The picture, or the reason why there is none.

    Attributes
    ----------
    towers
        One, or an encoder and its decoder; empty when there is no picture.
    reason
        Why there is no picture.
    elsewhere
        Parameters that belong to no stage.
    assumed
        Classes of modules whose output was taken to be shaped like their input, because which weights they use
        depends on the values.
    """

    towers: tuple[Tower, ...] = ()
    reason: str = ""
    elsewhere: int = 0
    assumed: tuple[str, ...] = ()


@dataclass
class _Nested:
    call: Call
    below: list[_Nested] = field(default_factory=list)

    def walk(self) -> Iterator[_Nested]:
        yield self
        for each in self.below:
            yield from each.walk()


class _NotPlainError(Exception):
    """The model is no plain stack; the message says why."""


def flow(tree: Node, trace: Trace, dimensions: Mapping[tuple[str, ...], Dimensions]) -> Flow:
    """Return the picture of a model.

    Parameters
    ----------
    tree
        The folded tree of its modules, named.
    trace
        A forward pass with additions; its layers may be only the first of each kind.
    dimensions
        The named shapes of what flows, by the keys of :func:`~coursekit.facts.experiment.flow_sizes`.
    """
    try:
        return _Reader(tree, trace, dimensions).read()
    except _NotPlainError as error:
        return Flow(reason=str(error))


class _Reader:
    def __init__(self, tree: Node, trace: Trace, dimensions: Mapping[tuple[str, ...], Dimensions]) -> None:
        self.tree = tree
        self.trace = trace
        self.dimensions = dimensions
        self.nodes = {key: node for node, _ in tree.walk() for key in (node.source, node.path)}
        self.counted: set[str] = set()
        self.top = _nest(trace.calls)
        seen: Counter[str] = Counter()
        self.nth: dict[int, int] = {}  # the how-manieth call of its module each call is
        for call in trace.calls:
            seen[call.path] += 1
            self.nth[id(call)] = seen[call.path]

    def read(self) -> Flow:
        found = self._towers(self.top)
        if not found:
            raise _NotPlainError("no stack of numbered layers was called")
        if len(found) > 2 or (len(found) == 2 and "decoder_input_ids" not in self.trace.inputs):  # noqa: PLR2004
            raise _NotPlainError(f"the data goes through {len(found)} stacks of layers, not through one")
        inputs, outputs = dict(self.trace.inputs), self.trace.outputs
        shared = self.top if len(found) == 1 else []
        towers = []
        last = len(found) - 1
        for index, (holders, calls) in enumerate(found):
            stages = self._stages(self._around(shared, holders, calls))
            input_name = list(inputs)[min(index, len(inputs) - 1)]
            title = "" if last == 0 else ("Encoder", "Decoder")[index]
            shape = self.dimensions[("input", input_name)]
            given = tuple(self._outputs(stages, outputs, encoder=index < last))
            towers.append(Tower(title, input_name, shape, tuple(stages), given))
        shown = sum(stage.parameters for tower in towers for stage in tower.stages)
        assumed = dict.fromkeys(self.nodes[path].class_name for path in self.trace.stand_ins if path in self.nodes)
        return Flow(tuple(towers), "", self.tree.total - shown, tuple(assumed))

    def _outputs(self, stages: list[Stage], outputs: Mapping[str, Shape], *, encoder: bool) -> Iterator[Output]:
        """Return what a tower gives: a pooler's output comes from the pooler, the hidden state from before it."""
        for name in outputs:
            if name.startswith("encoder_") != encoder:
                continue
            shape = self.dimensions[("output", name)]
            fitting = [index for index, stage in enumerate(stages) if stage.shape == shape]
            if fitting:
                yield Output(name, shape, fitting[-1])

    def _towers(self, calls: Sequence[_Nested]) -> list[tuple[list[_Nested], list[_Nested]]]:
        """Return each stack with the calls around it: the modules that hold it, and what these call."""
        lists = {each.call.path.rpartition(".")[0] for each in calls if each.call.path.rpartition(".")[2].isdecimal()}
        if len(lists) > 1:
            raise _NotPlainError("one module calls several lists of modules in turn")
        if lists:
            return [([], list(calls))]
        found = []
        for each in calls:
            if _EMBEDDING.search(each.call.path.rpartition(".")[2]):
                continue
            for holders, inner in self._towers(each.below):
                found.append(([each, *holders], inner))
        return found

    def _around(self, top: list[_Nested], holders: list[_Nested], calls: list[_Nested]) -> list[_Nested]:
        """Return all calls on the way in order: what stands before, inside and behind each holder of the stack."""
        if not holders:
            return calls
        inner = [each for holder in holders[-1:] for each in self._opened(holder, calls)]
        for level in range(len(holders) - 2, -1, -1):
            inner = self._replaced(holders[level].below, holders[level + 1], inner)
        return self._replaced(top, holders[0], inner) if top else inner

    def _opened(self, holder: _Nested, calls: list[_Nested]) -> list[_Nested]:
        return calls or holder.below

    def _replaced(self, calls: list[_Nested], holder: _Nested, inner: list[_Nested]) -> list[_Nested]:
        return [item for each in calls for item in (inner if each is holder else [each])]

    def _stages(self, calls: list[_Nested]) -> list[Stage]:
        stages: list[Stage] = []
        before: list[_Nested] = []
        stack: list[_Nested] = []
        for each in calls:
            path = each.call.path
            holder, _, name = path.rpartition(".")
            if name.isdecimal() and holder in self.nodes:  # the tree itself has only the first of equal layers
                stack.append(each)
                continue
            if path == RESIDUAL or path not in self.nodes or not self._weighs(path):
                continue
            if not stack:
                before.append(each)
                continue
            if not any(stage.kind == "layers" for stage in stages):
                stages += self._layers(stack)
            stages.append(self._after(each))
        if not any(stage.kind == "layers" for stage in stages):
            stages += self._layers(stack)
        enters = self.dimensions.get(("in", stack[0].call.path, "1", "0"))
        return [*self._before(before, enters), *stages]

    def _parameters(self, path: str) -> int:
        """Return the parameters at a path when it is asked for the first time, then 0: shared modules count once."""
        if path in self.counted:
            return 0
        self.counted.add(path)
        return self.nodes[path].parameters

    def shape(self, call: Call) -> Dimensions | None:
        """Return the named shape of what a call gave."""
        return self.dimensions.get(("out", call.path, str(self.nth[id(call)]), "0"))

    def _before(self, calls: list[_Nested], enters: Dimensions | None) -> Iterator[Stage]:
        embedding = [each for each in calls if self._is_embedding(each.call.path)]
        if embedding:
            paths = tuple(each.call.path for each in embedding)
            names = dict.fromkeys(self.nodes[path].class_name for path in paths)
            steps = tuple(step for each in embedding for step in self._embedding_steps(each))
            total = sum(self._parameters(path) for path in paths)
            yield Stage("embeddings", "Embeddings", ", ".join(names), paths, 1, "", None, total, enters, steps)
        for each in calls:
            if each not in embedding:
                yield self._after(each)

    def _is_embedding(self, path: str) -> bool:
        return bool(_EMBEDDING.search(path.rpartition(".")[2]) or _EMBEDDING.search(self.nodes[path].class_name))

    def _embedding_steps(self, each: _Nested) -> Iterator[Step]:
        path = each.call.path
        node = self.nodes[path]
        inner = [item for item in each.below if item.call.path in self.nodes and self._weighs(item.call.path)]
        for item in inner or [each]:
            name = item.call.path.rpartition(".")[2]
            held = self.nodes[item.call.path]
            kind = "norm" if _NORM.search(held.class_name) else "embeddings"
            yield Step(kind, name, (item.call.path,), held.parameters, self.shape(item.call))
        if inner:
            for tensor in node.tensors:
                yield Step("embeddings", tensor.name, (tensor.path,), tensor.parameters, tensor.shape)

    def _weighs(self, path: str) -> bool:
        return any(node.tensors for node, _ in self.nodes[path].walk())

    def _after(self, each: _Nested) -> Stage:
        path = each.call.path
        node = self.nodes[path]
        name = path.rpartition(".")[2]
        kind = "norm" if _NORM.search(node.class_name) else "head" if _POOLER.search(name) else "other"
        title = {"norm": "Norm", "head": name.replace("_", " ").capitalize()}.get(kind, name)
        return Stage(kind, title, node.class_name, (path,), 1, "", None, self._parameters(path), self.shape(each.call))

    def _layers(self, stack: list[_Nested]) -> Iterator[Stage]:
        if not stack:
            raise _NotPlainError("the stack of layers was not called")
        for one, other in pairwise(stack):
            outs = {value.number for value in one.call.outputs}
            if not other.call.inputs or other.call.inputs[0].number not in outs:
                raise _NotPlainError("a layer does not take what the layer before it gave")
        holder = self.nodes[stack[0].call.path.rpartition(".")[0]]
        by_path = {each.call.path: each for each in reversed(stack)}
        for run in holder.children:
            each = by_path.get(run.source)
            if each is None:
                raise _NotPlainError(f"{run.path} was not called")
            calls = self.dimensions.get(("calls", run.source))
            several = calls[0] if calls and calls[0].size > 1 else None
            whole = run.repeat == (holder.length.size if holder.length else 0)
            length = holder.length.name if holder.length and whole else ""
            self.counted.add(run.source)
            shape = self.shape(each.call)
            yield Stage(
                "layers",
                "Layers" if run.repeat > 1 or several else "Layer",
                run.class_name,
                (run.path,),
                run.repeat,
                length,
                several,
                run.total,
                shape,
                tuple(self._steps(each, run)),
            )

    def _steps(self, layer: _Nested, run: Node) -> list[Step]:
        """Return what happens in one layer: its modules in order, neighbours of one kind together."""
        return _Layer(self, layer, run).steps()


@dataclass
class _Unit:
    """A module with parameters in a layer, where it was called."""

    kind: str
    path: str
    paths: tuple[str, ...]
    home: str  # the module, directly below the layer, that it belongs to
    parameters: int
    call: Call
    takes: int | None


class _Layer:
    """One layer, read in the order of its calls."""

    def __init__(self, reader: _Reader, layer: _Nested, run: Node) -> None:
        self.reader = reader
        self.layer = layer
        self.run = run

    def steps(self) -> list[Step]:
        stream: dict[int, int] = {}  # the number of a tensor: the index of the step that takes it
        start = self.layer.call.inputs[0]
        stream[start.number] = 0
        steps: list[Step] = []
        homes: list[set[str]] = []
        for event in self._events():
            if isinstance(event, Call):
                numbers = [value.number for value in event.inputs]
                known = [number for number in numbers if number in stream]
                if steps and known and event.inputs[0].shape == start.shape and steps[-1].added is None:
                    steps[-1] = replace(steps[-1], added=min(stream[number] for number in known))
                    stream[event.outputs[0].number] = len(steps)
                continue
            unit = event
            if steps and self._joins(steps[-1], homes[-1], unit):
                last = steps[-1]
                shape = self.reader.shape(unit.call) or last.shape
                steps[-1] = replace(
                    last, paths=(*last.paths, *unit.paths), parameters=last.parameters + unit.parameters, shape=shape
                )
                homes[-1].add(unit.home)
            else:
                beside = self._beside(unit, stream, len(steps))
                title = TITLES[unit.kind] if unit.kind != "other" else self.reader.nodes[unit.path].class_name
                shape = self.reader.shape(unit.call)
                steps.append(Step(unit.kind, title, unit.paths, unit.parameters, shape, None, beside))
                homes.append({unit.home})
            if unit.kind == "norm" and unit.call.outputs:
                stream.setdefault(unit.call.outputs[0].number, len(steps))
        steps = self._titled(steps)
        rest = self.run.parameters - sum(step.parameters for step in steps)
        if rest:
            steps.append(Step("other", "Further weights", (self.run.source,), rest))
        return steps

    def _joins(self, step: Step, homes: set[str], unit: _Unit) -> bool:
        if step.added is not None:
            return False
        if unit.kind == step.kind:
            return unit.kind != "norm"
        return (
            unit.kind == "norm"
            and step.kind in {"attention", "cross-attention"}
            and unit.home in homes
            and self._more(unit)
        )

    def _more(self, norm: _Unit) -> bool:
        """Tell whether attention goes on after this norm: then the norm is a part of it."""
        units = [event for event in self._events() if isinstance(event, _Unit)]
        behind = units[[unit.path for unit in units].index(norm.path) + 1 :]
        return any(unit.kind != "norm" for unit in behind[:2]) and behind[0].home == norm.home

    def _beside(self, unit: _Unit, stream: Mapping[int, int], index: int) -> int | None:
        position = stream.get(unit.takes) if unit.takes is not None else None
        return position if position is not None and position < index and unit.kind != "norm" else None

    def _events(self) -> list[_Unit | Call]:
        found: list[_Unit | Call] = []
        prefix = len(self.layer.call.path) + 1

        def visit(each: _Nested, takes: int | None) -> None:
            # takes: what the outermost module takes in which nothing was called yet
            call = each.call
            if call.path == RESIDUAL:
                found.append(call)
                return
            node = self.reader.nodes.get(call.path)
            if node is None:
                return
            names = call.path[prefix:].split(".")
            home = ".".join(names[: 2 if len(names) > 1 and names[1].isdecimal() else 1])
            if takes is None and call.inputs:
                takes = call.inputs[0].number
            inner = [item for item in each.below if item.call.path != RESIDUAL]
            own = node.parameters if not inner else sum(tensor.parameters for tensor in node.tensors)
            if own:
                paths = tuple(tensor.path for tensor in node.tensors) if inner else (call.path,)
                found.append(_Unit(self._kind(node, call.path, names), call.path, paths, home, own, call, takes))
            known = len(found)
            for item in each.below:
                visit(item, takes if len(found) == known and not own else None)

        for item in self.layer.below:
            visit(item, None)
        return found

    def _kind(self, node: Node, path: str, names: list[str]) -> str:
        classes = [node.class_name]
        while path != self.layer.call.path and path:
            path = path.rpartition(".")[0]
            if path != self.layer.call.path and path in self.reader.nodes:
                classes.append(self.reader.nodes[path].class_name)
        if _NORM.search(node.class_name):
            return "norm"
        if any(_ATTENTION.search(name) for name in names) or any("Attention" in name for name in classes):
            return "cross-attention" if any(_CROSS.search(name) for name in (*names, *classes)) else "attention"
        if any(re.search(r"(?i)moe|expert|sparse", name) for name in (*names, *classes[:-1], node.class_name)) and any(
            re.search(r"(?i)expert", each.name) for each, _ in self.run.walk()
        ):
            return "experts"
        if any(_FEED_FORWARD.search(name) for name in names) or any("MLP" in name for name in classes):
            return "feed-forward"
        return "other"

    def _titled(self, steps: list[Step]) -> list[Step]:
        """Call a norm that follows an addition at once "Add and norm"."""
        titled = []
        for index, step in enumerate(steps):
            after_addition = index > 0 and steps[index - 1].added is not None
            first_half = step.kind == "norm" and after_addition
            titled.append(replace(step, title="Add and norm") if first_half and self._post_norm(steps, index) else step)
        return titled

    @staticmethod
    def _post_norm(steps: list[Step], index: int) -> bool:
        """Tell whether what a norm gives is what the next addition adds, or the layer's end: BERT, not GPT-2."""
        later = [step for step in steps[index + 1 :] if step.added is not None]
        return all(step.added == index + 1 for step in later[:1])


def _nest(calls: Sequence[Call]) -> list[_Nested]:
    """Return the calls of a trace as a tree."""
    top: list[_Nested] = []
    open_calls: list[_Nested] = []
    base = min((call.depth for call in calls), default=0)
    for call in calls:
        nested = _Nested(call)
        del open_calls[call.depth - base :]
        (open_calls[-1].below if open_calls else top).append(nested)
        open_calls.append(nested)
    return top
