"""A batch in words and as a table: figures, the grid of tokens, ids and mask, and what is wrong with its repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursekit import frameworks
from coursekit.facts.batch.positions import OUTSIDE, PADDING, SPECIAL, UNKNOWN
from coursekit.facts.batch.readable import printable
from coursekit.views.batch.grid import Grid, clip, count
from coursekit.views.page.view import table, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coursekit.errors import CourseError
    from coursekit.facts.batch.facts import BatchFacts

_LISTED = 6


def batch_summary(facts: BatchFacts) -> str:
    """Return the batch in a few lines of plain text."""
    label = frameworks.get(facts.framework).label
    batch = count(len(facts.sequences), "sequence")
    if facts.shape is None:
        head = f"TensorBuilder: {batch} of {_lengths(facts)}, no tensor in {label}"
    else:
        head = (
            f"TensorBuilder: {batch}, a tensor of shape {facts.shape} = (batch, sequence), "
            f"{facts.dtype}, {facts.nbytes:,} bytes in {label}"
        )
    lines = [head]
    for index, row in enumerate(facts.sequences[:_LISTED]):
        words = row.words if facts.tokenizer else [str(id_) for id_ in row.ids]
        shown = " ".join(word or str(id_) for word, id_ in zip(words[:12], row.ids, strict=False))
        note = f" ({row.short} short)" if row.short else ""
        lines.append(f"  {index}: {shown}{' …' if len(row.ids) > 12 else ''}{note}")  # noqa: PLR2004  (tokens of a line)
    if len(facts.sequences) > _LISTED:
        lines.append(f"  … and {len(facts.sequences) - _LISTED} more")
    if facts.error is not None:
        lines.append(f"  {label} says: {_brief(facts.error)}")
    if facts.model_error is not None:
        lines.append(f"  The model would say: {_brief(facts.model_error)}")
    if facts.oddities:
        odd = ", ".join(str(oddity.sequence) for oddity in facts.oddities[:_LISTED])
        lines.append(f"  Hardly ids of this vocabulary: sequence {odd}")
    return "\n".join(lines)


def batch_html(facts: BatchFacts, *, live: bool = False) -> str:
    """Return the whole batch as HTML without style; ``live`` draws the grid in the way that is fast to replace."""
    grid = Grid(facts)
    heading = f"<h3>A batch of {count(len(facts.sequences), 'sequence')}</h3>"
    return "".join(
        [
            "" if live else heading,  # above the live face stand the sequences themselves
            _figures(facts),
            f'<p class="ck-muted">{grid.explanation()}</p>',
            grid.blocks() if live else grid.table(),
            _legend(facts),
            *(f'<p class="ck-muted">{text(line)}</p>' for line in facts.signs),
            *_notes(facts),
            _readings(facts),
            _line(facts),
        ]
    )


def problem_html(problem: CourseError) -> str:
    """Return an error as a note, for input that is being edited; what stands below it is not of this input."""
    return _note(
        "error",
        problem.what,
        f"<p>Why it matters: {text(problem.why)}</p><p>What to do: {text(problem.remedy)}</p>"
        "<p>Below: the last good batch.</p>",
    )


def _figures(facts: BatchFacts) -> str:
    label = frameworks.get(facts.framework).label
    if facts.shape is None:
        rows = f"<small>rows of {_lengths(facts)}</small>"
        return f'<div class="ck-batch-figures"><p>Shape <b class="ck-none">no tensor</b> {rows}</p></div>'
    batch, sequence = facts.shape
    itemsize = (facts.nbytes or 0) // (batch * sequence)
    tiles = [
        ("Shape", f"({batch:,}, {sequence:,})", "(batch, sequence)"),
        ("Type of a number", str(facts.dtype), f"{label}, {itemsize} bytes each"),
        ("Memory", f"{facts.nbytes:,} bytes", f"{batch:,} × {sequence:,} × {itemsize}"),
    ]
    parts = (f"<p>{text(name)} <b>{text(value)}</b> <small>{text(why)}</small></p>" for name, value, why in tiles)
    return f'<div class="ck-batch-figures">{"".join(parts)}</div>'


def _legend(facts: BatchFacts) -> str:
    kinds = set().union(*(row.kinds for row in facts.sequences))
    pad = f"{facts.pad_token}, id {facts.pad_id}" if facts.pad_token else f"id {facts.pad_id or 0}"
    special = dict.fromkeys(
        token for row in facts.sequences for token, kind in zip(row.words, row.kinds, strict=True) if kind == SPECIAL
    )
    names = {
        SPECIAL: f"special tokens: {', '.join(map(printable, list(special)[:_LISTED]))}",
        PADDING: f"padding ({pad}): fills the row, mask 0",
        UNKNOWN: "unknown: the vocabulary has no token for it",
        OUTSIDE: "outside the model's vocabulary",
    }
    entries = [f'<li class="ck-{kind}">{text(name)}</li>' for kind, name in names.items() if kind in kinds]
    if facts.ragged:
        entries.append('<li class="ck-missing">missing: the row ends before</li>')
    return f'<ul class="ck-legend">{"".join(entries)}</ul>' if entries else ""


def _notes(facts: BatchFacts) -> Iterable[str]:
    label = frameworks.get(facts.framework).label
    if facts.error is not None:
        yield _error(facts, label)
    if facts.model_error is not None:
        yield _outside(facts)
    if facts.too_long:
        most = facts.limits.positions
        yield _note(
            "error",
            f"Too long for the model: it has {most:,} positions.",
            _listing(f"Sequence {index} has {len(facts.sequences[index].ids):,} tokens." for index in facts.too_long)
            + f"<p>The repair: truncation with a length of at most {most:,}.</p>",
        )
    if facts.oddities:
        yield _note(
            "warning",
            f"Are these ids of this vocabulary ({facts.tokenizer})?",
            _listing(f"Sequence {oddity.sequence}: {clip(oddity.reason, 300)}." for oddity in facts.oddities)
            + "<p>An id means something only with the vocabulary that it came from. "
            "Use the tokenizer and the model of the same checkpoint.</p>",
        )


def _error(facts: BatchFacts, label: str) -> str:
    said = f"<p>{label} says:</p>{_said(facts.error or '')}"
    if not facts.ragged:
        return _note("error", f"{label} makes no tensor of these ids.", said)
    short = [
        f"Sequence {index} has {count(len(row.ids), 'id')}: {row.short:,} short of {facts.longest:,}."
        for index, row in enumerate(facts.sequences)
        if row.short
    ]
    missing = sum(row.short for row in facts.sequences)
    token = facts.pad_token or "the id"
    number = facts.pad_id or 0
    which = f"{token} (id {number})" if facts.pad_token else f"{token} {number}"
    repair = (
        f"The repair: set padding to longest. That adds {which} {count(missing, 'time')}, with mask 0, "
        f"and the shape becomes ({len(facts.sequences):,}, {facts.longest:,})."
    )
    return _note(
        "error", "This batch is ragged, so it is not a tensor.", f"{_listing(short)}{said}<p>{text(repair)}</p>"
    )


def _outside(facts: BatchFacts) -> str:
    end = facts.limits.vocabulary or 0
    places = [f"Sequence {index}, position {position:,}: id {number:,}." for index, position, number in facts.outside]
    return _note(
        "error",
        f"Outside the vocabulary: the model has the ids 0 to {end - 1:,}.",
        f"{_listing(places)}<p>The model would say:</p>{_said(facts.model_error or '')}"
        "<p>The repair: use the tokenizer and the model of the same checkpoint.</p>",
    )


def _readings(facts: BatchFacts) -> str:
    if not facts.readings:
        return ""
    rows = [
        [
            index,
            *(
                clip(" ".join(printable(token) or "?" for token in reading.tokens[index][:48]), 300)
                for reading in facts.readings
            ),
        ]
        for index in range(min(len(facts.sequences), _LISTED))
    ]
    columns = ["Sequence", *(f"under {reading.name}" for reading in facts.readings)]
    words = table(columns, rows, caption="The same ids, read under two vocabularies.")
    return f'<div class="ck-readings">{words}</div>'


def _line(facts: BatchFacts) -> str:
    lead = "In one line:" if facts.error is None else "This line fails too:"
    return f'<p class="ck-line"><span class="ck-muted">{lead}</span> <code>{text(facts.code)}</code></p>'


def _note(kind: str, title: str, body: str) -> str:
    return f'<div class="ck-note ck-{kind}"><p><strong>{text(title)}</strong></p>{body}</div>'


def _said(words: str) -> str:
    return f'<pre class="ck-said">{text(clip(words, 1200))}</pre>'


def _listing(lines: Iterable[str]) -> str:
    every = list(lines)
    more = [f"And {len(every) - _LISTED:,} more."] if len(every) > _LISTED else []
    return f"<ul>{''.join(f'<li>{text(line)}</li>' for line in (*every[:_LISTED], *more))}</ul>"


def _lengths(facts: BatchFacts) -> str:
    lengths = [len(row.ids) for row in facts.sequences]
    most = count(max(lengths), "id")
    return most if min(lengths) == max(lengths) else f"{min(lengths):,} to {most}"


def _brief(words: str) -> str:
    """Return the first line that says something."""
    return next((line for line in words.splitlines() if line.strip()), words)
