"""The model as a picture: the way of the data, every dimension named by the config attribute that shapes it."""

from __future__ import annotations

from typing import Any

from coursekit.errors import reject_unknown
from coursekit.facts.model.facts import ModelFacts, model_facts
from coursekit.views.model.payload import payload
from coursekit.views.model.static import block_title, summary_lines, tables
from coursekit.views.page.explorer import Explorer

_OPTIONS = ("compare_to", "names", "framework")


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
    stem = "model/view"

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
        """Return the size of the model, its blocks and what shapes it, in a few lines."""
        return "\n".join(line for facts in self._shown() for line in summary_lines(facts))

    def _shown(self) -> list[ModelFacts]:
        return [self.facts] if self.other is None else [self.facts, self.other]

    def static_html(self) -> str:
        """Return headings and tables: the way of the data, the attributes, the folded tree."""
        return "".join(tables(facts) for facts in self._shown())

    def payload(self) -> dict[str, Any]:
        """Return the facts as the script draws them."""
        models = [payload(facts) for facts in self._shown()]
        if len({model["name"] for model in models}) < len(models):
            models = [{**model, "name": f"{model['name']} {number}"} for number, model in enumerate(models, start=1)]
        return {"models": models}

    def plot(self) -> Any:
        """Return the parameters of each block as a matplotlib ``Figure`` of horizontal bars."""
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
    blocks = [(stack.title, block) for stack in facts.flow.stacks for block in stack.blocks]
    parts = [(f"{title} {block_title(block)}".strip(), block.parameters) for title, block in blocks]
    if facts.flow.stacks and facts.flow.elsewhere:
        parts.append(("elsewhere", facts.flow.elsewhere))
    return parts or [(child.name, child.total) for child in facts.tree.children if child.total]
