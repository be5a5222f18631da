"""The static face of a pass: the chosen token on its way, in small tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.forward.formulas import BLOCKED
from coursekit.facts.forward.steps import AttentionStep, EmbeddingsStep, FeedForwardStep, HeadStep, SumStep
from coursekit.views.forward.words import heading, why
from coursekit.views.page.pixels import colour_indices, image
from coursekit.views.page.view import Html, table, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coursekit.facts.forward.facts import ForwardFacts
    from coursekit.facts.forward.steps import Step

MOST_KEYS = 12
_FIRST = 4
_PIXELS = 96


def static_face(title: str, runs: Mapping[str, ForwardFacts], *, token: int, head: int, step: int) -> str:
    """Return headings and tables that read well without style and script: eight for each pass."""
    parts = [f"<h3>{text(title)}</h3>"]
    for name, facts in runs.items():
        if len(runs) > 1:
            parts.append(f"<h4>{text(name)}: {text(facts.model_class)}</h4>")
        parts += [f"<p>{text(note)}</p>" for note in facts.notes]
        parts += [_tokens(facts), _way(facts, token)]
        parts += [_step(facts, each, token, head) for each in _told(facts, step)]
    return "".join(parts)


def _told(facts: ForwardFacts, step: int) -> list[Step]:
    """Return the steps that have a table: embeddings, the layer of the chosen step, and what stands at the end."""
    chosen = facts.steps[min(step, len(facts.steps) - 1)]
    layer = chosen.layer or 1
    stack = chosen.stack
    first = next(each for each in facts.steps if each.stack == stack)
    inside = [each for each in facts.steps if each.stack == stack and each.layer == layer][:4]
    ends = [each for each in facts.steps if each.stack == facts.steps[-1].stack and each.layer is None][-1:]
    return [first, *inside, *(each for each in ends if each is not first)]


def _tokens(facts: ForwardFacts) -> str:
    rows = [
        (stack or "Tokens", " ".join(token.text for token in tokens[:32]) + (" …" if len(tokens) > 32 else ""))  # noqa: PLR2004
        for stack, tokens in facts.tokens.items()
    ]
    return table(["", "Tokens"], rows, caption=f"Sequence {facts.sequence} of {facts.batch}")


def _way(facts: ForwardFacts, token: int) -> str:
    rows: list[tuple[object, ...]] = []
    layers = [step for step in facts.steps if step.layer is not None]
    titles = list(dict.fromkeys(step.name.partition(f"layer {step.layer} ")[2] or "layer" for step in layers))
    places = list(dict.fromkeys((step.stack, step.layer) for step in layers))
    for stack, layer in places[:24]:
        mine = {
            s.name.partition(f"layer {layer} ")[2] or "layer": s for s in layers if (s.stack, s.layer) == (stack, layer)
        }
        cells = [
            f"{each.change[min(token, len(each.change) - 1)]:.2f}" if (each := mine.get(title)) is not None else ""
            for title in titles
        ]
        rows.append((f"{stack} layer {layer}".strip(), *cells))
    caption = "How much each step changes the vector, as a part of its length"
    return table(["Layer", *titles], rows, caption=caption, numeric=titles)


def _step(facts: ForwardFacts, step: Step, token: int, head: int) -> str:
    at = min(token, len(facts.tokens[step.stack]) - 1)
    word = facts.tokens[step.stack][at].text
    row = 0 if step.rows is not None else min(at, len(step.after) - 1)
    caption = f"{heading(step)}, “{word}”. {why(step)}"
    if step.closed:
        return table(["", ""], [("Not shown", step.closed), _vector("gives", step.after[row])], caption=caption)
    if isinstance(step, AttentionStep) and step.weights is not None:
        return _attention(facts, step, row, min(head, len(step.weights) - 1), caption)
    if isinstance(step, HeadStep) and step.kind == "head":
        return _head(facts, step, row, caption)
    pieces: list[tuple[str, Any]] = []
    if isinstance(step, EmbeddingsStep):
        for part in step.parts:
            where = "" if part.indices is None else f" row {part.indices[row]:,}"
            pieces.append((f"{part.name}{where}", part.vectors[row]))
        pieces.append(("sum", step.total[row] if step.total is not None else step.after[row]))
    elif isinstance(step, SumStep):
        pieces += [("went around", step.around[row])] if step.around is not None else [("takes", step.before[row])]
        pieces += [("came through", each[row]) for each in step.through]
        pieces += [("sum", step.total[row])] if step.total is not None and step.around is not None else []
    elif isinstance(step, FeedForwardStep) and step.wide is not None:
        pieces += [("takes", step.before[row]), ("widened", step.wide[row])]
        pieces += [(f"after {step.activation}", step.inner[row])] if step.inner is not None else []
    elif isinstance(step, HeadStep):
        pieces.append(("takes", step.before[min(row, len(step.before) - 1)]))
    norm = getattr(step, "norm", None)
    pieces.append((f"gives, after {norm.kind}" if norm is not None else "gives", step.after[row]))
    columns = ["", *(str(at) for at in range(_FIRST)), "…", "length"]
    return table(columns, [_vector(name, values) for name, values in pieces], caption=caption, numeric=columns[1:])


def _vector(name: str, values: Any) -> tuple[object, ...]:
    first = [f"{value:.3f}" for value in values[:_FIRST]]
    first += [""] * (_FIRST - len(first))
    strip = values[:_PIXELS][None]
    largest = float(np.abs(strip[np.isfinite(strip)]).max(initial=0))
    description = f"{name}: the first {strip.shape[1]} of {len(values)} numbers"
    picture = image(colour_indices(strip, largest, signed=True), signed=True, description=description, cell=(2, 12))
    return (name, *first, Html(picture), f"{float(np.linalg.norm(values)):.2f}")


def _attention(facts: ForwardFacts, step: AttentionStep, row: int, head: int, caption: str) -> str:
    assert step.weights is not None  # noqa: S101  (the caller has checked it)
    assert step.scores is not None  # noqa: S101
    tokens = facts.tokens[step.source]
    weights, scores = step.weights[head, row], step.scores[head, row]
    most = sorted(np.argsort(-weights, kind="stable")[:MOST_KEYS])
    rows = [
        (
            tokens[key].text,
            "blocked"
            if step.mask is not None and step.mask[min(head, len(step.mask) - 1), row, key] <= BLOCKED
            else f"{scores[key]:.2f}",
            f"{weights[key]:.1%}",
        )
        for key in most
    ]
    more = f" The {len(most)} highest of {len(tokens)}." if len(tokens) > len(most) else ""
    columns = ["Key", "Score", "Weight"]
    return table(columns, rows, caption=f"{caption} Head {head}.{more}", numeric=columns[1:])


def _head(facts: ForwardFacts, step: HeadStep, row: int, caption: str) -> str:
    scores = step.after[row]
    shares = np.exp(scores - scores.max())
    shares = shares / shares.sum()
    best = np.argsort(-scores, kind="stable")[:10]
    words = facts.words or {}
    rows = [
        (step.labels[at] if step.labels else words.get(int(at), f"#{at}"), f"{scores[at]:.2f}", f"{shares[at]:.1%}")
        for at in best
    ]
    return table(["Answer", "Score", "Chance"], rows, caption=caption, numeric=["Score", "Chance"])
