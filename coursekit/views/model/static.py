"""What a model is made of as text: a few lines, and tables that read well without script and style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursekit.views.page.units import bytes_text
from coursekit.views.page.view import table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coursekit.facts.model.dimensions import Dimension
    from coursekit.facts.model.facts import ModelFacts
    from coursekit.facts.model.flow.picture import Block
    from coursekit.facts.model.tree import Node, Tensor

_ROWS = 60
_DATA = {"batch", "sequence", "target sequence"}


def block_title(block: Block) -> str:
    """Return what a block is called: layers by their class and number."""
    if block.kind != "layers":
        return block.title
    if block.calls:
        return f"{block.class_name}, called {block.calls.size} times,"
    return f"{block.repeat} × {block.class_name}" if block.repeat > 1 else block.class_name


def _shape(shape: Iterable[Dimension] | None) -> str:
    """Return a shape as learners read it: ``(batch, sequence, hidden_size 768)``."""
    if shape is None:
        return ""
    return f"({', '.join(each.name if each.name in _DATA else str(each) for each in shape)})"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0.0 %"


def _count(block: Block) -> str:
    """Return how many parameters a block has: none where it shares those of an earlier one."""
    return f"{block.parameters:,}" if block.parameters else "shared"


def _dtypes(facts: ModelFacts) -> str:
    return ", ".join(dict.fromkeys(tensor.dtype for node, _ in facts.tree.walk() for tensor in node.tensors))


def size_line(facts: ModelFacts) -> str:
    """Return how large a model is, and whether there are weights at all."""
    kind = "planned from its config" if facts.planned else "a model with its weights"
    size = (
        f"{facts.parameters:,} parameters in {facts.tensors:,} tensors, {bytes_text(facts.nbytes)} in {_dtypes(facts)}"
    )
    return f"{size} ({kind})"


def summary_lines(facts: ModelFacts) -> list[str]:
    """Return the size of a model, the way of the data and what shapes it: a line each."""
    lines = [f"{facts.class_name}: {size_line(facts)}"]
    for stack in facts.flow.stacks:
        way = [f"{stack.input_name} {_shape(stack.input_shape)}"]
        way += [f"{block_title(block)} {_count(block)}" for block in stack.blocks]
        way += [f"{output.name} {_shape(output.shape)}" for output in stack.outputs]
        lines.append(f"  {stack.title + ': ' if stack.title else ''}{' → '.join(way)}")
    if not facts.flow.stacks:
        lines.append(f"  no picture: {facts.flow.reason or facts.unnamed}")
    shaping = [each for each in facts.attributes if each.kind == "shapes"]
    if shaping:
        lines.append("  shaped by " + ", ".join(f"{each.name} {each.value}" for each in shaping))
    return lines


def tables(facts: ModelFacts) -> str:
    """Return headings and tables: the way of the data, the attributes, the folded tree."""
    parts = [f"<h3>{text(facts.class_name)}</h3><p>{text(size_line(facts))}</p>"]
    if facts.flow.stacks:
        parts.append(_flow(facts))
    else:
        parts.append(f"<p>No picture of the way of the data: {text(facts.flow.reason or facts.unnamed)}.</p>")
    shaping = [each for each in facts.attributes if each.kind in {"shapes", "modules"}]
    if shaping:
        rows = [
            (each.name, each.value, each.tensors or "", f"{each.parameters:,}" if each.parameters else "other modules")
            for each in shaping
        ]
        columns = ("Attribute", "Value", "Tensors", "Parameters")
        parts.append(table(columns, rows, caption="What shapes the tensors", numeric=columns[2:]))
        idle = [each.name for each in facts.attributes if each.kind == "nothing"]
        parts.append(f"<p>Shapes nothing, used at run time: {text(', '.join(idle))}.</p>")
    parts.append(_tree(facts))
    return "".join(parts)


def _flow(facts: ModelFacts) -> str:
    rows: list[tuple[str, str, str, str]] = []
    for stack in facts.flow.stacks:
        title = f"{stack.title}: " if stack.title else ""
        rows.append((f"{title}{stack.input_name}", _shape(stack.input_shape), "", ""))
        for index, block in enumerate(stack.blocks):
            share = _share(block.parameters, facts.parameters)
            rows.append(
                (f"↓ {block_title(block)}", _shape(block.shape), _count(block), share if block.parameters else "")
            )
            rows += _steps(block)
            rows += [(f"→ {each.name}", _shape(each.shape), "", "") for each in stack.outputs if each.after == index]
    columns = ("The way of the data", "What comes out", "Parameters", "Share")
    below = "".join(f"<p>{text(note)}</p>" for note in notes(facts))
    return table(columns, rows, caption="From the input to the output", numeric=columns[2:]) + below


def _steps(block: Block) -> Iterator[tuple[str, str, str, str]]:
    for index, step in enumerate(block.steps):
        words = [step.title]
        if step.beside is not None:
            words.append(f"on the same input as {block.steps[step.beside].title}")
        if step.met:
            words.append("both added")
        if step.added is not None:
            words.append(
                "its input added" if step.added == index else f"input of {block.steps[step.added].title} added"
            )
        each = " each" if block.repeat > 1 else ""
        yield f"\u2003· {', '.join(words)}", _shape(step.shape), f"{step.parameters:,}{each}", ""


def notes(facts: ModelFacts) -> list[str]:
    """Return what has to be said under a picture."""
    said = []
    if facts.flow.elsewhere:
        said.append(f"{facts.flow.elsewhere:,} parameters are not on this way; the tree shows them.")
    if facts.flow.assumed:
        names = ", ".join(facts.flow.assumed)
        said.append(
            "Which experts work depends on the tokens, "
            f"so the output of {names} was taken to have the shape of its input."
        )
    return said if facts.flow.stacks else []


def _tree(facts: ModelFacts) -> str:
    rows: list[tuple[str, str, str, str]] = []

    def walk(node: Node, depth: int) -> None:
        times = f" (× {node.repeat})" if node.repeat > 1 else ""
        rows.append(
            ("\u2003" * depth + (node.name or facts.class_name) + times, node.class_name, "", f"{node.total:,}")
        )
        for tensor in node.tensors:
            count = f"tied to {tensor.tied_to}" if tensor.tied_to else f"{tensor.count:,}"
            rows.append(("\u2003" * (depth + 1) + tensor.name, _flags(tensor), _shape(tensor.shape), count))
        for child in node.children:
            if child.total or child.tensors:
                walk(child, depth + 1)

    walk(facts.tree, 0)
    more = len(rows) - _ROWS
    note = f"<p>{more} more rows are in the interactive view.</p>" if more > 0 else ""
    columns = ("Module or tensor", "Class", "Shape", "Parameters")
    return table(columns, rows[:_ROWS], caption="All modules, equal ones folded", numeric=columns[3:]) + note


def _flags(tensor: Tensor) -> str:
    return tensor.dtype + ("" if tensor.trainable else ", frozen")
