"""What one weight file holds, whatever its format; only headers are read, and nothing that it says is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursekit.facts.files.findings import ERROR, WARNING, Finding, regular_file_problem
from coursekit.facts.files.formats.keras import H5_MAGIC, read_keras
from coursekit.facts.files.formats.others import HTML, known_by_content, known_by_name, names_beside
from coursekit.facts.files.formats.safetensors import read_header
from coursekit.facts.files.formats.torch_file import ZIP_MAGIC, is_pickle, read_pickle, read_zip
from coursekit.text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from coursekit.facts.files.stored import StoredTensor

SAFETENSORS, TORCH_ZIP, TORCH_PICKLE, KERAS, UNKNOWN = "safetensors", "PyTorch zip", "pickle", "Keras HDF5", "unknown"
_START = 512  # bytes, enough to tell the formats apart
_GIT_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True)
class WeightFile:
    """One weight file.

    Attributes
    ----------
    name
        Its file name.
    format
        ``safetensors``, ``PyTorch zip``, ``pickle`` (PyTorch before 1.6), ``Keras HDF5``, the name of a format that is
        not read here, such as ``GGUF``, or ``unknown``.
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


def read_weight_file(path: Path) -> WeightFile:
    """Return what the weight file at ``path`` holds; whatever is wrong with it becomes a finding."""
    if problem := regular_file_problem(path):
        return WeightFile(visible(path.name), UNKNOWN, 0, findings=(problem,))
    try:
        nbytes = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_START)
        return _read(path, nbytes, start)
    except OSError as error:
        reason = f"It cannot be read: {error.strerror or error}."
        finding = Finding(ERROR, path.name, reason, "Check who may read it.")
        return WeightFile(visible(path.name), UNKNOWN, 0, findings=(finding,))


def _read(path: Path, nbytes: int, start: bytes) -> WeightFile:
    name = visible(path.name)
    if name.endswith(".safetensors") and nbytes and not start.startswith(_GIT_LFS):
        header = read_header(path)
        findings = header.findings or _if_empty(name, header.tensors)
        return WeightFile(name, SAFETENSORS, nbytes, header.tensors, header.metadata, findings)
    if start.startswith(H5_MAGIC):
        tensors, metadata, findings = read_keras(path)
        return WeightFile(name, KERAS, nbytes, tensors, metadata, findings or _if_empty(name, tensors))
    if start.startswith(ZIP_MAGIC):
        read = read_zip(path, nbytes)
        return WeightFile(name, TORCH_ZIP, nbytes, read.tensors, (), read.findings)
    if is_pickle(start):
        read = read_pickle(path, nbytes)
        return WeightFile(name, TORCH_PICKLE, nbytes, read.tensors, (), read.findings)
    return _without_tensors(path, nbytes, start)


def _if_empty(name: str, tensors: tuple[StoredTensor, ...]) -> tuple[Finding, ...]:
    return () if tensors else (Finding(WARNING, name, "It is whole and holds no tensor.", "Look at what wrote it."),)


def _without_tensors(path: Path, nbytes: int, start: bytes) -> WeightFile:
    """Say what a file is that holds no weights, or none that are read here."""
    name = visible(path.name)
    fetch = "Download or save it again."
    if not nbytes:
        finding = Finding(ERROR, name, "The file is empty: 0 bytes.", fetch)
    elif start.startswith(_GIT_LFS):
        what = "This is a Git LFS pointer, a note of a few lines that stands for the weights, not the weights."
        finding = Finding(ERROR, name, what, "Fetch them: git lfs pull")
    elif (other := known_by_content(start) or known_by_name(name, names_beside(path))) is not None:
        what = f"This is {other.name}, not a state dictionary of PyTorch or Keras; it was not opened."
        severity = ERROR if other == HTML else WARNING
        finding = Finding(severity, name, what, other.reader.replace("{name}", name))
        return WeightFile(name, other.name, nbytes, findings=(finding,))
    else:
        finding = Finding(ERROR, name, "This is no weight file: it starts like none of the known formats.", fetch)
    return WeightFile(name, UNKNOWN, nbytes, findings=(finding,))
