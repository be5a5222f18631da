"""What was given beside an output: the model's inputs, its config and its class, and what they say of sizes."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.batch.sequences import checked

Array = npt.NDArray[Any]

TOKEN, PATCH, FRAME, POSITION = "token", "patch", "frame", "position"
"""What stands at a position of the input: a piece of text, a square of an image, a moment of sound, or unknown."""

_WIDTHS = {
    "hidden_size": ("hidden", "hidden_size of the config"),
    "vocab_size": ("vocabulary", "vocab_size of the config"),
    "num_labels": ("label", "num_labels of the config"),
    "projection_dim": ("projection", "projection_dim of the config"),
}


@dataclass(frozen=True, eq=False)
class Given:
    """Inputs, config and class of the model that an output came from; None where they were not given.

    Attributes
    ----------
    config
        The model's config.
    model
        The class of the model.
    ids, mask
        Input ids and attention mask, ``(batch, sequence)``.
    choices
        How many answers each question has, where ids were ``(batch, choices, sequence)``.
    decoder_ids, decoder_mask
        The same for the decoder of a model that has two sides.
    unit
        What stands at a position of the input.
    pixels
        The shape of the images, ``(batch, channels, height, width)``.
    batch
        How many sequences, images or recordings were given.
    """

    config: Any = None
    model: Any = None
    ids: Array | None = None
    mask: Array | None = None
    choices: int | None = None
    decoder_ids: Array | None = None
    decoder_mask: Array | None = None
    unit: str = TOKEN
    pixels: tuple[int, ...] | None = None
    batch: int | None = None

    def number(self, name: str) -> int | None:
        """Return a whole number that the config states, from a config inside of it where it has none itself."""
        for part in (self.config, *(getattr(self.config, inner, None) for inner in _INNER)):
            value = _stated(part, name)
            if value is not None:
                return value
        return None

    def widths(self) -> dict[int, list[tuple[str, str]]]:
        """Return the sizes that an output's last axis can have, with the names of such an axis and where it is from."""
        found: dict[int, list[tuple[str, str]]] = {}
        for part in (self.config, *(getattr(self.config, inner, None) for inner in _INNER)):
            for attribute, meant in _WIDTHS.items():
                size = _stated(part, attribute)
                if size is not None and meant not in found.setdefault(size, []):
                    found[size].append(meant)
        return found

    def width(self, size: int) -> tuple[str, str] | None:
        """Return the name and origin of an axis of this size, or None where no or several sizes of the config fit."""
        meant = self.widths().get(size, [])
        return meant[0] if len(meant) == 1 else None

    @property
    def output_class(self) -> Any:
        """The class of outputs that the model's ``forward`` or ``call`` states, or None."""
        return output_class(self.model)


_INNER = ("text_config", "vision_config", "audio_config", "encoder", "decoder", "backbone_config", "qformer_config")


def _stated(config: Any, name: str) -> int | None:
    try:
        value = getattr(config, name, None)
    except Exception:  # noqa: BLE001  (not what this model takes)
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def output_class(model: Any) -> Any:
    """Return the class of outputs that the ``forward`` or ``call`` of a class of models states, or None."""
    function: Any = getattr(model, "forward", None) or getattr(model, "call", None)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    try:
        stated = typing.get_type_hints(function).get("return")
    except Exception:  # noqa: BLE001  (not what this model takes)
        stated = getattr(function, "__annotations__", {}).get("return")
    options = typing.get_args(stated) or (stated,)
    return next((one for one in options if isinstance(one, type) and is_dataclass(one) and fields(one)), None)


def given(input_ids: Any, attention_mask: Any, config: Any) -> Given:
    """Return what stands beside an output.

    Parameters
    ----------
    input_ids
        What the model was given: ids, or the whole dict of inputs, also of a model of images or sound.
    attention_mask
        1 for real tokens, 0 for padding.
    config
        The model's config, or the model.

    Raises
    ------
    CourseError
        When they are none of these.
    """
    room = frameworks.of(config)
    model = type(_unwrapped(config)) if room is not None and room.is_model(config) else None
    config = _config_of(config)
    if not isinstance(input_ids, Mapping):
        ids, choices = _ids(input_ids)
        batch = None if ids is None else len(ids)
        return Given(config, model, ids, _mask(attention_mask, "attention_mask"), choices, batch=batch)
    known = {"input_ids", *_UNITS}
    if not known & {str(name) for name in input_ids}:
        raise CourseError(
            f"The inputs hold {', '.join(map(str, input_ids))[:200] or 'nothing'}, but no input_ids.",
            why="the inputs say what each vector of the output belongs to.",
            remedy='Pass the dict that you gave the model, or inputs["input_ids"].',
        )
    ids, choices = _ids(input_ids.get("input_ids"))
    mask = attention_mask if attention_mask is not None else input_ids.get("attention_mask")
    found = {name: array for name in _UNITS if (array := _array(input_ids.get(name), name)) is not None}
    unit = TOKEN if ids is not None else next((_UNITS[name] for name in found), TOKEN)
    pixels = found["pixel_values"].shape if "pixel_values" in found else None
    if unit == FRAME and any(array.ndim == _SPECTROGRAM for name, array in found.items() if name == "input_values"):
        unit = POSITION  # patches of a spectrogram
    decoder_ids = _ids(input_ids.get("decoder_input_ids"))[0]
    if decoder_ids is None:
        decoder_ids = _shifted(input_ids.get("labels"), config)
    sizes = [len(array) for array in (ids, *found.values()) if array is not None and array.ndim]
    decoder_mask = _mask(input_ids.get("decoder_attention_mask"), "decoder_attention_mask")
    masked = _mask(mask, "attention_mask") if ids is not None or "inputs_embeds" in found else None
    return Given(
        config, model, ids, masked, choices, decoder_ids, decoder_mask, unit, pixels, sizes[0] if sizes else None
    )


_UNITS = {
    "inputs_embeds": TOKEN,
    "pixel_values": PATCH,
    "input_values": FRAME,
    "input_features": FRAME,
    "decoder_input_ids": TOKEN,
}
_SPECTROGRAM = 3
_MATRIX = 2


def _unwrapped(model: Any) -> Any:
    """Return the model inside of what ``torch.compile`` or a parallel wrapper returns."""
    for _ in range(4):
        inner = model.__dict__.get("_modules", {}) if hasattr(model, "__dict__") else {}
        model = inner.get("_orig_mod") or (inner.get("module") if len(inner) == 1 else None) or model
    return model


def _config_of(config: Any) -> Any:
    """Return the config: that of the model where one was passed."""
    if config is None:
        return None
    found = getattr(_unwrapped(config), "config", config) if not isinstance(config, type) else None
    if isinstance(found, Mapping) or found is None or isinstance(found, (str, bytes, int, float, list, tuple, set)):
        raise CourseError(
            f"config is of type {type(config).__name__}.",
            why="the config of the model says where the sizes of an output come from, and names its labels.",
            remedy="Pass model.config, or the model.",
        )
    return found if hasattr(found, "model_type") or frameworks.of(found) is None else None


def _ids(value: Any) -> tuple[Array | None, int | None]:
    """Return ids as ``(batch, sequence)``, and how many choices there were where they had three axes."""
    if value is None:
        return None, None
    array = _array(value, "input_ids", strict=False)
    if array is not None and array.dtype.kind in "iu" and array.ndim == _SPECTROGRAM and array.size:
        array, choices = array.reshape(-1, array.shape[-1]), int(array.shape[1])
    else:
        choices = None
    if array is not None and array.ndim == 1:
        array = array[None]
    if array is not None and array.dtype.kind in "iu" and array.ndim == _MATRIX and array.size and array.min() >= 0:
        return array.astype(np.int64), choices
    rows = checked([value] if array is not None and array.dtype.kind in "iufb" and np.ndim(value) == 1 else value)
    if isinstance(rows[0], str):
        raise CourseError(
            "input_ids are sentences, not ids.",
            why="each vector of the output belongs to one id, and only the tokenizer knows which ids a sentence has.",
            remedy="Pass what you gave the model: the tensor of ids, or the dict of inputs.",
        )
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise CourseError(
            f"input_ids has rows of {', '.join(str(len(row)) for row in rows[:12])} tokens.",
            why="each vector of the output belongs to one token of the input, which was a rectangular tensor.",
            remedy="Pass the input_ids that this output was computed from.",
        )
    return np.array(rows, dtype=np.int64), choices


def _mask(value: Any, name: str) -> Array | None:
    array = _array(value, name)
    if array is None:
        return None
    array = array[None] if array.ndim == 1 else array
    if array.ndim == _SPECTROGRAM and name == "attention_mask":  # of questions with several answers
        array = array.reshape(-1, array.shape[-1])
    if array.ndim != _MATRIX or array.dtype.kind not in "iubf" or not np.isin(array, (0, 1)).all():
        raise CourseError(
            f"{name} has the shape {array.shape} and type {array.dtype}, or other values than 0 and 1.",
            why="it says for each token of (batch, sequence) whether it is real (1) or padding (0).",
            remedy=f"Pass the {name} of the tokenizer: tokenizer(sentences, padding=True).",
        )
    return array


def _array(value: Any, name: str, *, strict: bool = True) -> Array | None:
    """Return a tensor, an array or nested lists as an array; None for None, and for rows of different lengths."""
    if value is None:
        return None
    room = frameworks.of(value)
    try:
        array: Array = np.asarray(room.to_numpy(value) if room is not None else value)
    except Exception as error:  # tensors without values, lists of what is no number
        if not strict and room is None:
            return None
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CourseError(
            f"{name} cannot be read: {said.rstrip('.')[:200]}.",
            why="the view says what each vector of the output belongs to.",
            remedy=f"Pass the {name} that you gave the model.",
        ) from error
    if strict and (array.ndim == 0 or array.dtype.kind not in "fiub"):
        raise CourseError(
            f"{name} is of type {type(value).__name__}, which holds no numbers along a batch.",
            why="the view says what each vector of the output belongs to.",
            remedy=f"Pass the {name} that you gave the model.",
        )
    return array


def _shifted(labels: Any, config: Any) -> Array | None:
    """Return what a decoder is given where the model was given labels: the start token, then the labels but the last.

    That is how transformers does it (``_shift_right`` of T5, ``shift_tokens_right`` of BART): -100 becomes padding.
    """
    start, padding = _stated(config, "decoder_start_token_id"), _stated(config, "pad_token_id")
    array = _array(labels, "labels", strict=False) if labels is not None else None
    if start is None or array is None or array.ndim != _MATRIX or array.dtype.kind not in "iu":
        return None
    moved: Array = np.concatenate([np.full((len(array), 1), start), array[:, :-1]], axis=1).astype(np.int64)
    return np.where(moved < 0, padding or 0, moved)
