"""A config as a flat table of numbers, and copies of it with some of them changed."""

from __future__ import annotations

import copy
import re
from functools import partial
from typing import Any

from coursekit.facts.model.attempt import attempt

_DESCRIPTIVE = {
    "_name_or_path", "architectures", "auto_map", "dtype", "finetuning_task", "id2label", "label2id", "model_type",
    "problem_type", "quantization_config", "task_specific_params", "tokenizer_class", "torch_dtype",
    "transformers_version", "transformers_weights",
}  # fmt: skip
_LONGEST_LIST = 16

UNLIKELY = re.compile(
    r"(_id|_ids|_index|_idx|dropout|dropout_prob|drop_rate|drop_path_rate|_pdrop|_prob|layerdrop|eps|epsilon|_range|_std"
    r"|_factor|theta|temperature|penalty|weight_decay|_weight|_coef|_coeff|_cost|_scale|_scaling|seed|threshold)$"
    r"|^(max_length|min_length|num_beams|num_beam_groups|top_k|top_p|typical_p|no_repeat_ngram_size|chunk_size_.*"
    r"|encoder_no_repeat_ngram_size|num_return_sequences|mask_time_.*|mask_feature_.*|output_.*|return_dict.*|use_cache"
    r"|torchscript|tf_legacy_loss|use_bfloat16|remove_invalid_values|early_stopping|do_sample|gradient_checkpointing)$"
)
"""Attributes that seldom shape a tensor. Only the order of experiments follows from this, never a result."""


def flat(config: Any) -> dict[str, Any]:
    """Return every attribute of a config by its path, such as ``text_config.hidden_size`` or ``hidden_sizes[1]``."""
    found: dict[str, Any] = {}

    def walk(path: str, value: Any) -> None:
        if hasattr(value, "to_dict") and hasattr(value, "model_type"):
            for name, listed in value.to_dict().items():
                if name not in _DESCRIPTIVE:
                    # What differs from layer to layer (Gemma 4) is listed and may not be asked for.
                    item, error = attempt(partial(getattr, value, name, listed))
                    walk(f"{path}.{name}" if path else name, listed if error else item)
        elif isinstance(value, dict) and value and all(isinstance(name, str) and name.isidentifier() for name in value):
            for name, item in value.items():
                walk(f"{path}.{name}", item)
        elif _is_numbers(value):
            for index, item in enumerate(value):
                walk(f"{path}[{index}]", item)
        else:
            found[path] = value

    walk("", config)
    return found


def _is_numbers(value: Any) -> bool:
    """Tell whether a value is a short list of numbers, or of such lists."""
    return (
        isinstance(value, (list, tuple))
        and 0 < len(value) <= _LONGEST_LIST
        and all(type(item) in {int, float} or _is_numbers(item) for item in value)
    )


def changed(config: Any, changes: dict[str, Any]) -> Any:
    """Return a copy of ``config`` with these attributes set; the paths are those of :func:`flat`."""
    copied = copy.deepcopy(config)
    for path, value in changes.items():
        _updated(copied, re.findall(r"[^.\[\]]+", path), value)
    return copied


def _updated(holder: Any, steps: list[str], value: Any) -> Any:
    """Return ``holder`` with one item set, which some steps lead to; a config is changed itself."""
    if not steps:
        return value
    step, *below = steps
    if isinstance(holder, dict):
        return {**holder, step: _updated(holder[step], below, value)}
    if isinstance(holder, (list, tuple)):
        items = list(holder)
        items[int(step)] = _updated(items[int(step)], below, value)
        return type(holder)(items)
    setattr(holder, step, _updated(getattr(holder, step), below, value))
    return holder


def alternatives(value: Any) -> list[Any]:
    """Return other values to try for an attribute, those that models accept most readily first."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, float):
        return [value / 2] if 0 < value < 1 else [value * 2] if value else [0.5]
    if not isinstance(value, int):
        return []
    if value < 0:
        return [value - 1]
    # Twice and half keep what has to divide; one more does where they do not.
    return [value + 1, value + 2] if value <= 1 else [2 * value, value // 2, value + 1]
