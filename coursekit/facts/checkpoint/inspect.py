"""What ``save_pretrained`` wrote, or the Hub gave: the files of a checkpoint and how they go together.

Only headers of weight files are read. Nothing that lies in a checkpoint is run.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.checkpoint.adapter import ADAPTER_CONFIG, Adapter, read_adapter
from coursekit.facts.checkpoint.fit import Fit, fit
from coursekit.facts.checkpoint.layouts import Layout, recognize
from coursekit.facts.checkpoint.loading import about_sets, dtype_finding, format_finding
from coursekit.facts.checkpoint.quantized import Quantization, quantization
from coursekit.facts.config.annotation import ConfigFile, annotate
from coursekit.facts.files.findings import ERROR, NOTE, WARNING, Finding, by_severity
from coursekit.facts.files.formats.others import known_by_name
from coursekit.facts.files.formats.weight_file import KERAS, SAFETENSORS, TORCH_PICKLE, TORCH_ZIP, UNKNOWN
from coursekit.facts.files.json import read_json
from coursekit.facts.files.locate import CONFIG_NAME, MODEL_TYPE, WEIGHT_FILE, locate
from coursekit.facts.files.tensor_names import shape_text
from coursekit.facts.files.weight_sets import WeightSet, read_weight_sets
from coursekit.hub.staging import cache_folder
from coursekit.text import visible

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from coursekit.facts.files.locate import Source

_MOST_FILES = 500
_ROLES = {
    ADAPTER_CONFIG: "adapter: its base model, its rank and what it is put on",
    CONFIG_NAME: "config: the sizes and choices that the model is built from",
    "generation_config.json": "how the model writes text, for models that do",
    "tokenizer.json": "tokenizer: from text to input IDs",
    "tokenizer_config.json": "tokenizer: its settings",
    "special_tokens_map.json": "tokenizer: its special tokens",
    "added_tokens.json": "tokenizer: tokens that were added",
    "vocab.txt": "tokenizer: the vocabulary",
    "vocab.json": "tokenizer: the vocabulary",
    "merges.txt": "tokenizer: which pieces are joined",
    "spiece.model": "tokenizer: the vocabulary",
    "tokenizer.model": "tokenizer: the vocabulary",
    "preprocessor_config.json": "how images or sound become numbers",
    "README.md": "model card: what the model is and how it was trained",
    "training_args.bin": "settings of a training run, a pickle; it was not opened",
    "optimizer.pt": "the state of a training run; it was not opened",
    "flax_model.msgpack": "weights for Flax, which this course does not read",
    "rust_model.ot": "weights for Rust, which this course does not read",
    ".gitattributes": "which files git keeps elsewhere",
}
_ENDINGS = {
    ".index.json": "index: which file holds which tensor",
    ".safetensors": "weights",
    ".py": "code; it was not run",
    ".md": "text",
    ".txt": "text",
    ".json": "settings",
}


@dataclass(frozen=True)
class CheckpointFile:
    """One file (or folder, whose name ends in ``/``) of a checkpoint: its name, size in bytes and role."""

    name: str
    nbytes: int
    role: str


@dataclass(frozen=True)
class CheckpointFacts:
    """A checkpoint on disk.

    Attributes
    ----------
    source
        How it was asked for: the last part of a path, or the id.
    commit
        The revision in the Hugging Face cache, or an empty string.
    files
        What lies in the folder.
    config
        The content of ``config.json``, or None where it cannot be read.
    weights
        The sets of weights, the one that ``from_pretrained`` takes first.
    fits
        For each set of weights, how it fits the config; None where there is nothing to compare.
    findings
        What is wrong or worth knowing, the worst first.
    quantizations
        For each set of weights, how it was made smaller; None where it was not.
    adapter
        What the folder adds to a base model, or None where it is no adapter.
    layout
        What kind of folder it is where it is no checkpoint of transformers, else None.
    """

    source: str
    commit: str
    files: tuple[CheckpointFile, ...]
    config: ConfigFile | None
    weights: tuple[WeightSet, ...]
    fits: tuple[Fit | None, ...]
    findings: tuple[Finding, ...]
    quantizations: tuple[Quantization | None, ...] = ()
    adapter: Adapter | None = None
    layout: Layout | None = None

    @property
    def fits_together(self) -> bool | None:
        """Whether the first set of weights and the config belong to one model; None when that could not be compared."""
        first = self.fits[0] if self.fits else None
        return first.perfect if first is not None and first.compared else None


def checkpoint_facts(
    source: str | os.PathLike[str], *, variant: str | None = None, subfolder: str = "", revision: str = ""
) -> CheckpointFacts:
    """Return what lies in a folder, in the folder of one weight file, or in the cache under an id.

    What is broken becomes a finding, and the rest is still read.

    Parameters
    ----------
    source
        A folder, a weight file, or an id in the Hugging Face cache.
    variant
        The variant of the weights that ``from_pretrained`` is told to take, such as ``fp16``.
    subfolder, revision
        As in ``from_pretrained``: the folder below that holds the files, and a branch, tag or commit in the cache.

    Raises
    ------
    CourseError
        When there is nothing of this name on this machine.
    """
    place = _on_this_machine(source, subfolder, revision)
    folder: Path = place.folder  # type: ignore[assignment]  # it is on this machine
    only = place.file if place.given == WEIGHT_FILE else None
    findings: list[Finding] = []
    files = _files(folder, only, findings)
    config = settings = None
    names = {file.name for file in files}
    if CONFIG_NAME in names or f"{CONFIG_NAME}/" in names:
        settings, problems = read_json(folder / CONFIG_NAME)
        findings += problems
    if settings is not None:
        config, problems = annotate(settings, CONFIG_NAME)
        findings += problems
    adapter = None
    if ADAPTER_CONFIG in names and only is None:
        adapter, problems = read_adapter(folder)
        findings += problems
    weights = read_weight_sets(folder, only, [file.name.removesuffix("/") for file in files], variant=variant)
    layout = None
    if only is None and adapter is None and (config is None or not any(one.tensors for one in weights)):
        layout = recognize(folder, names)
    if CONFIG_NAME not in names and adapter is None and layout is None and only is None:
        what = "There is no config.json, so nothing says how the model is built."
        findings.append(Finding(ERROR, "", what, "Save the model with save_pretrained, which writes both."))
    fits: list[Fit | None] = []
    packed: list[Quantization | None] = []
    for one in weights:
        findings += one.findings
        packed.append(quantization(settings, one.tensors) if one.tensors else None)
        compared = None
        if settings is not None and one.tensors and not (adapter is not None and "PEFT" in one.taken_by):
            compared = _fit(settings, one, packed[-1])
            findings += _fit_findings(compared, one)
            findings += [] if packed[-1] is not None else dtype_finding(settings, one)
            findings += format_finding(one)
        fits.append(compared)
    if only is None and (layout is None or weights):
        findings += about_sets(weights, variant)
    return CheckpointFacts(
        source=visible(only.name if only else place.shown),
        commit=place.commit,
        files=tuple(_with_role(replace(file, name=visible(file.name)), weights, names) for file in files),
        config=config,
        weights=weights,
        fits=tuple(fits),
        findings=by_severity(findings),
        quantizations=tuple(packed),
        adapter=adapter,
        layout=layout,
    )


def _fit(settings: dict[str, Any], weights: WeightSet, packed: Quantization | None) -> Fit:
    """Compare config and weights; those of a quantizer as they would be unpacked."""
    if packed is None:
        return fit(settings, weights.tensors, keras_names=weights.keras_names)
    return fit(settings, packed.tensors, keras_names=False, unchecked=packed.unchecked)


def _with_role(file: CheckpointFile, weights: tuple[WeightSet, ...], names: Collection[str]) -> CheckpointFile:
    """Return a file with what its content says that it is for; a name such as ``.bin`` promises nothing."""
    held = {one.name: one for found in weights for one in found.files}.get(file.name)
    if held is not None and held.tensors:
        role = "weights: the state dictionary"
        if file.name.startswith("adapter_"):
            role = "weights: the matrices that the adapter adds"
    elif held is not None and held.format not in {SAFETENSORS, TORCH_ZIP, TORCH_PICKLE, KERAS, UNKNOWN}:
        role = f"{held.format}; it was not opened"
    elif held is None and not file.role and (other := known_by_name(file.name, names)) is not None:
        role = f"{other.name}; it was not opened"
    else:
        return file
    return replace(file, role=role)


def _on_this_machine(value: Any, subfolder: str, revision: str) -> Source:
    source = locate(value, subfolder=subfolder, revision=revision)
    if source.folder is not None:
        return source
    if source.is_object or source.given == MODEL_TYPE:
        raise CourseError(
            f"{source}. CheckpointInspector needs the files of a checkpoint.",
            why="it shows what lies on a disk: the config, the weights, and whether they go together.",
            remedy="Save a model first, model.save_pretrained(folder), and give the folder.",
        )
    known: list[str] = []
    with suppress(OSError):
        known += [entry.name for entry in Path().iterdir() if entry.is_dir()]
        known += [entry.name.removeprefix("models--").replace("--", "/") for entry in cache_folder().glob("models--*")]
    raise CourseError(
        f"There is no folder {source.shown!r} here, and no such id in the Hugging Face cache."
        f"{did_you_mean(source.shown, known)}",
        why="the inspector reads what is on this machine; it downloads nothing.",
        remedy="Correct the name, or load the checkpoint once with from_pretrained, which puts it in the cache.",
    )


def _files(folder: Path, only: Path | None, findings: list[Finding]) -> tuple[CheckpointFile, ...]:
    try:
        paths = [only] if only and not (folder / CONFIG_NAME).exists() else sorted(folder.iterdir())
    except OSError as error:
        what = f"The folder cannot be read: {error.strerror or error}."
        findings.append(Finding(ERROR, "", what, "Check who may read it."))
        return ()
    if len(paths) > _MOST_FILES:
        findings.append(Finding(NOTE, "", f"The folder has {len(paths):,} files; the first {_MOST_FILES} are listed."))
    return tuple(_file(path) for path in paths[:_MOST_FILES])


def _file(path: Path) -> CheckpointFile:
    try:
        nbytes, folder = path.stat().st_size, path.is_dir()
    except OSError:
        nbytes, folder = 0, False
    if folder:
        return CheckpointFile(f"{path.name}/", 0, "folder")
    role = _ROLES.get(path.name) or next((role for ending, role in _ENDINGS.items() if path.name.endswith(ending)), "")
    return CheckpointFile(path.name, nbytes, role)


def _fit_findings(compared: Fit, weights: WeightSet) -> list[Finding]:
    where, found = weights.name, []
    if compared.reason:
        return [Finding(NOTE, where, f"Config and weights were not compared. {compared.reason}")]
    for group, stored, called_for in compared.counts:
        what = f"The weights have {stored} × {group}, and the config calls for {called_for}."
        found.append(
            Finding(ERROR, CONFIG_NAME, what, "One of the two files was changed, or they come from two models.")
        )
    if compared.mismatched:
        one, have = compared.mismatched[0], "has" if len(compared.mismatched) == 1 else "have"
        what = f"{_tensors(len(compared.mismatched))} {have} another shape than the config calls for, "
        what += f"such as {one.name}: {shape_text(one.stored)} in the file, {shape_text(one.called_for)} by the config."
        found.append(Finding(ERROR, where, what, "from_pretrained refuses to load such a pair."))
    if compared.missing:
        what = f"{_tensors(len(compared.missing))} that {compared.class_name} needs, such as {compared.missing[0]}, "
        what += f"{'is' if len(compared.missing) == 1 else 'are'} not in the file."
        remedy = (
            "from_pretrained would fill what is missing with random numbers, and say that they were not initialized."
        )
        found.append(Finding(WARNING, where, what, remedy))
    if compared.surplus:
        what = f"{_tensors(len(compared.surplus))} of the file, such as {compared.surplus[0]}, "
        what += f"{'has' if len(compared.surplus) == 1 else 'have'} no place in {compared.class_name}."
        found.append(Finding(WARNING, where, what, "from_pretrained would leave them out."))
    return found


def _tensors(count: int) -> str:
    return f"{count:,} tensor{'' if count == 1 else 's'}"
