"""A real forward pass of a TensorFlow model, recorded operation by operation.

TensorFlow's own operation callbacks see everything that runs eagerly. The ``call`` of each layer is wrapped for the
pass to know which layer is at work; norms, activations, dense layers and embeddings are kept as one operation each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.frameworks.recording import ModuleCall, Operation, Recording
from coursekit.frameworks.tensorflow.module_tree import layers as layers_by_path
from coursekit.frameworks.tensorflow.module_tree import path_of as dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

_KINDS = {
    "matmul": ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"),
    "softmax": ("Softmax",),
    "add": ("Add", "AddV2", "BiasAdd"),
    "subtract": ("Sub",),
    "multiply": ("Mul",),
    "divide": ("RealDiv", "Div"),
    "fill": ("SelectV2",),
    "activation": ("Tanh", "Relu", "Sigmoid", "Elu"),
    "same": ("Reshape", "Transpose", "Identity", "Cast", "ExpandDims", "Squeeze", "StopGradient", "BroadcastTo"),
    "part": ("StridedSlice", "Split", "SplitV", "GatherV2", "Unpack", "Slice"),
}
_KIND = {name: kind for kind, names in _KINDS.items() for name in names}
_NORM = re.compile(r"(?i)norm")
_EPSILON = ("epsilon", "variance_epsilon", "eps")


def unwrapped(model: Any) -> Any:
    """Return the model: TensorFlow wraps none."""
    return model


def refusal(model: Any) -> str:
    """Return why no pass of this model can be recorded, or nothing."""
    try:
        weights = model.weights
    except ValueError:
        return "TensorFlow makes its weights when it is first called, which has not happened yet"
    if any(not hasattr(weight, "numpy") for weight in weights):
        return "its weights are symbolic, without numbers"
    return ""


def in_training(model: Any) -> bool:  # noqa: ARG001  (a call says it, not the model)
    """Tell whether dropout is at work: in TensorFlow only where a call asks for it."""
    return False


def weight_names(model: Any) -> dict[str, Any]:
    """Return, by the name of each weight, what reads it."""
    return {dotted(weight.name): weight.numpy for weight in model.weights}


def vocabulary_size(model: Any) -> int | None:
    """Return the rows of the word table, or None where there is none."""
    try:
        return int(model.get_input_embeddings().weight.shape[0])
    except Exception:  # noqa: BLE001  (not every model says which it is)
        return None


def record(model: Any, inputs: Mapping[str, Any]) -> Recording:
    """Run ``model`` once, without dropout, and return what happened.

    Parameters
    ----------
    model
        A Keras model of transformers.
    inputs
        Arrays by name, with one sequence each.
    """
    import tensorflow as tf

    def tensor(value: Any) -> Any:
        value = np.asarray(value)
        return tf.constant(value.astype(np.int32) if value.dtype.kind in "iub" else value.astype(np.float32))

    return _Recorder(model).run({name: tensor(value) for name, value in inputs.items()})


class _Recorder:
    def __init__(self, model: Any) -> None:
        self.model = model
        self.operations: list[Operation] = []
        self.calls: list[list[Any]] = []
        self.open: list[int] = []
        self.numbers: dict[int, int] = {}
        self.tensors: list[Any] = []
        self.quiet = 0
        self.names: dict[int, str] = {}
        self.held: dict[str, Any] = {}

    def run(self, inputs: dict[str, Any]) -> Recording:
        from tensorflow.python.framework import op_callbacks

        epsilon: dict[str, float] = {}
        wrapped = []
        entering = {name: self.number(value) for name, value in inputs.items()}
        layers = layers_by_path(self.model)
        try:
            for path, layer in layers.items():
                stated = [e for name in _EPSILON if isinstance(e := getattr(layer, name, None), float)]
                epsilon |= {path: stated[0]} if stated else {}
                if "call" not in layer.__dict__:
                    object.__setattr__(layer, "call", self._wrapped(path, layer))
                    wrapped.append(layer)
            with _callback(op_callbacks, self._seen):
                result = self.model(inputs, training=False)
        finally:
            for layer in wrapped:
                layer.__dict__.pop("call", None)
        for weight in self.model.weights:
            self.held.setdefault(dotted(weight.name), weight)
        outputs = {name: self.number(value) for name, value in _named(result).items()}
        dtype = next((weight.dtype.name for weight in self.held.values()), "float32")
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
        if name not in self.held:
            raise ValueError(f"{name} is missing")
        array: npt.NDArray[np.float32] = self.held[name].numpy()
        return array

    def read(self, number: int) -> npt.NDArray[np.float32]:
        array: npt.NDArray[Any] = self.tensors[number].numpy()
        return array.astype(np.float32) if array.dtype.kind in "fV" else array

    def number(self, tensor: Any) -> int:
        if id(tensor) not in self.numbers:
            self.numbers[id(tensor)] = len(self.tensors)
            self.tensors.append(tensor)
        return self.numbers[id(tensor)]

    def _variable(self, variable: Any) -> int:
        """Return the number of a weight, which is a value of its own."""
        number = self.number(variable)
        name = dotted(variable.name)
        self.names[number] = name
        self.held.setdefault(name, variable)
        return number

    def _whole(self, layer: Any) -> str:
        name = type(layer).__name__
        if list(layer._flatten_layers(recursive=False, include_self=False)):  # noqa: SLF001  (Keras has no public way)
            return ""
        weights = [weight.name.rpartition("/")[2].partition(":")[0] for weight in layer.weights]
        if name == "Dropout":
            return "same"
        if name in {"Dense", "TFConv1D"}:
            return "linear"
        if name == "Embedding":
            return "embedding"
        return "norm" if _NORM.search(name) and weights else ""

    def _wrapped(self, path: str, layer: Any) -> Any:
        call = layer.call
        whole = self._whole(layer)

        def wrapper(*arguments: Any, **keywords: Any) -> Any:
            taken = tuple(self.number(tensor) for tensor in _tensors([arguments, keywords]))
            self.calls.append([path, type(layer).__name__, taken, (), len(self.operations), 0])
            self.open.append(len(self.calls) - 1)
            kept = len(self.operations)
            self.quiet += bool(whole)
            try:
                output = call(*arguments, **keywords)
            finally:
                self.quiet -= bool(whole)
                at = self.open.pop()
            given = list(_tensors([output]))
            if whole and not self.quiet and given and self.number(given[0]) not in taken:
                del self.operations[kept:]
                self._layer(whole, type(layer).__name__, path, layer, taken[:1], given[0])
            self.calls[at][3] = tuple(map(self.number, given))
            self.calls[at][5] = len(self.operations)
            return output

        wrapper.__wrapped__ = call  # type: ignore[attr-defined]  # Keras reads the signature behind it
        return wrapper

    def _layer(self, kind: str, name: str, path: str, layer: Any, taken: Any, given: Any) -> None:  # noqa: PLR0917  (one for each part of the equation)
        weights = tuple(self._variable(weight) for weight in layer.weights) if kind != "same" else ()
        self._keep(kind, "MatMul" if kind == "linear" else name, path, (*taken, *weights), {}, given)
        activation = getattr(layer, "activation", None)
        if kind == "linear" and activation is not None and getattr(activation, "__name__", "linear") != "linear":
            # The dense layer has its activation inside: what comes before it is computed once more.
            import tensorflow as tf

            last = self.operations.pop()
            bias = 0.0 if layer.bias is None else layer.bias
            product = tf.matmul(self.tensors[taken[0]], layer.kernel) + bias
            del self.numbers[id(given)]
            self._keep("linear", "MatMul", path, last.inputs, {}, product)
            self._keep("activation", activation.__name__, path, (self.number(product),), {}, given)

    def _keep(self, kind: str, name: str, path: str, inputs: Any, constants: Any, result: Any) -> None:  # noqa: PLR0917  (one for each part of the equation)
        self.operations.append(Operation(kind, name, path, tuple(inputs), constants, self.number(result)))

    def _seen(  # noqa: PLR0917  (one for each part of the equation)
        self,
        op_type: Any,
        inputs: Any,
        attrs: Any,
        outputs: Any,
        op_name: Any = None,  # noqa: ARG002  (TensorFlow's protocol)
        graph: Any = None,  # noqa: ARG002
    ) -> None:
        """Note what an operation took and gave; called by TensorFlow after each."""
        if self.quiet or not outputs:
            return
        name = op_type.decode() if isinstance(op_type, bytes) else str(op_type)
        if name in {"ReadVariableOp", "ResourceGather"}:
            variable = self._named_variable(inputs[0])
            if variable is None:
                return
            weight = self._variable(variable)
            if name == "ReadVariableOp":
                self.numbers[id(outputs[0])] = len(self.tensors)
                self.tensors.append(outputs[0])
                self.names[self.numbers[id(outputs[0])]] = dotted(variable.name)
            else:
                self._keep("embedding", name, self._path, (self.number(inputs[1]), weight), {}, outputs[0])
            return
        kind = _KIND.get(name, "other")
        taken = tuple(self._operand(tensor) for tensor in inputs)
        if kind in {"same", "part"}:
            taken = taken[-1:] if name == "Split" else taken[:1]
        constants: dict[str | int, Any] = {}
        pairs = dict(zip(attrs[::2], attrs[1::2], strict=False)) if attrs else {}
        if name == "Einsum" and (adjoint := _product(pairs.get("equation", b""))) is not None:
            kind = "matmul"
            constants["adj_y"] = adjoint
        elif kind == "matmul":
            constants["adj_y"] = bool(pairs.get("adj_y", pairs.get("transpose_b", False)))
        path = self._path
        for index, output in enumerate(outputs):
            self._keep(kind, name, path, taken, {**constants, **({"part": index} if len(outputs) > 1 else {})}, output)

    def _named_variable(self, handle: Any) -> Any:
        if not hasattr(self, "handles"):
            self.handles = {id(weight.handle): weight for weight in self.model.weights}
        return self.handles.get(id(handle))

    def _operand(self, tensor: Any) -> int:
        """Return the number of what an operation takes: a weight, too, that TensorFlow read without a callback."""
        if id(tensor) in self.numbers:
            return self.number(tensor)
        shape = tensor.shape
        same = [weight for weight in self.model.weights if weight.shape == shape] if len(shape) else []
        number = self.number(tensor)
        found = next((weight for weight in same if np.array_equal(weight.numpy(), tensor.numpy())), None)
        if found is not None:
            self.names[number] = dotted(found.name)
            self.held.setdefault(self.names[number], found)
        return number

    @property
    def _path(self) -> str:
        return self.calls[self.open[-1]][0] if self.open else ""


def _product(equation: bytes | str) -> bool | None:
    """Tell whether an Einstein sum is a product of matrices with the second one transposed; None: it is neither."""
    text = equation.decode() if isinstance(equation, bytes) else equation
    if re.fullmatch(r"(\w+)(\w)(\w),\1(\w)\3->\1\2\4", text):
        return True
    return False if re.fullmatch(r"(\w+)(\w)(\w),\1\3(\w)->\1\2\4", text) else None


@contextmanager
def _callback(op_callbacks: Any, seen: Any) -> Iterator[None]:
    op_callbacks.add_op_callback(seen)
    try:
        yield
    finally:
        op_callbacks.remove_op_callback(seen)


def _tensors(found: Any) -> Iterator[Any]:
    """Yield the tensors in nested lists and dictionaries, in order."""
    import tensorflow as tf

    items = found.values() if isinstance(found, Mapping) else found
    for item in items:
        if isinstance(item, tf.Tensor):
            yield item
        elif isinstance(item, (Mapping, list, tuple)):
            yield from _tensors(item)


def _named(result: Any) -> dict[str, Any]:
    import tensorflow as tf

    if isinstance(result, tf.Tensor):
        return {"output": result}
    fields = result.items() if isinstance(result, Mapping) else ()
    return {name: value for name, value in fields if isinstance(value, tf.Tensor)}
