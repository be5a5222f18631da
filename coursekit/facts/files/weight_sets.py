"""The sets of weights in a folder: one file, or the shards that an index names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding
from coursekit.facts.files.json import read_json
from coursekit.facts.files.weight_file import KERAS, SAFETENSORS, WeightFile, read_weight_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coursekit.facts.files.stored import StoredTensor

_INDEX = ".index.json"
_KNOWN = re.compile(r"(model|pytorch_model|tf_model)([.-].*)?\.(safetensors|bin|h5)")
_NOT_WEIGHTS = {"training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth", "optimizer.bin", "scheduler.bin"}
_NAMED = 3  # how many names a finding lists


@dataclass(frozen=True)
class WeightSet:
    """All weights of a model in one format.

    Attributes
    ----------
    name
        The weight file, or the index of the shards.
    files
        The weight file or the shards, in order.
    taken_by
        The frameworks whose ``from_pretrained`` takes this set among those in the folder, as they call themselves.
    findings
        What is wrong with it, that of its files included.
    """

    name: str
    files: tuple[WeightFile, ...]
    taken_by: tuple[str, ...]
    findings: tuple[Finding, ...]

    @cached_property
    def tensors(self) -> tuple[StoredTensor, ...]:
        """The tensors of all files."""
        return tuple(tensor for file in self.files for tensor in file.tensors)

    @property
    def format(self) -> str:
        """The format of its files, as :class:`~coursekit.facts.files.weight_file.WeightFile` calls it."""
        return self.files[0].format if self.files else ""

    @property
    def nbytes(self) -> int:
        """The size of its files on disk."""
        return sum(file.nbytes for file in self.files)

    @cached_property
    def parameters(self) -> int:
        """How many numbers its tensors hold."""
        return sum(tensor.count for tensor in self.tensors)

    @cached_property
    def dtypes(self) -> tuple[str, ...]:
        """The types of its numbers, sorted."""
        return tuple(sorted({tensor.dtype for tensor in self.tensors}))

    @property
    def keras_names(self) -> bool:
        """Whether its tensors have TensorFlow's names."""
        return any(file.format == KERAS or ("format", "tf") in file.metadata for file in self.files)


def read_weight_sets(folder: Path, only: Path | None, names: Sequence[str]) -> tuple[WeightSet, ...]:
    """Return the sets of weights among the files called ``names`` in ``folder``, or that of the one file ``only``."""
    if only is not None:
        file = read_weight_file(only)
        return (WeightSet(file.name, (file,), (), file.findings),)
    indexes = [name for name in names if name.endswith(_INDEX) and _KNOWN.fullmatch(name.removesuffix(_INDEX))]
    sets = [_sharded(folder, name, names) for name in indexes]
    in_shards = {file.name for one in sets for file in one.files}
    found = [
        name
        for name in names
        if name not in in_shards
        and name not in _NOT_WEIGHTS
        and (_KNOWN.fullmatch(name) or name.endswith(".safetensors"))
    ]
    for name in found:
        file = read_weight_file(folder / name)
        sets.append(WeightSet(name, (file,), (), file.findings))
    taken = {
        framework.label: first
        for framework in frameworks.FRAMEWORKS.values()
        if (first := next((name for name in framework.weight_files if name in names), None))
    }
    marked = [
        WeightSet(one.name, one.files, tuple(label for label, name in taken.items() if name == one.name), one.findings)
        for one in sets
    ]
    order = [name for framework in frameworks.FRAMEWORKS.values() for name in framework.weight_files]
    marked.sort(key=lambda one: (order.index(one.name) if one.name in order else len(order), one.name))
    return tuple(marked)


def _sharded(folder: Path, name: str, names: Sequence[str]) -> WeightSet:
    content, problems = read_json(folder / name)
    findings = list(problems)
    listed = content.get("weight_map") if content is not None else None
    if content is not None and not (
        isinstance(listed, dict) and all(isinstance(shard, str) for shard in listed.values())
    ):
        what = "The index has no weight_map from names of tensors to names of files."
        findings.append(Finding(ERROR, name, what, "Save the model again."))
        listed = None
    places: dict[str, str] = listed if isinstance(listed, dict) else {}
    shards, missing = [], []
    for shard in sorted(set(places.values())):
        if "/" in shard or "\\" in shard or shard in {"", ".", ".."} or "\0" in shard:
            what = f"The index names {shard[:80]!r}, which lies outside of the folder. It was not opened."
            findings.append(Finding(ERROR, name, what, "Ask where the checkpoint comes from."))
        elif shard not in names and not (folder / shard).is_file():
            missing.append(shard)
        else:
            shards.append(read_weight_file(folder / shard))
    if missing:
        absent = "is no such file" if len(missing) == 1 else "are no such files"
        what = f"The index names {_list(missing)}, and there {absent}."
        findings.append(Finding(ERROR, name, what, "Download or save the checkpoint again, with all its shards."))
    for shard_file in shards:
        findings += shard_file.findings
    findings += _compare(name, places, shards, set(missing), content or {})
    return WeightSet(name, tuple(shards), (), tuple(findings))


def _compare(
    name: str, places: dict[str, str], shards: list[WeightFile], missing: set[str], content: dict[str, Any]
) -> list[Finding]:
    """Compare what an index says with what the shards hold."""
    findings: list[Finding] = []
    held = {(tensor.name, shard.name) for shard in shards for tensor in shard.tensors}
    readable = {shard.name for shard in shards if shard.tensors}
    if any(shard.format == KERAS for shard in shards):
        return findings  # its names have the layer in front in one place and not in the other
    absent = [tensor for tensor, shard in places.items() if shard in readable and (tensor, shard) not in held]
    if absent:
        what = f"The index names tensors that are not in their file: {_list(absent)}."
        findings.append(Finding(ERROR, name, what, "Save the model again."))
    unlisted = sorted(tensor for tensor, shard in held if places.get(tensor) != shard)
    if unlisted and not absent:
        what = f"The index leaves out tensors that the shards hold: {_list(unlisted)}."
        findings.append(Finding(WARNING, name, what, "from_pretrained would not see them."))
    metadata = content.get("metadata")
    said = metadata.get("total_size") if isinstance(metadata, dict) else None
    total = sum(tensor.nbytes for shard in shards for tensor in shard.tensors)
    complete = not missing and all(shard.format == SAFETENSORS and not shard.findings for shard in shards)
    if type(said) is int and complete and said != total:
        what = f"The index says that all tensors take {said:,} bytes; they take {total:,}."
        findings.append(Finding(NOTE, name, what))
    return findings


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(name[:80] for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED:,} more"
