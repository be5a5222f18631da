"""The modules of a PyTorch model, and a forward pass on the ``meta`` device that computes shapes only."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.anatomy import (
    RESIDUAL,
    Call,
    CannotTraceError,
    Lengths,
    Module,
    Trace,
    Value,
    first_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAND_INS = 4
"""How many kinds of modules may be replaced before a trace is given up."""
_ROUTED = re.compile(r"(?i)(experts|moe|moe_?block|moe_?layer|sparse_?mlp|moemlp)$")
"""Classes that send each token to a few experts: which ones depends on its values."""


def build(config: Any, model_class: Any) -> Any:
    """Return the model on the ``meta`` device, without the work of initializing weights that are not there."""
    import torch

    with torch.device("meta"), _no_init():
        # Eager attention asks no tensor for its values; the modules are the same.
        make = model_class._from_config if model_class else _auto()  # noqa: SLF001  (what from_config calls)
        model = make(config, attn_implementation="eager")
    model.tie_weights()  # part of the initialization that was left out
    return model.eval()


def _auto() -> Any:
    from transformers import AutoModel

    return AutoModel.from_config


def _no_init() -> Any:
    try:
        from transformers.initialization import no_init_weights  # transformers 5
    except ImportError:
        from transformers.modeling_utils import no_init_weights
    return no_init_weights()


def modules(model: Any) -> list[Module]:
    """Return every module under every path that leads to it, parents first."""
    return [
        Module(path, type(module).__name__, first_sentence(type(module).__dict__.get("__doc__")))
        for path, module in model.named_modules(remove_duplicate=False)
    ]


def paths(model: Any) -> list[str]:
    """Return the paths of :func:`modules`."""
    return [path for path, _ in model.named_modules(remove_duplicate=False)]


def weights(model: Any) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter by its name."""
    return {name: tuple(value.shape) for name, value in model.named_parameters(remove_duplicate=False)}


def dotted(name: str) -> str:
    """Return a parameter's name as a path, which it is already."""
    return name


def devices(model: Any) -> dict[str, str]:
    """Return the device of every parameter by its name."""
    return {name: str(value.device) for name, value in model.named_parameters(remove_duplicate=False)}


def trace(model: Any, lengths: Lengths, *, additions: bool) -> Trace:
    """Run a planned model once and return what was called.

    Parameters
    ----------
    model
        What :func:`build` returned.
    lengths
        How much data to send.
    additions
        Whether to record additions too, which takes longer.

    Raises
    ------
    CannotTraceError
        When the model's dummy inputs are unknown or its forward pass needs values.
    """
    stand_ins: list[str] = []
    restore: list[Any] = []
    try:
        while True:
            recorder = _Recorder(model, additions=additions)
            try:
                return recorder.run(_inputs(model, lengths), tuple(stand_ins))
            except (CannotTraceError, TimeoutError):
                raise
            except Exception as error:
                path = recorder.open_paths[-1] if recorder.open_paths else ""
                if path in stand_ins or len(stand_ins) >= _STAND_INS or not _stands_in(model, path, restore):
                    reason = str(error).strip().split("\n")[0][:200]
                    raise CannotTraceError(f"{type(error).__name__}: {reason}") from error
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
        return (hidden_states, None) if returns_pair else hidden_states

    for module in model.modules():
        if type(module) is type(failed) and len(parameters) > 1:
            module.forward = passes
            restore.append(lambda module=module: module.__dict__.pop("forward", None))
    return True


def _inputs(model: Any, lengths: Lengths) -> dict[str, Any]:
    """Return the smallest input that the model takes: shapes only."""
    import torch

    accepts = inspect.signature(model.forward).parameters
    main = getattr(model, "main_input_name", "input_ids")
    config = model.config
    text_lengths = (lengths.batch, lengths.sequence)
    with torch.device("meta"):
        inputs: dict[str, Any] = {}
        if main == "input_ids" and "input_ids" in accepts:
            inputs["input_ids"] = torch.zeros(text_lengths, dtype=torch.long)
            if "attention_mask" in accepts:
                inputs["attention_mask"] = torch.ones(text_lengths, dtype=torch.long)
        elif main == "pixel_values" and hasattr(config, "image_size"):
            size = config.image_size
            height, width = size if isinstance(size, (list, tuple)) else (size, size)
            channels = getattr(config, "num_channels", 3)
            inputs["pixel_values"] = torch.zeros((lengths.batch, channels, height, width))
        elif main == "input_features" and hasattr(config, "max_source_positions"):
            bins = getattr(config, "num_mel_bins", 80)
            inputs["input_features"] = torch.zeros((lengths.batch, bins, 2 * config.max_source_positions))
        else:
            raise CannotTraceError(f"what {type(model).__name__} takes as {main} is not known here")
        if "decoder_input_ids" in accepts and getattr(config, "is_encoder_decoder", False):
            target = (lengths.batch, lengths.target_sequence)
            inputs["decoder_input_ids"] = torch.zeros(target, dtype=torch.long)
    return inputs


class _Recorder:
    """Hooks on every module of a model for one forward pass."""

    def __init__(self, model: Any, *, additions: bool) -> None:
        self.model = model
        self.additions = additions
        self.calls: list[list[Any]] = []  # path, depth, inputs, outputs
        self.open: list[int] = []
        self.numbers: dict[int, int] = {}
        self.kept: list[Any] = []  # an object that lives keeps its id

    @property
    def open_paths(self) -> list[str]:
        return [self.calls[index][0] for index in self.open]

    def run(self, inputs: dict[str, Any], stand_ins: tuple[str, ...]) -> Trace:
        import torch

        handles = []
        paths: dict[int, str] = {}
        for path, module in self.model.named_modules():
            paths[id(module)] = path
            handles.append(module.register_forward_pre_hook(self._enter(path), with_kwargs=True))
            handles.append(module.register_forward_hook(self._leave))
        accepts = inspect.signature(self.model.forward).parameters
        extra = {"use_cache": False} if "use_cache" in accepts else {}
        try:
            with warnings.catch_warnings(), torch.no_grad(), _no_autocast(), self._watch():
                warnings.simplefilter("ignore")  # what transformers says of its own layers
                result = self.model(**inputs, **extra)
        finally:
            for handle in handles:
                handle.remove()
        return Trace(
            inputs={name: tuple(value.shape) for name, value in inputs.items() if name != "attention_mask"},
            outputs=_named(result),
            calls=tuple(Call(*call) for call in self.calls if call[0]),
            stand_ins=stand_ins,
        )

    def _enter(self, path: str) -> Any:
        def enter(_module: Any, arguments: Any, keywords: Any) -> None:
            inputs = self._values([arguments, *keywords.values()])
            self.calls.append([path, len(self.open), inputs, ()])
            self.open.append(len(self.calls) - 1)

        return enter

    def _leave(self, _module: Any, _arguments: Any, output: Any) -> None:
        self.calls[self.open.pop()][3] = self._values([output])

    def _value(self, tensor: Any) -> Value:
        self.kept.append(tensor)
        return Value(tuple(tensor.shape), self.numbers.setdefault(id(tensor), len(self.numbers)))

    def _values(self, found: Any) -> tuple[Value, ...]:
        import torch

        values: list[Value] = []
        for item in found:
            if isinstance(item, torch.Tensor):
                values.append(self._value(item))
            elif isinstance(item, Mapping):
                values.extend(self._values(item.values()))
            elif isinstance(item, (list, tuple)):
                values.extend(self._values(item))
        return tuple(values)

    def _watch(self) -> Any:
        from torch.utils._python_dispatch import TorchDispatchMode

        recorder = self

        class Watch(TorchDispatchMode):  # type: ignore[misc]  # PyTorch is not checked here
            def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                name = function.overloadpacket.__name__
                if name == "_local_scalar_dense" and args[0].is_meta and str(args[0].dtype) == "torch.bool":
                    return True  # "are all tokens real ones?", asked of the attention mask: they are
                result = function(*args, **(kwargs or {}))
                if recorder.additions and name in {"add", "add_"}:
                    recorder.add(args, result)
                return result

        return Watch()

    def add(self, operands: Any, result: Any) -> None:
        if len(operands) == 2 and all(getattr(operand, "shape", None) == result.shape for operand in operands):  # noqa: PLR2004  (a + b)
            inputs = self._values(operands)
            if result is operands[0]:
                del self.numbers[id(result)]  # added in place: from here on it is another value
            self.calls.append([RESIDUAL, len(self.open), inputs, (self._value(result),)])


@contextmanager
def _no_autocast() -> Iterator[None]:
    """Let ``torch.autocast("meta", enabled=False)``, an error in PyTorch, do the nothing that it asks for."""
    import torch

    original = torch.autocast

    def autocast(device_type: str, *arguments: Any, **keywords: Any) -> Any:
        return nullcontext() if device_type == "meta" else original(device_type, *arguments, **keywords)

    torch.autocast = autocast
    try:
        yield
    finally:
        torch.autocast = original


def _named(result: Any) -> dict[str, tuple[int, ...]]:
    import torch

    if isinstance(result, torch.Tensor):
        return {"output": tuple(result.shape)}
    if not isinstance(result, Mapping):
        return {}
    return {name: tuple(value.shape) for name, value in result.items() if isinstance(value, torch.Tensor)}
