"""A real forward pass of a PyTorch model, recorded function by function.

A ``TorchFunctionMode`` sees every function that is called with tensors; hooks say which module is at work. Norms,
activations and dropout are kept as one operation each. Nothing of the model is replaced, and the hooks are removed.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.recording import ModuleCall, Operation, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

_NORM = re.compile(r"(?i)norm")
_ACTIVATION = re.compile(r"(?i)activation|gelu(activation)?$|^(leaky)?relu|^silu|^swish|^tanh$|^sigmoid$|^mish$")
_DROPOUT = re.compile(r"(?i)dropout|droppath|identity")
_KINDS = {
    "linear": ("linear", "addmm"),
    "embedding": ("embedding",),
    "activation": ("gelu", "relu", "silu", "tanh", "sigmoid", "hardswish", "relu6", "leaky_relu", "elu", "mish"),
    "attention": ("scaled_dot_product_attention",),
    "softmax": ("softmax",),
    "matmul": ("matmul", "__matmul__", "bmm", "__rmatmul__"),
    "add": ("add", "add_", "__add__", "__iadd__", "__radd__"),
    "subtract": ("sub", "sub_", "__sub__", "__isub__", "__rsub__", "rsub"),
    "multiply": ("mul", "mul_", "__mul__", "__imul__", "__rmul__", "multiply"),
    "divide": ("div", "div_", "__truediv__", "__itruediv__", "true_divide"),
    "fill": ("masked_fill", "masked_fill_", "where"),
    "same": (
        *(
            "view",
            "reshape",
            "contiguous",
            "to",
            "float",
            "type_as",
            "transpose",
            "permute",
            "dropout",
            "clone",
            "half",
        ),
        *(
            "swapaxes",
            "flatten",
            "squeeze",
            "unsqueeze",
            "detach",
            "type",
            "expand",
            "expand_as",
            "view_as",
            "unflatten",
        ),
        *("nan_to_num", "bfloat16", "repeat_kv"),
    ),
    "part": ("__getitem__", "select", "narrow"),
    "norm": ("layer_norm", "rms_norm"),
    "parts": ("chunk", "split", "unbind"),
}
_KIND = {name: kind for kind, names in _KINDS.items() for name in names}
_EPSILON = ("variance_epsilon", "eps", "epsilon", "layer_norm_eps")


def unwrapped(model: Any) -> Any:
    """Return the model inside of ``torch.compile`` or ``DataParallel``, which hide its modules."""
    import torch

    parallel = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)
    while True:
        inner = model.__dict__.get("_modules", {}).get("_orig_mod")
        if inner is None and isinstance(model, parallel):
            inner = model.module
        if inner is None:
            return model
        model = inner


def refusal(model: Any) -> str:
    """Return why no pass of this model can be recorded, or nothing."""
    import torch

    if isinstance(model, torch.jit.ScriptModule):
        return "it is a TorchScript module, whose insides Python does not see"
    tensors = [*model.parameters(), *model.buffers()]
    if any(tensor.is_meta for tensor in tensors):
        return "it, or a part of it, lies on the meta device, where tensors have a shape and no numbers"
    return ""


def in_training(model: Any) -> bool:
    """Tell whether dropout is at work in any part of the model."""
    return any(module.training for module in model.modules())


def weight_names(model: Any) -> dict[str, Any]:
    """Return, by the name of each weight, what reads it."""
    held = unwrapped(model).named_parameters(remove_duplicate=False)
    return {name: (lambda value=value: _array(value)) for name, value in held}


def vocabulary_size(model: Any) -> int | None:
    """Return the rows of the word table, or None where there is none."""
    try:
        return int(model.get_input_embeddings().weight.shape[0])
    except Exception:  # noqa: BLE001  (not every model says which it is)
        return None


def record(model: Any, inputs: Mapping[str, Any]) -> Recording:
    """Run ``model`` once in evaluation mode and return what happened.

    Parameters
    ----------
    model
        A ``torch.nn.Module``.
    inputs
        Arrays or tensors by name, with one sequence each.
    """
    import torch

    given = {name: torch.as_tensor(value) for name, value in inputs.items()}
    first = next(model.parameters(), None)
    if first is not None:
        given = {
            name: value.to(first.device, first.dtype if value.is_floating_point() else None)
            for name, value in given.items()
        }
    with warnings.catch_warnings(), torch.no_grad(), _evaluating(model), _random_state():
        warnings.simplefilter("ignore")  # what transformers says of its own layers
        return _Recorder(model).run(given)


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def _random_state() -> Iterator[None]:
    import torch

    state = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(state)


class _Recorder:
    def __init__(self, model: Any) -> None:
        self.model = model
        self.operations: list[Operation] = []
        self.calls: list[list[Any]] = []
        self.open: list[int] = []
        self.numbers: dict[int, int] = {}  # by id
        self.tensors: list[Any] = []  # by number; an object that lives keeps its id
        self.versions: list[int] = []
        self.arrays: dict[int, npt.NDArray[np.float32]] = {}
        self.made: set[int] = set()
        self.quiet = 0  # inside of a module that is kept as one operation
        self.names: dict[int, str] = {}
        self.held = dict(model.named_parameters(remove_duplicate=False))
        for name, value in self.held.items():
            self.names.setdefault(self.number(value), name)

    def run(self, inputs: dict[str, Any]) -> Recording:
        handles = []
        epsilon = {}
        try:
            for path, module in self.model.named_modules():
                whole = self._kept_whole(module)
                handles.append(module.register_forward_pre_hook(self._enter(path, whole), with_kwargs=True))
                handles.append(module.register_forward_hook(self._leave(path, whole)))
                found = [value for name in _EPSILON if isinstance(value := getattr(module, name, None), float)]
                if found:
                    epsilon[path] = found[0]
            entering = {name: self.number(value) for name, value in inputs.items()}
            accepts = _accepts(self.model)
            extra = {
                name: value for name, value in {"use_cache": False, "return_dict": True}.items() if name in accepts
            }
            with self._watch():
                result = self.model(**inputs, **extra)
        finally:
            for handle in handles:
                handle.remove()
        outputs = {name: self.number(value) for name, value in _named(result).items()}
        dtype = next((str(value.dtype).removeprefix("torch.") for value in self.held.values()), "float32")
        return Recording(
            operations=tuple(self.operations),
            calls=tuple(ModuleCall(*call) for call in self.calls),
            inputs=entering,
            outputs=outputs,
            weights=self.names,
            weight=self.weight,
            dtype=dtype,
            epsilon=epsilon,
            shapes={number: tuple(tensor.shape) for number, tensor in enumerate(self.tensors)},
            read=self.read,
        )

    def weight(self, name: str) -> npt.NDArray[np.float32]:
        value = self.held.get(name)
        if value is None or not value.is_floating_point():
            raise ValueError(f"{name} is packed or missing")
        return _array(value)

    def read(self, number: int) -> npt.NDArray[np.float32]:
        if number not in self.arrays:
            tensor = self.tensors[number]
            if tensor._version != self.versions[number]:  # noqa: SLF001  (PyTorch's own count of changes in place)
                raise ValueError("it was changed in place")
            self.arrays[number] = _array(tensor)
        return self.arrays[number]

    def number(self, tensor: Any) -> int:
        if id(tensor) not in self.numbers:
            self.numbers[id(tensor)] = len(self.tensors)
            self.tensors.append(tensor)
            self.versions.append(tensor._version)  # noqa: SLF001
        return self.numbers[id(tensor)]

    def _kept_whole(self, module: Any) -> str:
        """Return the kind of a module that is kept as one operation, else nothing."""
        name = type(module).__name__
        if any(True for _ in module.children()):
            return ""
        if _DROPOUT.search(name):
            return "same"
        if _ACTIVATION.search(name):
            return "activation"
        return "norm" if _NORM.search(name) else ""

    def _enter(self, path: str, whole: str) -> Any:
        def enter(module: Any, arguments: Any, keywords: Any) -> None:
            taken = tuple(self.number(tensor) for tensor in _tensors([arguments, keywords.values()]))
            self.calls.append([path, type(module).__name__, taken, (), len(self.operations), 0])
            self.open.append(len(self.calls) - 1)
            self.quiet += bool(whole)

        return enter

    def _leave(self, path: str, whole: str) -> Any:
        def leave(module: Any, arguments: Any, output: Any) -> None:
            self.quiet -= bool(whole)
            call = self.calls[self.open.pop()]
            taken = call[2] or tuple(self.number(tensor) for tensor in _tensors([arguments]))
            given = list(_tensors([output]))
            if whole and not self.quiet:
                self._keep(whole, type(module).__name__, path, taken, {}, given[:1])
            elif not self.quiet and given and id(given[0]) not in self.numbers and taken:
                # Made by what no function shows: a quantized layer.
                kind = "linear" if "linear" in type(module).__name__.lower() else "other"
                self._keep(kind, type(module).__name__, path, taken[:1], {}, given[:1])
            call[3] = tuple(map(self.number, given))
            call[5] = len(self.operations)

        return leave

    def _keep(self, kind: str, name: str, path: str, inputs: Any, constants: Any, results: list[Any]) -> None:  # noqa: PLR0917  (one for each part of the equation)
        for result in results:
            known = self.numbers.get(id(result))
            if known is not None and known in inputs and kind == "same":
                continue  # nothing was done: dropout in evaluation
            if known is not None:
                del self.numbers[id(result)]  # changed in place: from here on it is another value
            self.operations.append(Operation(kind, name, path, tuple(inputs), constants, self.number(result)))

    def _watch(self) -> Any:
        from torch.overrides import TorchFunctionMode

        recorder = self

        class Watch(TorchFunctionMode):  # type: ignore[misc]  # PyTorch is not checked here
            def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                kwargs = kwargs or {}
                if recorder.quiet:
                    return function(*args, **kwargs)
                return recorder.called(function, args, kwargs)

        return Watch()

    def called(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Run a function and note what it took and gave."""
        name = getattr(function, "__name__", "")
        changes = (name.endswith("_") and not name.endswith("__")) or name.startswith("__i") or name == "__setitem__"
        operands, constants = self._operands(args, kwargs)
        if changes:
            for number in operands[:1]:
                if number is not None:
                    self._remember(number)
        result = function(*args, **kwargs)
        if name == "__setitem__":
            result = args[0]
        results = list(_tensors([result]))
        if not results or name == "__get__":
            return result
        kind = _KIND.get(name, "other")
        if kind == "parts":
            kind = "part"
            for index, each in enumerate(results):
                self._keep(kind, name, self._path, operands, {**constants, "part": index}, [each])
            return result
        self._keep(kind, name, self._path, operands, constants, results)
        return result if name != "__setitem__" else None

    @property
    def _path(self) -> str:
        return self.calls[self.open[-1]][0] if self.open else ""

    def _operands(self, args: Any, kwargs: Any) -> tuple[list[int | None], dict[str | int, Any]]:
        operands: list[int | None] = []
        constants: dict[str | int, Any] = {}
        for index, item in [*enumerate(args), *kwargs.items()]:
            found = list(_tensors([item]))
            if found:
                operands += [self.number(tensor) for tensor in found]
                if isinstance(index, str):
                    constants[f"{index} at"] = len(operands) - 1
            else:
                if not isinstance(index, str):
                    operands.append(None)
                if (
                    isinstance(item, (bool, int, float, str))
                    or item is None
                    or (isinstance(item, tuple) and all(isinstance(each, (int, slice, type(...))) for each in item))
                ):
                    constants[index] = item
        return operands, constants

    def _remember(self, number: int) -> None:
        """Keep a value that is about to be changed in place."""
        tensor = self.tensors[number]
        if tensor._version == self.versions[number]:  # noqa: SLF001
            self.arrays[number] = _array(tensor.clone())


def _array(tensor: Any) -> npt.NDArray[np.float32]:
    import torch

    values = tensor.detach().to("cpu")
    if values.is_floating_point():
        values = values.to(torch.float32)
    array: npt.NDArray[np.float32] = values.numpy()
    return array


def _accepts(model: Any) -> set[str]:
    import inspect

    return set(inspect.signature(model.forward).parameters)


def _tensors(found: Any) -> Iterator[Any]:
    """Yield the tensors in nested lists and dictionaries, in order."""
    import torch

    for item in found:
        if isinstance(item, torch.Tensor):
            yield item
        elif isinstance(item, Mapping):
            yield from _tensors(item.values())
        elif isinstance(item, (list, tuple, type({}.values()))):
            yield from _tensors(item)


def _named(result: Any) -> dict[str, Any]:
    import torch

    if isinstance(result, torch.Tensor):
        return {"output": result}
    if isinstance(result, (list, tuple)) and not isinstance(result, Mapping):
        return {f"output {index}": value for index, value in enumerate(result) if isinstance(value, torch.Tensor)}
    fields = result.items() if isinstance(result, Mapping) else ()
    return {name: value for name, value in fields if isinstance(value, torch.Tensor)}
