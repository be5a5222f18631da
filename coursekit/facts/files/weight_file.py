"""What one weight file holds, whatever its format; only headers are read, and nothing that it says is run."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding
from coursekit.facts.files.keras import H5_MAGIC, read_keras
from coursekit.facts.files.safetensors import read_header
from coursekit.facts.files.stored import StoredTensor

if TYPE_CHECKING:
    from pathlib import Path

SAFETENSORS, TORCH_ZIP, TORCH_PICKLE, KERAS, UNKNOWN = "safetensors", "PyTorch zip", "pickle", "Keras HDF5", "unknown"
SUFFIXES = (".safetensors", ".bin", ".h5", ".pt", ".pth", ".ckpt")
_START = 64  # bytes, enough to tell the formats apart
_GIT_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True)
class WeightFile:
    """One weight file.

    Attributes
    ----------
    name
        Its file name.
    format
        ``safetensors``, ``PyTorch zip``, ``pickle`` (PyTorch before 1.6), ``Keras HDF5`` or ``unknown``.
    nbytes
        Its size on disk.
    tensors
        What it holds, in its own order.
    metadata
        Pairs of texts that stand beside the tensors, such as ``("format", "pt")``.
    findings
        What is wrong with it.
    """

    name: str
    format: str
    nbytes: int
    tensors: tuple[StoredTensor, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()


def regular_file_problem(path: Path, *, largest: int | None = None) -> Finding | None:
    """Return what keeps ``path`` from being read as a file, or None.

    It is looked at before anything is opened: to open a pipe, for example, would be to wait forever.

    Parameters
    ----------
    path
        What is to be read.
    largest
        The most bytes that it may have.
    """
    remedy = ""
    try:
        status = path.stat()
    except FileNotFoundError:
        what = "There is no such file."
        if path.is_symlink():
            what = "It points to a file that is not there; the download was not finished, or its content was deleted."
            remedy = "Load the checkpoint again where there is a network."
        return Finding(ERROR, path.name, what, remedy)
    except OSError as error:
        return Finding(ERROR, path.name, f"It cannot be read: {error.strerror or error}.")
    if stat.S_ISDIR(status.st_mode):
        what, remedy = "This is a folder; a file is expected under this name.", "Rename or remove it."
    elif not stat.S_ISREG(status.st_mode):
        what = "This is not an ordinary file, so it was not opened."
    elif largest is not None and status.st_size > largest:
        what = f"The file is larger than {largest // 1_000_000} MB; it was not read."
    else:
        return None
    return Finding(ERROR, path.name, what, remedy)


def read_weight_file(path: Path) -> WeightFile:
    """Return what the weight file at ``path`` holds; whatever is wrong with it becomes a finding."""
    if problem := regular_file_problem(path):
        return WeightFile(path.name, UNKNOWN, 0, findings=(problem,))
    try:
        nbytes = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_START)
        return _read(path, nbytes, start)
    except OSError as error:
        finding = Finding(ERROR, path.name, f"It cannot be read: {error.strerror or error}.", "Check who may read it.")
        return WeightFile(path.name, UNKNOWN, 0, findings=(finding,))


def _read(path: Path, nbytes: int, start: bytes) -> WeightFile:
    name = path.name
    if name.endswith(".safetensors") and nbytes and not start.startswith(_GIT_LFS):
        header = read_header(path)
        return WeightFile(name, SAFETENSORS, nbytes, header.tensors, header.metadata, header.findings)
    if start.startswith(H5_MAGIC):
        return WeightFile(name, KERAS, nbytes, *read_keras(path))
    if start.startswith(b"PK\x03\x04"):
        return _read_zip(path, nbytes)
    return _unreadable(name, nbytes, start)


def _unreadable(name: str, nbytes: int, start: bytes) -> WeightFile:
    """Say what a file is that holds no weights, or none that may be read."""
    fetch = "Download or save it again."
    if not nbytes:
        finding = Finding(ERROR, name, "The file is empty: 0 bytes.", fetch)
    elif start.startswith(_GIT_LFS):
        what = "This is a Git LFS pointer, a note of a few lines that stands for the weights, not the weights."
        finding = Finding(ERROR, name, what, "Fetch them: git lfs pull")
    elif start[:1] == b"\x80" and start[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        what = (
            "This is a pickle, PyTorch's format before version 1.6. It was not opened: "
            "to read a pickle is to run the program that it contains."
        )
        remedy = "If you trust where it comes from, load it with weights_only=True and save it as safetensors."
        return WeightFile(name, TORCH_PICKLE, nbytes, findings=(Finding(WARNING, name, what, remedy),))
    else:
        finding = Finding(ERROR, name, "This is no weight file: it starts like none of the known formats.", fetch)
    return WeightFile(name, UNKNOWN, nbytes, findings=(finding,))


def _read_zip(path: Path, nbytes: int) -> WeightFile:
    """Read the names and shapes of a file in the zip format of ``torch.save``."""
    name = path.name
    problem = _zip_problem(path, nbytes)
    if problem is None and find_spec("torch") is None:
        what = "PyTorch is needed to look into this file, and it is not installed."
        problem = Finding(WARNING, name, what, "Install it: pip install torch")
    if problem is not None:
        return WeightFile(name, TORCH_ZIP, nbytes, findings=(problem,))
    from coursekit.frameworks.pytorch.weight_file import UnreadableError, read_bin

    try:
        entries, others = read_bin(path)
    except UnreadableError as error:
        if error.wanted:
            what = f"Its pickle wants to call {error.wanted}, which is no part of a tensor. Nothing of it was run."
            remedy = "Do not load this file with anything but weights_only=True unless you trust where it comes from."
        else:
            what, remedy = f"PyTorch refuses the file: {error}", "Download or save it again."
        return WeightFile(name, TORCH_ZIP, nbytes, findings=(Finding(ERROR, name, what, remedy),))
    tensors = tuple(StoredTensor(entry.name, entry.shape, entry.dtype, entry.nbytes, name) for entry in entries)
    findings = []
    if others:
        what = (
            f"Beside the tensors it holds {others} other value{'s' if others > 1 else ''}, as training checkpoints do."
        )
        findings.append(Finding(NOTE, name, what))
    if sum(tensor.nbytes for tensor in tensors) > nbytes:
        what = "Its tensors add up to more bytes than the file has: some share their numbers, as tied weights do."
        findings.append(Finding(NOTE, name, what))
    return WeightFile(name, TORCH_ZIP, nbytes, tensors, (), tuple(findings))


def _zip_problem(path: Path, nbytes: int) -> Finding | None:
    """Refuse archives that ``torch.save`` never writes: compressed ones could unpack to any size."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        what = f"The zip archive is damaged or was cut off: {error}."
        return Finding(ERROR, path.name, what, "Download or save it again.")
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or sum(entry.file_size for entry in entries) > nbytes:
        what = "This zip archive is compressed, as torch.save never writes it; it was not opened."
        return Finding(ERROR, path.name, what, "Ask where the file comes from.")
    return None
