"""Which tokens, patches or frames the queries and keys of a side of an output are, for all runs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError
from coursekit.facts.output.axes import window_of
from coursekit.facts.output.given import FRAME, PATCH, POSITION, TOKEN
from coursekit.facts.output.pictures import CROSS, DECODER, ENCODER
from coursekit.facts.output.tokens import Positions, positions_of, real_tokens
from coursekit.facts.output.values import arrays_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from coursekit.facts.batch.vocabulary import Vocabulary
    from coursekit.facts.output.given import Given
    from coursekit.facts.output.pictures import Pictured
    from coursekit.facts.output.values import Named

    Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Places:
    """The positions of the queries and of the keys.

    Attributes
    ----------
    batch
        How many sequences there are.
    queries
        The positions that vectors, scores and queries belong to.
    keys
        Those of the keys where they are others; None otherwise.
    unit
        What stands at a position.
    notes
        What is to be said of them, as sentences.
    """

    batch: int
    queries: Positions
    keys: Positions | None
    unit: str
    notes: tuple[str, ...]


def places_of(
    shown: Mapping[str, Pictured],
    read: Mapping[str, Named],
    beside: Given,
    *,
    vocabulary: Vocabulary | None,
    side: str,
    step: int,
) -> Places:
    """Return the positions of all runs.

    Raises
    ------
    CourseError
        When the runs are not on the same input, or the ids do not fit.
    """
    batch, length, keys = _common(shown)
    first = next(iter(read.values()))
    unit = _unit(side, beside)
    ids, mask = _given(side, beside, vocabulary)
    notes: list[str] = []
    generated = first.values.get("sequences")
    if side in {"", DECODER, CROSS} and isinstance(generated, np.ndarray) and generated.ndim == 2:  # noqa: PLR2004  (batch, sequence)
        return _generated(generated, first, (batch, length, keys), beside, vocabulary=vocabulary, side=side, step=step)
    if keys is None and length is not None and ids is not None and ids.shape[1] > length:
        keys = _cached(first)  # a step with a cache whose attention weights were not asked for
    if (
        side == ""
        and ids is not None
        and length is not None
        and (beside.pixels is not None or beside.number("num_queries") == length)
    ):
        unit = TOKEN if ids.shape == (batch, length) else POSITION
    window = window_of(beside)
    if side == CROSS:
        queries, _ = positions_of(batch, length, ids, mask, beside, vocabulary=vocabulary, unit=unit)
        encoder = Positions.unknown(batch, keys or 0)
        if beside.unit == TOKEN and beside.ids is not None and beside.ids.shape == (batch, keys):
            encoder, _ = positions_of(batch, keys, beside.ids, beside.mask, beside, vocabulary=vocabulary, unit=TOKEN)
        elif beside.unit != TOKEN:
            encoder, _ = positions_of(batch, keys, None, None, beside, vocabulary=vocabulary, unit=beside.unit)
        return Places(
            batch, queries, encoder, unit, ("Keys are the tokens of the encoder.",) if beside.unit == TOKEN else ()
        )
    if keys is not None and window is not None and length is not None and length != keys > window:
        queries, _ = positions_of(batch, length, ids, mask, beside, vocabulary=vocabulary, unit=unit)
        more, half = keys - window - 1, window // 2
        names = (
            *(f"global {place}" for place in range(more)),
            *(f"{place:+d}" if place else "itself" for place in range(-half, window - half + 1)),
        )
        return Places(
            batch,
            queries,
            Positions.unknown(batch, keys, names),
            unit,
            (
                (
                    f"Keys are neighbours: each token looks at {half} to either side of it"
                    f"{', and at tokens with global attention' if more else ''}."
                ),
            ),
        )
    queries, others = positions_of(batch, length, ids, mask, beside, vocabulary=vocabulary, unit=unit, keys=keys)
    if ids is not None and length is not None and ids.shape[1] < length:
        notes.append(
            f"The model filled its {ids.shape[1]:,} tokens up to {length:,} positions, which it looks at in blocks."
        )
    drawn = any(one.attentions for one in shown.values())
    if others is not None and drawn and keys is not None and length is not None and keys > length:
        notes.append(
            f"Attention has {length:,} {'query' if length == 1 else 'queries'} and {keys:,} keys: "
            "the keys of earlier steps come from the cache."
        )
    return Places(batch, queries, others if drawn else None, unit, tuple(notes))


def _common(shown: Mapping[str, Pictured]) -> tuple[int, int | None, int | None]:
    """Return batch, length and number of keys of all runs."""
    batches = {one.batch for one in shown.values()}
    lengths = {one.length for one in shown.values() if one.length is not None}
    keys = {one.keys for one in shown.values() if one.attentions}
    if len(batches) == 1 and len(lengths) <= 1 and len(keys) <= 1:
        return batches.pop(), next(iter(lengths), None), next(iter(keys), None)
    has = ", ".join(f"{name}: {one.batch} × {one.length or '?'}" for name, one in shown.items())
    raise CourseError(
        f"The runs are not on the same input ({has}).",
        why="runs are compared token by token.",
        remedy="Give the same inputs to each model: run_a = model_a(**inputs), run_b = model_b(**inputs).",
    )


def _unit(side: str, beside: Given) -> str:
    if side in {DECODER, CROSS} or "text" in side:
        return TOKEN
    if side not in {"", ENCODER}:
        return PATCH if "vision" in side or "image" in side else FRAME if "audio" in side else POSITION
    return beside.unit


def _given(side: str, beside: Given, vocabulary: Vocabulary | None) -> tuple[Array | None, Array | None]:
    if side in {DECODER, CROSS}:
        ids, mask = beside.decoder_ids, beside.decoder_mask
        if ids is not None and mask is None:
            mask = real_tokens(ids, None, vocabulary)
            mask[:, 0] = True  # some decoders start with the padding token, which is their start token there
        return ids, mask
    if side in {"", ENCODER} or "text" in side:
        return beside.ids, beside.mask
    return None, None


def _cached(named: Named) -> int | None:
    """Return how many tokens the keys and values of an output are of."""
    for name, value in named.values.items():
        if name == "past_key_values" or name.endswith("self_attention_cache"):
            sizes = {array.shape[2] for array in arrays_of(value) if array.ndim == 4}  # noqa: PLR2004  (batch, head, sequence, head size)
            return sizes.pop() if len(sizes) == 1 else None
    return None


def _generated(
    sequences: Array,
    named: Named,
    sizes: tuple[int, int | None, int | None],
    beside: Given,
    *,
    vocabulary: Vocabulary | None,
    side: str,
    step: int,
) -> Places:
    """Return the positions of one step of generation: its ids stand in what was generated."""
    batch, length, keys = sizes
    if sequences.shape[0] != batch or sequences.dtype.kind not in "iu" or (sequences < 0).any():
        note = "The rows of a search with beams change from step to step, so their tokens are not named."
        queries = Positions.unknown(batch, length or 0)
        return Places(batch, queries, None if keys is None else Positions.unknown(batch, keys), TOKEN, (note,))
    steps = next(
        (
            len(value)
            for name in (
                "hidden_states",
                "attentions",
                "decoder_hidden_states",
                "decoder_attentions",
                "cross_attentions",
                "scores",
                "logits",
            )
            if isinstance(value := named.values.get(name), tuple)
        ),
        0,
    )
    start = sequences.shape[1] - steps  # tokens before the first step
    end = max(1, min(start + step, sequences.shape[1]))
    ids = sequences[:, :end].astype(np.int64)
    mask = beside.mask if side == "" and beside.mask is not None and len(beside.mask) == batch else None
    real = np.ones(ids.shape, dtype=bool)
    if mask is not None:
        width = min(mask.shape[1], end)
        real[:, :width] = mask[:, :width].astype(bool)
    length = end if length is None else length
    if length > end:
        return Places(
            batch, Positions.unknown(batch, length), None if keys is None else Positions.unknown(batch, keys), TOKEN, ()
        )
    queries = Positions(ids[:, end - length :], real[:, end - length :])
    if side == CROSS:
        encoder = Positions.unknown(batch, keys or 0)
        if beside.ids is not None and beside.ids.shape == (batch, keys):
            encoder, _ = positions_of(batch, keys, beside.ids, beside.mask, beside, vocabulary=vocabulary, unit=TOKEN)
        return Places(batch, queries, encoder, TOKEN, ("Keys are the tokens of the encoder.",))
    others = None if keys is None else Positions(ids, real) if keys == end else Positions.unknown(batch, keys)
    return Places(batch, queries, others, TOKEN, ())
