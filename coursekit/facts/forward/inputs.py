"""What a pass is asked for with: a model, its inputs, one sequence of them; checked before the model is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.output.tokens import Positions, Token, vocabulary_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coursekit.facts.forward.steps import Step
    from coursekit.frameworks.recording import Recording

_SWITCHES = ("output_attentions", "output_hidden_states", "return_dict", "use_cache", "labels", "past_key_values")
_OUTPUTS = ("last_hidden_state", "logits", "hidden_states", "attentions", "pooler_output", "loss")
_MOST = 60_000_000
"""Attention weights of a pass: 512 tokens through 12 layers of 12 heads are 38 million."""
_SIZES = {
    "hidden_size": ("hidden_size", "n_embd", "d_model", "dim"),
    "inner": ("intermediate_size", "n_inner", "d_ff", "hidden_dim", "ffn_dim", "encoder_ffn_dim"),
    "vocab_size": ("vocab_size",),
    "num_labels": ("num_labels",),
}


@dataclass(frozen=True, eq=False)
class Given:
    """A model and the arrays of one sequence, ready to run."""

    model: Any
    recorder: Any
    model_class: str
    framework: str
    arrays: dict[str, Any]
    sequence: int
    batch: int
    vocabulary: Any
    config: Any
    sizes: dict[int, str]
    notes: tuple[str, ...] = field(default_factory=tuple)

    def record(self) -> Recording:
        """Run the pass."""
        try:
            recording: Recording = self.recorder.record(self.model, self.arrays)
        except Exception as error:
            said = str(error).strip().split("\n")[0][:300].rstrip(".")
            names = " and ".join(self.arrays)
            hint = ""
            if getattr(self.config, "is_encoder_decoder", False) and "decoder_input_ids" not in self.arrays:
                start = getattr(self.config, "decoder_start_token_id", None) or 0
                hint = f' Add the decoder\'s side: inputs["decoder_input_ids"] = inputs["input_ids"] * 0 + {start}.'
            raise CourseError(
                f"{self.model_class} cannot be called with {names}: {type(error).__name__}: {said}.",
                why="the view shows one call of the model that works.",
                remedy=f"Find inputs with which model(**inputs) returns an output, then show them here.{hint}",
            ) from error
        return recording

    def tokens(self, lengths: Sequence[int], steps: Sequence[Step]) -> dict[str, tuple[Token, ...]]:
        """Return the tokens of each stack."""
        found: dict[str, tuple[Token, ...]] = {}
        for stack in dict.fromkeys(step.stack for step in steps):
            length = next((len(step.after) for step in steps if step.stack == stack), lengths[0])
            side = "decoder_" if stack == "decoder" else ""
            ids = self.arrays.get(f"{side}input_ids")
            mask = self.arrays.get(f"{side}attention_mask")
            if ids is not None and ids.shape == (1, length):
                fits = mask if mask is not None and mask.shape == (1, length) else None
                real = np.ones((1, length), dtype=bool) if fits is None else fits.astype(bool)
                if fits is None and stack != "decoder":
                    real = self._padded(ids)
                found[stack] = Positions(ids, real).tokens([0], self.vocabulary)[0]
            else:
                found[stack] = tuple(Token(text, None, "real") for text in _places(self.arrays, length))
        return found

    def _padded(self, ids: Any) -> Any:
        """Tell padding at the ends from tokens where no mask says it."""
        padding = getattr(self.vocabulary and self.vocabulary.tokenizer, "pad_token_id", None)
        whole = ids != padding
        if not whole.any():
            return np.ones_like(whole)
        return np.maximum.accumulate(whole, axis=1) & np.maximum.accumulate(whole[:, ::-1], axis=1)[:, ::-1]


def _places(arrays: Mapping[str, Any], length: int) -> list[str]:
    """Name positions that are no tokens: patches of a picture, frames of sound."""
    if "pixel_values" in arrays:
        side = isqrt(length)
        extra = length - side * side
        patches = [f"{at // side},{at % side}" for at in range(side * side)]
        return [*("[CLS]" if at == 0 else f"extra {at}" for at in range(extra)), *patches]
    return [str(at) for at in range(length)]


def read_inputs(model: Any, inputs: Any, tokenizer: Any, *, sequence: int, name: str) -> Given:
    """Check a model and its inputs.

    Raises
    ------
    CourseError
        When they are none, or no pass of theirs can be shown.
    """
    framework = frameworks.of(model)
    if framework is None or not framework.is_model(model):
        kind = f"the class {model.__name__}" if isinstance(model, type) else f"of type {type(model).__name__}"
        raise CourseError(
            f"{name} is {kind}, not a model.",
            why="the view runs a model once and shows what happens.",
            remedy="Pass what AutoModel.from_pretrained(...) returned: ck.ForwardPass(model, inputs).",
        )
    recorder = framework.recording()
    vocabulary = vocabulary_of(tokenizer)
    model = recorder.unwrapped(model)
    reason = recorder.refusal(model)
    if reason:
        raise CourseError(
            f"The insides of {name}, a {type(model).__name__}, cannot be watched: {reason}.",
            why="the view shows the numbers of a real pass.",
            remedy="Load the model with its weights, AutoModel.from_pretrained(checkpoint), or call it once.",
        )
    arrays, batch = _arrays(inputs, name)
    if isinstance(sequence, bool) or not isinstance(sequence, (int, np.integer)) or not -batch <= sequence < batch:
        raise CourseError(
            f"sequence={sequence!r} names none of the {batch} sequence{'s' * (batch != 1)}.",
            why="the view follows the tokens of one sequence.",
            remedy=f"Choose a number from 0 to {batch - 1}.",
        )
    sequence = int(sequence) % batch
    arrays = {key: value[sequence : sequence + 1] if len(value) == batch else value for key, value in arrays.items()}
    config = getattr(model, "config", None)
    _check_ids(arrays, recorder.vocabulary_size(model))
    _check_size(arrays, config)
    notes = []
    if recorder.in_training(model):
        notes.append(
            "The model is in training mode, in which dropout sets numbers to zero at random. This pass was run without "
            "dropout, as after model.eval(); the model itself is in training mode as before."
        )
    return Given(
        model,
        recorder,
        type(model).__name__,
        framework.name,
        arrays,
        sequence,
        batch,
        vocabulary,
        config,
        _sizes(config),
        tuple(notes),
    )


def _arrays(inputs: Any, name: str) -> tuple[dict[str, Any], int]:
    if isinstance(inputs, Mapping):
        given = {str(key): value for key, value in inputs.items() if value is not None and key not in _SWITCHES}
        if any(key in _OUTPUTS for key in given):
            raise CourseError(
                "These are outputs of a model, not inputs.",
                why="the view calls the model itself, with the inputs, and watches what happens.",
                remedy="Pass what you gave the model: ck.ForwardPass(model, inputs, tokenizer). "
                "ck.OutputExplorer shows outputs.",
            )
    elif isinstance(inputs, str) or (
        isinstance(inputs, (list, tuple)) and any(isinstance(each, str) for each in inputs)
    ):
        raise CourseError(
            "The inputs are text, not ids.",
            why="a model takes numbers; only its tokenizer knows which.",
            remedy='Pass tokenizer(text, return_tensors="pt") (or "tf").',
        )
    else:
        given = {"input_ids": inputs}
    arrays = {key: _array(key, value) for key, value in given.items()}
    main = next(
        (key for key in ("input_ids", "pixel_values", "inputs_embeds") if key in arrays), next(iter(arrays), None)
    )
    if main is None or not all(array.size for array in arrays.values()):
        raise CourseError(
            f"The inputs of {name} are empty.",
            why="there is no token to follow.",
            remedy='Pass at least one token, such as tokenizer("Hello!", return_tensors="pt").',
        )
    batch = len(arrays[main])
    for key, array in arrays.items():
        if (
            key.endswith("attention_mask")
            and array.shape != arrays.get(key.replace("attention_mask", "input_ids"), array).shape
        ):
            ids = arrays[key.replace("attention_mask", "input_ids")]
            raise CourseError(
                f"{key} has the shape {array.shape}, the ids {ids.shape}.",
                why="the mask says of each id whether it is a token or padding.",
                remedy="Pass the dict that one call of the tokenizer returned.",
            )
    return arrays, batch


def _array(key: str, value: Any) -> Any:
    framework = frameworks.of(value)
    try:
        array = np.asarray(value) if framework is None else framework.to_numpy(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CourseError(
            f"{key} is no rectangle of numbers: {str(error).splitlines()[0][:160].rstrip('.')}.",
            why="a model takes rows of equal length.",
            remedy="Let the tokenizer fill them up: tokenizer(sentences, padding=True, return_tensors=...).",
        ) from error
    wanted = "iub" if key.endswith("ids") else "iubf"
    if array.dtype.kind not in wanted and array.size:
        raise CourseError(
            f"{key} holds {array.dtype} values.",
            why="ids are whole numbers, and everything else that a model takes are real numbers.",
            remedy="Pass what the tokenizer returned.",
        )
    if array.ndim == 0:
        array = array.reshape(1, 1)
    return array[None] if array.ndim == 1 and key.endswith(("ids", "mask")) else array


def _check_ids(arrays: Mapping[str, Any], rows: int | None) -> None:
    for key in ("input_ids", "decoder_input_ids"):
        if key not in arrays or rows is None:
            continue
        if arrays[key].ndim != 2:  # noqa: PLR2004
            raise CourseError(
                f"{key} has the shape {arrays[key].shape}.",
                why="ids have two axes: (batch, sequence).",
                remedy=f"Pass a list of sequences, or tokenizer(...)[{key!r}].",
            )
        wrong = [int(each) for each in arrays[key].reshape(-1) if not 0 <= each < rows]
        if wrong:
            raise CourseError(
                f"The id {wrong[0]} in {key} is out of range: the model knows ids from 0 to {rows - 1:,}.",
                why="an id is the number of a row in the word table, and this table has no such row.",
                remedy="Use the tokenizer that belongs to the model's checkpoint.",
            )


def _check_size(arrays: Mapping[str, Any], config: Any) -> None:
    if "input_ids" not in arrays:
        return
    length = arrays["input_ids"].shape[-1]
    layers, heads = (
        _number(config, *names)
        for names in (("num_hidden_layers", "n_layer", "num_layers"), ("num_attention_heads", "n_head"))
    )
    if layers * heads * length**2 > _MOST:
        fits = int((_MOST / (layers * heads)) ** 0.5)
        raise CourseError(
            f"{length:,} tokens through {layers} layers of {heads} heads are {layers * heads * length**2:,} weights.",
            why="each of them is kept and computed again, which would take gigabytes.",
            remedy=f"Show a part of the text: tokenizer(text, truncation=True, max_length={min(fits, 128)}).",
        )


def _number(config: Any, *names: str) -> int:
    return next((value for name in names if type(value := getattr(config, name, None)) is int), 1)


def _sizes(config: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for names in _SIZES.values():
        for name in names:
            value = getattr(config, name, None)
            if type(value) is int:
                found.setdefault(value, name)
                break
    return found
