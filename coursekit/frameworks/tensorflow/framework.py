"""TensorFlow with tf-keras, seen from the facts."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.frameworks import weight_names
from coursekit.frameworks.base import Framework, Parameter
from coursekit.frameworks.tensorflow import module_tree

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from coursekit.frameworks.expected_tensors import ExpectedTensors
    from coursekit.frameworks.initializers import Initializer
    from coursekit.frameworks.module_tree import Module
    from coursekit.frameworks.trace import Lengths, Trace


class TensorFlow(Framework):
    """TensorFlow through ``tensorflow``; empty models have placeholders for variables."""

    name = "tensorflow"
    label = "TensorFlow"
    module = "tensorflow"
    class_prefix = "TF"
    switch = "USE_TF"
    weight_files = weight_names.TENSORFLOW
    tensor_call = "tf.constant"
    return_tensors = "tf"

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
        import numpy as np
        import tensorflow as tf

        if isinstance(tensor, tf.Variable):
            tensor = tensor.read_value()  # which an empty model's refuses
        if tf.is_symbolic_tensor(tensor):
            raise ValueError("a tensor inside a graph has a shape, but no values")
        if tensor.dtype == tf.bfloat16:  # NumPy has no bfloat16
            tensor = tf.cast(tensor, tf.float32)
        array: npt.NDArray[np.generic] = np.asarray(tensor)  # .numpy() of a scalar is no array
        return array

    def tensor(self, values: Any) -> Any:
        """Return ``tf.constant(values)``."""
        import tensorflow as tf

        return tf.constant(values)

    def lookup(self, ids: Any, rows: int) -> None:
        """Check ``ids`` with the function that the models of transformers call before they look them up.

        ``tf.gather`` alone would return zeros on a GPU.
        """
        import tensorflow as tf
        from transformers.tf_utils import check_embeddings_within_bounds

        check_embeddings_within_bounds(tf.constant(ids), rows)

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
                part=partial(self._part, value),
            )
            for value in model.weights
        ]

    def _part(self, variable: Any, start: int, stop: int) -> npt.NDArray[np.generic]:
        return self.to_numpy(variable.read_value()[start:stop])

    def initializers(self, model: Any) -> dict[str, Initializer]:
        """Return the initializers that building an empty model of the same class and config shows."""
        from coursekit.frameworks.tensorflow.initializers import initializers

        return initializers(model)

    def empty_model(self, config: Any, model_class: Any = None) -> Any:
        """Return the model with placeholders for variables; see :mod:`~coursekit.frameworks.tensorflow.empty_model`."""
        from coursekit.frameworks.tensorflow.empty_model import empty_model

        return empty_model(config, model_class or self.auto_class())

    def expected_tensors(self, config: Any, model_class: Any, *, keras_names: bool) -> ExpectedTensors:
        """Return what the variables of an empty model are called in a weight file."""
        from coursekit.frameworks.tensorflow.expected_tensors import expected_tensors

        return expected_tensors(config, model_class, keras_names=keras_names)

    def modules(self, model: Any) -> list[Module]:
        """Return every layer, and the lists and scopes between layers and weights."""
        return module_tree.modules(model)

    def paths(self, model: Any) -> list[str]:
        """Return the paths of :meth:`modules`."""
        return module_tree.paths(model)

    def shapes(self, model: Any) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight by its path."""
        return module_tree.shapes(model)

    def path_of(self, name: str) -> str:
        """Return a weight's name as a path without the model's own name."""
        return module_tree.path_of(name)

    def devices(self, model: Any) -> dict[str, str]:
        """Return the device of every weight by its path."""
        return module_tree.devices(model)

    def trace(self, model: Any, lengths: Lengths, *, origins: bool) -> Trace:
        """Run an empty model once; see :mod:`~coursekit.frameworks.tensorflow.trace`."""
        from coursekit.frameworks.tensorflow.trace import trace

        return trace(model, lengths, origins=origins)

    def recording(self) -> Any:
        """Return :mod:`coursekit.frameworks.tensorflow.recording`."""
        from coursekit.frameworks.tensorflow import recording

        return recording
