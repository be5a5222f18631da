"""Let code that asks for ``torch.autocast("meta")``, an error in PyTorch, run on an empty model.

transformers 4 turns autocast off in every rotary embedding. What is exchanged are methods of the empty model's own
modules, never ``torch.autocast``, which other threads use.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import cache
from types import CellType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def tolerate_autocast(model: Any) -> Iterator[None]:
    """Let ``autocast`` do nothing in the modules of an empty model."""
    changed = []
    for module in model.modules():
        cls: Any = type(module)
        for name, function in _asking(cls).items():
            if name not in vars(module):
                vars(module)[name] = MethodType(function, module)
                changed.append((module, name))
    try:
        yield
    finally:
        for module, name in changed:
            del vars(module)[name]


class _Torch:
    """The module ``torch`` with another ``autocast``."""

    def __getattr__(self, name: str) -> Any:
        import torch

        return getattr(torch, name)

    def autocast(self, device_type: str, *arguments: Any, **keywords: Any) -> Any:
        import torch

        return nullcontext() if device_type == "meta" else torch.autocast(device_type, *arguments, **keywords)


@cache
def _asking(cls: Any) -> dict[str, FunctionType]:
    """Return the methods of a class that ask for autocast, as they are with :class:`_Torch`."""
    import torch

    found: dict[str, FunctionType] = {}
    for parent in cls.__mro__:
        if parent is torch.nn.Module:
            break
        for name, value in vars(parent).items():
            if isinstance(value, FunctionType) and name not in found and _asks(value):
                found[name] = _changed(value)
    return found


def _functions(function: FunctionType) -> list[FunctionType]:
    """Return the functions that a decorated one wraps."""
    return [cell.cell_contents for cell in function.__closure__ or () if _holds_function(cell)]


def _holds_function(cell: CellType) -> bool:
    try:
        return isinstance(cell.cell_contents, FunctionType)
    except ValueError:  # not filled yet
        return False


def _asks(function: FunctionType) -> bool:
    return "autocast" in function.__code__.co_names or any(
        _asks(inner) for inner in _functions(function) if inner is not function
    )


def _changed(function: FunctionType) -> FunctionType:
    names = function.__globals__
    if "autocast" in function.__code__.co_names and "torch" in names:
        names = {**names, "torch": _Torch()}
    closure = tuple(
        CellType(_changed(cell.cell_contents)) if _holds_function(cell) and _asks(cell.cell_contents) else cell
        for cell in function.__closure__ or ()
    )
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, closure or None)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__dict__.update(function.__dict__)  # inspect.signature follows __wrapped__
    return copy
