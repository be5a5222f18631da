"""How a new TensorFlow model would be initialized, read from the graph that would draw its numbers.

A model planned inside a ``tf.Graph`` holds, for each variable, the operations that compute its first value. Nothing is
run: the kind of the random operation and the constants around it say which distribution it is.
"""

from __future__ import annotations

from typing import Any

from coursekit.frameworks.initializers import Initializer

_CUT = 2.0
"""TensorFlow draws again what lies more than two σ from the mean (documentation of ``tf.random.truncated_normal``)."""


def initializers(model: Any) -> dict[str, Initializer]:
    """Return the initializer of each weight of ``model`` that has one with a name."""
    import tensorflow as tf

    config = getattr(model, "config", None)
    if config is None or not hasattr(model, "build_in_name_scope"):
        return {}
    try:
        with tf.Graph().as_default():
            planned = type(model)(type(config).from_dict(config.to_dict()), name=model.name)
            planned.build_in_name_scope()
            found = {value.name.removesuffix(":0"): _read(value.initial_value) for value in planned.weights}
    except Exception:  # noqa: BLE001  (a model that cannot be planned shows its weights without a curve)
        return {}
    return {name: initializer for name, initializer in found.items() if initializer is not None}


def _read(tensor: Any) -> Initializer | None:
    """Return the initializer whose result ``tensor`` is: a random operation, times a constant, plus a constant."""
    import tensorflow as tf

    scale, shift = 1.0, 0.0
    while True:
        value = tf.get_static_value(tensor)
        if value is not None:
            same = value.size > 0 and bool((value == value.flat[0]).all())
            return Initializer("constant", float(value.flat[0]) * scale + shift, 0.0) if same else None
        operation = tensor.op
        kind = operation.type.removeprefix("Stateless").removesuffix("V2")
        if kind in {"Identity", "Cast"}:
            tensor = operation.inputs[0]
        elif kind in {"Mul", "Add"}:
            constants = [tf.get_static_value(side) for side in operation.inputs]
            known = [value is not None and value.ndim == 0 for value in constants]
            if sum(known) != 1:
                return None
            number = float(constants[known.index(True)])
            scale, shift = (scale * number, shift) if kind == "Mul" else (scale, shift + scale * number)
            tensor = operation.inputs[known.index(False)]
        elif kind == "TruncatedNormal":
            return Initializer("truncated normal", shift, abs(scale), cut=_CUT * abs(scale))
        elif kind in {"RandomNormal", "RandomStandardNormal"}:
            return Initializer("normal", shift, abs(scale))
        elif kind == "RandomUniform":  # from 0 to 1
            return Initializer("uniform", shift + scale / 2, abs(scale) / 2)
        else:
            return None
