"""What a Transformer's steps compute, in NumPy: softmax, norms, activations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from coursekit.frameworks.recording import Array

BLOCKED = -1e4
"""A mask at or below this leaves nothing of a weight; models add the lowest number of their type."""


def softmax(scores: Array) -> Array:
    """Return ``exp(scores)`` as shares of one along the last axis."""
    with np.errstate(invalid="ignore"):
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _erf(values: Array) -> Array:
    """Return the error function, wrong by at most 1.5e-7 (Abramowitz and Stegun, 7.1.26): NumPy has none."""
    size = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    found: Array = np.copysign(1 - series * np.exp(-size * size), values).astype(np.float32)
    return found


_TANH = 0.7978845608028654
"""The square root of 2/π, of the approximation that GPT-2 uses (Hendrycks and Gimpel, 2016)."""

ACTIVATIONS: dict[str, tuple[Callable[[Array], Any], str]] = {
    "GELU": (
        lambda x: 0.5 * x * (1 + _erf(x / np.float32(np.sqrt(2)))),
        "x * 0.5 * (1 + np.vectorize(math.erf)(x / 2**0.5))",
    ),
    "GELU (tanh)": (
        lambda x: 0.5 * x * (1 + np.tanh(np.float32(_TANH) * (x + np.float32(0.044715) * x**3))),
        "x * 0.5 * (1 + np.tanh((2 / np.pi)**0.5 * (x + 0.044715 * x**3)))",
    ),
    "ReLU": (lambda x: np.maximum(x, 0), "np.maximum(x, 0)"),
    "SiLU": (lambda x: x / (1 + np.exp(-x)), "x / (1 + np.exp(-x))"),
    "quick GELU": (lambda x: x / (1 + np.exp(np.float32(-1.702) * x)), "x / (1 + np.exp(-1.702 * x))"),
    "squared ReLU": (lambda x: np.maximum(x, 0) ** 2, "np.maximum(x, 0)**2"),
    "tanh": (np.tanh, "np.tanh(x)"),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), "1 / (1 + np.exp(-x))"),
}
"""By name: the function, and how it is written."""


def norms(x: Array, scale: Array | None, shift: Array | None, epsilon: float) -> dict[str, Array]:
    """Return what each kind of norm makes of vectors ``(tokens, width)``."""
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    square = (x * x).mean(-1, keepdims=True)
    standard, rooted = (x - mean) / np.sqrt(variance + epsilon), x / np.sqrt(square + epsilon)
    one = np.float32(1)
    weight = one if scale is None else scale
    bias = np.float32(0) if shift is None else shift
    found = {"LayerNorm": standard * weight + bias, "RMSNorm": rooted * weight + bias}
    if scale is not None:
        found["RMSNorm, 1 + weight"] = rooted * (one + weight)
    return found
