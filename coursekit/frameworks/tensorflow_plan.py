"""Build a TensorFlow model for its shapes alone: every variable is a placeholder that owns no memory."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def placeholders() -> Iterator[None]:
    """Let new variables know their name, shape and type only; they are eager, which is faster than a graph."""
    import tensorflow as tf

    from coursekit.frameworks.tensorflow_shortcuts import shortcuts

    with shortcuts(), tf.init_scope(), tf.variable_creator_scope(_create):
        yield


def _create(_next: Any, **options: Any) -> Any:
    from tensorflow.python.framework import ops

    with ops.name_scope(options["name"], "Variable", skip_on_eager=False) as name:
        short = ops.name_from_scope_name(name)
    return _placeholder_class()(
        trainable=options["trainable"],
        shape=options["shape"],
        dtype=options["dtype"],
        handle=_handle(),
        handle_name=short,
        unique_id=short,
        name=name,
    )


@cache
def _handle() -> Any:
    """Return the handle that all placeholders share: making one is slow, and nobody reads it."""
    from tensorflow.python.ops.resource_variable_ops import UninitializedVariable

    return UninitializedVariable(trainable=False, name="placeholder", dtype="float32", shape=()).handle


@cache
def _placeholder_class() -> Any:
    # TensorFlow has no public variable without memory; the course pins the version that this was written for.
    from tensorflow.python.ops.resource_variable_ops import BaseResourceVariable

    class Placeholder(BaseResourceVariable):  # type: ignore[misc]  # TensorFlow has no types
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise ValueError("a planned tensor has a shape, but no values")

        numpy = __array__
        read_value = __array__

    return Placeholder
