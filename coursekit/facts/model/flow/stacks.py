"""The picture of a forward pass, or the reason why there is none.

The order, the shapes and the residual connections are those of the pass. Where the data does not go straight through
one stack of layers (two for an encoder and its decoder), there is no picture.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from coursekit.facts.model.flow import kinds
from coursekit.facts.model.flow.calls import NestedCall, Sources, nest
from coursekit.facts.model.flow.layer import steps_of
from coursekit.facts.model.flow.picture import Block, Flow, NotPlainError, Output, Stack, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coursekit.facts.model.flow.picture import Dimensions
    from coursekit.facts.model.tree import Node
    from coursekit.frameworks.trace import Call, Trace

_MOST = 2
"""An encoder and a decoder."""


def flow(tree: Node, trace: Trace, dimensions: Mapping[tuple[str, ...], Dimensions]) -> Flow:
    """Return the picture of a model.

    Parameters
    ----------
    tree
        The folded tree of its modules, named.
    trace
        A forward pass with origins; its layers may be only the first of each kind.
    dimensions
        The named shapes of what flows, by the keys of :func:`~coursekit.facts.model.trials.flow_sizes`.
    """
    try:
        return _Reader(tree, trace, dimensions).read()
    except NotPlainError as error:
        return Flow(reason=str(error))


class _Reader:
    def __init__(self, tree: Node, trace: Trace, dimensions: Mapping[tuple[str, ...], Dimensions]) -> None:
        self.tree = tree
        self.trace = trace
        self.dimensions = dimensions
        self.nodes = {key: node for node, _ in tree.walk() for key in (node.source, node.path)}
        self.tensors = {tensor.path: tensor for node, _ in tree.walk() for tensor in node.tensors}
        self.called = {call.path for call in trace.calls}
        self.counted: set[str] = set()
        self.top = nest(trace.calls)
        self.sources: Sources[tuple[int, int]] = Sources(trace.origins)  # marks: (stack, block), by number
        seen: Counter[str] = Counter()
        self.nth: dict[int, int] = {}  # the how-manieth call of its module each call is
        for call in trace.calls:
            seen[call.path] += 1
            self.nth[id(call)] = seen[call.path]

    def read(self) -> Flow:
        found = _stacks(self.top)
        if not found:
            raise NotPlainError("no stack of numbered layers was called")
        if len(found) > _MOST or (len(found) == _MOST and "decoder_input_ids" not in self.trace.inputs):
            raise NotPlainError(f"the data goes through {len(found)} stacks of layers, not through one")
        shared = self.top if len(found) == 1 else []
        read = [self._blocks(index, _around(shared, *stack)) for index, stack in enumerate(found)]
        inputs = list(self.trace.inputs)
        stacks = []
        for index, blocks in enumerate(read):
            title = "" if len(found) == 1 else ("Encoder", "Decoder")[index]
            taken = inputs[min(index, len(inputs) - 1)]
            outputs = self._outputs(index)
            stacks.append(Stack(title, taken, self.dimensions[("input", taken)], tuple(blocks), outputs))
        shown = sum(block.parameters for stack in stacks for block in stack.blocks)
        assumed = dict.fromkeys(self.nodes[path].class_name for path in self.trace.stand_ins if path in self.nodes)
        return Flow(tuple(stacks), "", self.tree.total - shown, tuple(assumed))

    def _outputs(self, number: int) -> tuple[Output, ...]:
        """Return what a stack gives, and from which of its blocks."""
        found = []
        for name, value in self.trace.outputs.items():
            sources = self.sources.of(value)
            if len(sources) == 1:
                (source,) = sources
                if source[0] == number:
                    found.append(Output(name, self.dimensions[("output", name)], source[1]))
        return tuple(found)

    def _blocks(self, number: int, calls: list[NestedCall]) -> list[Block]:
        calls = [each for each in calls if self._in_list(each) or self._weighs(each)]
        places = [place for place, each in enumerate(calls) if self._in_list(each)]
        stack = calls[places[0] : places[-1] + 1] if places else []
        if len(stack) != len(places) or not stack:
            raise NotPlainError("something else is called between the layers")
        before = self._before(calls[: places[0]], stack[0].call, number)
        layers = self._layers(stack, number, len(before))
        after: list[Block] = []
        for each in calls[places[-1] + 1 :]:
            last = len(before) + len(layers) + len(after) - 1
            if (number, last) not in self.sources.of(*each.call.inputs):
                raise NotPlainError(f"{each.path} does not take what the block before it gave")
            after.append(self._one(each))
            self.sources.mark(each.call.outputs, (number, last + 1))
        return [*before, *layers, *after]

    def _in_list(self, each: NestedCall) -> bool:
        holder, _, name = each.path.rpartition(".")
        return name.isdecimal() and holder in self.nodes  # the tree itself has only the first of equal layers

    def _weighs(self, each: NestedCall) -> bool:
        return each.path in self.nodes and any(node.tensors for node, _ in self.nodes[each.path].walk())

    def _before(self, calls: list[NestedCall], layer: Call, number: int) -> list[Block]:
        """Return what stands before the layers: embeddings together, and all together where they are no row."""
        groups: list[list[NestedCall]] = []
        for each in calls:
            embeds = kinds.is_embedding(self.nodes[each.path], each.name)
            if embeds and groups and kinds.is_embedding(self.nodes[groups[-1][0].path], groups[-1][0].name):
                groups[-1].append(each)
            else:
                groups.append([each])
        row: Sources[int] = Sources(self.trace.origins)
        straight = True
        for index, group in enumerate(groups):
            taken = {source for each in group for source in row.of(*each.call.inputs)} - {index}
            straight = straight and taken == ({index - 1} if index else set())
            for each in group:
                row.mark(each.call.outputs, index)
        entering = row.of(layer.inputs[0]) if layer.inputs else frozenset()
        if groups and not entering:
            raise NotPlainError("the first layer does not take what the embeddings gave")
        if not straight or (groups and entering != {len(groups) - 1}):
            groups = [calls]
        for index, group in enumerate(groups):
            for each in group:
                self.sources.mark(each.call.outputs, (number, index))
        enters = self.dimensions.get(("in", layer.path, "1", "0"))
        return [self._embeddings(group, enters) if self._embeds(group) else self._one(*group) for group in groups]

    def _embeds(self, group: list[NestedCall]) -> bool:
        return len(group) > 1 or kinds.is_embedding(self.nodes[group[0].path], group[0].name)

    def _embeddings(self, group: list[NestedCall], enters: Dimensions | None) -> Block:
        paths = self._with_tied(tuple(each.path for each in group))
        names = dict.fromkeys(self.nodes[path].class_name for path in paths if path in self.nodes)
        shape = self.shape(group[-1].call) if len(group) == 1 else enters
        return Block("embeddings", "Embeddings", ", ".join(names), paths, 1, "", None, self._count(paths), shape)

    def _one(self, each: NestedCall) -> Block:
        node = self.nodes[each.path]
        kind, title = kinds.of_block(node, each.name)
        paths = self._with_tied((each.path,))
        return Block(kind, title, node.class_name, paths, 1, "", None, self._count(paths), self.shape(each.call))

    def _with_tied(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Add tensors that modules at ``paths`` share with a module that is never called, such as BART's ``shared``."""
        tied = [tensor.tied_to for path in paths for node, _ in self.nodes[path].walk() for tensor in node.tensors]
        held = [path for path in tied if path in self.tensors and path.rpartition(".")[0] not in self.called]
        return (*paths, *dict.fromkeys(path for path in held if path))

    def _count(self, paths: Sequence[str]) -> int:
        """Return the parameters at paths when they are asked for the first time: shared ones count once."""
        new = [path for path in paths if path not in self.counted]
        self.counted.update(new)
        return sum(self.nodes[path].parameters if path in self.nodes else self.tensors[path].parameters for path in new)

    def shape(self, call: Call) -> Dimensions | None:
        """Return the named shape of what a call gave."""
        return self.dimensions.get(("out", call.path, str(self.nth[id(call)]), "0"))

    def _layers(self, stack: list[NestedCall], number: int, first: int) -> list[Block]:
        holder = self.nodes[stack[0].path.rpartition(".")[0]]
        runs: dict[str, int] = {run.source: first + index for index, run in enumerate(holder.children)}
        row: Sources[int] = Sources(self.trace.origins)
        block = first
        for index, each in enumerate(stack):
            if index and (not each.call.inputs or row.of(each.call.inputs[0]) != {index - 1}):
                raise NotPlainError("a layer does not take what the layer before it gave")
            row.mark(each.call.outputs, index)
            block = runs.get(each.path, block)
            self.sources.mark(each.call.outputs, (number, block))
        by_path = {each.path: each for each in reversed(stack)}
        missing = [run.path for run in holder.children if run.source not in by_path]
        if missing:
            raise NotPlainError(f"{missing[0]} was not called")
        return [self._layer(by_path[run.source], run, holder) for run in holder.children]

    def _layer(self, each: NestedCall, run: Node, holder: Node) -> Block:
        steps: tuple[Step, ...] = ()
        unread = ""
        takes = self.dimensions.get(("in", each.path, str(self.nth[id(each.call)]), "0"))
        try:
            steps = steps_of(each, run, self.nodes, self.trace.origins, takes=takes, shape_of=self.shape)
        except NotPlainError as error:
            unread = str(error)
        calls = self.dimensions.get(("calls", run.source))
        several = calls[0] if calls and calls[0].size > 1 else None
        whole = run.repeat == (holder.length.size if holder.length else 0)
        length = holder.length.name if holder.length and whole else ""
        self.counted.add(run.source)
        title = "Stage" if run.class_name.endswith("Stage") else "Layer"
        return Block(
            "layers",
            title,
            run.class_name,
            (run.path,),
            run.repeat,
            length,
            several,
            run.total,
            self.shape(each.call),
            steps,
            unread,
            takes,
        )


_Layers = tuple[list[NestedCall], list[NestedCall]]


def _stacks(calls: Sequence[NestedCall]) -> list[_Layers]:
    """Return each stack of layers: the modules that hold it, outermost first, and the calls that it stands among."""
    lists = {each.path.rpartition(".")[0] for each in calls if each.name.isdecimal()}
    if len(lists) > 1:
        raise NotPlainError("one module calls several lists of modules in turn")
    if lists:
        return [([], list(calls))]
    found = []
    for each in calls:
        if not kinds.EMBEDDING.search(each.name):
            found += [([each, *holders], inner) for holders, inner in _stacks(each.below)]
    return found


def _around(top: list[NestedCall], holders: list[NestedCall], calls: list[NestedCall]) -> list[NestedCall]:
    """Return all calls on the way in order: what stands before, inside and behind each holder of the stack."""
    if not holders:
        return calls
    inner = _around(holders[0].below, holders[1:], calls)
    return [item for each in top for item in (inner if each is holders[0] else [each])] if top else inner
