"""Read the names and shapes in a file of ``torch.save``: a zip archive, or bare pickles before PyTorch 1.6.

Neither needs PyTorch: what the pickle asks for is followed on paper (:mod:`.torch_pickle`), and the numbers are only
counted, so that a file that was cut off or that claims too much is found out.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding
from coursekit.facts.files.formats.pickle_steps import PickleProblemError
from coursekit.facts.files.formats.torch_pickle import (
    LONGEST,
    NotedTensor,
    follow,
    leaves,
    storages,
)
from coursekit.facts.files.stored import StoredTensor
from coursekit.text import visible

if TYPE_CHECKING:
    from pathlib import Path

ZIP_MAGIC = b"PK\x03\x04"
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER
_LONGEST_DIRECTORY = 32_000_000  # bytes of a zip archive's table of contents: some 300,000 records
_AGAIN = "Download or save it again."
_IN_ZIP64 = 0xFFFFFFFF  # the size stands elsewhere, in 64 bits
_NAMED = 3  # how many names a finding lists
_ITEM = 8  # bytes before the numbers of a storage in a bare pickle: how many they are


class TorchFile(NamedTuple):
    """What a file of ``torch.save`` holds, and what is wrong with it."""

    tensors: tuple[StoredTensor, ...] = ()
    findings: tuple[Finding, ...] = ()


def is_pickle(start: bytes) -> bool:
    """Tell whether a file begins as a pickle of protocol 2 to 5 does."""
    return start[:1] == b"\x80" and start[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}


def read_zip(path: Path, nbytes: int) -> TorchFile:
    """Return what a zip archive of ``torch.save`` holds."""
    name = path.name
    try:
        _check_directory(path, nbytes)
        with zipfile.ZipFile(path) as archive:
            records = {entry.filename: entry for entry in archive.infolist()}
            place = next((record for record in records if record.endswith("data.pkl") and record.count("/") < 2), "")  # noqa: PLR2004  (archive/data.pkl)
            if not place or any(record.endswith("/constants.pkl") for record in records):
                return TorchFile(findings=(_other_archive(name, records),))
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in records.values()) or (
                sum(entry.file_size for entry in records.values()) > nbytes
            ):
                what = "This zip archive is compressed, as torch.save never writes it; it was not opened."
                return TorchFile(findings=(Finding(ERROR, name, what, "Ask where the file comes from."),))
            root = place.removesuffix("data.pkl")
            if records[place].file_size > LONGEST:
                raise PickleProblemError(f"its pickle is longer than {LONGEST // 1_000_000} MB")  # noqa: TRY301
            content = follow(io.BytesIO(archive.read(place)))
            big = f"{root}byteorder" in records and archive.read(f"{root}byteorder")[:8] == b"big"
    except PickleProblemError as problem:
        return TorchFile(findings=(_pickle_finding(name, problem),))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, RuntimeError) as error:
        what = f"The zip archive is damaged or was cut off: {str(error)[:120]}."
        return TorchFile(findings=(Finding(ERROR, name, what, _AGAIN),))
    held = {
        record.removeprefix(f"{root}data/"): entry.file_size
        for record, entry in records.items()
        if record.startswith(f"{root}data/")
    }
    notes = [Finding(NOTE, name, "Its numbers are stored big end first; PyTorch turns them round.")] if big else []
    return _listed(name, content, held, notes)


def read_pickle(path: Path, nbytes: int) -> TorchFile:
    """Return what a file of bare pickles holds: PyTorch's format before version 1.6."""
    name = path.name
    with path.open("rb") as file:
        content = io.BytesIO(file.read(LONGEST))
    try:
        if follow(content) != _LEGACY_MAGIC:
            what = "This is a pickle that torch.save did not write. It was not run."
            remedy = "To load a pickle is to run the program that it is: ask where it comes from."
            return TorchFile(findings=(Finding(ERROR, name, what, remedy),))
        follow(content)  # the version of the format
        follow(content)  # how long a C integer was on the machine that wrote it
        root = follow(content)
        keys = follow(content)
    except PickleProblemError as problem:
        return TorchFile(findings=(_pickle_finding(name, problem),))
    try:
        found = storages(leaves(root)[0])
    except PickleProblemError as problem:
        return TorchFile(findings=(_pickle_finding(name, problem),))
    left = nbytes - content.tell()
    held: dict[str, int] = {}
    for key in keys if isinstance(keys, list) else []:
        storage = found.get(str(key)) if isinstance(key, (str, int)) else None
        if storage is None:  # it belongs to a value that is no tensor of the state dictionary
            held.clear()
            break
        left -= _ITEM + storage.nbytes
        held[storage.key] = storage.nbytes if left >= 0 else 0
    if not held:
        held = {key: storage.nbytes for key, storage in found.items() if storage.nbytes <= nbytes}
    what = "It has PyTorch's format before version 1.6: bare pickles. None of it was run."
    return _listed(name, root, held, [Finding(NOTE, name, what)])


def _listed(name: str, root: Any, held: dict[str, int], findings: list[Finding]) -> TorchFile:
    """Return the tensors below ``root``, checked against the bytes that each storage has in the file."""
    try:
        named, others = leaves(root)
    except PickleProblemError as problem:
        return TorchFile(findings=(_pickle_finding(name, problem),))
    listed: list[StoredTensor] = []
    expanded, cut = [], []
    for key, tensor in named:
        shown = visible(key)
        storage = tensor.storage
        if storage is not None and held.get(storage.key, 0) < storage.nbytes:
            cut.append(shown)
        elif tensor.reaches_beyond:
            findings.append(Finding(ERROR, name, f"{shown} reaches beyond its own numbers.", _AGAIN))
            return TorchFile((), tuple(findings))
        elif tensor.is_expanded:
            expanded.append((shown, tensor))
        else:
            listed.append(StoredTensor(shown, tensor.shape, tensor.dtype, tensor.nbytes, name))
    if cut:
        what = f"The numbers of {_some(cut)} are not all there: the file was cut off or is damaged."
        findings.append(Finding(ERROR, name, what, _AGAIN))
    for shown, tensor in expanded[:_NAMED]:
        numbers = tensor.storage.numbers if tensor.storage else 0
        what = f"{shown} would be {' × '.join(f'{size:,}' for size in tensor.shape)} numbers, and the file holds "
        what += f"{numbers:,}, which it repeats. It is not listed."
        findings.append(Finding(WARNING, name, what, "Loading it may take far more memory than the file is long."))
    findings += _remarks(name, named, others, listed)
    return TorchFile(tuple(listed), tuple(findings))


def _remarks(name: str, named: list[tuple[str, NotedTensor]], others: int, listed: list[StoredTensor]) -> list[Finding]:
    """Return what is worth knowing of a file's tensors."""
    findings = []
    if unusual := [visible(key) for key, tensor in named if tensor.note]:
        kinds = " and ".join(sorted({tensor.note for _, tensor in named if tensor.note}))
        what = f"{_some(unusual)} {'is a' if len(unusual) == 1 else 'are'} {kinds} tensor{'s' * (len(unusual) != 1)}."
        findings.append(Finding(NOTE, name, what))
    if others:
        plural = "s" if others > 1 else ""
        what = f"Beside the tensors it holds {others:,} other value{plural}, as training checkpoints do."
        findings.append(Finding(NOTE, name, what))
    if not named:
        what = "There is no tensor in it, so it is no state dictionary."
        findings.append(Finding(WARNING, name, what, "Look at what wrote it."))
    shared = sum(tensor.nbytes for tensor in listed) > sum(storage.nbytes for storage in storages(named).values())
    if shared:
        what = "Its tensors add up to more bytes than the file has: some share their numbers, as tied weights do."
        findings.append(Finding(NOTE, name, what))
    return findings


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:80] for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED:,} more"


def _pickle_finding(name: str, problem: PickleProblemError) -> Finding:
    wanted = visible(problem.wanted)
    if not wanted:
        return Finding(ERROR, name, f"The file cannot be read: {problem}.", _AGAIN)
    what = f"Its pickle wants to call {wanted}, which is no part of a tensor. Nothing of it was run."
    remedy = "Do not load this file with anything but weights_only=True unless you trust where it comes from."
    if wanted.startswith(("torch.nn.modules.", "transformers.")):
        what = f"It holds a whole model object ({wanted}), not a state dictionary. Nothing of it was run."
        remedy = "Whoever made it can save the weights alone: torch.save(model.state_dict(), ...) or save_pretrained."
    return Finding(ERROR, name, what, remedy)


def _other_archive(name: str, records: dict[str, zipfile.ZipInfo]) -> Finding:
    """Say what a zip archive is that ``torch.save`` did not write."""
    if any(record.endswith("constants.pkl") for record in records):
        what, remedy = (
            "This is a TorchScript program, not a state dictionary.",
            "torch.jit.load reads it; it runs code.",
        )
    elif "model.weights.h5" in records:
        what, remedy = "This is a model in Keras' own format.", "keras.models.load_model reads it."
    elif records and all(record.endswith(".npy") for record in records):
        what, remedy = "This is an archive of NumPy arrays.", "numpy.load reads it."
    else:
        what, remedy = "This zip archive holds no weights of torch.save.", "Look at what wrote it."
    return Finding(WARNING, name, what, remedy)


def _check_directory(path: Path, nbytes: int) -> None:
    """Refuse an archive whose table of contents alone would take minutes to read."""
    with path.open("rb") as file:
        file.seek(max(0, nbytes - 65_557))  # the longest comment, and the 22 bytes before it
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 20:
            raise zipfile.BadZipFile("its table of contents is missing")
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        if size == _IN_ZIP64 and tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
            file.seek(min(int.from_bytes(tail[at - 12 : at - 4], "little"), nbytes) + 40)
            size = int.from_bytes(file.read(8), "little")
    if size > _LONGEST_DIRECTORY:
        raise zipfile.BadZipFile(f"its table of contents claims {size:,} bytes")
