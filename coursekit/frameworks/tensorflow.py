"""TensorFlow with tf-keras, seen from the facts."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.frameworks import weight_names
from coursekit.frameworks.base import Framework, Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from coursekit.frameworks.anatomy import Anatomy
    from coursekit.frameworks.initializers import Initializer


class TensorFlow(Framework):
    """TensorFlow through ``tensorflow``; planned models live in a graph that is never run."""

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

        if tf.is_symbolic_tensor(getattr(tensor, "handle", tensor)):  # a variable has a handle, a tensor is itself
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
        return self.to_numpy(variable[start:stop])

    def initializers(self, model: Any) -> dict[str, Initializer]:
        """Return the initializers that building the model once more inside a ``tf.Graph`` shows."""
        from coursekit.frameworks.tensorflow_initializers import initializers

        return initializers(model)

    def plan(self, config: Any, task: str = "") -> Any:
        """Return ``TFAutoModel.from_config(config)`` built inside a ``tf.Graph``, which allocates nothing."""
        import tensorflow as tf

        with tf.Graph().as_default():
            model = self.auto_class(task).from_config(config)
            model.build_in_name_scope()
        return model

    def planned_parameters(self, config: Any, task: str = "") -> list[Parameter]:
        """Return the weight tensors that the model would have, without a graph that could be traced."""
        from coursekit.frameworks.tensorflow_plan import placeholders

        try:
            with placeholders():
                model = self.auto_class(task).from_config(config)
                model.build_in_name_scope()
        except Exception:  # noqa: BLE001  (some models read a weight while they are built; a graph lets them)
            model = self.plan(config, task)
        return self.parameters(model)

    def anatomy(self) -> Anatomy:
        """Return :mod:`coursekit.frameworks.tensorflow_anatomy`."""
        from coursekit.frameworks import tensorflow_anatomy

        return tensorflow_anatomy
