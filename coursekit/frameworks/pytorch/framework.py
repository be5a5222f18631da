"""PyTorch, seen from the facts."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.frameworks import weight_names
from coursekit.frameworks.base import Framework, Parameter
from coursekit.frameworks.pytorch import module_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from coursekit.frameworks.expected_tensors import ExpectedTensors
    from coursekit.frameworks.initializers import Initializer
    from coursekit.frameworks.module_tree import Module
    from coursekit.frameworks.trace import Lengths, Trace


class PyTorch(Framework):
    """PyTorch through ``torch``; empty models live on its ``meta`` device, which stores shapes only."""

    name = "pytorch"
    label = "PyTorch"
    module = "torch"
    class_prefix = ""
    switch = "USE_TORCH"
    weight_files = weight_names.PYTORCH
    tensor_call = "torch.tensor"
    return_tensors = "pt"

    def is_tensor(self, value: object) -> bool:
        """Tell whether ``value`` is a ``torch.Tensor``."""
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(value, torch.Tensor)

    def is_model(self, value: object) -> bool:
        """Tell whether ``value`` is a ``torch.nn.Module``."""
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(value, torch.nn.Module)

    def to_numpy(self, tensor: Any) -> npt.NDArray[np.generic]:
        """Return the values of a ``torch.Tensor`` as a NumPy array of the same shape."""
        import torch

        if tensor.is_meta:
            raise ValueError("a tensor on the meta device has a shape, but no values")
        values = tensor.detach().to("cpu").resolve_conj().resolve_neg()
        if values.dtype == torch.bfloat16 or (values.dtype.itemsize == 1 and values.is_floating_point()):
            values = values.to(torch.float32)  # NumPy has no bfloat16 and no float8
        array: npt.NDArray[np.generic] = values.numpy()
        return array

    def tensor(self, values: Any) -> Any:
        """Return ``torch.tensor(values)``."""
        import torch

        return torch.tensor(values)

    def lookup(self, ids: Any, rows: int) -> None:
        """Look ``ids`` up in an embedding of ``rows`` rows, one number wide: the error does not depend on the width."""
        import torch

        torch.nn.functional.embedding(torch.tensor(ids), torch.empty(rows, 1))

    def seed(self, number: int) -> None:
        """Seed PyTorch on every device."""
        import torch

        torch.manual_seed(number)

    def parameters(self, model: Any) -> list[Parameter]:
        """Return ``model``'s parameters by name; tied ones stand under every name and point to the first."""
        return self.state(model.named_parameters(remove_duplicate=False))

    def state(self, tensors: Iterable[tuple[str, Any]]) -> list[Parameter]:
        """Return the tensors of a state dictionary, by name, as :meth:`parameters` does."""
        first_names: dict[tuple[object, ...], str] = {}
        found = []
        for name, value in tensors:
            first = first_names.setdefault(_memory(value), name)
            found.append(
                Parameter(
                    name=name,
                    shape=tuple(value.shape),
                    dtype=str(value.dtype).removeprefix("torch."),
                    itemsize=value.element_size(),
                    trainable=value.requires_grad,
                    tied_to=None if first == name else first,
                    read=partial(self.to_numpy, value),
                    part=partial(self._part, value),
                )
            )
        return found

    def _part(self, tensor: Any, start: int, stop: int) -> npt.NDArray[np.generic]:
        return self.to_numpy(tensor.detach()[start:stop])

    def initializers(self, model: Any) -> dict[str, Initializer]:
        """Return the initializers that building an empty model of the same class and config shows."""
        from coursekit.frameworks.pytorch.initializers import initializers

        return initializers(model)

    def empty_model(self, config: Any, model_class: Any = None) -> Any:
        """Return the model built on the ``meta`` device; see :mod:`~coursekit.frameworks.pytorch.empty_model`."""
        from coursekit.frameworks.pytorch.empty_model import empty_model

        return empty_model(config, model_class or self.auto_class())

    def expected_tensors(self, config: Any, model_class: Any, *, keras_names: bool) -> ExpectedTensors:
        """Return what the state dictionary of an empty model holds."""
        from coursekit.frameworks.pytorch.expected_tensors import expected_tensors

        if keras_names:
            raise ValueError("PyTorch does not know the names of a file that TensorFlow wrote")
        return expected_tensors(config, model_class)

    def modules(self, model: Any) -> list[Module]:
        """Return every module."""
        return module_tree.modules(model)

    def paths(self, model: Any) -> list[str]:
        """Return the paths of :meth:`modules`."""
        return module_tree.paths(model)

    def shapes(self, model: Any) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight by its path."""
        return module_tree.shapes(model)

    def path_of(self, name: str) -> str:
        """Return ``name``: parameters are named by their paths."""
        return name

    def devices(self, model: Any) -> dict[str, str]:
        """Return the device of every weight by its path."""
        return module_tree.devices(model)

    def trace(self, model: Any, lengths: Lengths, *, origins: bool) -> Trace:
        """Run an empty model once; see :mod:`~coursekit.frameworks.pytorch.trace`."""
        from coursekit.frameworks.pytorch.trace import trace

        return trace(model, lengths, origins=origins)

    def recording(self) -> Any:
        """Return :mod:`coursekit.frameworks.pytorch.recording`."""
        from coursekit.frameworks.pytorch import recording

        return recording


def _memory(parameter: Any) -> tuple[object, ...]:
    """Return what two parameters share exactly when they show the same numbers in the same memory."""
    if parameter.is_meta or parameter.numel() == 0:
        return (id(parameter),)
    return parameter.data_ptr(), parameter.dtype, parameter.shape, parameter.stride()
