"""Weights that were made smaller: which scheme packed them, what it unpacks to, and what packed numbers cannot tell.

A quantizer stores a matrix as small whole numbers and the scales that turn them back. The names and shapes of these
parts are those that each library's own ``state_dict`` has; the config says which library it was
(``quantization_config``), and where it does not, the names still do.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit.facts.files.stored import StoredTensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORD = 32  # bits of the whole numbers in which GPTQ, AWQ and MLX pack
_MOST_BITS = 16


class Scheme(NamedTuple):
    """A way of quantizing: what it is called, and what unpacks it, as half of a sentence."""

    name: str
    unpacked_by: str


BITSANDBYTES_4 = Scheme("bitsandbytes, 4 bits", "the bitsandbytes package unpacks them")
BITSANDBYTES_8 = Scheme("bitsandbytes, 8 bits (LLM.int8)", "the bitsandbytes package unpacks them")
GPTQ = Scheme("GPTQ", "the gptqmodel (or auto-gptq) package unpacks them")
AWQ = Scheme("AWQ", "the autoawq (or gptqmodel) package unpacks them")
FP8 = Scheme("FP8 with scales", "transformers itself computes with them, on a GPU that has FP8")
MXFP4 = Scheme("MXFP4", "transformers itself unpacks them")
COMPRESSED = Scheme("compressed-tensors", "the compressed-tensors package unpacks them")
QUANTO = Scheme("quanto", "the optimum-quanto package unpacks them")
MLX = Scheme("MLX", "Apple's mlx-lm package unpacks them, transformers does not")
DYNAMIC = Scheme(
    "torch.quantize_dynamic, 8 bits",
    "a model that torch.quantize_dynamic was applied to takes them, from_pretrained does not",
)
_METHODS = {"gptq": GPTQ, "awq": AWQ, "fp8": FP8, "fbgemm_fp8": FP8, "mxfp4": MXFP4, "quanto": QUANTO} | {
    "compressed-tensors": COMPRESSED
}


@dataclass(frozen=True)
class Quantization:
    """How the weights of a checkpoint were made smaller.

    Attributes
    ----------
    scheme
        The way of quantizing.
    bits
        Bits of a packed number, or None where neither config nor names say.
    packed
        How many matrices are packed.
    tensors
        The tensors of the model as it would be unpacked; a packed one has the type ``packed``.
    unchecked
        Names of those whose shape the packed numbers do not tell.
    parameters
        How many numbers they hold when they are unpacked.
    """

    scheme: Scheme
    bits: int | None
    packed: int
    tensors: tuple[StoredTensor, ...]
    unchecked: frozenset[str]
    parameters: int


class _Unpacked(NamedTuple):
    """A matrix as it would be unpacked, and the names of the tensors that it is packed in."""

    name: str
    shape: tuple[int, ...]
    is_shape_known: bool
    parts: tuple[str, ...]
    scheme: Scheme
    bits: int | None


def quantization(settings: Mapping[str, Any] | None, tensors: Sequence[StoredTensor]) -> Quantization | None:
    """Return how ``tensors`` were quantized, or None where they were not.

    Parameters
    ----------
    settings
        The content of ``config.json``, or None.
    tensors
        What the weight files hold.
    """
    said = (settings or {}).get("quantization_config")
    config = said if isinstance(said, dict) else {}
    mlx = (settings or {}).get("quantization")
    bits = _bits(config.get("bits", config.get("w_bit"))) or (_bits(mlx.get("bits")) if isinstance(mlx, dict) else None)
    by_name = {tensor.name: tensor for tensor in tensors}
    around: defaultdict[str, list[str]] = defaultdict(list)  # the names of each module's tensors
    for name in by_name:
        around[name.rpartition(".")[0]].append(name)
    unpacked = [found for name in list(by_name) if (found := _unpack(name, by_name, around, bits)) is not None]
    method = config.get("quant_method")
    if not unpacked:
        return None
    gone = {part for one in unpacked for part in one.parts}
    logical = [tensor for tensor in tensors if tensor.name not in gone]
    for one in unpacked:
        first = by_name[one.parts[0]]
        nbytes = sum(by_name[part].nbytes for part in one.parts if part in by_name)
        logical.append(StoredTensor(one.name, one.shape, "packed", nbytes, first.file))
    scheme = _METHODS.get(method, unpacked[0].scheme) if isinstance(method, str) else unpacked[0].scheme
    return Quantization(
        scheme=scheme,
        bits=bits or unpacked[0].bits,
        packed=sum(not one.name.endswith(".bias") for one in unpacked),
        tensors=tuple(logical),
        unchecked=frozenset(one.name for one in unpacked if not one.is_shape_known),
        parameters=sum(tensor.count for tensor in logical),
    )


def _bits(value: object) -> int | None:
    return value if type(value) is int and 0 < value <= _MOST_BITS else None


def _unpack(  # noqa: C901, PLR0911  (a case for each library)
    name: str, tensors: Mapping[str, StoredTensor], around: defaultdict[str, list[str]], bits: int | None
) -> _Unpacked | None:
    """Return the matrix that is packed in the tensor called ``name`` and its neighbours, or None where none is."""
    module, _, last = name.rpartition(".")
    tensor = tensors[name]

    def parts(*endings: str) -> tuple[str, ...]:
        return (name, *(one for ending in endings if (one := module + ending) in tensors and one != name))

    if last == "qweight" and f"{module}.scales" in tensors:
        return _words(module, tensor, tensors[f"{module}.scales"], parts(".qzeros", ".scales", ".g_idx"), bits)
    if last == "weight" and f"{module}.SCB" in tensors:
        return _Unpacked(name, tensor.shape, True, parts(".SCB", ".weight_format"), BITSANDBYTES_8, 8)
    if last == "weight" and f"{name}.absmax" in tensors:
        return _Unpacked(
            name, (2 * tensor.count,), False, (name, *around[name], *around[f"{name}.quant_state"]), BITSANDBYTES_4, 4
        )
    if last == "weight" and tensor.dtype == "uint32" and f"{module}.scales" in tensors:
        per_word = _WORD // (bits or 4)
        shape = (*tensor.shape[:-1], tensor.shape[-1] * per_word) if tensor.shape else ()
        return _Unpacked(name, shape, True, parts(".scales", ".biases"), MLX, bits or 4)
    if last == "weight" and (f"{module}.weight_scale" in tensors or f"{module}.weight_scale_inv" in tensors):
        scales = (".weight_scale", ".weight_scale_inv", ".weight_zero_point", ".input_scale", ".output_scale")
        return _Unpacked(name, tensor.shape, True, parts(*scales), FP8, 8)
    if last == "weight_packed":
        count = tensor.count * _WORD // (bits or 4)
        others = (".weight_scale", ".weight_shape", ".weight_zero_point", ".weight_g_idx", ".weight_global_scale")
        return _Unpacked(f"{module}.weight", (count,), False, parts(*others), COMPRESSED, bits or 4)
    if last == "_data" and f"{module}._scale" in tensors:
        inputs = tuple(one for end in ("input_scale", "output_scale") if (one := _sibling(module, end)) in tensors)
        return _Unpacked(
            module, tensor.shape, tensor.dtype == "int8", (*parts("._scale", "._shift"), *inputs), QUANTO, bits
        )
    if last.endswith("_blocks") and f"{name.removesuffix('_blocks')}_scales" in tensors:
        plain = name.removesuffix("_blocks")
        return _Unpacked(plain, (2 * tensor.count,), False, (name, f"{plain}_scales"), MXFP4, 4)
    if name.endswith("._packed_params._packed_params.0"):
        whole = name.removesuffix("._packed_params._packed_params.0")
        found = tuple(one for end in (".scale", ".zero_point") if (one := whole + end) in tensors)
        return _Unpacked(f"{whole}.weight", tensor.shape, True, (name, *found), DYNAMIC, 8)
    if name.endswith("._packed_params._packed_params.1"):
        whole = name.removesuffix("._packed_params._packed_params.1")
        return _Unpacked(f"{whole}.bias", tensor.shape, True, (name,), DYNAMIC, 8)
    return None


def _sibling(name: str, ending: str) -> str:
    return f"{name.rpartition('.')[0]}.{ending}"


def _words(
    module: str, packed: StoredTensor, scales: StoredTensor, parts: tuple[str, ...], bits: int | None
) -> _Unpacked | None:
    """Return the matrix in the 32-bit words of GPTQ (packed along its inputs) or AWQ (along its outputs)."""
    size = bits or 4
    if len(packed.shape) != 2 or len(scales.shape) != 2:  # noqa: PLR2004  (a matrix)
        return None
    rows, columns = packed.shape
    by_inputs = columns == scales.shape[1]  # scales: (groups, outputs)
    shape = (columns, rows * _WORD // size) if by_inputs else (columns * _WORD // size, rows)
    return _Unpacked(f"{module}.weight", shape, True, parts, GPTQ if by_inputs else AWQ, size)
