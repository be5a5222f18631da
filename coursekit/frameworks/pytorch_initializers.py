"""How a new PyTorch model would be initialized, read from what its own code does.

The model's class is built once more on the ``meta`` device, where nothing is allocated, and every random or constant
fill is recorded: first those of the layers' constructors, then those of the model's own ``_init_weights``. The last one
that covers a whole tensor is what a learner finds in it.
"""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.initializers import Initializer

if TYPE_CHECKING:
    from collections.abc import Iterator

    Step = tuple[str, tuple[float, ...]]

_FILLS = {"copy_", "fill_", "normal_", "trunc_normal_", "uniform_", "zero_"}
"""Operations that replace all numbers of a tensor; others modify them."""
_TRUNCATED = "_no_grad_trunc_normal_"
"""The function of ``torch.nn.init`` behind ``trunc_normal_``, which does nothing at all on the meta device."""


def initializers(model: Any) -> dict[str, Initializer]:
    """Return the initializer of each parameter of ``model`` that has one with a name."""
    import torch

    config = getattr(model, "config", None)
    if config is None or not hasattr(model, "initialize_weights") or not hasattr(torch.nn.init, _TRUNCATED):
        return {}
    try:
        with torch.random.fork_rng(devices=[]), _recorded() as steps, torch.device("meta"):
            planned = type(model)(deepcopy(config))
            for part in (*planned.modules(), *planned.parameters()):
                # transformers skips what it marked as initialized, and version 5 skips the meta device when it builds.
                part.__dict__.pop("_is_hf_initialized", None)
            planned.initialize_weights()
    except Exception:  # noqa: BLE001  (a model that cannot be planned shows its weights without a curve)
        return {}
    named = {name: _read(steps.get(_memory(p), [])) for name, p in planned.named_parameters(remove_duplicate=False)}
    return {name: initializer for name, initializer in named.items() if initializer is not None}


def _memory(tensor: Any) -> int:
    identity: int = tensor.untyped_storage()._cdata  # noqa: SLF001  (on the meta device all addresses are 0)
    return identity


@contextmanager
def _recorded() -> Iterator[dict[int, list[Step]]]:
    """Yield what is done to whole tensors inside the block, by the memory that it is done to."""
    import torch
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

    original = getattr(torch.nn.init, _TRUNCATED)

    def truncated(tensor: Any, mean: float, std: float, a: float, b: float, **_: Any) -> Any:
        note(tensor, "trunc_normal_", (mean, std, a, b))
        return tensor

    def patched(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        call = truncated if tensor.is_meta else original  # another thread may draw real numbers meanwhile
        return call(tensor, *args, **kwargs)

    setattr(torch.nn.init, _TRUNCATED, patched)
    try:
        with Recorder():
            yield steps
    finally:
        setattr(torch.nn.init, _TRUNCATED, original)


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
