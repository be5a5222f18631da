"""The anatomy of a model's output: its fields, and where each number of a shape comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coursekit.facts.output.given import FRAME, PATCH
from coursekit.facts.output.naming import ATTENTION, IDS, LOGITS, MATRIX, PROBABILITIES, STATES, is_position_name
from coursekit.facts.output.values import arrays_of, is_empty

if TYPE_CHECKING:
    from coursekit.facts.output.given import Given
    from coursekit.facts.output.values import Named

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Axis:
    """One axis of a tensor.

    Attributes
    ----------
    name
        What is counted along it, such as ``sequence``.
    size
        How many there are.
    origin
        Where that number comes from.
    """

    name: str
    size: int
    origin: str


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
_OTHER_UNITS = {"pooler_output": "One vector for each image or recording, of all of its positions together."}


def field_facts(named: Named, given: Given) -> tuple[FieldFacts, ...]:
    """Return the facts of each field, in the output's order; empty tuples, which transformers 5 fills in, left out."""
    batch = given.batch if given.choices is None else None
    for name in ("last_hidden_state", "logits"):
        value = named.values.get(name)
        batch = value.shape[0] if batch is None and isinstance(value, np.ndarray) and value.ndim else batch
    return tuple(
        _field(name, value, named.dtypes[name], given, batch)
        for name, value in named.values.items()
        if not is_empty(value)
    )


def _field(name: str, value: Any, dtype: str, given: Given, batch: int | None) -> FieldFacts:
    leaves: list[Array] = list(arrays_of(value))
    tensors = len(value) if isinstance(value, tuple) else None
    side, bare = _bare(name)
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
    axes = _axes(bare, side, _common_shape(value), isinstance(value, tuple), given, batch)
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
        return value.shape
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


Named_ = tuple[str, str, str]  # an axis: its name, where its size comes from, the attribute of the config


def _axes(
    bare: str, side: str, shape: tuple[int, ...] | None, many: bool, given: Given, batch: int | None
) -> tuple[Axis, ...]:
    if shape is None:
        return ()
    own = shape[1:] if many else shape
    names = _expected(bare, side, own, given, batch)
    if many and bare in {"hidden_states", "attentions", "cross_attentions", "global_attentions"}:
        more = " + 1: the embeddings, then each layer" if bare == "hidden_states" else ""
        names = [
            ("layer", f"num_hidden_layers of the config{more}", "" if more or side else "num_hidden_layers"),
            *names,
        ]
    elif many and bare == "past_key_values":
        kinds = {
            4: ("batch", "head", "sequence", "head size"),
            5: ("key or value", "batch", "head", "sequence", "head size"),
        }
        last = ("key or value", *kinds[4]) if len(own) == len(kinds[5]) else kinds.get(len(own), ())
        if len(last) != len(own):
            return _generic(shape)
        names = [(name, "", "") for name in ("layer", *last)]
    elif many and bare in {"scores", LOGITS}:
        names = [("step", "one for each generated token", ""), *_expected(LOGITS, side, own, given, batch)]
    elif many:
        return _generic(shape)
    return tuple(_axis(axis, size, place, given) for place, (axis, size) in enumerate(zip(names, shape, strict=True)))


def _generic(shape: tuple[int, ...]) -> tuple[Axis, ...]:
    return tuple(Axis(f"axis {place}", size, "") for place, size in enumerate(shape))


def _axis(axis: Named_, size: int, place: int, given: Given) -> Axis:
    name, origin, attribute = axis
    stated = given.number(attribute) if attribute else None
    if stated in {None, size}:
        return Axis(name or f"axis {place}", size, origin)
    other = given.width(size) if attribute == "hidden_size" else None
    return Axis(name, size, other[1] if other else f"not the {origin}, which says {stated}")


def _expected(bare: str, side: str, shape: tuple[int, ...], given: Given, batch: int | None) -> list[Named_]:
    """Return name and origin of each axis that the name of a field promises; nothing where the sizes deny it."""
    here = ("batch", "one for each sequence that you passed", "")
    seen = given.unit in {PATCH, FRAME} and side != "decoder" and not side.startswith("text")
    kind = {PATCH: "patches of the image", FRAME: "moments of the recording"}.get(given.unit, "positions")
    words = "tokens of the longest sequence; shorter ones are padded"
    sequence = ("position", f"{kind}, and what the model adds to them", "") if seen else ("sequence", words, "")
    hidden = ("hidden", "hidden_size of the config", "hidden_size")
    head = ("head", "num_attention_heads of the config", "" if side else "num_attention_heads")
    query, key = ("query", "one for each token that takes", ""), ("key", "one for each token that is taken from", "")
    choices = _choices(shape[-1] if shape else 0, given)
    if bare.endswith("attentions") and len(shape) == ATTENTION and shape[2] != shape[3]:
        key = _keys(bare, shape, given)
    known: dict[tuple[str, int], list[Named_]] = {
        **{(name, STATES): [here, sequence, hidden] for name in ("last_hidden_state", "hidden_state", "hidden_states")},
        ("pooler_output", MATRIX): [here, hidden],
        **{(name, ATTENTION): [here, head, query, key] for name in ("attentions", "cross_attentions")},
        (LOGITS, MATRIX): [here, choices],
        (PROBABILITIES, MATRIX): [here, choices],
        (LOGITS, STATES): [here, sequence, choices],
        (PROBABILITIES, STATES): [here, sequence, choices],
        ("prediction_logits", STATES): [here, sequence, choices],
        ("start_logits", MATRIX): [here, sequence],
        ("end_logits", MATRIX): [here, sequence],
        (IDS, MATRIX): [here, sequence],
        ("sequences", MATRIX): [here, sequence],
        ("logits_per_image", MATRIX): [("image", "", ""), ("text", "", "")],
        ("logits_per_text", MATRIX): [("text", "", ""), ("image", "", "")],
        **{
            (name, MATRIX): [here, (*(given.width(shape[-1]) or ("projection", "")), "")]
            for name in ("text_embeds", "image_embeds")
            if shape
        },
    }
    names = known.get((bare, len(shape)))
    if names is None and is_position_name(bare):
        names = _by_size(shape, given, here, sequence)
    first = given.batch if given.batch is not None else batch
    if names is None or (
        names[0] is here and first is not None and shape[0] != first and not _multiplied(shape[0], first, given)
    ):
        return [("", "", "")] * len(shape)
    return names


def _multiplied(size: int, batch: int, given: Given) -> bool:
    """Tell whether a batch was multiplied: by the answers of a question."""
    return given.choices is not None and size * given.choices == batch


def _choices(size: int, given: Given) -> Named_:
    """Return what scores are for; the config says it by its numbers, or it is not known."""
    if given.config is None:
        return ("label", "num_labels of the config", "")
    if given.choices is not None and size == given.choices:
        return ("choice", "the answers that you passed with each question", "")
    sizes = {name: given.number(name) for name in ("vocab_size", "num_labels")}
    if size == sizes["vocab_size"]:
        return ("vocabulary", "vocab_size of the config", "vocab_size")
    if size == sizes["num_labels"]:
        return ("label", "num_labels of the config", "num_labels")
    return ("score", "as many as the head of the model has", "")


def _keys(bare: str, shape: tuple[int, ...], given: Given) -> Named_:
    if bare == "cross_attentions":
        return ("key", "one for each position of the encoder", "")
    if (window := window_of(given)) is not None and shape[3] > window:
        more = shape[3] - window - 1
        first = f"{more} with global attention, then " if more else ""
        return ("key", f"{first}attention_window + 1 neighbours, the token itself in their middle", "")
    if shape[3] > shape[2]:
        return ("key", "one for each token that is taken from, those of earlier steps too", "")
    return ("key", "what the query takes from", "")


def window_of(given: Given) -> int | None:
    """Return how many neighbours a token looks at in a model with local attention (Longformer), or None."""
    stated = getattr(given.config, "attention_window", None)
    sizes = set(stated) if isinstance(stated, (list, tuple)) else {stated}
    size = sizes.pop() if len(sizes) == 1 else None
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None


def _by_size(shape: tuple[int, ...], given: Given, here: Named_, sequence: Named_) -> list[Named_]:
    """Return the names of the axes of an array without a name: those whose sizes only one thing has."""
    names: list[Named_] = [("", "", "")] * len(shape)
    if shape and given.batch is not None and shape[0] == given.batch:
        names[0] = here
    length = None if given.ids is None else given.ids.shape[1]
    if len(shape) in {MATRIX, STATES} and (meant := given.width(shape[-1])) is not None:
        names[-1] = (*meant, "")
    if len(shape) == STATES and length is not None and shape[1] == length:
        names[1] = sequence
    return names
