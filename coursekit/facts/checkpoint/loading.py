"""What the installed transformers does with the weights of a checkpoint when it loads them."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding
from coursekit.facts.files.formats.weight_file import SAFETENSORS
from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coursekit.facts.files.weight_sets import WeightSet

_FIVE = 5
_WRITERS = {"pt", "tf", "flax", "mlx"}
"""What transformers 4 takes for ``format`` in the metadata of a safetensors file."""


def installed_transformers() -> tuple[str, int]:
    """Return the installed version of transformers and its first number; an empty string and 0 without it."""
    try:
        found = version("transformers")
    except PackageNotFoundError:
        return "", 0
    first = found.partition(".")[0]
    return found, int(first) if first.isdecimal() else 0


def dtype_finding(settings: Mapping[str, Any], weights: WeightSet) -> list[Finding]:
    """Say when the config names another type than the numbers have, and what they are loaded as.

    transformers 5 loads the type that the config names (``dtype="auto"``), 4 loads float32 (PyTorch's default type).
    """
    said = settings.get("dtype") or settings.get("torch_dtype")
    floating = Counter[str]()
    for tensor in weights.tensors:
        if tensor.dtype.startswith(("float", "bfloat")):
            floating[tensor.dtype] += tensor.count
    if not isinstance(said, str) or not floating:
        return []
    stored, named = floating.most_common(1)[0][0], said.removeprefix("torch.")
    if named == stored:
        return []
    what = f"The config says {visible(said[:40])}, and the numbers are {stored}."
    found, first = installed_transformers()
    loaded = named[:40] if first >= _FIVE else "float32"
    remedy = (
        f"transformers {found} loads them as {visible(loaded)}" if found else "They are converted when they are loaded"
    )
    keep = "dtype" if first >= _FIVE else "torch_dtype"
    remedy += "." if loaded == stored else f'; {keep}="{stored}" in from_pretrained keeps them as they are.'
    return [Finding(WARNING, weights.name, what, remedy)]


def format_finding(weights: WeightSet) -> list[Finding]:
    """Say when a safetensors file does not say who wrote it, which transformers 4 wants to know."""
    if len(weights.files) != 1 or weights.files[0].format != SAFETENSORS or not weights.tensors:
        return []
    metadata = dict(weights.files[0].metadata)
    written = metadata.get("format")
    found, first = installed_transformers()
    if written in _WRITERS or first >= _FIVE or not found:
        return []
    save = 'Save it again with metadata={"format": "pt"}, or load it with transformers 5, which does not ask.'
    if not metadata:
        what = "The file does not say which framework wrote it; PyTorch loads it, TensorFlow refuses it."
        return [Finding(NOTE, weights.name, what, save)]
    said = f"format = {visible(str(written)[:40])}" if written is not None else "no format"
    what = f"Its header says {said}; transformers {found} takes files of PyTorch, TensorFlow, Flax and MLX only."
    return [Finding(ERROR, weights.name, what, save)]


def about_sets(weights: Sequence[WeightSet], variant: str | None) -> list[Finding]:
    """Say which of the sets of weights are taken, where there is more or less than one."""
    if not weights:
        what = "There is no file with weights."
        return [Finding(ERROR, "", what, "Save the model with save_pretrained, which writes both files.")]
    readable = [one for one in weights if one.tensors]
    findings = []
    if readable and not any(one.taken_by for one in weights):
        findings.append(_not_taken(readable[0], variant))
    if len(weights) > 1:
        names = ", ".join(one.name for one in weights)
        what = f"The weights are here {len(weights)} times: {names}. One set is enough to load the model."
        findings.append(Finding(NOTE, "", what))
    return findings


def _not_taken(weights: WeightSet, variant: str | None) -> Finding:
    """Say why from_pretrained does not take a set of weights that can be read, and how it does."""
    if weights.variant and weights.variant != variant:
        what = f"from_pretrained does not take {weights.name} by itself: it is the variant {weights.variant}."
        return Finding(WARNING, weights.name, what, f'Say so: from_pretrained(..., variant="{weights.variant}")')
    what = f"from_pretrained looks for other names than {weights.name}."
    if weights.format == SAFETENSORS:
        remedy = "Rename it to model.safetensors, or read it with safetensors.torch.load_file and load_state_dict."
    else:
        remedy = "Read it with torch.load(..., weights_only=True) and give the result to model.load_state_dict."
    return Finding(WARNING, weights.name, what, remedy)
