"""Build a PyTorch model for its shapes alone: whatever would fill a tensor does nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def shapes_only() -> Any:
    """Return a context in which new tensors have a shape and no memory, and none is filled.

    It holds for the current thread only. transformers' own ``no_init_weights`` replaces functions for the whole process
    and skips the tying of weights, so the count would be wrong for models that share them.
    """
    return _unfilled_class()("meta")


def unfilled_model(config: Any, auto_class: Any) -> Any:
    """Return ``auto_class.from_config(config)`` for its parameters' shapes, without initializing every one."""
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
    """Return ``cls`` under its own name, with an ``initialize_weights`` that looks at one module of each class.

    A model whose code for that fails cannot be built at all, so it must fail here too.
    """
    import torch
    from transformers import PreTrainedModel

    def kinds(module: Any, owner: Any) -> Iterator[tuple[tuple[type, type], tuple[Any, Any]]]:
        # As transformers does: children first, and what stands in a model inside the model is that one's business.
        for child in module.children():
            yield from kinds(child, child if isinstance(child, PreTrainedModel) else owner)
        if not getattr(module, "_is_hf_initialized", False):
            yield (type(owner), type(module)), (owner, module)

    def initialize_weights(model: Any) -> None:
        with torch.no_grad():
            for owner, module in dict(kinds(model, model)).values():
                owner._init_weights(module)  # noqa: SLF001  (what transformers calls)

    names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    return type(cls)(cls.__name__, (cls,), {**names, "initialize_weights": initialize_weights})


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
