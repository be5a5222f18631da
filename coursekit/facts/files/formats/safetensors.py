"""Read what a ``.safetensors`` file holds from its first bytes.

The format (github.com/huggingface/safetensors, "Format"): eight bytes give the length of the header, little endian.
The header is a JSON object from names to ``{"dtype", "shape", "data_offsets"}``. The numbers of all tensors follow
without a gap. ``__metadata__`` maps text to text. Only the header is read here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.facts.files.findings import ERROR, Finding
from coursekit.facts.files.stored import LARGEST, StoredTensor, count_of
from coursekit.text import visible

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_HEADER = 100_000_000
"""Bytes; the library refuses longer ones."""
LONGEST_READ = 32_000_000
"""Bytes of a header that are read here; a hundred thousand tensors take some twelve millions."""
MOST_TENSORS = 100_000
"""Tensors of one file that are read; the largest models in one file have some ten thousand."""
_MOST_PARTS = 4_000_000  # commas and colons: JSON of tiny parts takes fifty times its size in memory
_LENGTH = 8  # bytes
_SHORT = 60  # characters of a value that a finding repeats
_NAMED = 3  # how many names a finding lists
_METADATA = "__metadata__"
_BITS = {
    "BOOL": ("bool", 8),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "U16": ("uint16", 16),
    "I16": ("int16", 16),
    "U32": ("uint32", 32),
    "I32": ("int32", 32),
    "U64": ("uint64", 64),
    "I64": ("int64", 64),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "F32": ("float32", 32),
    "F64": ("float64", 64),
    "C64": ("complex64", 64),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6),
    "F4": ("float4_e2m1", 4),
}


@dataclass(frozen=True)
class Header:
    """What a header says: tensors in the order of their numbers in the file, metadata, and what is wrong with it."""

    tensors: tuple[StoredTensor, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    nbytes_read: int = 0


class _BrokenError(Exception):
    """The header cannot be read; the message is the finding."""


def read_header(path: Path) -> Header:
    """Return what the header of the regular file at ``path`` says.

    Wrong content leads to findings, never to an exception. What can be read of a broken file is returned.

    Raises
    ------
    OSError
        When the file cannot be read at all.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        start = file.read(_LENGTH)
        length = int.from_bytes(start, "little")
        if problem := _length_problem(start, length, size):
            return Header(findings=(Finding(ERROR, path.name, *problem),), nbytes_read=len(start))
        raw = file.read(length)
    if problem := _size_problem(raw):
        return Header(findings=(Finding(ERROR, path.name, *problem),), nbytes_read=_LENGTH + length)
    read = _LENGTH + length
    data = size - read  # bytes
    try:
        entries, repeated = _parse(raw)
    except _BrokenError as broken:
        return Header(findings=(Finding(ERROR, path.name, str(broken), _DAMAGED),), nbytes_read=read)
    findings = [
        Finding(ERROR, path.name, f"The header names {visible(name[:100])!r} twice.", _DAMAGED)
        for name in repeated[:_NAMED]
    ]
    metadata = _metadata(entries.pop(_METADATA, {}), path.name, findings)
    placed: list[tuple[int, int, StoredTensor]] = []
    wrong: list[str] = []
    for name, entry in entries.items():
        try:
            placed.append(_tensor(name, entry, path.name))
        except _BrokenError as broken:
            wrong.append(str(broken))
    findings += [Finding(ERROR, path.name, sentence, _DAMAGED) for sentence in wrong[:_NAMED]]
    if len(wrong) > _NAMED:
        findings.append(Finding(ERROR, path.name, f"{len(wrong) - _NAMED} more entries of the header are wrong."))
    placed.sort(key=lambda item: item[:2])
    findings += _layout(placed, data, path.name, complete=not wrong)
    return Header(tuple(tensor for *_, tensor in placed), metadata, tuple(findings), read)


_TOO_MUCH = "No model needs that much: look at what wrote it."
_DAMAGED = "The file is damaged or was not written by safetensors: save or download it again."


def _length_problem(start: bytes, length: int, size: int) -> tuple[str, str] | None:
    if len(start) < _LENGTH:
        return f"The file has {size} bytes; the length of the header alone takes {_LENGTH}.", _DAMAGED
    other_way = int.from_bytes(start, "big")
    if _LENGTH + length > size and 1 < other_way <= size - _LENGTH:
        return (
            f"The length of its header is written the wrong way round: {other_way:,} bytes, the big end first.",
            "A program on another kind of machine wrote it: save it again with the safetensors library.",
        )
    if length > LONGEST_HEADER:
        return (
            f"The header claims to be {length:,} bytes long; {LONGEST_HEADER:,} are allowed.",
            "This is probably not a safetensors file: look at what wrote it.",
        )
    if _LENGTH + length > size:
        return (
            f"The header claims to be {length:,} bytes long, but only {size - _LENGTH:,} follow: the file was cut off.",
            _DAMAGED,
        )
    if length > LONGEST_READ:
        return f"The header is {length:,} bytes long; {LONGEST_READ:,} are read here at most.", _TOO_MUCH
    return None


def _size_problem(raw: bytes) -> tuple[str, str] | None:
    """Refuse a header that would take more time and memory than any model's, before it is parsed."""
    tensors = raw.count(b'"data_offsets"')
    if tensors > MOST_TENSORS:
        return f"The header names {tensors:,} tensors; {MOST_TENSORS:,} are read here at most.", _TOO_MUCH
    parts = raw.count(b",") + raw.count(b":") + raw.count(b"[") + raw.count(b"{")
    if parts > _MOST_PARTS:
        return f"The header consists of {parts:,} parts; {_MOST_PARTS:,} are read here at most.", _TOO_MUCH
    return None


def _parse(raw: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return the header's entries, and the names that stand in it more than once."""
    repeated: list[str] = []

    def entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            repeated.extend(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        return found

    if not raw.startswith(b"{"):
        raise _BrokenError("The header does not start with '{', so it is no JSON object.")
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=entries, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _BrokenError("The header is not text in UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise _BrokenError(f"The header is not valid JSON: {str(error)[:120]}.") from error
    return header, repeated


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _metadata(value: Any, file: str, findings: list[Finding]) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        findings.append(
            Finding(ERROR, file, "The header's __metadata__ must map text to text, and does not.", _DAMAGED)
        )
        return ()
    return tuple((visible(key), visible(item)) for key, item in value.items())


def _short(value: Any) -> str:
    """Return the beginning of a value's text; a whole number may have more digits than Python writes."""
    try:
        text = str(value)
    except ValueError:
        text = "a number of thousands of digits"
    return visible(text if len(text) <= _SHORT else f"{text[:_SHORT]}…")


def _tensor(name: str, entry: Any, file: str) -> tuple[int, int, StoredTensor]:
    """Return where a tensor's numbers start and end, counted from the end of the header, and the tensor."""
    shown = repr(visible(name[:100]))
    if not isinstance(entry, dict):
        raise _BrokenError(f"The entry of {shown} is no JSON object.")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise _BrokenError(f"{shown} has the dtype {_short(dtype)!r}, which the format does not know.")
    count = count_of(shape)
    if count is None or not isinstance(shape, list):
        raise _BrokenError(f"{shown} has an impossible shape: {_short(shape)}.")
    if (
        not isinstance(offsets, list)
        or [type(offset) for offset in offsets] != [int, int]
        or not 0 <= offsets[0] <= offsets[1] < LARGEST
    ):
        raise _BrokenError(f"{shown} has impossible data offsets: {_short(offsets)}.")
    start, end = offsets
    label, bits = _BITS[dtype]
    if count * bits != (end - start) * 8:
        takes = f"its shape {_short(shape)} in {label} takes {-(-count * bits // 8):,}"
        raise _BrokenError(f"{shown} has {end - start:,} bytes, but {takes}.")
    return start, end, StoredTensor(visible(name), tuple(shape), label, end - start, file)


def _layout(placed: list[tuple[int, int, StoredTensor]], data: int, file: str, *, complete: bool) -> list[Finding]:
    """Check that the tensors, sorted by place, fill the ``data`` bytes behind the header without gap or overlap."""
    findings = []
    overlaps, gaps, reached, before = [], [], 0, ""
    for start, end, tensor in placed:
        if start < reached:
            overlaps.append((before, tensor.name))
        elif start > reached:
            gaps.append((tensor.name, start - reached))
        if end >= reached:
            reached, before = end, tensor.name
    for first, second in overlaps[:_NAMED]:
        what = f"{first[:100]!r} and {second[:100]!r} overlap: their numbers lie in the same bytes."
        findings.append(Finding(ERROR, file, what, _DAMAGED))
    if complete:  # else an entry that could not be read explains the gap
        for name, size in gaps[:_NAMED]:
            what = f"{size:,} bytes before {name[:100]!r} belong to no tensor."
            findings.append(Finding(ERROR, file, what, _DAMAGED))
    if reached > data:
        what = f"The tensors need {reached:,} bytes, but only {data:,} follow the header: the file was cut off."
        findings.append(Finding(ERROR, file, what, "Download or save it again."))
    elif reached < data and complete:
        what = f"{data - reached:,} bytes at the end of the file belong to no tensor."
        findings.append(Finding(ERROR, file, what, _DAMAGED))
    return findings
