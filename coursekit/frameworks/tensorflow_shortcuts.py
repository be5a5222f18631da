"""What tf-keras looks up again for every layer is looked up once while a model is planned; the model is the same."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from threading import RLock
from types import FunctionType, MethodType, SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN = frozenset({bool, int, float, str, type(None), FunctionType, MethodType})
_lock = RLock()  # two threads that took turns could leave a shortcut behind


@contextmanager
def shortcuts() -> Iterator[None]:
    """Make layers faster: half of the time that a BERT takes is bookkeeping that cannot find anything.

    tf-keras has no public switch for it; the course pins the version that this was written for.
    """
    import inspect

    from tf_keras.src.dtensor import utils as dtensor
    from tf_keras.src.engine.base_layer import Layer
    from tf_keras.src.utils import tf_inspect

    with _lock:
        own = [
            (Layer, "__setattr__", _untracked(Layer.__setattr__)),
            (tf_inspect, "getfullargspec", _once(tf_inspect.getfullargspec)),
            (dtensor, "inspect", SimpleNamespace(signature=cache(inspect.signature))),
        ]
        before = [getattr(place, name) for place, name, _ in own]
        for place, name, value in own:
            setattr(place, name, value)
        try:
            yield
        finally:
            for (place, name, _), value in zip(own, before, strict=True):
                setattr(place, name, value)


def _untracked(tracked: Callable[[Any, str, Any], None]) -> Callable[[Any, str, Any], None]:
    """Return a ``__setattr__`` that looks for weights and layers only in values that can hold any."""
    plainly = object.__setattr__

    def set_attribute(self: Any, name: str, value: Any) -> None:
        if type(value) in _PLAIN and type(self.__dict__.get(name)) in _PLAIN:
            plainly(self, name, value)
        else:
            tracked(self, name, value)

    return set_attribute


def _once(look_up: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return ``look_up`` with a memory; all instances of a class have one method."""
    known = cache(look_up)
    return lambda function: known(getattr(function, "__func__", function))
