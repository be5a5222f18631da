"""PyTorch, seen from the facts."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.frameworks import weight_names
from coursekit.frameworks.base import Framework, Parameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from coursekit.frameworks.anatomy import Anatomy
    from coursekit.frameworks.initializers import Initializer


class PyTorch(Framework):
    """PyTorch through ``torch``; planned models live on its ``meta`` device, which stores shapes only."""

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
        first_names: dict[tuple[object, ...], str] = {}
        found = []
        for name, value in model.named_parameters(remove_duplicate=False):
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
        """Return the initializers that building the model once more on the ``meta`` device shows."""
        from coursekit.frameworks.pytorch_initializers import initializers

        return initializers(model)

    def plan(self, config: Any, task: str = "") -> Any:
        """Return ``AutoModel.from_config(config)`` built on the ``meta`` device."""
        from coursekit.frameworks.pytorch_plan import shapes_only

        with shapes_only():
            return self.auto_class(task).from_config(config)

    def planned_parameters(self, config: Any, task: str = "") -> list[Parameter]:
        """Return the parameters that the model would have."""
        from coursekit.frameworks.pytorch_plan import shapes_only, unfilled_model

        with shapes_only():
            model = unfilled_model(config, self.auto_class(task))
        return self.parameters(model)

    def anatomy(self) -> Anatomy:
        """Return :mod:`coursekit.frameworks.pytorch_anatomy`."""
        from coursekit.frameworks import pytorch_anatomy

        return pytorch_anatomy


def _memory(parameter: Any) -> tuple[object, ...]:
    """Return what two parameters share exactly when they show the same numbers in the same memory."""
    if parameter.is_meta or parameter.numel() == 0:
        return (id(parameter),)
    return parameter.data_ptr(), parameter.dtype, parameter.shape, parameter.stride()
