"""What a model returned: its fields, its tokens, and the numbers behind every picture of them.

Several outputs on the same input are *runs*. They share tokens and scales, so that their pictures can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.facts.output.facts import OutputFacts, RunFacts
from coursekit.facts.output.fields import field_facts
from coursekit.facts.output.given import Given, given
from coursekit.facts.output.missing import Missing, missing_fields
from coursekit.facts.output.naming import IDS
from coursekit.facts.output.page_budget import Choice, Part, Rows, block_means, choose_part, choose_rows
from coursekit.facts.output.pca import principal_components
from coursekit.facts.output.pictures import CROSS, DECODER, ENCODER, Pictured, chosen_side, pictured, sides_of, steps_of
from coursekit.facts.output.places import places_of
from coursekit.facts.output.scores import score_facts
from coursekit.facts.output.similarity import cosine_similarity, mean_of_real_tokens
from coursekit.facts.output.tokens import vocabulary_of
from coursekit.facts.output.values import Named, read_output

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from coursekit.facts.batch.vocabulary import Vocabulary

    Array = npt.NDArray[Any]


def output_facts(
    runs: Mapping[str, Any],
    input_ids: Any = None,
    tokenizer: Any = None,
    *,
    attention_mask: Any = None,
    config: Any = None,
    choice: Choice = Choice(),  # noqa: B008  (frozen)
    side: str | None = None,
    step: int | None = None,
) -> OutputFacts:
    """Return what is true of one or more outputs on the same input.

    Parameters
    ----------
    runs
        Outputs by name: of PyTorch, of TensorFlow, tuples, mappings or arrays.
    input_ids
        What the model was given: ids of shape ``(batch, sequence)``, or the dict of inputs.
    tokenizer
        Names the ids.
    attention_mask
        Shape ``(batch, sequence)``: 1 for real tokens; taken from the dict of inputs, else from the padding ids.
    config
        The model's config, or the model: it names the labels and says where the sizes come from.
    choice
        Which sequences, layers and heads the pictures show.
    side
        ``encoder``, ``decoder`` or ``cross`` of a model that has two sides; a part of an output of outputs.
    step
        The step of generation, from 0.

    Raises
    ------
    CourseError
        When an output is none, when runs or ids do not fit each other, or when a choice names what is not there.
    """
    return all_sides(
        runs,
        input_ids,
        tokenizer,
        attention_mask=attention_mask,
        config=config,
        choice=choice,
        side=side,
        step=step,
        most=1,
    )[0]


def all_sides(
    runs: Mapping[str, Any],
    input_ids: Any = None,
    tokenizer: Any = None,
    *,
    attention_mask: Any = None,
    config: Any = None,
    choice: Choice = Choice(),  # noqa: B008  (frozen)
    side: str | None = None,
    step: int | None = None,
    most: int | None = None,
) -> tuple[OutputFacts, ...]:
    """Return the same for each side of the outputs, the one asked for first; at most so many."""
    beside = given(input_ids, attention_mask, config)
    read = {name: read_output(output, name, beside) for name, output in runs.items()}
    beside = _with_own_ids(beside, read)
    vocabulary = vocabulary_of(tokenizer)
    sides = [sides_of(named) for named in read.values()]
    common = tuple(name for name in sides[0] if all(name in other for other in sides)) or sides[0]
    first = chosen_side(common, side)
    steps = min(steps_of(named) for named in read.values())
    at = _checked_step(step, steps)
    shared = _Shared(
        beside,
        read,
        {name: missing_fields(named, runs[name], beside) for name, named in read.items()},
        vocabulary,
        choice,
        common,
    )
    ordered = (first, *(name for name in common if name != first))[:most]
    return tuple(replace(_one_side(shared, name, at, steps), sides=common) for name in ordered)


def _with_own_ids(beside: Given, read: Mapping[str, Named]) -> Given:
    """Return the same with the ids that are the output themselves, as ``generate`` returns them."""
    ids = next(iter(read.values())).values.get(IDS)
    if beside.ids is not None or not isinstance(ids, np.ndarray) or not ids.size or ids.min() < 0 or len(read) > 1:
        return beside
    return replace(beside, ids=ids.astype(np.int64))


@dataclass(frozen=True, eq=False)
class _Shared:
    """What all sides of an output have in common."""

    beside: Given
    read: dict[str, Named]
    missing: dict[str, tuple[Missing, ...]]
    vocabulary: Vocabulary | None
    choice: Choice
    sides: tuple[str, ...]


_SIDES = {
    "": "the model's own tokens",
    ENCODER: "the encoder",
    DECODER: "the decoder",
    CROSS: "what the decoder takes from the encoder (cross)",
}


def _checked_step(step: Any, steps: int) -> int:
    if step is None:
        return 0
    whole = isinstance(step, (int, np.integer)) and not isinstance(step, bool)
    if whole and -steps <= step < steps:
        return int(step) % steps
    raise CourseError(
        f"step={str(step)[:80]} names what the output does not have.",
        why=f"it was generated in {steps} steps, counted from 0." if steps else "it was not generated step by step.",
        remedy=f"Use a number from 0 to {steps - 1}." if steps else "Remove step.",
    )


def _one_side(shared: _Shared, side: str, step: int, steps: int) -> OutputFacts:
    shown = {name: pictured(named, name, side, step, steps) for name, named in shared.read.items()}
    shown = {name: _of_choices(one, shared.beside) for name, one in shown.items()}
    places = places_of(shown, shared.read, shared.beside, vocabulary=shared.vocabulary, side=side, step=step)
    rows = choose_rows(places.batch, shared.choice)
    mask = places.queries.real[list(rows.numbers)]  # (batch, sequence)
    part = choose_part(
        rows,
        mask,
        keys=max((one.attentions[0].shape[3] for one in shown.values() if one.attentions), default=mask.shape[1]),
        states=[states[0].shape[-1] * len(states) for one in shown.values() if (states := one.states)],
        width=max((one.states[0].shape[-1] for one in shown.values() if one.states), default=0),
        attention=[(len(one.attentions), one.attentions[0].shape[1]) for one in shown.values() if one.attentions],
        choice=shared.choice,
    )
    notes = [*places.notes, *(note for one in shown.values() for note in one.notes), *part.notes]
    if mask.size and not mask.any(axis=1).all():
        empty = [rows.numbers[row] for row in np.flatnonzero(~mask.any(axis=1))]
        notes.append(
            f"The attention mask of sequence {', '.join(map(str, empty[:8]))} is all zeros: none of its tokens is real."
        )
    if steps:
        notes.insert(
            0,
            f"Step {step} of {steps} steps of generation (0 to {steps - 1}); "
            f"choose another with step={(step + 1) % steps}.",
        )
    if len(shared.sides) > 1:
        others = [name for name in shared.sides if name != side]
        notes.insert(
            0,
            f"These pictures show {_SIDES.get(side, side)}. "
            f"Also here: {', and '.join(_SIDES.get(name, name) for name in others)}.",
        )
    part = replace(part, notes=tuple(dict.fromkeys(notes)))
    found = tuple(_run(shared, name, shown[name], mask=mask, part=part, rows=rows) for name in shared.read)
    sizes = [np.abs(run.hidden[np.isfinite(run.hidden)]) for run in found if run.hidden is not None]
    numbers = rows.numbers
    return OutputFacts(
        found,
        places.queries.tokens(numbers, shared.vocabulary),
        part,
        max((float(np.percentile(values.astype(np.float64), 99.5)) for values in sizes if values.size), default=0.0),
        max((_largest(run.attention) for run in found if run.attention is not None), default=0.0),
        max((_largest(run.logits) for run in found if run.logits is not None), default=0.0),
        keys=None if places.keys is None else places.keys.tokens(numbers, shared.vocabulary),
        numbers=numbers,
        batch=places.batch,
        unit=places.unit,
        signs=places.queries.signs(numbers, shared.vocabulary),
        side=side,
        step=step,
        steps=steps,
    )


def _of_choices(shown: Pictured, beside: Given) -> Pictured:
    """Return scores of answers to choose from as one score for each sequence: each answer was a sequence of its own."""
    if beside.choices is None or shown.logits is None or shown.logits.shape[1:] != (beside.choices,):
        return shown
    flat = shown.logits.reshape(-1, 1)  # (batch × choices, 1)
    return replace(shown, logits=flat, labels=("score as the answer",), batch=len(flat))


def _run(shared: _Shared, name: str, shown: Pictured, *, mask: Array, part: Part, rows: Rows) -> RunFacts:
    named = shared.read[name]
    hidden = token_similarity = sequence_similarity = projection = None
    layers = shown.layers
    numbers = list(rows.numbers)
    chosen = [numbers[row] for row in part.sequences]
    if shown.states:
        states = shown.states
        hidden = np.stack([_single(state[chosen][:, :, : part.dimensions]) for state in states])
        places = part.tokens
        lines, columns = [numbers[row] for row, _ in places], [column for _, column in places]
        vectors = np.stack([state[lines, columns] for state in states])  # (layers, tokens, hidden)
        token_similarity = cosine_similarity(vectors)
        projection = principal_components(vectors)
        kept = [state if len(numbers) == len(state) else state[numbers] for state in states]
        sequence_similarity = cosine_similarity(np.stack([mean_of_real_tokens(state, mask) for state in kept]))
    elif shown.vectors is not None:
        sequence_similarity = cosine_similarity(shown.vectors[numbers])[None]  # (1, batch, batch)
        layers = ("vectors",)
    attention = _attention(shown.attentions, part, chosen) if shown.attentions else None
    labels = shown.labels or _known_labels(named, shared.beside)
    logits, labels, words = (
        (None, (), None)
        if shown.logits is None
        else score_facts(_single(shown.logits[chosen]), shared.beside.config, shared.vocabulary, labels=labels)
    )
    return RunFacts(
        name,
        named.kind,
        named.framework,
        field_facts(named, shared.beside),
        shared.missing[name],
        layers,
        hidden,
        attention,
        part.layers(len(shown.attentions)),
        part.heads(shown.attentions[0].shape[1]) if shown.attentions else (),
        token_similarity,
        sequence_similarity,
        projection,
        logits,
        labels,
        words,
        shown.scores or "Logits",
    )


def _known_labels(named: Named, beside: Given) -> tuple[str, ...]:
    """Return the labels that no config writes down: those of the next sentence, and of a head that gives one number."""
    if named.kind.endswith("NextSentencePredictorOutput"):
        return ("is the next sentence", "is not")
    logits = named.values.get("logits")
    one = isinstance(logits, np.ndarray) and logits.shape[-1:] == (1,)
    return ("value",) if one and beside.number("num_labels") == 1 else ()


def _attention(attentions: tuple[Array, ...], part: Part, chosen: list[int]) -> Array:
    """Return the weights of the part shown: ``(layers, sequences, heads, queries, keys)``."""
    wanted = np.ix_(chosen, list(part.heads(attentions[0].shape[1])))
    found = []
    for layer in part.layers(len(attentions)):
        weights = attentions[layer - 1]
        whole = len(wanted[0]) == weights.shape[0] and wanted[1].size == weights.shape[1]
        weights = weights if whole else weights[wanted]
        found.append(block_means(_single(weights), part.block))
    return np.stack(found)


def _single(values: Array) -> Array:
    """Return numbers as float32, in which a page holds them; what is larger than that becomes infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)


def _largest(values: Array) -> float:
    """Return the largest size among the finite values; 0 where there are none."""
    largest = float(max(values.max(initial=0), -values.min(initial=0)))
    return largest if np.isfinite(largest) else float(np.abs(values[np.isfinite(values)]).max(initial=0))
