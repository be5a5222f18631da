"""The anatomy of a model's output: its fields, and where each number of a shape comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coursekit.facts.output.axes import Axis, axes_of
from coursekit.facts.output.given import FRAME, PATCH
from coursekit.facts.output.naming import IDS, PROBABILITIES, is_position_name
from coursekit.facts.output.values import arrays_of, is_empty

if TYPE_CHECKING:
    from coursekit.facts.output.given import Given
    from coursekit.facts.output.values import Named

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class FieldFacts:
    """One field of an output.

    Attributes
    ----------
    name
        Its name, such as ``last_hidden_state``.
    meaning
        What it holds, in one sentence.
    axes
        Its axes in order; a tuple of tensors has ``layer`` first. Empty for a field that holds no tensors.
    tensors
        How many tensors the field is a tuple of, or None for a single one.
    dtype
        The type of its numbers; the type of the object where it holds no tensors.
    nbytes
        How many bytes its numbers take.
    not_finite
        How many of its numbers are NaN or infinite.
    held
        How many tensors it holds, also inside of tuples of tuples.
    """

    name: str
    meaning: str
    axes: tuple[Axis, ...]
    tensors: int | None
    dtype: str
    nbytes: int
    not_finite: int
    held: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of :attr:`axes`."""
        return tuple(axis.size for axis in self.axes)

    @property
    def without_axes(self) -> str:
        """What it is where it has no axes in common: ``one number``, ``4 tensors`` or ``no tensors``."""
        if self.tensors is None and self.held == 1:
            return "one number"
        return f"{self.held} tensors" if self.held else "no tensors"


MEANINGS = {
    "last_hidden_state": "One vector for each token, after the last layer.",
    "pooler_output": "One vector for each sequence: that of its first token, through one more layer and tanh.",
    "hidden_states": "The vectors of all tokens after the embeddings and after each layer.",
    "attentions": "For each layer and head: how much each token (query) takes from each token (key). Rows sum to 1.",
    "cross_attentions": "How much each token of the decoder takes from each token of the encoder.",
    "global_attentions": "How much each token with global attention takes from each token.",
    "logits": "One score for each choice, before softmax turns scores to probabilities.",
    "prediction_logits": "For each token, one score for each word that could stand there.",
    "seq_relationship_logits": "Two scores: the second sentence follows the first one, or it does not.",
    "start_logits": "For each token, a score for being the start of the answer.",
    "end_logits": "For each token, a score for being the end of the answer.",
    "loss": "How wrong the predictions were, as one number.",
    "past_key_values": "Keys and values of all layers, kept so that the next token needs less work.",
    "cache_params": "The state of all layers, kept so that the next token needs less work.",
    "sequences": "The ids of the tokens: what was given, and what was generated.",
    "scores": "For each step of generation, one score for each word, as the choice of the next token used them.",
    "text_embeds": "One vector for each text, in the space that texts and images share.",
    "image_embeds": "One vector for each image, in the space that texts and images share.",
    "logits_per_image": "How well each text (column) fits each image (row).",
    "logits_per_text": "How well each image (column) fits each text (row).",
    IDS: "Ids of tokens, not numbers that a model computes with.",
    PROBABILITIES: "One probability for each choice; each row sums to 1.",
}
_DECODERS = {"logits", "last_hidden_state", "hidden_states", "attentions"}
_OTHER_UNITS = {"pooler_output": "One vector for each image or recording, of all of its positions together."}


def field_facts(named: Named, given: Given) -> tuple[FieldFacts, ...]:
    """Return the facts of each field, in the output's order; empty tuples, which transformers 5 fills in, left out."""
    batch = given.batch if given.choices is None else None
    for name in ("last_hidden_state", "logits"):
        value = named.values.get(name)
        batch = value.shape[0] if batch is None and isinstance(value, np.ndarray) and value.ndim else batch
    return tuple(_field(named, name, given, batch) for name, value in named.values.items() if not is_empty(value))


def _field(named: Named, name: str, given: Given, batch: int | None) -> FieldFacts:
    value, dtype = named.values[name], named.dtypes[name]
    leaves: list[Array] = list(arrays_of(value))
    tensors = len(value) if isinstance(value, tuple) else None
    side, bare = _bare(name)
    if not side and bare in _DECODERS and any(other.startswith(("encoder_", "decoder_")) for other in named.values):
        side = "decoder"  # what has no side in its name is the decoder's
    image = given.unit in {PATCH, FRAME} and side != "decoder"
    meaning = (_OTHER_UNITS.get(bare) if image else None) or MEANINGS.get(name) or MEANINGS.get(bare, "")
    if image:
        meaning = meaning.replace("each token", "each position").replace("all tokens", "all positions")
    if meaning and side:
        meaning = f"Of the {side}. {meaning}"
    if not leaves:
        return FieldFacts(name, meaning, (), tensors, dtype, 0, 0, 0)
    if (
        tensors is not None
        and bare in {"hidden_states", "attentions", "cross_attentions"}
        and isinstance(value[0], tuple)
    ):
        meaning = f"For each of {tensors} steps of generation, those of all layers. {meaning}"
    axes = axes_of(bare, side, _common_shape(value), given, many=tensors is not None, batch=batch)
    if is_position_name(name):
        meaning = _unknown(axes)
    itemsize = 2 if dtype in {"float16", "bfloat16"} else 1 if dtype.startswith("float8") else leaves[0].itemsize
    return FieldFacts(
        name,
        meaning,
        axes,
        tensors,
        dtype,
        sum(leaf.size for leaf in leaves) * itemsize,
        sum(_not_finite(leaf) for leaf in leaves if leaf.dtype.kind == "f"),
        len(leaves),
    )


def _bare(name: str) -> tuple[str, str]:
    """Return whose a field is, encoder, decoder, a part or nobody in particular, and its name without that."""
    part, _, last = name.rpartition(".")
    if part.endswith("past_key_values"):
        return last.removesuffix("_cache").replace("_", "-"), "past_key_values"
    for side in ("encoder", "decoder"):
        if last.startswith(f"{side}_"):
            return side, last.removeprefix(f"{side}_")
    return part.removesuffix("_output").replace("_", " "), last


def _not_finite(array: Array) -> int:
    """Return how many numbers are NaN or infinite, some rows at a time: the answer needs no copy of the whole."""
    flat = array.reshape(-1)
    step = 1 << 24
    return sum(
        int(part.size - np.isfinite(part).sum()) for part in (flat[at : at + step] for at in range(0, flat.size, step))
    )


def _common_shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of the tensors, those around it first, or None where they do not have one in common."""
    if isinstance(value, np.ndarray):
        shape: tuple[int, ...] = value.shape
        return shape
    shapes = {_common_shape(item) for item in value} if isinstance(value, tuple) and value else {None}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(value), *inner)


def _unknown(axes: tuple[Axis, ...]) -> str:
    names = [axis.name for axis in axes]
    if names == ["batch", "hidden"]:
        return "One vector for each sequence: of one of its tokens, or a mean of them; the numbers do not say which."
    if names == ["batch", "sequence", "hidden"]:
        return "One vector for each token; the numbers do not say after which layer."
    return "Its numbers and its shape do not say what it is."
