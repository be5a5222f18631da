"""The model as a picture: the way of the data, every dimension named by the config attribute that shapes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.errors import reject_unknown
from coursekit.facts.formula import tensors_at, terms
from coursekit.facts.model import ModelFacts, model_facts
from coursekit.views.explorer import Explorer
from coursekit.views.view import table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coursekit.facts.dimensions import Dimension
    from coursekit.facts.flow import Stage, Step
    from coursekit.facts.folding import Node, Tensor

_OPTIONS = ("compare_to", "names", "framework")
_STATIC_ROWS = 60
_DATA = {"batch", "sequence", "target sequence"}


class ModelMap(Explorer[ModelFacts]):
    """Show a model as a picture and as a tree.

    Parameters
    ----------
    config_or_model
        A config (nothing is allocated then), a model, or the id or folder of a checkpoint, of which the config is read.
    compare_to
        A second one, to be shown beside it.
    names
        Whether to find out which attribute shapes which dimension; without, the tree alone is there at once.
    framework
        ``"pytorch"`` or ``"tensorflow"``; default: that of the model, else the one in use.

    Attributes
    ----------
    facts, other
        What the view shows, and the same of ``compare_to``; None without.

    Raises
    ------
    CourseError
        When the config describes no model that can be built, or something else was given.
    """

    tag = "ck-model-map"
    stem = "model_map"

    def __init__(
        self,
        config_or_model: Any,
        *,
        compare_to: Any = None,
        names: bool = True,
        framework: str | None = None,
        **unknown: Any,
    ) -> None:
        reject_unknown(unknown, _OPTIONS, where="ModelMap")
        self.facts = model_facts(config_or_model, names=names, framework=framework)
        self.other = None if compare_to is None else model_facts(compare_to, names=names, framework=framework)

    def summary(self) -> str:
        """Return the size of the model, its stages and what shapes it, in a few lines."""
        return "\n".join(line for facts in self._shown() for line in _summary(facts))

    def _shown(self) -> list[ModelFacts]:
        return [self.facts] if self.other is None else [self.facts, self.other]

    def static_html(self) -> str:
        """Return headings and tables: the way of the data, the attributes, the folded tree."""
        return "".join(_static(facts) for facts in self._shown())

    def payload(self) -> dict[str, Any]:
        """Return the facts as the script draws them."""
        return {"models": [_payload(facts) for facts in self._shown()]}

    def plot(self) -> Any:
        """Return the parameters of each stage as a matplotlib ``Figure`` of horizontal bars."""
        from matplotlib.figure import Figure

        shown = self._shown()
        figure = Figure(figsize=(8, 0.6 + sum(0.5 * len(_parts(facts)) + 0.8 for facts in shown)), layout="constrained")
        for axes, facts in zip(figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
            parts = _parts(facts)
            axes.barh([name for name, _ in parts], [count for _, count in parts], color="#0072b2")
            axes.invert_yaxis()
            axes.bar_label(axes.containers[0], [f"{count:,}" for _, count in parts], padding=4)
            axes.margins(x=0.25)
            axes.set_title(f"{facts.class_name}: {facts.parameters:,} parameters", loc="left")
            axes.spines[["top", "right"]].set_visible(False)
            axes.xaxis.set_visible(False)
        return figure


def _parts(facts: ModelFacts) -> list[tuple[str, int]]:
    stages = [(tower.title, stage) for tower in facts.flow.towers for stage in tower.stages]
    parts = [(f"{title} {_stage_title(stage)}".strip(), stage.parameters) for title, stage in stages]
    if facts.flow.towers and facts.flow.elsewhere:
        parts.append(("elsewhere", facts.flow.elsewhere))
    return parts or [(child.name, child.total) for child in facts.tree.children if child.total]


def _stage_title(stage: Stage) -> str:
    times = stage.calls.size if stage.calls else stage.repeat
    return f"{times} × {stage.class_name}" if stage.kind == "layers" else stage.title


def _shape(shape: Iterable[Dimension] | None) -> str:
    """Return a shape as learners read it: ``(batch, sequence, hidden_size 768)``."""
    if shape is None:
        return ""
    return f"({', '.join(each.name if each.name in _DATA else str(each) for each in shape)})"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0.0 %"


def _size(nbytes: int) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= size:
            return f"{nbytes / size:.1f} {unit}"
    return f"{nbytes} bytes"


def _dtypes(facts: ModelFacts) -> str:
    return ", ".join(dict.fromkeys(tensor.dtype for node, _ in facts.tree.walk() for tensor in node.tensors))


def _summary(facts: ModelFacts) -> list[str]:
    kind = "planned from its config" if facts.planned else "a model with its weights"
    size = f"{facts.parameters:,} parameters in {facts.tensors} tensors, {_size(facts.nbytes)} in {_dtypes(facts)}"
    lines = [f"{facts.class_name}: {size} ({kind})"]
    for tower in facts.flow.towers:
        way = [f"{tower.input_name} {_shape(tower.input_shape)}"]
        way += [f"{_stage_title(stage)} {stage.parameters:,}" for stage in tower.stages]
        way += [f"{output.name} {_shape(output.shape)}" for output in tower.outputs]
        lines.append(f"  {tower.title + ': ' if tower.title else ''}{' → '.join(way)}")
    if not facts.flow.towers:
        lines.append(f"  no picture: {facts.flow.reason or facts.unnamed}")
    shaping = [each for each in facts.attributes if each.kind == "shapes"]
    if shaping:
        lines.append("  shaped by " + ", ".join(f"{each.name} {each.value}" for each in shaping))
    return lines


def _static(facts: ModelFacts) -> str:
    first, *_ = _summary(facts)
    parts = [f"<h3>{text(facts.class_name)}</h3><p>{text(first.partition(': ')[2])}</p>"]
    if facts.flow.towers:
        parts.append(_static_flow(facts))
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
    parts.append(_static_tree(facts))
    return "".join(parts)


def _static_flow(facts: ModelFacts) -> str:
    rows: list[tuple[str, str, str, str]] = []
    for tower in facts.flow.towers:
        title = f"{tower.title}: " if tower.title else ""
        rows.append((f"{title}{tower.input_name}", _shape(tower.input_shape), "", ""))
        for index, stage in enumerate(tower.stages):
            share = _share(stage.parameters, facts.parameters)
            rows.append((f"↓ {_stage_title(stage)}", _shape(stage.shape), f"{stage.parameters:,}", share))
            if stage.kind == "layers":
                for step in stage.steps:
                    added = ", input added" if step.added is not None else ""
                    rows.append((f"\u2003· {step.title}{added}", _shape(step.shape), f"{step.parameters:,} each", ""))
            rows += [(f"→ {each.name}", _shape(each.shape), "", "") for each in tower.outputs if each.after == index]
    columns = ("The way of the data", "What comes out", "Parameters", "Share")
    return table(columns, rows, caption="From the input to the output", numeric=columns[2:])


def _static_tree(facts: ModelFacts) -> str:
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
    more = len(rows) - _STATIC_ROWS
    note = f"<p>{more} more rows are in the interactive view.</p>" if more > 0 else ""
    columns = ("Module or tensor", "Class", "Shape", "Parameters")
    return table(columns, rows[:_STATIC_ROWS], caption="All modules, equal ones folded", numeric=columns[3:]) + note


def _flags(tensor: Tensor) -> str:
    return tensor.dtype + ("" if tensor.trainable else ", frozen")


def _payload(facts: ModelFacts) -> dict[str, Any]:
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

    def part(item: Stage | Step, paths: Sequence[str]) -> dict[str, Any]:
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
        return {**part(item, item.paths), "added": item.added, "beside": item.beside}

    def stage(item: Stage) -> dict[str, Any]:
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
        }

    return {
        "name": facts.class_name,
        "line": _summary(facts)[0].partition(": ")[2],
        "parameters": facts.parameters,
        "attributes": [
            [each.name, each.value, each.kind, each.note, each.tensors, each.parameters] for each in facts.attributes
        ],
        "towers": [
            {
                "title": tower.title,
                "input": [tower.input_name, dims(tower.input_shape)],
                "stages": [stage(each) for each in tower.stages],
                "outputs": [[each.name, dims(each.shape), each.after] for each in tower.outputs],
            }
            for tower in facts.flow.towers
        ],
        "reason": "" if facts.flow.towers else facts.flow.reason or facts.unnamed,
        "elsewhere": facts.flow.elsewhere if facts.flow.towers else 0,
        "assumed": list(facts.flow.assumed),
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
