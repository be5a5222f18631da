"""Which part of a model a weight tensor belongs to, told by its name."""

from __future__ import annotations

import re
from functools import lru_cache

PARTS: tuple[tuple[str, str], ...] = (
    ("embeddings", "Embeddings"),
    ("layers", "Layers"),
    ("head", "Head"),
    ("other", "Everything else"),
)
"""The parts in the order of the data's way through a model, and how they are called on the page."""

_LAYER = re.compile(
    r"(^|[./])(layers?|layer_?modules?|h|blocks?|stages?|resblocks?|encoder_layers|decoder_layers|transformer_layers)"
    r"([./]|[._]+)_?\d+([./]|$)|(layer|block|stage|h)_?\._?\d+"
)
_HEAD = re.compile(r"(^|[./])(pooler|lm_head|cls|classifier|score|head|heads|predictions|qa_outputs|projector)([./]|$)")
_EMBEDDING = re.compile(r"embed|(^|[./])(wte|wpe|shared|tok_|patch_|relative_attention_bias|position)")


@lru_cache(maxsize=4096)
def part_of(name: str) -> str:
    """Return the part that the tensor called ``name`` belongs to, one of ``PARTS``.

    A tensor inside a numbered block counts to the layers; then the names decide that modelling code of transformers
    uses for embeddings and for what stands behind the last layer.
    """
    if re.search(r"[./_]\d+([./]|$)", name) and not re.search(r"embed(ding)?s?[./]", name.lower()[:24]):
        return "layers"
    if _LAYER.search(name):
        return "layers"
    lower = name.lower()
    if _EMBEDDING.search(lower):
        return "embeddings"
    if _HEAD.search(lower):
        return "head"
    return "other"
