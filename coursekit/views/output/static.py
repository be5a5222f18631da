"""The static face of an output: its fields and tokens as tables, its key pictures as images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.batch.readable import SPACE
from coursekit.facts.output.page_budget import block_means
from coursekit.views.page.pixels import FRAME, colour_indices, image
from coursekit.views.page.view import table, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from coursekit.facts.output.facts import OutputFacts, RunFacts
    from coursekit.facts.output.fields import FieldFacts
    from coursekit.facts.output.tokens import Sequences, Token

MOST_SEQUENCES, MOST_TOKENS, MOST_DIMENSIONS = 12, 32, 128
"""What tables and images show, which nobody can scroll in."""
MOST_LABELS = 12
MOST_CELLS = 7_200
"""Cells of the image of all heads; more would tell no more at its size and take space on every page."""


def static_face(sides: Sequence[OutputFacts], title: str) -> str:
    """Return headings, tables and images that read well without style and script; those of each side in turn."""
    facts = sides[0]
    parts = [f"<h3>{text(title)}</h3>", _fields(facts)]
    missing = dict.fromkeys((one.name, one.reason, one.line) for run in facts.runs for one in run.missing)
    parts += [
        f"<p><code>{text(name)}</code> is not here. {text(reason)}{f' <code>{text(line)}</code>' if line else ''}</p>"
        for name, reason, line in missing
    ]
    for side in sides:
        parts += [f"<p>{text(note)}</p>" for note in side.part.notes]
        parts += [_tokens(side, side.sequences, "Tokens" if side.unit == "token" else "Positions")]
        parts += [_tokens(side, side.keys, "Keys")] if side.keys is not None else []
        parts += [f"<p>{text(line)}</p>" for line in side.signs]
        for run in side.runs:
            parts += [_hidden(run, side), _sequences(run, side), _heads(run, side), _logits(run, side)]
    return "".join(parts)


_BATCH = {"patch": "image", "frame": "recording"}


def size(facts: OutputFacts) -> str:
    """Return how many sequences, images or recordings there are, and of how many positions."""
    batch, length = facts.batch, len(facts.sequences[0]) if facts.sequences else 0
    word = _BATCH.get(facts.unit, "sequence")
    unit = "position" if facts.unit == "patch" else facts.unit  # among the patches stand others
    what = f"{batch:,} {word}{'s' * (batch != 1)}"
    return f"{what} of {length:,} {unit}{'s' * (length != 1)}" if length else what


def short(tokens: tuple[Token, ...], most: int = 46) -> str:
    """Return the real tokens of a sequence as one line of at most ``most`` letters; nothing where ids are not known."""
    if all(token.id is None for token in tokens):
        return ""
    named = [token for token in tokens if token.id is not None]
    words = " ".join(token.text for token in named if token.kind == "real") or " ".join(token.text for token in named)
    words = words.replace(" ##", "")
    if SPACE in words:  # of a vocabulary that writes spaces down
        words = words.replace(" ", "").replace(SPACE, " ").strip()
    return words if len(words) <= most else words[: most - 1] + "…"


def _named(run: RunFacts, facts: OutputFacts) -> str:
    return f" of {run.name}" if len(facts.runs) > 1 else ""


def _fields(facts: OutputFacts) -> str:
    parts = []
    groups: dict[tuple[str, tuple[FieldFacts, ...]], list[str]] = {}
    for run in facts.runs:
        groups.setdefault((run.kind, run.fields), []).append(run.name)
    for (kind, fields), names in groups.items():
        rows = [
            (
                field.name,
                " × ".join(f"{size:,}" for size in field.shape) or field.without_axes,
                " × ".join(axis.name for axis in field.axes),
                field.dtype,
                field.meaning
                + (f" {field.not_finite:,} of its numbers are NaN or infinite." if field.not_finite else ""),
            )
            for field in fields
        ]
        of = f" of {' and '.join(names)}" if len(facts.runs) > 1 else ""
        parts.append(table(["Field", "Shape", "Axes", "dtype", "What it holds"], rows, caption=f"Fields{of}: {kind}"))
    axes = (axis for run in facts.runs for field in run.fields for axis in field.axes if axis.origin)
    origins = dict.fromkeys((axis.name, f"{axis.size:,}", axis.origin) for axis in axes)
    return "".join(parts) + table(["Axis", "Size", "Where it comes from"], origins, caption="Axes", numeric=["Size"])


def _tokens(facts: OutputFacts, sequences: Sequences, what: str) -> str:
    if not any(sequences):
        return ""
    rows = [
        (
            facts.numbers[index],
            " ".join(token.text for token in row[:MOST_TOKENS]) + (" …" if len(row) > MOST_TOKENS else ""),
        )
        for index, row in enumerate(sequences[:MOST_SEQUENCES])
    ]
    more = facts.batch - len(rows)
    caption = f"{what} of each sequence{f', and {more:,} sequences more' if more else ''}"
    return table(["Sequence", what], rows, caption=caption)


def _hidden(run: RunFacts, facts: OutputFacts) -> str:
    if run.hidden is None:
        return ""
    places = [
        (slot, place)
        for slot, index in enumerate(facts.part.sequences)
        for place, token in enumerate(facts.sequences[index])
        if token.kind != "padding"
    ][:MOST_TOKENS]
    if not places:
        return ""
    states = run.hidden[-1][[slot for slot, _ in places], [place for _, place in places]]  # (tokens, dimensions)
    dimensions = min(states.shape[1], MOST_DIMENSIONS)
    description = (
        f"Hidden states{_named(run, facts)} {_after(run)}: {count(len(places), facts.unit)} (rows) "
        f"and the first {dimensions} of {states.shape[1]} dimensions (columns)."
    )
    picture = image(
        colour_indices(states[:, :dimensions], facts.hidden_limit, signed=True),
        signed=True,
        description=description,
        cell=(5, 7),
    )
    scale = f"Blue is {-facts.hidden_limit:.1f} or less, white is 0, orange is {facts.hidden_limit:.1f} or more."
    return f"<h4>{text(description)}</h4><p>{picture}</p><p>{text(scale)}</p>"


def _after(run: RunFacts) -> str:
    """Return after which layer the last vectors stand, where that is known."""
    return "after the last layer" if run.layers[-1].startswith(("layer", "last", "embed")) else f"({run.layers[-1]})"


def count(number: int, word: str) -> str:
    """Return a number and a word, with an s where there are more than one."""
    return f"{number:,} {word}{'' if number == 1 else 'es' if word.endswith('ch') else 's'}"


def _sequences(run: RunFacts, facts: OutputFacts) -> str:
    if run.sequence_similarity is None or len(facts.sequences) <= 1:
        return ""
    similar: npt.NDArray[Any] = run.sequence_similarity[-1][:MOST_SEQUENCES, :MOST_SEQUENCES]  # (batch, batch)
    numbers = [str(number) for number in facts.numbers[: len(similar)]]
    rows = [
        (f"{numbers[index]} {short(facts.sequences[index])}".strip(), *(two_decimals(value) for value in row))
        for index, row in enumerate(similar)
    ]
    how = "(mean of real tokens)" if run.hidden is not None else "(one vector for each)"
    caption = f"Cosine similarity of sequences{_named(run, facts)} {_after(run)} {how}"
    return table(["Sequence", *numbers], rows, caption=caption, numeric=numbers)


def _heads(run: RunFacts, facts: OutputFacts) -> str:
    if run.attention is None:
        return ""
    weights = run.attention[:, 0]  # (layers, heads, queries, keys)
    most = max(2, int((MOST_CELLS / (weights.shape[0] * weights.shape[1])) ** 0.5))
    weights = block_means(weights, -(-max(weights.shape[2:]) // most))
    layers, heads, high, wide = weights.shape
    framed = np.full((layers, high + 1, heads, wide + 1), FRAME, dtype=np.uint8)  # a line after each head
    framed[:, :high, :, :wide] = colour_indices(weights, facts.attention_limit, signed=False).swapaxes(1, 2)
    mosaic = framed.reshape(layers * (high + 1), heads * (wide + 1))
    number = facts.numbers[facts.part.sequences[0]]
    description = (
        f"Attention{_named(run, facts)} in sequence {number}: {count(layers, 'layer')} (rows), {count(heads, 'head')} "
        "(columns); in each, queries from top to bottom and keys from left to right."
    )
    edge = max(1, min(6, 48 // max(high, wide)))
    picture = image(mosaic, signed=False, description=description, cell=(edge, edge))
    return f"<h4>{text(description)}</h4><p>{picture}</p><p>Dark blue is 0, yellow is {facts.attention_limit:.2f}.</p>"


def _logits(run: RunFacts, facts: OutputFacts) -> str:
    if run.logits is None:
        return ""
    first = facts.part.sequences[0]
    if run.logits.ndim > 2:  # noqa: PLR2004  (sequences, positions, labels)
        what, scores, words = "Token", run.logits[0], None if run.words is None else run.words[0]
        names = [token.text for token in facts.sequences[first]][:MOST_TOKENS]
    else:
        what, scores, words = "Sequence", run.logits, run.words
        shown = facts.part.sequences[:MOST_SEQUENCES]
        names = [f"{facts.numbers[index]} {short(facts.sequences[index])}".strip() for index in shown]
    labels = run.labels[:MOST_LABELS]
    rows = [
        (name, *(_score(scores, words, row, column) for column in range(len(labels)))) for row, name in enumerate(names)
    ]
    kind = "one number for each label" if words is None else "the highest ones"
    which = f" in sequence {facts.numbers[first]}" if what == "Token" else ""
    caption = f"{run.scores}{_named(run, facts)}{which}: {kind}"
    return table([what, *labels], rows, caption=caption, numeric=labels if words is None else ())


def _score(scores: npt.NDArray[Any], words: npt.NDArray[Any] | None, row: int, column: int) -> str:
    score = two_decimals(scores[row, column])
    return score if words is None else f"{words[row, column]} {score}"


def two_decimals(value: float) -> str:
    """Return a number with two decimals, zero without a sign: ``-0.00`` would flip with the last digit."""
    return f"{value:.2f}".replace("-0.00", "0.00")
