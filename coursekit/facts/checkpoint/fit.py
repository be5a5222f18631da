"""Do a config and a weight file go together? What the config calls for against what the file holds.

The names are compared as ``from_pretrained`` does it: old ones are renamed, the base model's prefix is put before them
or taken away, and tied tensors are needed once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from coursekit.facts.checkpoint.loading import installed_transformers
from coursekit.frameworks.buildable import NoModelError
from coursekit.frameworks.from_settings import expected_tensors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from coursekit.facts.files.stored import StoredTensor
    from coursekit.frameworks.expected_tensors import ExpectedTensors


_NO_MORE_PRUNING = 5  # the version of transformers since which pruned_heads means nothing


@dataclass(frozen=True)
class Mismatch:
    """A tensor, by its name in the file, whose shape there (``stored``) is not the one that the config calls for."""

    name: str
    stored: tuple[int, ...]
    called_for: tuple[int, ...]


@dataclass(frozen=True)
class Fit:
    """How the weights of a checkpoint fit its config.

    Attributes
    ----------
    class_name
        The model class that was built empty, or an empty string when none could be.
    reason
        Why nothing could be compared, or an empty string.
    matching
        How many of the tensors that the config calls for are in the file, in the right shape.
    missing
        Tensors that the config calls for and the file lacks; ``from_pretrained`` would fill them with random numbers.
    surplus
        Tensors of the file, by their names there, that the config does not call for; they would stay unused.
    mismatched
        Tensors with the right name and the wrong shape.
    harmless
        Tensors of the file, by their names there, that the model makes itself, such as position numbers; older files
        have them.
    prefix
        How the names were brought together: the prefix with ``+`` (put before them) or ``-`` (taken away), or empty.
    renamed
        How many tensors have an old name.
    counts
        Where the file and the config have different numbers of layers: the name of the group, the file's number and the
        config's.
    """

    class_name: str = ""
    reason: str = ""
    matching: int = 0
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    mismatched: tuple[Mismatch, ...] = ()
    harmless: tuple[str, ...] = ()
    prefix: str = ""
    renamed: int = 0
    counts: tuple[tuple[str, int, int], ...] = ()

    @property
    def compared(self) -> bool:
        """Whether the two could be compared."""
        return not self.reason

    @property
    def perfect(self) -> bool:
        """Whether every tensor has its place and every place its tensor."""
        return self.compared and not (self.missing or self.surplus or self.mismatched)


def fit(
    settings: Mapping[str, Any],
    tensors: Iterable[StoredTensor],
    *,
    keras_names: bool,
    unchecked: Collection[str] = (),
) -> Fit:
    """Compare the content of a ``config.json`` with the tensors of a weight file.

    Parameters
    ----------
    settings
        The content of ``config.json``.
    tensors
        What the weight file, or all shards together, hold.
    keras_names
        Whether they have TensorFlow's names; otherwise PyTorch's.
    unchecked
        Names of tensors whose shape is not known, since they are packed.
    """
    whole = {key: value for key, value in settings.items() if key != "pruned_heads"}
    try:
        expected = expected_tensors(whole, keras_names=keras_names)
    except NoModelError as error:
        return Fit(reason=str(error))
    found = compare(expected, tensors, keras_names=keras_names, unchecked=unchecked)
    prunes = settings.get("pruned_heads") and installed_transformers()[1] < _NO_MORE_PRUNING
    return _without_pruned(found, settings) if prunes else found


def _without_pruned(found: Fit, settings: Mapping[str, Any]) -> Fit:
    """Return a comparison in which the layers that lost attention heads may have smaller matrices.

    transformers 4 prunes the model that it builds by the config's ``pruned_heads`` before it loads the weights.
    """
    heads, pruned = settings.get("num_attention_heads"), settings["pruned_heads"]
    if type(heads) is not int or heads <= 0 or not isinstance(pruned, dict):
        return found
    left = {
        str(layer): heads - len(set(gone))
        for layer, gone in pruned.items()
        if isinstance(gone, list) and _are_int(gone)
    }

    def explained(one: Mismatch) -> bool:
        layer = re.search(r"(?:layer|layers|h)\.(\d+)\.", one.name)
        other = [pair for pair in zip(one.stored, one.called_for, strict=False) if pair[0] != pair[1]]
        if layer is None or len(one.stored) != len(one.called_for) or len(other) != 1:
            return False
        return other[0][0] * heads == other[0][1] * left.get(layer[1], heads)

    mismatched = tuple(one for one in found.mismatched if not explained(one))
    return replace(found, mismatched=mismatched, matching=found.matching + len(found.mismatched) - len(mismatched))


def _are_int(values: list[Any]) -> bool:
    return all(type(value) is int for value in values)


def _plain(name: str, *, keras_names: bool) -> str:
    if not keras_names:
        return name
    name = name.removesuffix(":0")
    # tf_model.h5 has the model's own name in front (tf_bert_model/…), safetensors from TensorFlow has not.
    return name.partition("/")[2] if name.startswith("tf_") else name


def compare(
    expected: ExpectedTensors, tensors: Iterable[StoredTensor], *, keras_names: bool, unchecked: Collection[str] = ()
) -> Fit:
    """Compare what a model expects with the tensors of a weight file; see :func:`fit`."""
    stored: dict[str, tuple[int, ...] | None] = {}  # None where the tensor is split or joined on its way
    in_file = {}  # the name in the file for each name that it gets here
    renamed = 0
    for tensor in tensors:
        plain = _plain(tensor.name, keras_names=keras_names)
        place = expected.place(plain)
        renamed += place.names != (plain,)
        for name in place.names:
            stored[name] = None if place.reshaped or tensor.name in unchecked else tensor.shape
            in_file[name] = tensor.name
    names, prefix = _with_prefix(expected, stored)
    placed = {name: stored[original] for original, name in names.items()}
    in_file = {name: in_file[original] for original, name in names.items()}
    groups = defaultdict(list)
    for name in expected.shapes:
        groups[expected.tied.get(name, name)].append(name)
    missing = [
        group[0]
        for group in groups.values()
        if not any(name in placed for name in group) and not any(_matches(name, expected.optional) for name in group)
    ]
    extra = [name for name in placed if name not in expected.shapes]
    harmless = [
        name for name in extra if name in expected.buffers or _matches(name, expected.ignored) or _is_position(name)
    ]
    mismatched = tuple(
        Mismatch(in_file[name], shape, expected.shapes[name])
        for name, shape in placed.items()
        if shape is not None and name in expected.shapes and shape != expected.shapes[name]
    )
    return Fit(
        class_name=expected.class_name,
        matching=len(placed) - len(extra) - len(mismatched),
        missing=tuple(missing),
        surplus=tuple(in_file[name] for name in extra if name not in set(harmless)),
        mismatched=mismatched,
        harmless=tuple(in_file[name] for name in harmless),
        prefix=prefix,
        renamed=renamed,
        counts=_counts(placed, expected.shapes),
    )


def _with_prefix(expected: ExpectedTensors, stored: Iterable[str]) -> tuple[dict[str, str], str]:
    """Return the model's name for each name of the file, and what was done with the base model's prefix."""
    start = f"{expected.base}."
    names = list(stored)
    has_prefix = any(name.startswith(start) for name in names)
    if not expected.base or has_prefix == expected.has_base:
        return {name: name for name in names}, ""
    if expected.has_base:
        return {
            name: start + name if start + name in expected.shapes or name not in expected.shapes else name
            for name in names
        }, f"+{start}"
    return {name: name.removeprefix(start) for name in names}, f"-{start}"


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def _is_position(name: str) -> bool:
    """Tell whether a tensor holds the numbers 0, 1, 2 … that models before transformers 4.31 saved."""
    return name.rpartition(".")[2] == "position_ids"


def _counts(stored: Iterable[str], called_for: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
    """Return the groups of numbered parts, such as ``encoder.layer``, of which there are different numbers."""
    ours, theirs = _numbered(stored), _numbered(called_for)
    return tuple(
        (group, ours[group], theirs[group]) for group in theirs if group in ours and ours[group] != theirs[group]
    )


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """Return for each group of numbered parts the highest number plus one."""
    found: dict[str, int] = {}
    for name in names:
        match = re.match(r"(\D*?(?:layer|layers|block|blocks|h))[./]_?\.?(\d{1,6})[./]", name)
        if match is None:
            match = re.match(r"(.*/layer)_\._(\d{1,6})/", name)
        if match:
            group, number = match.group(1), int(match.group(2))
            found[group] = max(found.get(group, 0), number + 1)
    return found
