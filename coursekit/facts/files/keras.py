"""Read the names and shapes of a Keras weight file (``tf_model.h5``); its numbers are not read.

Keras writes one group for each top layer and lists the groups in the attribute ``layer_names``. Links that lead to
other files are not followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.facts.files.findings import ERROR, WARNING, Finding
from coursekit.facts.files.stored import StoredTensor

if TYPE_CHECKING:
    from pathlib import Path

H5_MAGIC = b"\x89HDF\r\n\x1a\n"


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
    try:
        with h5py.File(path, "r") as file:
            layers = {_text(name) for name in file.attrs.get("layer_names", ())}
            metadata = tuple((key, _text(file.attrs[key])) for key in file.attrs if key in {"backend", "keras_version"})

            def visit(name: str, item: Any) -> None:
                if isinstance(item, h5py.Dataset):
                    first, _, rest = name.partition("/")
                    key = (rest if first in layers or first == "top_level_model_weights" else name).removesuffix(":0")
                    shape = tuple(int(size) for size in item.shape or ())
                    tensors.append(StoredTensor(key, shape, str(item.dtype), int(item.nbytes), path.name))

            file.visititems(visit)
    except Exception as error:  # noqa: BLE001  (a damaged file makes h5py raise errors of every kind)
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        what = f"HDF5 cannot read the file: {reason}."
        return tuple(tensors), (), (Finding(ERROR, path.name, what, "Download or save it again."),)
    return tuple(tensors), metadata, ()


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
