"""The names of weight files: what ``from_pretrained`` looks for, in which order, and what else holds weights.

The names are those of ``transformers.utils`` (``SAFE_WEIGHTS_NAME``, ``WEIGHTS_NAME``, ``TF2_WEIGHTS_NAME`` and their
indexes), and a variant stands where ``_add_variant`` of its ``modeling_utils.py`` puts it.
"""

from __future__ import annotations

import re

SAFETENSORS, BIN, H5 = "model.safetensors", "pytorch_model.bin", "tf_model.h5"
INDEX = ".index.json"
"""What follows the name of a weight file in the name of the index of its shards."""
PYTORCH = (SAFETENSORS, SAFETENSORS + INDEX, BIN, BIN + INDEX)
"""What ``from_pretrained`` looks for in PyTorch, the preferred one first."""
TENSORFLOW = (SAFETENSORS, SAFETENSORS + INDEX, H5, H5 + INDEX)
"""What ``from_pretrained`` looks for in TensorFlow, the preferred one first."""
ADAPTER = ("adapter_model.safetensors", "adapter_model.bin")
"""What PEFT looks for, the preferred one first."""
SUFFIXES = (
    ".safetensors",
    ".bin",
    ".h5",
    ".pt",
    ".pth",
    ".ckpt",
    ".gguf",
    ".onnx",
    ".msgpack",
    ".npz",
    ".keras",
    ".ot",
)
"""How the names of weight files end, those of other libraries included."""

_OF_TRANSFORMERS = re.compile(r"(model|pytorch_model|tf_model|adapter_model)([.-].*)?\.(safetensors|bin|h5)")
_TRAINING_STATE = ("training_args", "optimizer", "scheduler", "rng_state", "scaler", "random_states")
_VARIANT = re.compile(
    r"(?:model|pytorch_model)(?:-\d+-of-\d+)?\.(?P<file>[\w-]+?)(?:-\d+-of-\d+)?\.(?:safetensors|bin)"
    r"|(?:model\.safetensors|pytorch_model\.bin)\.index\.(?P<index>[\w-]+)\.json"
)
_SHARD = re.compile(r"(.+?)[-.]\d{5}-of-\d{5}(\..+)")


def is_index(name: str) -> bool:
    """Tell whether a file of this name is an index of shards, one of a variant included."""
    return name.endswith(".json") and ".index." in name


def is_training_state(name: str) -> bool:
    """Tell whether a file of this name keeps the state of a training run, which is no part of the model."""
    return name.startswith(_TRAINING_STATE)


def is_weight_file(name: str) -> bool:
    """Tell whether a file of this name holds weights, or lists the files that do."""
    return name.endswith((*SUFFIXES, INDEX)) and not is_training_state(name)


def is_of_transformers(name: str) -> bool:
    """Tell whether transformers or PEFT writes weights under this name: whole, as a shard, or as a variant."""
    return _OF_TRANSFORMERS.fullmatch(name) is not None


def with_variant(name: str, variant: str | None) -> str:
    """Return the name under which a variant, such as ``fp16``, keeps the file called ``name``."""
    if not variant:
        return name
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{variant}.{ending}"


def variant_of(name: str) -> str:
    """Return the variant in the name of a weight file or index, such as ``fp16``, or an empty string."""
    found = _VARIANT.fullmatch(name)
    return (found["file"] or found["index"]) if found else ""


def whole_of_shard(name: str) -> str:
    """Return what a shard's name would be in one piece: ``model-00001-of-00002.safetensors`` → ``model.safetensors``.

    An empty string when the name is no shard's.
    """
    found = _SHARD.fullmatch(name)
    return found[1] + found[2] if found else ""
