"""Which tensors a TensorFlow model expects in a weight file: its variables."""

from __future__ import annotations

from typing import Any

from coursekit.frameworks.expected_tensors import ExpectedTensors, Place
from coursekit.frameworks.tensorflow.empty_model import empty_model


def expected_tensors(config: Any, model_class: Any, *, keras_names: bool) -> ExpectedTensors:
    """Return what ``model_class`` (a model class or an auto class) expects for ``config``.

    With ``keras_names`` its names are those of ``tf_model.h5``, without the model's own name in front. Otherwise they
    are those that transformers looks for in a checkpoint from PyTorch, with the shapes that the tensors have there.
    """
    from transformers.modeling_tf_pytorch_utils import convert_tf_weight_name_to_pt_weight_name

    model = empty_model(config, model_class)
    shapes = {}
    for variable in model.weights:
        shape = tuple(int(size) for size in variable.shape)
        if keras_names:
            shapes[variable.name.removesuffix(":0").partition("/")[2]] = shape
            continue
        name, transpose = convert_tf_weight_name_to_pt_weight_name(variable.name, "", variable.shape)
        shapes[name] = _as_in_pytorch(shape, transpose.value)
    base = "" if keras_names else str(model.base_model_prefix)
    return ExpectedTensors(
        class_name=type(model).__name__,
        framework="tensorflow",
        shapes=shapes,
        tied={},
        buffers=frozenset(),
        optional=tuple(model._keys_to_ignore_on_load_missing or ()),  # noqa: SLF001  (where transformers keeps it)
        ignored=tuple(model._keys_to_ignore_on_load_unexpected or ()),  # noqa: SLF001  (the same)
        base=base,
        has_base=bool(base),
        **({} if keras_names else {"place": _place}),
    )


def _place(name: str) -> Place:
    """Return how transformers reads the old names of LayerNorm's weights (``modeling_tf_pytorch_utils.py``)."""
    return Place((name.replace("gamma", "weight").replace("beta", "bias"),))


def _as_in_pytorch(shape: tuple[int, ...], transpose: str) -> tuple[int, ...]:
    """Return the shape that a variable has in PyTorch; ``transpose`` is the value of a ``TransposeType``."""
    if transpose in {"simple", "conv1d"}:
        return shape[::-1]
    if transpose == "conv2d":
        height, width, fan_in, fan_out = shape
        return fan_out, fan_in, height, width
    return shape
