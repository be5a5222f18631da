"""The sets of weights in a folder: one file, or the shards that an index names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from coursekit import frameworks
from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding, regular_file_problem
from coursekit.facts.files.formats.weight_file import KERAS, SAFETENSORS, WeightFile, read_weight_file
from coursekit.frameworks.weight_names import (
    ADAPTER,
    SUFFIXES,
    is_index,
    is_of_transformers,
    is_training_state,
    variant_of,
    with_variant,
)
from coursekit.hub.shards import ShardIndex, is_plain_name, read_index
from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coursekit.facts.files.stored import StoredTensor

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
        What takes this set among those in the folder: frameworks, as they call themselves, whose ``from_pretrained``
        does, or ``PEFT`` for an adapter.
    findings
        What is wrong with it, that of its files included.
    """

    name: str
    files: tuple[WeightFile, ...]
    taken_by: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def variant(self) -> str:
        """What ``from_pretrained`` has to be told to take it: ``fp16`` of ``model.fp16.safetensors``, or nothing."""
        return variant_of(self.name)

    @cached_property
    def tensors(self) -> tuple[StoredTensor, ...]:
        """The tensors of all files."""
        return tuple(tensor for file in self.files for tensor in file.tensors)

    @property
    def format(self) -> str:
        """The format of its files, as :class:`~coursekit.facts.files.formats.weight_file.WeightFile` calls it."""
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


def read_weight_sets(
    folder: Path, only: Path | None, names: Sequence[str], *, variant: str | None = None
) -> tuple[WeightSet, ...]:
    """Return the sets of weights in a folder, what ``from_pretrained`` takes first.

    Parameters
    ----------
    folder
        Where they lie.
    only
        The one file to look at, or None.
    names
        The files in the folder.
    variant
        What ``from_pretrained`` is told to take, such as ``fp16``.
    """
    if only is not None:
        file = read_weight_file(only)
        return (WeightSet(file.name, (file,), (), file.findings),)
    indexes = [name for name in names if is_index(name) and is_of_transformers(_indexed(name))]
    sets = [_sharded(folder, name, set(names)) for name in indexes]
    in_shards = {file.name for one in sets for file in one.files}
    single = [name for name in names if name not in in_shards and not is_training_state(name) and not is_index(name)]
    found = [name for name in single if is_of_transformers(name) or name.endswith(".safetensors")]
    if not found and not sets:  # then what other libraries call their weights
        found = [name for name in single if name.endswith(SUFFIXES)]
    sets += [WeightSet(file.name, (file,), (), file.findings) for file in (read_weight_file(folder / n) for n in found)]
    orders = {
        framework.label: [with_variant(name, variant) for name in framework.weight_files]
        for framework in frameworks.FRAMEWORKS.values()
    }
    orders["PEFT"] = list(ADAPTER)
    taken = {label: next((name for name in order if name in names), None) for label, order in orders.items()}
    marked = [
        WeightSet(one.name, one.files, tuple(label for label, name in taken.items() if name == one.name), one.findings)
        for one in sets
    ]
    order = [name for names_of_one in orders.values() for name in names_of_one]
    marked.sort(key=lambda one: (order.index(one.name) if one.name in order else len(order), one.name))
    return tuple(marked)


def _indexed(name: str) -> str:
    """Return the name that the weights would have in one file: ``model.safetensors`` of its index."""
    return name.partition(".index.")[0]


def _sharded(folder: Path, name: str, names: set[str]) -> WeightSet:
    if problem := regular_file_problem(folder / name):
        return WeightSet(name, (), (), (problem,))
    index = read_index(folder / name)
    findings = [Finding(ERROR, name, index.problem, "Save the model again.")] if index.problem else []
    shards, missing = [], []
    for shard in index.files:
        if not is_plain_name(shard):
            what = f"The index names {visible(shard[:80])!r}, which lies outside of the folder. It was not opened."
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
    findings += _compare(name, index, shards, complete=not missing)
    return WeightSet(name, tuple(shards), (), tuple(findings))


def _compare(name: str, index: ShardIndex, shards: list[WeightFile], *, complete: bool) -> list[Finding]:
    """Compare what an index says with what the shards hold."""
    findings: list[Finding] = []
    places = {visible(tensor): visible(shard) for tensor, shard in index.places.items()}
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
    total = sum(tensor.nbytes for shard in shards for tensor in shard.tensors)
    sound = complete and all(shard.format == SAFETENSORS and not shard.findings for shard in shards)
    if index.total_size is not None and sound and index.total_size != total:
        what = f"The index says that all tensors take {index.total_size:,} bytes; they take {total:,}."
        findings.append(Finding(NOTE, name, what))
    return findings


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(name[:80] for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED:,} more"
