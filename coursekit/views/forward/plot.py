"""A step of a pass as a matplotlib figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.formulas import ACTIVATIONS
from coursekit.facts.forward.steps import AttentionStep, EmbeddingsStep, FeedForwardStep, HeadStep, SumStep
from coursekit.views.forward.words import heading
from coursekit.views.page.colours import colormap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from coursekit.facts.forward.facts import ForwardFacts
    from coursekit.facts.forward.steps import Step


def plot(runs: Mapping[str, ForwardFacts], name: str, *, token: int, head: int) -> Figure:
    """Draw one step of every pass that has it, for one token.

    Parameters
    ----------
    name
        The name of the step.
    token, head
        What is chosen.
    """
    from matplotlib.figure import Figure

    found = {run: facts for run, facts in runs.items() if any(step.name == name for step in facts.steps)}
    figure = Figure(figsize=(6.4 * len(found), 4.4), layout="constrained")
    axes = figure.subplots(1, len(found), squeeze=False)[0]
    for axis, (run, facts) in zip(axes, found.items(), strict=True):
        step = facts[name]
        at = min(token, len(facts.tokens[step.stack]) - 1)
        row = 0 if step.rows is not None else min(at, len(step.after) - 1)
        _draw(axis, facts, step, row, head)
        word = facts.tokens[step.stack][at].text
        axis.set_title(f"{f'{run}: ' if len(runs) > 1 else ''}{heading(step)}, “{word}”")
    return figure


def _draw(axis: Axes, facts: ForwardFacts, step: Step, row: int, head: int) -> None:
    if isinstance(step, AttentionStep) and step.weights is not None:
        weights = step.weights[min(head, len(step.weights) - 1), row]
        tokens = [token.text for token in facts.tokens[step.source]]
        places = range(len(weights))
        axis.barh(list(places), weights, color=colormap("sequential")(np.sqrt(weights)))
        axis.set_yticks(list(places), tokens, fontsize=8)
        axis.invert_yaxis()
        axis.set(xlabel=f"attention weight in head {head}", xlim=(0, 1))
    elif isinstance(step, FeedForwardStep) and step.wide is not None and step.activation in ACTIVATIONS:
        values = step.wide[row]
        line = np.linspace(min(-3.0, values.min()), max(3.0, values.max()), 200, dtype=np.float32)
        function = ACTIVATIONS[step.activation][0]
        axis.plot(line, function(line), color="0.6")
        axis.scatter(values, function(values), s=9, alpha=0.5, color="#00805e")
        axis.set(xlabel="widened", ylabel=step.activation)
    elif isinstance(step, HeadStep) and step.kind == "head":
        scores = step.after[row]
        best = np.argsort(-scores, kind="stable")[:10]
        shares = np.exp(scores - scores.max())
        shares = shares / shares.sum()
        words = facts.words or {}
        names = [step.labels[at] if step.labels else words.get(int(at), f"#{at}") for at in best]
        axis.barh(range(len(best)), shares[best], color="#a8458a")
        axis.set_yticks(range(len(best)), names, fontsize=8)
        axis.invert_yaxis()
        axis.set(xlabel="chance", xlim=(0, 1))
    else:
        _strips(axis, step, row)


def _strips(axis: Axes, step: Step, row: int) -> None:
    pieces: dict[str, Any] = {}
    if isinstance(step, EmbeddingsStep):
        pieces |= {part.name: part.vectors[row] for part in step.parts}
    elif isinstance(step, SumStep) and step.around is not None:
        pieces["went around"] = step.around[row]
        pieces |= {
            f"came through {at + 1}" if at else "came through": each[row] for at, each in enumerate(step.through)
        }
    pieces["gives"] = step.after[row]
    values = np.stack(list(pieces.values()))
    limit = float(np.percentile(np.abs(values[np.isfinite(values)]), 99.5)) or 1.0
    axis.imshow(values, cmap=colormap("diverging"), vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    axis.set_yticks(range(len(pieces)), list(pieces), fontsize=8)
    axis.set_xlabel("dimension")
