"""The pictures of an output as matplotlib figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.batch.readable import printable
from coursekit.views.output.static import short
from coursekit.views.page.colours import colormap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from coursekit.facts.output.facts import OutputFacts, RunFacts
    from coursekit.facts.output.tokens import Token

NEEDS = {
    "hidden": "hidden",
    "tokens": "token_similarity",
    "sequences": "sequence_similarity",
    "map": "projection",
    "attention": "attention",
    "head": "attention",
    "logits": "logits",
}
"""The pictures by name, and the field of the facts that each needs."""


@dataclass(frozen=True)
class _Chosen:
    """Indices in the arrays of a run: its layer, the number of the head, the place among the sequences shown."""

    layer: int
    head: int
    slot: int


def plot(facts: OutputFacts, picture: str, *, layer: int, head: int, sequence: int | None) -> Figure:
    """Draw one picture of all runs that have it, side by side on common scales.

    Parameters
    ----------
    picture
        One of :data:`NEEDS`.
    layer
        The layer: 0 for the embeddings, -1 for the last.
    head
        The head, from 0; for ``head``.
    sequence
        The index of the sequence in the batch; for pictures of one sequence.

    Raises
    ------
    CourseError
        When there is no such picture, or the output has no such part.
    """
    from matplotlib.figure import Figure

    if not isinstance(picture, str) or picture not in NEEDS:
        raise CourseError(
            f"There is no picture called {printable(repr(picture)[:80])}."
            f"{did_you_mean(str(picture), (*NEEDS, 'layers'))}",
            why="a picture is chosen by its name.",
            remedy=f"Use one of {', '.join((*NEEDS, 'layers'))}.",
        )
    layer, head = _whole("layer", layer), _whole("head", head)
    runs = [run for run in facts.runs if getattr(run, NEEDS[picture]) is not None]
    if not runs:
        line = next((one.line for run in facts.runs for one in run.missing if one.name.startswith(NEEDS[picture])), "")
        raise CourseError(
            f"The output has nothing to draw {picture!r} from.",
            why=f"this picture needs {NEEDS[picture].replace('_', ' ')}.",
            remedy=line or "Draw another picture; view.facts lists the fields.",
        )
    slot = _slot(facts, sequence)
    figure = Figure(figsize=(6.2 * len(runs), 4.6), layout="constrained")
    axes = figure.subplots(1, len(runs), squeeze=False)[0]
    draw: Callable[..., Any] = _DRAW[picture]
    for axis, run in zip(axes, runs, strict=True):
        drawn = draw(axis, facts, run, _Chosen(_layer(layer, run, picture), head, slot))
        axis.set_title(run.name if len(runs) > 1 else picture)
    if drawn is not None:
        figure.colorbar(drawn, ax=list(axes), shrink=0.8)
    return figure


def _whole(name: str, value: Any) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise CourseError(
        f"{name} is {printable(repr(value)[:80])}.",
        why="layers, heads and sequences are chosen by their numbers.",
        remedy=f"Use a whole number, such as {name}=0.",
    )


def _slot(facts: OutputFacts, sequence: int | None) -> int:
    if sequence is None:
        return 0
    shown = [facts.numbers[index] for index in facts.part.sequences]
    if _whole("sequence", sequence) not in shown:
        raise CourseError(
            f"Sequence {sequence} is not shown.",
            why=f"the view holds the sequences {', '.join(map(str, shown[:12]))}{' …' if len(shown) > 12 else ''}.",  # noqa: PLR2004  (of hundreds)
            remedy=f"Choose one of them, or build the view with sequences=[{sequence}].",
        )
    return shown.index(sequence)


def _layer(layer: int, run: RunFacts, picture: str) -> int:
    """Return the index of a layer in the arrays of ``run``."""
    if picture == "logits":
        return 0
    if NEEDS[picture] == "attention":
        known = list(run.attention_layers)
        wanted = known[-1] if layer == -1 else layer
    else:
        known = list(range(len(run.layers)))
        wanted = known[-1] if layer == -1 else layer
    if wanted not in known:
        raise CourseError(
            f"There is no layer {layer} for {picture!r}.",
            why=f"{run.name} has the layers {known[0]} to {known[-1]}.",
            remedy=f"Use layer={known[-1]}, or -1 for the last.",
        )
    return known.index(wanted)


def _ticks(axis: Axes, words: Sequence[str], *, across: Sequence[str] = ()) -> None:
    """Name the rows, and the columns where ``across`` has names for them; of many, some."""
    for names, write in ((words, axis.set_yticks), (across, partial(axis.set_xticks, rotation=90))):
        places = list(range(0, len(names), max(1, len(names) // 40)))
        if places:
            # A dollar sign would begin a formula.
            write(places, [names[place].replace("$", r"\$") for place in places], fontsize=8)


def _hidden(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> Any:
    assert run.hidden is not None  # noqa: S101  (plot has checked it)
    tokens = facts.sequences[facts.part.sequences[at.slot]]
    real = [place for place, token in enumerate(tokens) if token.kind != "padding"]
    _ticks(axis, [tokens[place].text for place in real])
    axis.set_xlabel("dimension")
    return axis.imshow(
        run.hidden[at.layer, at.slot, real],
        cmap=colormap("diverging"),
        vmin=-facts.hidden_limit,
        vmax=facts.hidden_limit,
        aspect="auto",
        interpolation="nearest",
    )


def _similar(axis: Axes, values: Any, words: Sequence[str], *, both: bool) -> Any:
    _ticks(axis, words, across=words if both else ())
    return axis.imshow(values, cmap=colormap("diverging"), vmin=-1, vmax=1, interpolation="nearest")


def _tokens(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> Any:
    assert run.token_similarity is not None  # noqa: S101  (plot has checked it)
    return _similar(axis, run.token_similarity[at.layer], [token.text for token in _compared(facts)], both=True)


def _sequences(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> Any:
    assert run.sequence_similarity is not None  # noqa: S101  (plot has checked it)
    words = [f"{number} {short(row, 30)}" for number, row in zip(facts.numbers, facts.sequences, strict=True)]
    return _similar(axis, run.sequence_similarity[at.layer], words, both=False)


def _compared(facts: OutputFacts) -> list[Token]:
    return [facts.sequences[row][place] for row, place in facts.part.tokens]


def _map(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> None:
    assert run.projection is not None  # noqa: S101  (plot has checked it)
    points = run.projection.points[at.layer]  # (tokens, 2)
    axis.scatter(points[:, 0], points[:, 1], s=14, c=[row for row, _ in facts.part.tokens], cmap="cividis")
    for token, (x, y) in zip(_compared(facts), points, strict=True):
        if np.isfinite(x):
            axis.annotate(token.text.replace("$", r"\$"), (x, y), fontsize=8, xytext=(3, 3), textcoords="offset points")
    axis.set_xlabel(f"{run.projection.explained[0]:.0%} of the variance")
    axis.set_ylabel(f"{run.projection.explained[1]:.0%} of the variance")


def _attention(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> Any:
    assert run.attention is not None  # noqa: S101  (plot has checked it)
    weights = run.attention[:, at.slot]  # (layers, heads, queries, keys)
    layers, heads, high, wide = weights.shape
    framed = np.pad(weights, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    mosaic = framed.swapaxes(1, 2).reshape(layers * (high + 1), heads * (wide + 1))
    axis.set_yticks([(row + 0.5) * (high + 1) for row in range(layers)], list(map(str, run.attention_layers)))
    axis.set_xticks([(column + 0.5) * (wide + 1) for column in range(heads)], list(map(str, run.heads)))
    axis.set(xlabel="head", ylabel="layer")
    return axis.imshow(mosaic, cmap=colormap("sequential"), norm=_by_root(facts.attention_limit))


def _head(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> Any:
    assert run.attention is not None  # noqa: S101  (plot has checked it)
    if at.head not in run.heads:
        raise CourseError(
            f"There is no head {at.head}.",
            why=f"{run.name} shows the heads {run.heads[0]} to {run.heads[-1]}.",
            remedy=f"Use head={run.heads[0]}.",
        )
    index = facts.part.sequences[at.slot]
    words = [token.text for token in facts.sequences[index]]
    keys = words if facts.keys is None else [token.text for token in facts.keys[index]]
    if facts.part.block == 1:
        _ticks(axis, words, across=keys)
    axis.set(xlabel="key", ylabel="query")
    weights = run.attention[at.layer, at.slot, run.heads.index(at.head)]  # (queries, keys)
    return axis.imshow(weights, cmap=colormap("sequential"), norm=_by_root(facts.attention_limit))


def _by_root(limit: float) -> Any:
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, vmin=0, vmax=limit or 1)


def _logits(axis: Axes, facts: OutputFacts, run: RunFacts, at: _Chosen) -> Any:
    assert run.logits is not None  # noqa: S101  (plot has checked it)
    per_token = run.logits[0].ndim > 1
    scores = run.logits[at.slot] if per_token else run.logits  # (rows, labels)
    rows = facts.sequences[facts.part.sequences[at.slot]] if per_token else ()
    words = [token.text for token in rows] or [
        f"{facts.numbers[index]} {short(facts.sequences[index], 30)}" for index in facts.part.sequences
    ]
    _ticks(axis, words)
    axis.set_xticks(range(len(run.labels)), run.labels, fontsize=8)
    if run.words is not None:
        for (row, column), word in np.ndenumerate(run.words[at.slot] if per_token else run.words):
            axis.text(column, row, word, ha="center", va="center", fontsize=7)
    limit = facts.logits_limit
    return axis.imshow(scores, cmap=colormap("diverging"), vmin=-limit or -1, vmax=limit or 1, aspect="auto")


_DRAW: dict[str, Callable[..., Any]] = {
    "hidden": _hidden,
    "tokens": _tokens,
    "sequences": _sequences,
    "map": _map,
    "attention": _attention,
    "head": _head,
    "logits": _logits,
}
