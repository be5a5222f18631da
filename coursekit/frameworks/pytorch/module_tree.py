"""The modules of a PyTorch model and the shapes of its weights."""

from __future__ import annotations

from typing import Any

from coursekit.frameworks.module_tree import Module, first_sentence


def modules(model: Any) -> list[Module]:
    """Return every module under every path that leads to it, parents first."""
    return [
        Module(path, type(module).__name__, first_sentence(type(module).__dict__.get("__doc__")))
        for path, module in model.named_modules(remove_duplicate=False)
    ]


def paths(model: Any) -> list[str]:
    """Return the paths of :func:`modules`."""
    return [path for path, _ in model.named_modules(remove_duplicate=False)]


def shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter by its name."""
    return {name: tuple(value.shape) for name, value in model.named_parameters(remove_duplicate=False)}


def devices(model: Any) -> dict[str, str]:
    """Return the device of every parameter by its name."""
    return {name: str(value.device) for name, value in model.named_parameters(remove_duplicate=False)}
