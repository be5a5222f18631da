"""How similar some tokens are, layer by layer, as a matplotlib figure."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.batch.readable import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from coursekit.facts.output.facts import OutputFacts

MOST_TOKENS = 6
"""Tokens that are followed: fifteen pairs, as many lines as an eye tells apart."""


def plot_layers(facts: OutputFacts, tokens: Any) -> Figure:
    """Draw the cosine similarity of each pair of tokens after each layer, one chart for each run on a common scale.

    Parameters
    ----------
    tokens
        Words, which stand for each place where they occur, or pairs: the number of a sequence and a position in it.

    Raises
    ------
    CourseError
        When the output has no hidden states, or no such tokens, or fewer than two.
    """
    from matplotlib.figure import Figure

    runs = [run for run in facts.runs if run.token_similarity is not None]
    if not runs:
        raise CourseError(
            "The output has no hidden states to compare.",
            why="similarity layer by layer needs the vectors of the tokens after each layer.",
            remedy="output = model(**inputs, output_hidden_states=True)",
        )
    chosen = _chosen(facts, tokens)
    figure = Figure(figsize=(6.2 * len(runs), 4.2), layout="constrained")
    axes = figure.subplots(1, len(runs), squeeze=False, sharey=True)[0]
    for axis, run in zip(axes, runs, strict=True):
        values = run.token_similarity
        assert values is not None  # noqa: S101  (only those that have it were kept)
        for one, other in combinations(chosen, 2):
            similar = values[:, one, other]
            axis.plot(similar, marker="o", label=f"{_name(facts, one)} and {_name(facts, other)}")
        axis.set_xticks(range(len(run.layers)), run.layers, rotation=45, ha="right", fontsize=8)
        axis.set(ylabel="cosine similarity", ylim=(min(0.0, _least(runs, chosen)), 1.02))
        axis.grid(visible=True, alpha=0.3)
        axis.set_title(run.name if len(runs) > 1 else "the same tokens, layer by layer")
        axis.legend(fontsize=8)
    return figure


def _least(runs: Any, chosen: list[int]) -> float:
    found = np.concatenate([run.token_similarity[:, chosen][:, :, chosen].ravel() for run in runs])
    return float(np.nanmin(found, initial=0)) * 1.05


def _name(facts: OutputFacts, place: int) -> str:
    row, position = facts.part.tokens[place]
    word = facts.sequences[row][position].text.replace("$", r"\$")
    return f"“{word}” in {facts.numbers[row]} ({position})"


def _chosen(facts: OutputFacts, tokens: Any) -> list[int]:
    """Return the places of the tokens among those that are compared."""
    known = [(facts.numbers[row], position) for row, position in facts.part.tokens]
    texts = [facts.sequences[row][position].text.strip("␣") for row, position in facts.part.tokens]
    if isinstance(tokens, str):
        tokens = [tokens]
    if not isinstance(tokens, (list, tuple)) or not tokens:
        raise CourseError(
            f"tokens is {printable(repr(tokens)[:80])}.",
            why="the picture compares some tokens, layer by layer.",
            remedy='Name them by a word, tokens=["bank"], or by sequence and position, tokens=[(0, 6), (1, 5)].',
        )
    found: list[int] = []
    for token in tokens:
        if isinstance(token, str):
            places = [place for place, text in enumerate(texts) if text in {token, token.lower()}]
        else:
            pair = tuple(token) if isinstance(token, (list, tuple)) else ()
            places = [place for place, where in enumerate(known) if where == pair]
        if not places:
            hint = did_you_mean(token, texts) if isinstance(token, str) else ""
            raise CourseError(
                f"There is no token {printable(repr(token)[:60])} among those compared.{hint}",
                why=f"the view compares {len(known)} tokens, padding left out: {' '.join(texts)[:90]} …",
                remedy="Use a token as the view writes it, or the numbers of its sequence and its position.",
            )
        found += places
    found = list(dict.fromkeys(found))[:MOST_TOKENS]
    if len(found) < 2:  # noqa: PLR2004  (a pair)
        raise CourseError(
            "Only one token was chosen.",
            why="similarity is between two.",
            remedy="Name a word that occurs twice, or two tokens.",
        )
    return found
