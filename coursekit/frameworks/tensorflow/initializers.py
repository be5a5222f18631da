"""How a new TensorFlow model would be initialized, read from the initializers that its layers give their variables.

The model is built empty: each variable keeps the function that would compute its first value, and it is never called.
"""

from __future__ import annotations

from functools import partial
from math import prod, sqrt
from typing import Any

from coursekit.frameworks.initializers import Initializer
from coursekit.frameworks.tensorflow.empty_model import empty_model

_CUT = 2.0
"""TensorFlow draws again what lies more than two σ from the mean (documentation of ``tf.random.truncated_normal``)."""
_CUT_SPREAD = 0.87962566103423978
"""The standard deviation of a standard normal distribution cut there; ``VarianceScaling`` divides by it."""
_PAIR = 2


def initializers(model: Any) -> dict[str, Initializer]:
    """Return the initializer of each weight of ``model`` that has one with a name."""
    config = getattr(model, "config", None)
    if config is None or not hasattr(model, "build_in_name_scope"):
        return {}
    try:
        empty = empty_model(type(config).from_dict(config.to_dict()), type(model), name=model.name)
        found = {value.name.removesuffix(":0"): _read(value.initial, tuple(value.shape)) for value in empty.weights}
    except Exception:  # noqa: BLE001  (a model that cannot be built empty shows its weights without a curve)
        return {}
    return {name: initializer for name, initializer in found.items() if initializer is not None}


def _read(initial: Any, shape: tuple[int, ...]) -> Initializer | None:
    """Return the initializer behind the first value of a variable: a function of tf-keras, or the value itself."""
    if isinstance(initial, partial):
        initial = initial.func
    if callable(initial):
        return _named(type(initial).__name__, initial, shape) if hasattr(initial, "get_config") else None
    return _constant(initial)


def _constant(value: Any) -> Initializer | None:
    import numpy as np
    import tensorflow as tf

    if value is None or (tf.is_tensor(value) and tf.is_symbolic_tensor(value)):
        return None
    numbers = np.asarray(value)
    same = numbers.size > 0 and bool((numbers == numbers.flat[0]).all())
    return Initializer("constant", float(numbers.flat[0]), 0.0) if same else None


def _named(name: str, initializer: Any, shape: tuple[int, ...]) -> Initializer | None:
    """Return what an initializer object of tf-keras or of ``tf.initializers`` draws, by its name and settings."""
    settings = initializer.get_config()
    if name in {"Zeros", "Ones", "Constant"}:
        return _constant(settings["value"] if name == "Constant" else float(name == "Ones"))
    if name == "RandomNormal":
        return Initializer("normal", float(settings["mean"]), float(settings["stddev"]))
    if name == "TruncatedNormal":
        return _truncated(float(settings["mean"]), float(settings["stddev"]))
    if name == "RandomUniform":
        low, high = float(settings["minval"]), float(settings["maxval"])
        return Initializer("uniform", (low + high) / 2, (high - low) / 2)
    scales = all(hasattr(initializer, part) for part in ("scale", "mode", "distribution"))  # VarianceScaling's kinds
    return _scaled(initializer, shape) if scales else None


def _truncated(mean: float, spread: float) -> Initializer:
    return Initializer("truncated normal", mean, spread, cut=_CUT * spread)


def _scaled(initializer: Any, shape: tuple[int, ...]) -> Initializer | None:
    """Return what a ``VarianceScaling`` draws for a shape (documentation of ``tf.keras.initializers``)."""
    field = prod(shape[:-2])  # of a convolution: its kernel's numbers for one channel in and one out
    fan_in, fan_out = (shape[-2] * field, shape[-1] * field) if len(shape) >= _PAIR else (prod(shape),) * _PAIR
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
    variance = initializer.scale / max(1.0, fan)
    kind = initializer.distribution.lower()
    if kind in {"truncated_normal", "normal"}:
        return _truncated(0.0, sqrt(variance) / _CUT_SPREAD)
    if kind == "untruncated_normal":
        return Initializer("normal", 0.0, sqrt(variance))
    return Initializer("uniform", 0.0, sqrt(3 * variance)) if kind == "uniform" else None
