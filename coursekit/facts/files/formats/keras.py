"""Read the names and shapes of a Keras weight file (``tf_model.h5``); its numbers are not read.

Keras writes one group for each top layer and lists the groups in the attribute ``layer_names``. Links that lead to
other files are not followed, and what is linked twice is visited once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.facts.files.findings import ERROR, WARNING, Finding
from coursekit.facts.files.stored import StoredTensor, count_of
from coursekit.text import visible

if TYPE_CHECKING:
    from pathlib import Path

H5_MAGIC = b"\x89HDF\r\n\x1a\n"
MOST_OBJECTS = 100_000
"""Groups and datasets that are visited; HDF5 takes some 50 µs for each."""
_MOST_PACKED = 1100  # times that deflate can make numbers smaller
_MOST_BYTES = 4_000_000  # of a name or attribute that is read


def read_keras(path: Path) -> tuple[tuple[StoredTensor, ...], tuple[tuple[str, str], ...], tuple[Finding, ...]]:
    """Return the tensors, the file's own attributes and what is wrong, of the HDF5 file at ``path``.

    Wrong content leads to findings, never to an exception.
    """
    try:
        import h5py
    except ImportError:
        what = "The h5py package is needed to look into this file, and it is not installed."
        return (), (), (Finding(WARNING, path.name, what, "Install it: pip install h5py"),)
    tensors: list[StoredTensor] = []
    findings: list[Finding] = []
    visited = 0

    def visit(found: Any, item: Any) -> bool | None:
        nonlocal visited
        visited += 1
        if isinstance(item, h5py.Dataset):
            name = _text(found)
            first, _, rest = name.partition("/")
            key = visible((rest if first in layers or first == "top_level_model_weights" else name).removesuffix(":0"))
            shape = [int(size) for size in item.shape or ()]
            if count_of(shape) is None or item.nbytes > max(_MOST_PACKED * item.id.get_storage_size(), _MOST_BYTES):
                what = f"{key[:100]} claims {item.size:,} numbers, which the file does not hold. It is not listed."
                findings.append(Finding(ERROR, path.name, what, "Download or save it again."))
            else:
                tensors.append(StoredTensor(key, tuple(shape), visible(str(item.dtype)), int(item.nbytes), path.name))
        return True if visited >= MOST_OBJECTS else None

    try:
        with h5py.File(path, "r") as file:
            layers = {_text(name) for name in _attribute(file, "layer_names")}
            metadata = tuple(
                (key, visible(_text(file.attrs[key]))) for key in ("backend", "keras_version") if _is_small(file, key)
            )
            file.visititems(visit)
    except Exception as error:  # noqa: BLE001  (a damaged file makes h5py raise errors of every kind)
        reason = visible((str(error).strip() or type(error).__name__).splitlines()[0][:200])
        what = f"HDF5 cannot read the file: {reason}."
        return tuple(tensors), (), (*findings, Finding(ERROR, path.name, what, "Download or save it again."))
    if visited >= MOST_OBJECTS:
        what = f"The file has more than {MOST_OBJECTS:,} groups and arrays; the others were not looked at."
        findings.append(Finding(WARNING, path.name, what, "No model needs that many: look at what wrote it."))
    return tuple(tensors), metadata, tuple(findings)


def _is_small(file: Any, key: str) -> bool:
    """Tell whether the file has an attribute that is no larger than one that Keras writes."""
    return key in file.attrs and file.attrs.get_id(key).get_storage_size() <= _MOST_BYTES


def _attribute(file: Any, key: str) -> list[Any]:
    if not _is_small(file, key):
        return []
    value = file.attrs[key]
    return list(value) if getattr(value, "ndim", 0) == 1 else []


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
