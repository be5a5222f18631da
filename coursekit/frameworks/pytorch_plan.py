"""Build a PyTorch model for its shapes alone: whatever would fill a tensor does nothing."""

from __future__ import annotations

from functools import cache
from typing import Any


def unfilled() -> Any:
    """Return a context in which new weights are not initialized; it holds for the current thread only.

    transformers' own ``no_init_weights`` replaces functions for the whole process and skips the tying of weights, so
    the count would be wrong for models that share them.
    """
    from torch.overrides import TorchFunctionMode

    fills = _fills()

    class Unfilled(TorchFunctionMode):  # type: ignore[misc]  # PyTorch is not type-checked here
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func in fills:
                return args[0] if args else kwargs["tensor"]
            return func(*args, **(kwargs or {}))

    return Unfilled()


@cache
def _fills() -> frozenset[Any]:
    import torch

    methods = [getattr(torch.Tensor, name) for name in ("normal_", "uniform_", "zero_", "fill_")]
    init = [getattr(torch.nn.init, name) for name in dir(torch.nn.init) if name.endswith("_") and name[0] != "_"]
    return frozenset([*methods, *init])
