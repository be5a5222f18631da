"""What the script of ModelMap draws: facts as plain data, attributes by their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.facts.model.formulas import tensors_at, terms
from coursekit.views.model.static import notes, size_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coursekit.facts.model.dimensions import Dimension
    from coursekit.facts.model.facts import ModelFacts
    from coursekit.facts.model.flow.picture import Block, Step
    from coursekit.facts.model.tree import Node


def payload(facts: ModelFacts) -> dict[str, Any]:
    """Return one model as plain data; a dimension is ``[size, name, attribute numbers]``, without a name ``[size]``."""
    numbers = {each.name: index for index, each in enumerate(facts.attributes)}

    def dims(shape: Sequence[Dimension] | None) -> list[Any] | None:
        if shape is None:
            return None
        return [
            [each.size, each.name, [numbers[name] for name in each.attributes if name in numbers]]
            if each.name
            else [each.size]
            for each in shape
        ]

    def part(item: Block | Step, paths: Sequence[str]) -> dict[str, Any]:
        held = tensors_at(facts.tree, paths)
        shaping = {
            number for tensor, _ in held for each in tensor.shape for number in map(numbers.get, each.attributes)
        }
        classes = [node for path in paths if (node := facts.tree.find(path)) is not None]
        return {
            "kind": item.kind,
            "title": item.title,
            "paths": list(paths),
            "parameters": item.parameters,
            "shape": dims(item.shape),
            "attributes": sorted(number for number in shaping if number is not None),
            "about": [
                [name, about] for name, about in dict.fromkeys((node.class_name, node.about) for node in classes)
            ],
            "terms": [[term.count, dims(term.shape), term.parameters] for term in terms(held)],
            "tied": sum(times for tensor, times in held if tensor.tied_to),
        }

    def step(item: Step) -> dict[str, Any]:
        return {**part(item, item.paths), "added": item.added, "beside": item.beside, "met": item.met}

    def block(item: Block) -> dict[str, Any]:
        held = facts.tree.find(item.paths[0])
        parent = facts.tree.find(item.paths[0].rpartition(".")[0]) if item.kind == "layers" else None
        counted = parent.length.attributes if parent and parent.length and item.repeat_name else ()
        calls = item.calls.attributes if item.calls else ()
        return {
            **part(item, item.paths),
            "class": item.class_name,
            "repeat": item.repeat,
            "repeatName": item.repeat_name,
            "repeatAttributes": [numbers[name] for name in (*counted, *calls) if name in numbers],
            "calls": [item.calls.size, item.calls.name] if item.calls else None,
            "layer": held.parameters if held else item.parameters,
            "steps": [step(each) for each in item.steps],
            "unread": item.unread,
            "takes": dims(item.takes),
        }

    return {
        "name": facts.class_name,
        "line": size_line(facts),
        "parameters": facts.parameters,
        "attributes": [
            [each.name, each.value, each.kind, each.note, each.tensors, each.parameters] for each in facts.attributes
        ],
        "stacks": [
            {
                "title": stack.title,
                "input": [stack.input_name, dims(stack.input_shape)],
                "blocks": [block(each) for each in stack.blocks],
                "outputs": [[each.name, dims(each.shape), each.after] for each in stack.outputs],
            }
            for stack in facts.flow.stacks
        ],
        "reason": "" if facts.flow.stacks else facts.flow.reason or facts.unnamed,
        "notes": notes(facts),
        "tree": _tree(facts.tree, dims),
    }


def _tree(node: Node, dims: Any) -> dict[str, Any]:
    tensors = [
        [each.name, dims(each.shape), each.dtype, each.count * each.itemsize, each.trainable, each.tied_to, each.device]
        for each in node.tensors
    ]
    return {
        "n": node.name,
        "p": node.path,
        "c": node.class_name,
        "r": node.repeat,
        "l": dims([node.length]) if node.length else None,
        "t": tensors,
        "k": [_tree(child, dims) for child in node.children],
        "s": node.total,
        "b": node.nbytes,
    }
