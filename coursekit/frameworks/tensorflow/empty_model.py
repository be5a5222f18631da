"""An empty TensorFlow model: its layers are real, its variables have a name, a shape and a type, and no memory.

It is built eagerly, so that tf-keras keeps its classes as they are: inside a ``tf.Graph`` it would exchange the bases
of every layer class, and models made before could not be called any more. Nothing of the process changes. The graph
below is only the key under which tf-keras counts names; it, the mode and the seeds belong to this thread.
"""

from __future__ import annotations

import random
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def empty_model(config: Any, model_class: Any, *, name: str | None = None) -> Any:
    """Return a model of ``config`` whose variables are placeholders.

    Parameters
    ----------
    config
        A config of transformers; the model gets a copy.
    model_class
        A model class of transformers or an auto class.
    name
        What the model is called; its weights' names begin so. Without it, tf-keras' first name for the class.
    """
    config = deepcopy(config)  # building may write into it
    keywords = {} if name is None else {"name": name}

    def build() -> Any:
        from_config = getattr(model_class, "_model_mapping", None) is not None
        model = model_class.from_config(config) if from_config else model_class(config, **keywords)
        model.build_in_name_scope()
        return model

    try:
        with placeholders():
            return build()
    except NoValuesError:  # a few models read a weight while they are built: inside a function that is a symbol
        with placeholders(inside_function=True):
            return build()


class NoValuesError(ValueError):
    """A weight of an empty model was asked for its values."""

    def __init__(self) -> None:
        super().__init__("a tensor of an empty model has a shape, but no values")


@contextmanager
def placeholders(*, inside_function: bool = False) -> Iterator[Any]:
    """Let this thread's new variables be placeholders, and tf-keras count names and draw seeds for them alone.

    Parameters
    ----------
    inside_function
        Whether values are symbols, as inside a ``tf.function``; else they are computed at once, as outside.

    Yields
    ------
    The graph that holds the symbols, or that names are counted for.
    """
    import tensorflow as tf
    from tf_keras.src import backend

    seeds = backend._SEED_GENERATOR  # noqa: SLF001  (of this thread; tf-keras has no public way to set it aside)
    generator = getattr(seeds, "generator", None)
    eagerly = tf.__internal__.eager_context.eager_mode
    with tf.Graph().as_default() as names, eagerly(), ExitStack() as stack:
        function = tf.__internal__.FuncGraph("empty_model") if inside_function else None
        graph = stack.enter_context(function.as_default()) if function else names
        stack.enter_context(tf.variable_creator_scope(_create))
        seeds.generator = random.Random(0)  # noqa: S311  (for dropout in a model that is never trained)
        try:
            yield graph
        finally:
            seeds.generator = generator


def _create(_next: Any, **options: Any) -> Any:
    from tensorflow.python.framework import ops

    with ops.name_scope(options["name"], "Variable", skip_on_eager=False) as name:
        short = ops.name_from_scope_name(name)
    initial, shape, dtype = (options.get(key) for key in ("initial_value", "shape", "dtype"))
    if initial is not None and not callable(initial):
        import tensorflow as tf

        initial = tf.convert_to_tensor(initial, dtype=dtype)
        shape, dtype = initial.shape if shape is None else shape, initial.dtype
    return _placeholder_class()(
        initial=initial,
        trainable=options["trainable"],
        shape=shape,
        dtype=dtype,
        handle=_handle(),
        handle_name=short,
        unique_id=short,
        name=name,
    )


@cache
def _handle() -> Any:
    """Return the handle that all placeholders share: making one is slow, and nobody reads it."""
    import tensorflow as tf
    from tensorflow.python.ops.resource_variable_ops import UninitializedVariable

    with tf.init_scope():
        return UninitializedVariable(trainable=False, name="placeholder", dtype="float32", shape=()).handle


@cache
def _placeholder_class() -> Any:
    # TensorFlow has no public variable without memory; the course pins the version that this was written for.
    import tensorflow as tf
    from tensorflow.python.ops.resource_variable_ops import BaseResourceVariable

    class Placeholder(BaseResourceVariable):  # type: ignore[misc]  # TensorFlow has no types
        """A variable without memory; inside a graph its value is a symbol of its shape."""

        def __init__(self, *, initial: Any, **options: Any) -> None:
            super().__init__(**options)
            self.initial: Callable[[], Any] | Any = initial
            """What a real variable would get its first value from: a function, or the value; None when not known."""

        def _read_variable_op(self, *_: Any, **__: Any) -> Any:
            if tf.executing_eagerly():
                raise NoValuesError
            return tf.compat.v1.placeholder(self.dtype, self.shape)

        value = read_value = read_value_no_copy = _read_variable_op

        def assign(self, value: Any, **_: Any) -> Any:
            self.initial = value
            return self

        def assign_add(self, *_: Any, **__: Any) -> Any:
            self.initial = None
            return self

        assign_sub = assign_add

        def sparse_read(self, indices: Any, name: str | None = None) -> Any:
            return tf.gather(self.value(), indices, name=name)

        def gather_nd(self, indices: Any, name: str | None = None) -> Any:
            return tf.gather_nd(self.value(), indices, name=name)

        def numpy(self) -> Any:
            raise NoValuesError

        def __array__(self, *_: Any, **__: Any) -> Any:
            raise NoValuesError

    return Placeholder
