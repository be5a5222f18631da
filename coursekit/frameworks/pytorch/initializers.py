"""How a new PyTorch model would be initialized, read from what its own code does.

The model's class is built once more on the ``meta`` device, where nothing is allocated, and every random or constant
fill is recorded: first those of the layers' constructors, then those of the model's own ``_init_weights``. The last one
that covers a whole tensor is what a learner finds in it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.initializers import Initializer
from coursekit.frameworks.pytorch.empty_model import meta, one_of_each_kind, owned_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    Step = tuple[str, tuple[float, ...]]

_FILLS = {"copy_", "fill_", "normal_", "trunc_normal_", "uniform_", "zero_"}
"""Operations that replace all numbers of a tensor; others modify them."""
_TRUNCATED = "_no_grad_trunc_normal_"
"""The function of ``torch.nn.init`` behind ``trunc_normal_``: it draws again what lies outside, which needs values."""


def initializers(model: Any) -> dict[str, Initializer]:
    """Return the initializer of each parameter of ``model`` that has one with a name."""
    import torch

    config = getattr(model, "config", None)
    if config is None or not hasattr(model, "_init_weights") or not hasattr(torch.nn.init, _TRUNCATED):
        return {}
    try:
        with meta(), _recorded() as steps:  # the mode that is entered last is asked first
            empty = one_of_each_kind(type(model))(deepcopy(config))
            for part in (*empty.modules(), *empty.parameters()):
                part.__dict__.pop("_is_hf_initialized", None)  # transformers skips what it marked so
            with torch.no_grad():
                for owner, module in owned_modules(empty):
                    owner._init_weights(module)  # noqa: SLF001  (what transformers calls)
            if hasattr(empty, "tie_weights"):
                empty.tie_weights()
    except Exception:  # noqa: BLE001  (a model that cannot be built empty shows its weights without a curve)
        return {}
    named = {name: _read(steps.get(_memory(p), [])) for name, p in empty.named_parameters(remove_duplicate=False)}
    return {name: initializer for name, initializer in named.items() if initializer is not None}


def _memory(tensor: Any) -> int:
    identity: int = tensor.untyped_storage()._cdata  # noqa: SLF001  (on the meta device all addresses are 0)
    return identity


@contextmanager
def _recorded() -> Iterator[dict[int, list[Step]]]:
    """Yield what this thread does to whole tensors inside the block, by the memory that it is done to."""
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    steps: dict[int, list[Step]] = {}
    kept = []  # memory that is freed could come back as another tensor's

    def note(tensor: Any, name: str, numbers: tuple[Any, ...]) -> None:
        kept.append(tensor.untyped_storage())
        if tensor.numel() * tensor.element_size() < kept[-1].nbytes():
            return  # one row, such as that of the padding token
        if name in _FILLS:
            steps[_memory(tensor)] = []
        values = tuple(float(number) for number in numbers if isinstance(number, (int, float)))
        steps.setdefault(_memory(tensor), []).append((name, values))

    class Recorder(TorchDispatchMode):  # type: ignore[misc] # mypy does not follow torch
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = func.overloadpacket.__name__
            if name.endswith("_") and args and isinstance(args[0], torch.Tensor):
                note(args[0], name, (*args[1:], *(kwargs or {}).values()))
            return func(*args, **(kwargs or {}))

    truncated = getattr(torch.nn.init, _TRUNCATED).__code__

    class Truncated(TorchFunctionMode):  # type: ignore[misc] # mypy does not follow torch
        """Asks each function whether it is called by the one that truncates, whose arguments say all."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            frame = sys._getframe(1)  # noqa: SLF001  (there is no other way to see who calls)
            if frame.f_code is not truncated:
                return func(*args, **(kwargs or {}))
            asked = frame.f_locals
            tensor = asked["tensor"]
            with torch._C.DisableTorchFunction():  # noqa: SLF001  (as PyTorch's own modes do)
                note(tensor, "trunc_normal_", tuple(asked[name] for name in ("mean", "std", "a", "b")))
                # The newest PyTorch asks for is_meta and leaves; older ones go on in place, which changes nothing here.
                return func(*args, **(kwargs or {})) if func == torch.Tensor.is_meta.__get__ else tensor

    with Recorder(), Truncated():
        yield steps


def _read(steps: list[Step]) -> Initializer | None:
    """Return the initializer that one recorded fill was; None for none, and for one that was modified afterwards."""
    if len(steps) != 1:
        return None
    name, numbers = steps[0]
    if name == "normal_":
        mean, std = (*numbers, *(0.0, 1.0)[len(numbers) :])  # the operation's own defaults
        return Initializer("normal", mean, std)
    if name == "uniform_":
        low, high = (*numbers, *(0.0, 1.0)[len(numbers) :])
        return Initializer("uniform", (low + high) / 2, (high - low) / 2)
    if name in {"zero_", "fill_"}:
        return Initializer("constant", numbers[0] if numbers else 0.0, 0.0)
    if name == "trunc_normal_":
        mean, std, low, high = numbers
        # All models of transformers cut symmetrically; another cut would need two numbers.
        symmetric = abs(low + high - 2 * mean) <= 1e-6 * (high - low)
        return Initializer("truncated normal", mean, std, cut=high - mean) if symmetric else None
    return None
