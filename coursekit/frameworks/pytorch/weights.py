"""The weights of PyTorch models as people have them: wrapped, packed, elsewhere, or of kinds that NumPy has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PACKED = {"Params4bit", "Int8Params", "QTensor", "WeightQBytesTensor", "WeightQBitsTensor", "AffineQuantizedTensor"}
"""Classes of parameters that a quantizer packed: of bitsandbytes, quanto and torchao."""
_DEEPEST = 8  # wrappers around wrappers


def unwrapped(model: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the model inside of wrappers, and what each wrapper is called."""
    names = []
    for _ in range(_DEEPEST):
        inner = _inner(model)
        if inner is None:
            break
        names.append(type(model).__name__)
        model = inner
    return model, tuple(names)


def _inner(model: Any) -> Any:
    """Return what a wrapper wraps, or None where ``model`` is no wrapper."""
    kind = type(model)
    children = dict(model.named_children())
    if kind.__module__.startswith("peft."):
        base = children.get("base_model")
        return None if base is None else dict(base.named_children()).get("model", base)
    for name in ("_orig_mod", "_fsdp_wrapped_module"):  # torch.compile, fully sharded data parallel
        if name in children:
            return children[name]
    if "module" in children and kind.__name__ in {"DataParallel", "DistributedDataParallel", "AveragedModel"}:
        return children["module"]
    if hasattr(getattr(model, "config", None), "model_type") or next(model.parameters(recurse=False), None) is not None:
        return None
    # Anything else is a wrapper where one of its children is a model of transformers that has all the weights.
    filled = [child for child in children.values() if next(child.parameters(), None) is not None]
    if len(filled) == 1 and any(hasattr(getattr(one, "config", None), "model_type") for one in filled[0].modules()):
        return filled[0]
    return None


def plain_name(name: str) -> str | None:
    """Return a parameter's name in the model before PEFT changed it, or None for one that PEFT added."""
    words = name.split(".")
    if any(word.startswith(("lora_", "ia3_", "boft_", "hada_", "lokr_", "oft_", "vera_")) for word in words):
        return None
    return ".".join(word for word in words if word not in {"base_layer", "original_module"})


def why_unreadable(tensors: Iterable[tuple[str, Any]]) -> tuple[str, str] | None:
    """Return the first tensor whose numbers cannot be read as they are, and why; None where all can."""
    for name, tensor in tensors:
        if reason := _reason(tensor):
            return name, reason
    return None


def _reason(tensor: Any) -> str:  # noqa: PLR0911  (a sentence for each kind)
    kind = type(tensor).__name__
    if kind.startswith("Uninitialized"):
        return "is lazy: it gets its shape and its numbers when the model is first called"
    if kind in _PACKED or hasattr(tensor, "quant_state"):
        return f"is packed by a quantizer ({kind}), and packed bytes are no weights"
    if "FakeTensor" in kind or hasattr(tensor, "fake_mode"):
        return "is a FakeTensor: a shape without numbers"
    if tensor.is_meta:
        return "lies on the meta device or was offloaded: it has a shape, but no numbers in memory"
    if tensor.is_quantized:
        return "is quantized, and its whole numbers are no weights"
    if getattr(tensor, "is_nested", False):
        return "is a nested tensor: its rows have different lengths"
    if str(tensor.layout) != "torch.strided":
        return "is sparse: the numbers between those that it stores are zeros"
    if tensor.is_complex():
        return "holds complex numbers, which have no histogram"
    return ""


def packed_module(model: Any) -> str:
    """Return the class of a module that ``torch.quantize_dynamic`` and its like packed, or an empty string."""
    found = (type(module) for module in model.modules())
    return next((kind.__name__ for kind in found if ".quantized" in kind.__module__ and "torch" in kind.__module__), "")


def load_state(path: Path, *, is_zip: bool) -> dict[str, Any]:
    """Return the tensors of a file of ``torch.save``; those of a zip archive are mapped, not read. Nothing is run."""
    import torch

    content = torch.load(path, weights_only=True, map_location="cpu", mmap=is_zip)
    return {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}
