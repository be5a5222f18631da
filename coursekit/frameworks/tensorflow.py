"""TensorFlow with tf-keras, seen from the facts."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.base import Framework, Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class TensorFlow(Framework):
    """TensorFlow through ``tensorflow``; planned models live in a graph that is never run."""

    name = "tensorflow"
    label = "TensorFlow"
    module = "tensorflow"
    class_prefix = "TF"
    switch = "USE_TF"
    weight_files = ("model.safetensors", "model.safetensors.index.json", "tf_model.h5", "tf_model.h5.index.json")

    def is_tensor(self, value: object) -> bool:
        """Tell whether ``value`` is a ``tf.Tensor`` or a ``tf.Variable``."""
        tensorflow = sys.modules.get("tensorflow")
        return tensorflow is not None and isinstance(value, (tensorflow.Tensor, tensorflow.Variable))

    def is_model(self, value: object) -> bool:
        """Tell whether ``value`` is a model of tf-keras, on which transformers builds."""
        tf_keras = sys.modules.get("tf_keras")
        return tf_keras is not None and isinstance(value, tf_keras.Model)

    def to_numpy(self, tensor: Any) -> npt.NDArray[np.generic]:
        """Return the values of an eager tensor or a variable as a NumPy array of the same shape."""
        import tensorflow as tf

        if not hasattr(tensor, "numpy"):
            raise ValueError("a tensor inside a graph has a shape, but no values")
        if tensor.dtype == tf.bfloat16:  # NumPy has no bfloat16
            tensor = tf.cast(tensor, tf.float32)
        array: npt.NDArray[np.generic] = tensor.numpy()
        return array

    def tensor(self, values: Any) -> Any:
        """Return ``tf.constant(values)``."""
        import tensorflow as tf

        return tf.constant(values)

    def seed(self, number: int) -> None:
        """Seed TensorFlow, and NumPy and Python, from which tf-keras draws its own seeds."""
        import tensorflow as tf
        import tf_keras

        tf_keras.utils.set_random_seed(number)
        tf.random.set_seed(number)

    def parameters(self, model: Any) -> list[Parameter]:
        """Return ``model``'s weights by name, without the ``:0`` that TensorFlow appends."""
        trainable = {id(value) for value in model.trainable_weights}
        return [
            Parameter(
                name=value.name.removesuffix(":0"),
                shape=tuple(value.shape),
                dtype=value.dtype.base_dtype.name,
                itemsize=value.dtype.size,
                trainable=id(value) in trainable,
                tied_to=None,
                read=partial(self.to_numpy, value),
            )
            for value in model.weights
        ]

    def plan(self, config: Any, task: str = "") -> Any:
        """Return ``TFAutoModel.from_config(config)`` built inside a ``tf.Graph``, which allocates nothing."""
        import tensorflow as tf

        with tf.Graph().as_default():
            model = self.auto_class(task).from_config(config)
            model.build_in_name_scope()
        return model
