"""What a module is for, told from how architectures name their modules and classes.

Only words and colours of the picture follow from this; what is connected to what follows from the data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coursekit.facts.model.tree import Node

TITLES = {
    "attention": "Attention",
    "cross-attention": "Cross-attention",
    "feed-forward": "Feed-forward",
    "experts": "Feed-forward with experts",
    "norm": "Norm",
}

_NORM = re.compile(r"(?i)norm|^ln(_|$)")
_ATTENTION = re.compile(r"(?i)att(n|ention|ns)?($|[^a-z])|attention|attn")
_CROSS = re.compile(r"(?i)cross|encdec|encoder_attn")
_FEED_FORWARD = re.compile(
    r"(?i)mlp|ffn|feed_?forward|intermediate|^output$|(^|_)ff($|_|n)|fc_?\d|^lin(ear)?_?\d|^wi|^wo$|dense|expert|moe|sparse|gate"
)
_EXPERTS = re.compile(r"(?i)moe|expert|sparse")
EMBEDDING = re.compile(r"(?i)embed|^wte$|^wpe$|^shared$|embd")
_HEAD = re.compile(r"(?i)head|classifier|score")


def of_step(node: Node, names: Sequence[str], classes: Sequence[str], *, routed: bool) -> str:
    """Return the kind of a module in a layer.

    Parameters
    ----------
    node
        The module.
    names
        The parts of its path below the layer.
    classes
        Its class and those of the modules around it, up to the layer.
    routed
        Whether the layer has experts at all.
    """
    if is_norm(node):
        return "norm"
    if any(_ATTENTION.search(name) for name in names) or any("Attention" in name for name in classes):
        return "cross-attention" if any(_CROSS.search(name) for name in (*names, *classes)) else "attention"
    if routed and any(_EXPERTS.search(name) for name in (*names, *classes)):
        return "experts"
    if any(_FEED_FORWARD.search(name) for name in names) or any("MLP" in name for name in classes):
        return "feed-forward"
    return "other"


def of_block(node: Node, name: str) -> tuple[str, str]:
    """Return the kind and the title of a module before or behind the layers."""
    if is_norm(node):
        return "norm", "Norm"
    if "pool" in name.lower():
        return "head", "Pooler"
    if _HEAD.search(name) or _HEAD.search(node.class_name):
        return "head", "Head"
    return "other", name


def is_norm(node: Node) -> bool:
    """Tell whether a module normalizes."""
    return bool(_NORM.search(node.class_name))


def is_embedding(node: Node, name: str) -> bool:
    """Tell whether a module makes vectors of what the model is given."""
    return bool(EMBEDDING.search(name) or EMBEDDING.search(node.class_name))
