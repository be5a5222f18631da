"""The axes of a field: what is counted along each, and where the number comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursekit.facts.output.given import FRAME, PATCH
from coursekit.facts.output.naming import ATTENTION, IDS, LOGITS, MATRIX, PROBABILITIES, STATES, is_position_name

if TYPE_CHECKING:
    from coursekit.facts.output.given import Given


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


Named_ = tuple[str, str, str]  # an axis: its name, where its size comes from, the attribute of the config


def axes_of(
    bare: str, side: str, shape: tuple[int, ...] | None, given: Given, *, many: bool, batch: int | None
) -> tuple[Axis, ...]:
    """Return the axes of a field, or nothing where its tensors have no shape in common.

    Parameters
    ----------
    bare, side
        The name of the field without its side, and the side.
    shape
        Its shape, with the axes of the tuples around its tensors first.
    given
        What the output came from.
    many
        Whether the field is a tuple of tensors.
    batch
        How many sequences the other fields are of.
    """
    if shape is None:
        return ()
    own = shape[1:] if many else shape
    by_step = many and bare in _LAYERED and len(own) > _LAYERED[bare]
    names = _expected(bare, side, own[1:] if by_step else own, given, batch)
    if many and bare in _LAYERED:
        layer = _layers(bare, side, own[0] if by_step else shape[0], given)
        names = [("step", "one for each generated token", ""), layer, *names] if by_step else [layer, *names]
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


_LAYERED = {
    "hidden_states": STATES,
    "attentions": ATTENTION,
    "cross_attentions": ATTENTION,
    "global_attentions": ATTENTION,
}
"""Fields that hold a tensor for each layer, and how many axes one has."""


def _layers(bare: str, side: str, size: int, given: Given) -> Named_:
    if bare != "hidden_states":
        return ("layer", "num_hidden_layers of the config", "" if side else "num_hidden_layers")
    deep = given.number("num_hidden_layers")
    if side or deep in {None, size - 1}:
        return ("layer", "num_hidden_layers of the config + 1: the embeddings, then each layer", "")
    return ("layer", "as many as the model returned", "")


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
    image = "vision" in side or "image" in side or "audio" in side
    seen = image or (given.unit in {PATCH, FRAME} and side != "decoder" and not side.startswith("text"))
    unit = FRAME if "audio" in side else PATCH if image else given.unit
    kind = {PATCH: "patches of the image", FRAME: "moments of the recording"}.get(unit, "positions")
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
        ("sequences", MATRIX): [here, ("sequence", "the tokens that were given to it, then the generated ones", "")],
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
    if not names or (
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
