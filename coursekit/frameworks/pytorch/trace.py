"""A forward pass through an empty PyTorch model, which computes shapes only."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.pytorch.autocast import tolerate_autocast
from coursekit.frameworks.pytorch.empty_model import meta
from coursekit.frameworks.quiet import quiet
from coursekit.frameworks.trace import RESIDUAL, Call, CannotTraceError, Lengths, Trace, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIXELS = 224
"""Height and width of a picture for a model whose config names no size: it takes any."""
_SAMPLES = 8000
"""Half a second of sound."""
_STAND_INS = 4
"""How many kinds of modules may be replaced before a trace is given up."""
_ROUTED = re.compile(r"(?i)(experts|moe|moe_?block|moe_?layer|sparse_?mlp|moemlp)$")
"""Classes that send each token to a few experts: which ones depends on its values."""


def trace(model: Any, lengths: Lengths, *, origins: bool) -> Trace:
    """Run an empty model once and return what was called.

    Parameters
    ----------
    model
        An empty model.
    lengths
        How much data to send.
    origins
        Whether to record additions, and what each value was computed from, too.

    Raises
    ------
    CannotTraceError
        When the model's dummy inputs are unknown or its forward pass needs values.
    """
    refused = None
    for inputs in _inputs(model, lengths):
        try:
            return _traced(model, inputs, origins=origins)
        except CannotTraceError as error:
            refused = refused or error
    main = getattr(model, "main_input_name", "input_ids")
    raise refused or CannotTraceError(f"what {type(model).__name__} takes as {main} is not known here")


def _traced(model: Any, inputs: dict[str, Any], *, origins: bool) -> Trace:
    stand_ins: list[str] = []
    restore: list[Any] = []
    try:
        while True:
            recorder = _Recorder(model, origins=origins)
            try:
                with meta():  # what a model makes on its way has no values either
                    return recorder.run(inputs, tuple(stand_ins))
            except TimeoutError:
                raise
            except Exception as error:
                path = recorder.open_paths[-1] if recorder.open_paths else ""
                if path in stand_ins or len(stand_ins) >= _STAND_INS or not _stands_in(model, path, restore):
                    said = str(error).strip().split("\n")[0][:200]
                    given = " and ".join(name for name in inputs if name != "attention_mask")
                    message = f"a forward pass with {given} alone fails ({type(error).__name__}: {said})"
                    raise CannotTraceError(message) from error
                stand_ins.append(path)
    finally:
        for undo in restore:
            undo()


def _stands_in(model: Any, path: str, restore: list[Any]) -> bool:
    """Let modules of the class at ``path``, if they route tokens to experts, return their input; tell whether so."""
    if not path:
        return False
    failed = model.get_submodule(path)
    if not _ROUTED.search(type(failed).__name__):
        return False
    parameters = list(inspect.signature(type(failed).forward).parameters)
    returns_pair = "router_logits" in inspect.getsource(type(failed).forward).rpartition("return")[2]

    def passes(hidden_states: Any, *_: Any, **__: Any) -> Any:
        given = hidden_states.clone()  # what comes out is another value than what went in
        return (given, None) if returns_pair else given

    for module in model.modules():
        if type(module) is type(failed) and len(parameters) > 1:
            module.forward = passes
            restore.append(lambda module=module: module.__dict__.pop("forward", None))
    return True


def _inputs(model: Any, lengths: Lengths) -> Iterator[dict[str, Any]]:
    """Yield what a model may take, shapes only, the least first."""
    import torch

    accepts = inspect.signature(model.forward).parameters
    main = getattr(model, "main_input_name", "input_ids")
    config = model.config
    shape = _shape(config, main, lengths) if main in accepts else None
    if shape is None:
        return

    def zeros(shape: tuple[int, ...], dtype: Any = None) -> Any:
        return torch.zeros((lengths.batch, *shape), dtype=dtype, device="meta")

    inputs = {main: zeros(shape, torch.long if main == "input_ids" else None)}
    if main == "input_ids" and "attention_mask" in accepts:
        inputs["attention_mask"] = torch.ones_like(inputs[main])
    if "decoder_input_ids" in accepts and getattr(config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = zeros((lengths.target_sequence,), torch.long)
    yield inputs
    if "pixel_values" in accepts and "pixel_values" not in inputs and hasattr(config, "vision_config"):
        yield {**inputs, "pixel_values": zeros(_picture(config.vision_config))}


def _shape(config: Any, name: str, lengths: Lengths) -> tuple[int, ...] | None:
    """Return the shape of one example of what a model mainly takes; None when that is not known here."""
    if name == "input_ids":
        return (lengths.sequence,)
    if name == "pixel_values":
        return _picture(config)
    if name == "input_features" and hasattr(config, "max_source_positions"):
        return getattr(config, "num_mel_bins", 80), 2 * config.max_source_positions
    if name == "input_values" and hasattr(config, "conv_stride"):
        return (_SAMPLES,)
    if name == "input_values" and hasattr(config, "num_mel_bins") and hasattr(config, "max_length"):
        return config.max_length, config.num_mel_bins
    return None


def _picture(config: Any) -> tuple[int, int, int]:
    """Return the channels, height and width of the pictures that a model takes."""
    size = getattr(config, "image_size", None) or _PIXELS
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    return getattr(config, "num_channels", 3), height, width


class _Recorder:
    """Hooks on every module of a model for one forward pass."""

    def __init__(self, model: Any, *, origins: bool) -> None:
        self.model = model
        self.wants_origins = origins
        self.calls: list[list[Any]] = []  # path, depth, inputs, outputs, earlier
        self.open: list[int] = []
        self.count = 0
        self.numbers: dict[int, int] = {}  # by id
        self.origins: dict[int, tuple[int, ...]] = {}
        self.kept: list[Any] = []  # an object that lives keeps its id

    @property
    def open_paths(self) -> list[str]:
        return [self.calls[index][0] for index in self.open]

    def run(self, inputs: dict[str, Any], stand_ins: tuple[str, ...]) -> Trace:
        import torch

        handles = []
        for path, module in self.model.named_modules():
            handles.append(module.register_forward_pre_hook(self._enter(path), with_kwargs=True))
            handles.append(module.register_forward_hook(self._leave))
        accepts = inspect.signature(self.model.forward).parameters
        extra = {"use_cache": False} if "use_cache" in accepts else {}
        try:
            with quiet(), torch.no_grad(), tolerate_autocast(self.model), self._watch():
                result = self.model(**inputs, **extra)
        finally:
            for handle in handles:
                handle.remove()
        return Trace(
            inputs={name: tuple(value.shape) for name, value in inputs.items() if name != "attention_mask"},
            outputs={name: self._value(tensor) for name, tensor in _named(result).items()},
            calls=tuple(Call(*call) for call in self.calls if call[0]),
            stand_ins=stand_ins,
            origins=self.origins,
        )

    def _enter(self, path: str) -> Any:
        def enter(_module: Any, arguments: Any, keywords: Any) -> None:
            inputs = self._values([arguments, *keywords.values()])
            self.calls.append([path, len(self.open), inputs, (), self.count])
            self.open.append(len(self.calls) - 1)

        return enter

    def _leave(self, _module: Any, _arguments: Any, output: Any) -> None:
        self.calls[self.open.pop()][3] = self._values([output])

    def _value(self, tensor: Any) -> Value:
        if id(tensor) not in self.numbers:
            self.kept.append(tensor)
            self.numbers[id(tensor)] = self.count
            self.count += 1
        return Value(tuple(tensor.shape), self.numbers[id(tensor)])

    def _values(self, found: Any) -> tuple[Value, ...]:
        return tuple(map(self._value, _tensors(found)))

    def _watch(self) -> Any:
        from torch.utils._python_dispatch import TorchDispatchMode

        recorder = self

        class Watch(TorchDispatchMode):  # type: ignore[misc]  # PyTorch is not checked here
            def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                name = function.overloadpacket.__name__
                if name == "_local_scalar_dense" and args[0].is_meta and str(args[0].dtype) == "torch.bool":
                    return True  # "are all tokens real ones?", asked of the attention mask: they are
                if not recorder.wants_origins:
                    return function(*args, **(kwargs or {}))
                operands = recorder._values([args, kwargs or {}])
                result = function(*args, **(kwargs or {}))
                recorder.computed(name, operands, [result])
                return result

        return Watch()

    def computed(self, operation: str, operands: tuple[Value, ...], results: Any) -> None:
        """Note that ``operation`` made ``results`` from ``operands``."""
        for tensor in _tensors(results):
            if self.numbers.get(id(tensor)) in {each.number for each in operands}:
                del self.numbers[id(tensor)]  # computed in place: from here on it is another value
        outputs = self._values(results)
        for output in outputs:
            self.origins[output.number] = tuple(each.number for each in operands)
        if operation in {"add", "add_"} and [each.shape for each in operands] == [outputs[0].shape] * 2:
            self.calls.append([RESIDUAL, len(self.open), operands, outputs, self.count])


def _tensors(found: Any) -> Iterator[Any]:
    """Yield the tensors in nested lists and dictionaries, in order."""
    import torch

    for item in found:
        if isinstance(item, torch.Tensor):
            yield item
        elif isinstance(item, Mapping):
            yield from _tensors(item.values())
        elif isinstance(item, (list, tuple)):
            yield from _tensors(item)


def _named(result: Any) -> dict[str, Any]:
    """Return the tensors of a model's output by name."""
    import torch

    if isinstance(result, torch.Tensor):
        return {"output": result}
    fields = result.items() if isinstance(result, Mapping) else ()
    return {name: value for name, value in fields if isinstance(value, torch.Tensor)}
