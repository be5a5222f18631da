"""The numbers of a safetensors file, mapped into memory and read piece by piece, whichever framework wrote them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.frameworks import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from coursekit.facts.files.stored import StoredTensor

_HEADER = 8  # bytes before the header: its length
_PLAIN = {"float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"}


def open_tensors(path: Path, tensors: Sequence[StoredTensor]) -> dict[str, Parameter]:
    """Return the tensors of a sound safetensors file by name; those of a type that NumPy lacks are left out.

    Parameters
    ----------
    path
        The file.
    tensors
        What its header holds, in the order of their numbers: they follow each other without a gap.
    """
    with path.open("rb") as file:
        offset = _HEADER + int.from_bytes(file.read(_HEADER), "little")
    found = {}
    for tensor in tensors:
        if tensor.dtype in {*_PLAIN, "bfloat16"}:
            rows = tensor.shape[0] if tensor.shape else 1
            found[tensor.name] = Parameter(
                name=tensor.name,
                shape=tensor.shape,
                dtype=tensor.dtype,
                itemsize=tensor.nbytes // tensor.count if tensor.count else 0,
                trainable=True,
                tied_to=None,
                read=partial(_part, path, offset, tensor, 0, rows),
                part=partial(_part, path, offset, tensor),
            )
        offset += tensor.nbytes
    return found


def _part(path: Path, offset: int, tensor: StoredTensor, start: int, stop: int) -> npt.NDArray[np.generic]:
    """Return rows ``start`` to ``stop`` of a tensor: ``(rows, ...)``; bfloat16 widened to float32."""
    import numpy as np

    kind: Any = np.uint16 if tensor.dtype == "bfloat16" else np.dtype(tensor.dtype)
    inner = tensor.shape[1:] if tensor.shape else ()
    columns = int(np.prod(inner, dtype=np.int64))
    count = (min(stop, tensor.shape[0]) - start) * columns if tensor.shape else 1
    item = np.dtype(kind).itemsize
    values = np.fromfile(path, np.dtype(kind).newbyteorder("<"), count, offset=offset + start * columns * item)
    if tensor.dtype == "bfloat16":
        values = (values.astype(np.uint32) << 16).view(np.float32)  # its bits are the upper half of float32's
    return values.reshape((-1, *inner) if tensor.shape else ())
