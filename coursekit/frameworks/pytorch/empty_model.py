"""An empty PyTorch model: its modules are real, its tensors have a shape and a type, and no memory.

It is built on the ``meta`` device, and whatever would fill a tensor does nothing. All of that belongs to this thread:
transformers' own ``no_init_weights`` and ``_from_config`` replace functions and the default dtype of the whole process,
so that models which another thread builds meanwhile would stay uninitialized or get another dtype.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def empty_model(config: Any, model_class: Any) -> Any:
    """Return a model of ``config`` on the ``meta`` device, as for inference, its tied weights tied.

    Parameters
    ----------
    config
        A config of transformers; the model gets a copy.
    model_class
        A model class or an auto class.
    """
    config = deepcopy(config)
    cls = _class_for(config, model_class)
    dtype, inner = _take_dtypes(config)
    config._attn_implementation = "eager"  # noqa: SLF001  (eager attention asks no tensor for its values)
    with meta(dtype=dtype, fill=False):
        model = one_of_each_kind(cls)(config)
        if hasattr(model, "tie_weights"):
            model.tie_weights()  # transformers leaves that out while another thread loads a checkpoint
    for part in model.modules() if inner else ():
        if (own := inner.get(type(getattr(part, "config", None)))) is not None:
            part.to(own)
    return model.eval()


def _class_for(config: Any, model_class: Any) -> Any:
    mapping = getattr(model_class, "_model_mapping", None)
    if mapping is None:
        return model_class
    if type(config) not in mapping:
        return model_class.from_config(config)  # which says that it knows no model for it
    from transformers.models.auto.auto_factory import _get_model_class

    return _get_model_class(config, mapping)


def _take_dtypes(config: Any) -> tuple[Any, dict[type, Any]]:
    """Take the dtypes out of a config and those inside it; return its own, and others by the config's class.

    transformers sets the default dtype of the process to what it finds there.
    """
    import torch
    from transformers import PretrainedConfig

    def take(part: Any) -> Any:
        name = "dtype" if "dtype" in vars(part) else "torch_dtype"
        found = vars(part).get(name)
        if found is not None:
            setattr(part, name, None)
        found = getattr(torch, found) if isinstance(found, str) else found
        if found is not None and not found.is_floating_point:
            raise ValueError(f"a model cannot be built with the type {found}, whose numbers have no fractions")
        return found

    def parts(whole: Any) -> Iterator[Any]:
        for value in vars(whole).values():
            if isinstance(value, PretrainedConfig):
                yield value
                yield from parts(value)

    own = take(config)
    inner = {type(part): take(part) for part in parts(config)}
    return own, {kind: dtype for kind, dtype in inner.items() if dtype not in {None, own}}


def one_of_each_kind(cls: Any) -> Any:
    """Return ``cls`` under its own name; its new models initialize one module of each kind, those of others none.

    A model whose code for that fails cannot be built at all, so it must fail here too.
    """
    return _quick(cls) if hasattr(cls, "_initialize_weights") else cls


@cache
def _quick(cls: Any) -> Any:
    import torch

    def initialize_weights(model: Any) -> None:
        kinds = {(type(owner), type(module)): (owner, module) for owner, module in owned_modules(model)}
        with torch.no_grad():
            for owner, module in kinds.values():
                owner._init_weights(module)  # noqa: SLF001  (what transformers calls)

    names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    return type(cls)(cls.__name__, (cls,), {**names, "initialize_weights": initialize_weights})


def owned_modules(model: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each module and the model that initializes it, in transformers' order: children first.

    What stands in a model inside the model is that one's business. Modules marked as initialized are left out.
    """
    from transformers import PreTrainedModel

    def walk(module: Any, owner: Any) -> Iterator[tuple[Any, Any]]:
        for child in module.children():
            yield from walk(child, child if isinstance(child, PreTrainedModel) else owner)
        if not getattr(module, "_is_hf_initialized", False):
            yield owner, module

    yield from walk(model, model)


def meta(*, dtype: Any = None, fill: bool = True) -> Any:
    """Return a context in which this thread's new tensors have no memory.

    Parameters
    ----------
    dtype
        What new tensors of fractions are made of where the code does not say; the default dtype without it.
    fill
        Whether functions that fill a tensor are called; they take most of the time, and have nothing to fill.
    """
    return _meta_class()(dtype, _fills() if not fill else frozenset())


@cache
def _meta_class() -> Any:
    # torch.device("meta") as a context notes its device for the whole process too, and asking a second mode about every
    # function takes time; this is the same for one thread.
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._device import _device_constructors

    constructors = _device_constructors()
    device = torch.device("meta")
    fractions = {torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.eye, torch.linspace}
    inferred = {torch.full, torch.tensor, torch.as_tensor, torch.arange, torch.range}

    class Meta(TorchFunctionMode):  # type: ignore[misc]  # PyTorch is not type-checked here
        def __init__(self, dtype: Any, fills: frozenset[Callable[..., Any]]) -> None:
            super().__init__()
            self.dtype, self.fills = dtype, fills

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func in self.fills:
                return args[0] if args else kwargs["tensor"]
            kwargs = kwargs or {}
            if func in constructors:
                if kwargs.get("device") is None:
                    kwargs["device"] = device
                undecided = self.dtype is not None and kwargs.get("dtype") is None
                if undecided and (func in fractions or (func in inferred and _has_float([args, kwargs]))):
                    kwargs["dtype"] = self.dtype
            return func(*args, **kwargs)

    return Meta


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return any(map(_has_float, value)) if isinstance(value, (list, tuple)) else isinstance(value, float)


@cache
def _fills() -> frozenset[Callable[..., Any]]:
    import torch

    methods = [getattr(torch.Tensor, name) for name in ("normal_", "uniform_", "zero_", "fill_")]
    init = [getattr(torch.nn.init, name) for name in dir(torch.nn.init) if name.endswith("_") and name[0] != "_"]
    return frozenset([*methods, *init])
