"""Build a PyTorch model for its shapes alone: whatever would fill a tensor does nothing."""

from __future__ import annotations

from functools import cache
from typing import Any


def shapes_only() -> Any:
    """Return a context in which new tensors have a shape and no memory, and none is filled.

    It holds for the current thread only. transformers' own ``no_init_weights`` replaces functions for the whole process
    and skips the tying of weights, so the count would be wrong for models that share them.
    """
    return _unfilled_class()("meta")


def unfilled_model(config: Any, auto_class: Any) -> Any:
    """Return ``auto_class.from_config(config)`` for its parameters' shapes, without the walk that initializes them."""
    try:
        found = auto_class._model_mapping[type(config)]  # noqa: SLF001  (there is no public way to ask)
    except KeyError:
        found = None
    # transformers 5 initializes nothing on the meta device; where an architecture has several models, it chooses.
    if not isinstance(found, type) or not hasattr(found, "_initialize_weights") or not _walks():
        return auto_class.from_config(config)
    return _without_walk(found)._from_config(config)  # noqa: SLF001  (what from_config calls)


def _walks() -> bool:
    import transformers

    return int(transformers.__version__.partition(".")[0]) < 5  # noqa: PLR2004  (the version that stopped)


@cache
def _without_walk(cls: Any) -> Any:
    """Return ``cls`` under its own name, with an ``initialize_weights`` that does nothing."""
    names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    return type(cls)(cls.__name__, (cls,), {**names, "initialize_weights": lambda _: None})


@cache
def _unfilled_class() -> Any:
    # What torch.device("meta") enters. A second mode around it would be asked about every function once more, and
    # filling tensors that have no values takes most of the time.
    from torch.utils._device import DeviceContext, _device_constructors

    fills, constructors = _fills(), _device_constructors()

    class Unfilled(DeviceContext):  # type: ignore[misc]  # PyTorch is not type-checked here
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func in fills:
                return args[0] if args else kwargs["tensor"]
            kwargs = kwargs or {}
            if func in constructors and kwargs.get("device") is None:
                kwargs["device"] = self.device
            return func(*args, **kwargs)

    return Unfilled


@cache
def _fills() -> frozenset[Any]:
    import torch

    methods = [getattr(torch.Tensor, name) for name in ("normal_", "uniform_", "zero_", "fill_")]
    init = [getattr(torch.nn.init, name) for name in dir(torch.nn.init) if name.endswith("_") and name[0] != "_"]
    return frozenset([*methods, *init])
