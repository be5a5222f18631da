"""Which weight file ``from_pretrained`` takes among those that are there, and which tensors it finds in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.facts.checkpoint.fit import Fit, compare
from coursekit.facts.files.formats.weight_file import KERAS, read_weight_file
from coursekit.facts.files.locate import CACHE, FOLDER, HUB, Source
from coursekit.frameworks.weight_names import (
    BIN,
    H5,
    INDEX,
    SAFETENSORS,
    is_of_transformers,
    is_weight_file,
    variant_of,
    whole_of_shard,
    with_variant,
)
from coursekit.hub.shards import read_index

if TYPE_CHECKING:
    from coursekit.facts.files.stored import StoredTensor
    from coursekit.frameworks import Framework

SAFE_INDEX = SAFETENSORS + INDEX
TAKEN, PASSED, FOREIGN, SHARD = "taken", "passed over", "not looked for", "part of the taken one"


@dataclass(frozen=True)
class WeightChoice:
    """A weight file and what becomes of it: ``taken``, ``passed over``, ``not looked for``, or a shard, and why."""

    name: str
    nbytes: int
    role: str
    why: str


@dataclass(frozen=True)
class Fresh:
    """A tensor that the model class has and the weight file lacks; ``tied_to`` names an earlier one that it shares."""

    name: str
    shape: tuple[int, ...]
    tied_to: str | None = None


def preference(framework: Framework, kind: str) -> tuple[str, ...]:
    """Return the names that ``from_pretrained`` looks for, the preferred one first.

    They are those of ``_get_resolved_checkpoint_files`` in transformers' ``modeling_utils.py`` (the same in 4.54.1 and
    5.x), and of ``from_pretrained`` in ``modeling_tf_utils.py``, which reads sharded safetensors from a folder only.
    """
    if framework.name == "tensorflow" and kind != FOLDER:
        return tuple(name for name in framework.weight_files if name != SAFE_INDEX)
    return framework.weight_files


def choose_weights(
    source: Source, framework: Framework, config: Any, *, variant: str = ""
) -> tuple[tuple[WeightChoice, ...], str | None, tuple[str, ...], str]:
    """Choose a weight file.

    Returns
    -------
    files
        Every weight file and what becomes of it.
    taken
        The name of the file that is taken, or None.
    notes
        Sentences that say why.
    problem
        Why it cannot be used, or an empty string.
    """
    order = preference(framework, source.kind)
    explicit = getattr(config, "transformers_weights", None)
    if framework.name == "pytorch" and isinstance(explicit, str):
        order = (explicit,)
    order = tuple(with_variant(name, variant) for name in order)
    taken = next((name for name in order if name in source.sizes), None)
    parts = _parts(source, taken)
    files = []
    for name, nbytes in source.sizes.items():
        if name == taken:
            size = nbytes if parts is None else sum(source.sizes.get(part, 0) for part in parts)
            files.append(WeightChoice(name, size, TAKEN, "the first in the order of preference that is here"))
        elif parts is not None and name in parts:
            files.append(WeightChoice(name, nbytes, SHARD, f"{taken} names it"))
        elif name in order:
            files.append(WeightChoice(name, nbytes, PASSED, f"{taken} comes first"))
        elif is_weight_file(name):
            files.append(WeightChoice(name, nbytes, FOREIGN, _foreign(name, framework, variant)))
    rank = {TAKEN: 0, SHARD: 1, PASSED: 2, FOREIGN: 3}
    files.sort(key=lambda file: rank[file.role])
    if taken is None:
        there = f"There is {files[0].name}: {files[0].why}." if files else "There is no weight file at all."
        if source.kind == CACHE and not files:
            there = "They are not in the cache yet, and the Hub does not answer (or HF_HUB_OFFLINE is set)."
        return tuple(files), None, (f"{framework.label} looks for {', '.join(order)}.", there), ""
    notes = [f"Looked for in this order: {', '.join(order)}. The first one that is here is taken."]
    notes += [f"{file.name} is passed over." for file in files if file.role == PASSED]
    problem = _problem(source, taken, parts, framework)
    return tuple(files), taken, tuple(notes), problem


def _foreign(name: str, framework: Framework, asked: str) -> str:
    """Return why a weight file of this name is not looked for; the first reason that holds."""
    pytorch = framework.name == "pytorch"
    sharded = SAFETENSORS in {name, name.removesuffix(INDEX), whole_of_shard(name)}
    reasons = (
        (
            bool(asked) and not variant_of(name) and is_of_transformers(name),
            f'from_pretrained takes it only without variant="{asked}"',
        ),
        (
            name.startswith(H5.removesuffix(".h5")) and pytorch,
            "TensorFlow's weights, which transformers 4 reads into PyTorch only with from_tf=True",
        ),
        (
            name.startswith(BIN.removesuffix(".bin")) and not pytorch,
            "PyTorch's weights, which TensorFlow reads only with from_pt=True",
        ),
        (sharded and not pytorch, "TensorFlow reads safetensors in several files only from a folder of your own"),
        (name.endswith(".msgpack"), "weights of Flax"),
        (bool(variant_of(name)), f'from_pretrained takes it only with variant="{variant_of(name)}"'),
    )
    return next((reason for holds, reason in reasons if holds), "from_pretrained looks for other names")


def _parts(source: Source, taken: str | None) -> list[str] | None:
    """Return the names of the shards that an index lists; None when ``taken`` is no index."""
    if taken is None or not taken.endswith(INDEX):
        return None
    if source.folder is None or not (source.folder / taken).is_file():
        return []
    return read_index(source.folder / taken).inside


def _problem(source: Source, taken: str, parts: list[str] | None, framework: Framework) -> str:
    if source.folder is None or not (source.folder / taken).exists():
        return ""
    if parts is not None and not parts:
        return f"{taken} names no shard"
    missing = [part for part in parts or () if part not in source.sizes]
    if missing:
        return f"{taken} names {missing[0]}, which is not here"
    for name in parts or [taken]:
        file = read_weight_file(source.folder / name)
        errors = [finding.what for finding in file.findings if finding.severity == "error"]
        if errors:
            return f"{name} cannot be read: {errors[0]}"
        if framework.name == "tensorflow" and name.endswith(".safetensors") and "format" not in dict(file.metadata):
            return f"{name} does not say which framework wrote it, and TensorFlow needs that"
    return ""


def compare_names(
    source: Source, taken: str, framework: Framework, config: Any, model_class: Any
) -> tuple[Fit, tuple[Fresh, ...]]:
    """Compare the tensors of the weight file with those of the model class, by their headers."""
    if source.folder is None or (source.kind == HUB and not (source.folder / taken).exists()):
        return Fit(reason="The weights are not on this machine yet, so their names are not known."), ()
    tensors: list[StoredTensor] = []
    keras = False
    for name in _parts(source, taken) or [taken]:
        file = read_weight_file(source.folder / name)
        keras = keras or file.format == KERAS or dict(file.metadata).get("format") == "tf"
        tensors += file.tensors
    if not tensors:
        return Fit(reason="The names in this file could not be read."), ()
    if keras and framework.name == "pytorch":
        return Fit(reason="TensorFlow wrote this file, under TensorFlow's names."), ()
    expected = framework.expected_tensors(config, model_class, keras_names=keras)
    fit = compare(expected, tensors, keras_names=keras)
    missing = set(fit.missing)
    fresh = (Fresh(name, expected.shapes[name], expected.tied.get(name)) for name in expected.shapes)
    return fit, tuple(one for one in fresh if (one.tied_to or one.name) in missing)
