"""How much of a large output goes into a page, and how to say so.

The rule, in this order: as many sequences as there is room for; of one sequence that is too long, the means of blocks
of attention weights, and the first dimensions of the hidden states. A page therefore never holds more than the numbers
stated here, however large the output is, and a person chooses other sequences, layers and heads by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.facts.batch.readable import printable

if TYPE_CHECKING:
    import numpy.typing as npt

WEIGHTS = 1_200_000
"""Attention weights in a page."""
STATES = 350_000
"""Numbers of hidden states in a page."""
TOKENS = 128
"""Tokens that are compared with each other: every layer has a number for each pair."""
SEQUENCES = 128
"""Sequences whose tokens are named and whose similarity is computed: there is a number for each pair."""
LEAST_DIMENSIONS = 32
"""Dimensions of hidden states below which sequences are left out rather than dimensions."""


@dataclass(frozen=True)
class Choice:
    """What a person wants to see; None for as much as the page has room for.

    Attributes
    ----------
    sequences, layers, heads
        Numbers, or lists of them: indices of sequences and heads (from 0), numbers of layers (from 1).
    """

    sequences: Any = None
    layers: Any = None
    heads: Any = None


@dataclass(frozen=True)
class Part:
    """The part of an output that the pictures show.

    Attributes
    ----------
    sequences
        The indices of the sequences.
    tokens
        Sequence and position of the tokens that are compared with each other; padding left out.
    dimensions
        So many of the first dimensions of the hidden states are drawn; similarities use all of them.
    block
        1, or the size of the blocks of attention weights whose mean is drawn.
    notes
        What was left out, as sentences.
    """

    sequences: tuple[int, ...]
    tokens: tuple[tuple[int, int], ...]
    dimensions: int
    block: int
    notes: tuple[str, ...]
    chosen_layers: tuple[int, ...] | None = None
    chosen_heads: tuple[int, ...] | None = None

    def layers(self, count: int) -> tuple[int, ...]:
        """Return the layers of attention that are shown, from 1, where the output has ``count``."""
        return _of(self.chosen_layers, range(1, count + 1))

    def heads(self, count: int) -> tuple[int, ...]:
        """Return the heads that are shown, from 0, where each layer has ``count``."""
        return _of(self.chosen_heads, range(count))


def _of(chosen: tuple[int, ...] | None, there: range) -> tuple[int, ...]:
    return tuple(there) if chosen is None else tuple(index for index in chosen if index in there)


@dataclass(frozen=True)
class Rows:
    """The sequences of a batch that are looked at.

    Attributes
    ----------
    numbers
        Their indices in the batch.
    chosen
        The places in :attr:`numbers` of those that a person chose, or None.
    notes
        What was left out, as sentences.
    """

    numbers: tuple[int, ...]
    chosen: tuple[int, ...] | None
    notes: tuple[str, ...]


def choose_rows(batch: int, choice: Choice) -> Rows:
    """Return which sequences of a batch are looked at: all, or of a large one those chosen, and the first ones.

    Raises
    ------
    CourseError
        When a choice names what is not there.
    """
    given = _numbers("sequences", choice.sequences, range(batch))
    if batch <= SEQUENCES:
        return Rows(tuple(range(batch)), given, ())
    wanted = (given or ())[:SEQUENCES]
    more = [row for row in range(SEQUENCES) if row not in set(wanted)]
    numbers = tuple(sorted((*wanted, *more[: SEQUENCES - len(wanted)])))
    note = f"{len(numbers)} of {batch:,} sequences are looked at; choose others with sequences=[{batch - 1}]."
    return Rows(numbers, None if given is None else tuple(numbers.index(row) for row in wanted), (note,))


def choose_part(
    rows: Rows,
    mask: npt.NDArray[Any],
    *,
    keys: int,
    states: list[int],
    width: int,
    attention: list[tuple[int, int]],
    choice: Choice,
) -> Part:
    """Return the part of an output that fits into a page.

    Parameters
    ----------
    rows
        The sequences that are looked at.
    mask
        True for real tokens of these sequences, ``(batch, sequence)``.
    keys
        How many keys the attention weights have.
    states
        For each run with hidden states: how many of its numbers belong to one token.
    width
        Dimensions of the widest hidden states.
    attention
        For each run with attention weights: how many layers and heads.
    choice
        What the person wants to see.

    Raises
    ------
    CourseError
        When a choice names what is not there.
    """
    batch, length = mask.shape
    given = rows.chosen
    chosen_layers = _numbers("layers", choice.layers, range(1, max((pair[0] for pair in attention), default=0) + 1))
    chosen_heads = _numbers("heads", choice.heads, range(max((pair[1] for pair in attention), default=0)))
    drawn_heads = sum(
        len(_of(chosen_layers, range(1, deep + 1))) * len(_of(chosen_heads, range(wide))) for deep, wide in attention
    )
    wanted = given or tuple(range(batch))
    weights_each = drawn_heads * length * keys
    least = max(1, sum(count * min(LEAST_DIMENSIONS, width) // max(width, 1) for count in states) * length)
    room = [len(wanted), STATES // least, *([WEIGHTS // weights_each] if weights_each else [])]
    kept = wanted[: max(1, min(room))]
    block = 1
    while drawn_heads * len(kept) * -(-length // block) * -(-keys // block) > WEIGHTS and block < max(length, keys):
        block += 1
    per_dimension = sum(states) / max(width, 1) * len(kept) * length
    dimensions = width if not states else int(min(width, max(1, STATES // max(per_dimension, 1))))
    real = [(row, place) for row in kept for place in range(length) if mask[row, place]]
    notes = list(rows.notes)
    if len(kept) < len(wanted):
        notes.append(
            f"Tokens and attention are shown for {len(kept)} of {len(wanted)} sequences; choose others with "
            f"sequences=[{rows.numbers[wanted[len(kept)]]}]."
        )
    if block > 1:
        notes.append(
            f"The output holds {weights_each:,} attention weights for each sequence. The page holds means of blocks of "
            f"{block} × {block}; to see single weights, choose with layers=[1], heads=[0]."
        )
    if dimensions < width:
        notes.append(f"The heat map shows the first {dimensions} of {width} dimensions; the other pictures use all.")
    if len(real) > TOKENS and states:
        notes.append(f"Similarity and map compare the first {TOKENS} of {len(real)} tokens.")
    return Part(kept, tuple(real[:TOKENS]), dimensions, block, tuple(notes), chosen_layers, chosen_heads)


def _numbers(name: str, given: Any, there: range) -> tuple[int, ...] | None:
    if given is None:
        return None
    try:
        values = [given] if isinstance(given, (int, np.integer)) else list(islice(given, _MOST_CHOSEN))
        numbers = [int(value) for value in values if not isinstance(value, (str, bool)) and int(value) == value]
        fits = len(numbers) == len(values) and bool(numbers) and all(number in there for number in numbers)
    except Exception:  # noqa: BLE001  (not what this model takes)
        fits = False
    if not fits:
        which = f"{there[0]} to {there[-1]}" if len(there) else "none: the output has no attention weights"
        raise CourseError(
            f"{name}={printable(repr(given)[:80])} names what the output does not have.",
            why=f"there are {name} {which}." if len(there) else f"there are {which}.",
            remedy=f"Give a list of some of them, such as {name}=[{there[0]}]." if len(there) else f"Remove {name}.",
        )
    return tuple(dict.fromkeys(numbers))


_MOST_CHOSEN = 1_000_000
"""Numbers of a choice that are read."""


def block_means(weights: npt.NDArray[Any], block: int) -> npt.NDArray[Any]:
    """Return the means of ``block`` × ``block`` weights; the last blocks of a row or column may be smaller.

    Parameters
    ----------
    weights
        Shape ``(..., queries, keys)``.
    """
    if block == 1:
        return weights
    across, down = (np.arange(0, size, block) for size in (weights.shape[-1], weights.shape[-2]))
    wide, high = np.diff([*across, weights.shape[-1]]), np.diff([*down, weights.shape[-2]])
    sums = np.add.reduceat(np.add.reduceat(weights, across, axis=-1, dtype=np.float32), down, axis=-2)
    means: npt.NDArray[Any] = sums / (high[:, None] * wide)  # (..., blocks of queries, blocks of keys)
    return means
