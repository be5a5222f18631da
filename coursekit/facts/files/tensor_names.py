"""How a reader speaks of a tensor: the part of the model that its name puts it in, and its shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def group_of(name: str) -> str:
    """Return the part of a model that a tensor belongs to: up to the first number in its name, else what is around it.

    ``encoder.layer.0.output.dense.weight`` belongs to ``encoder.layer.0``, ``embeddings.LayerNorm.weight`` to
    ``embeddings``, and TensorFlow's ``bert/encoder/layer_._0/output/dense/kernel`` to ``bert/encoder/layer_._0``.
    """
    separator = "/" if "/" in name else "."
    words = name.split(separator)
    numbered = [place for place, word in enumerate(words) if re.search(r"(^|_)\d+$", word)]
    return separator.join(words[: numbered[0] + 1] if numbered else words[:-2] or words[:1])


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as it is spoken: ``30,522 × 768``."""
    return " × ".join(f"{length:,}" for length in shape) or "one number"
