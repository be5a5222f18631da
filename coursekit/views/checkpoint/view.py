"""See what ``save_pretrained`` wrote: the config, the state dictionary, and whether they go hand in hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.arguments import words
from coursekit.errors import reject_unknown
from coursekit.facts.checkpoint.inspect import CheckpointFacts, checkpoint_facts
from coursekit.facts.config.groups import ORDER
from coursekit.facts.files.findings import NOTE, Finding
from coursekit.facts.files.formats.weight_file import KERAS, SAFETENSORS, TORCH_PICKLE, TORCH_ZIP, UNKNOWN
from coursekit.facts.files.locate import locate
from coursekit.facts.files.tensor_names import group_of, shape_text
from coursekit.views.page.explorer import Explorer
from coursekit.views.page.units import bytes_text
from coursekit.views.page.view import table, text

if TYPE_CHECKING:
    import os

    from coursekit.facts.checkpoint.fit import Fit
    from coursekit.facts.checkpoint.quantized import Quantization
    from coursekit.facts.files.weight_sets import WeightSet

_SIZES = (
    ("layers", ("num_hidden_layers", "n_layers", "n_layer", "num_layers")),
    ("hidden size", ("hidden_size", "dim", "n_embd", "d_model")),
    ("attention heads", ("num_attention_heads", "n_heads", "n_head", "num_heads")),
    ("vocabulary", ("vocab_size",)),
)
_READ = (SAFETENSORS, TORCH_ZIP, TORCH_PICKLE, KERAS, UNKNOWN)
_LISTED = 500  # tensors in the static face
_NAMED = 20  # tensors that a finding about names lists in the static face


class CheckpointInspector(Explorer[CheckpointFacts]):
    """Show the files of a checkpoint, its config and the table of its tensors, and say whether the two fit.

    Only headers are read: no weight is loaded, and nothing that lies in the checkpoint is run.

    Parameters
    ----------
    source
        A folder that ``save_pretrained`` wrote, one weight file, or an id in the Hugging Face cache.
    variant
        The variant of the weights that ``from_pretrained`` would be told to take, such as ``fp16``.
    subfolder, revision, gguf_file
        As in ``from_pretrained``: the folder below that holds the files, a branch, tag or commit in the cache, and the
        one GGUF file of the checkpoint to look at.

    Raises
    ------
    CourseError
        When there is nothing of this name on this machine. What is broken inside of a checkpoint is shown instead.

    Examples
    --------
    >>> ck.CheckpointInspector("directory_on_my_computer")  # doctest: +SKIP
    """

    tag = "ck-checkpoint-inspector"
    stem = "checkpoint/view"

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        variant: str | None = None,
        subfolder: str = "",
        revision: str = "",
        gguf_file: str = "",
        **unknown: Any,
    ) -> None:
        known = ("variant", "subfolder", "revision", "gguf_file")
        reject_unknown(unknown, known, where="ck.CheckpointInspector")
        options = {"subfolder": subfolder, "revision": revision}
        if gguf_file := words(gguf_file, "gguf_file", example="model-q4.gguf"):
            folder = locate(source, subfolder=subfolder, revision=revision).folder
            source, options = (folder or Path()) / gguf_file, {}
        self.facts = checkpoint_facts(source, variant=words(variant, "variant", example="fp16") or None, **options)

    def summary(self) -> str:
        """Return the checkpoint's two files in a line each, then whether they fit."""
        facts = self.facts
        lines = [facts.source]
        if facts.config is not None:
            known = [facts.config.model_type, *(_said(name, value) for name, value in _sizes(facts))]
            lines.append(f"config.json: {', '.join(part for part in known if part)}")
        lines += [
            f"{weights.name}: {_content(weights, packed)}"
            for weights, packed in zip(facts.weights, facts.quantizations, strict=True)
        ]
        lines.append(self._verdict()[1])
        lines += [f"{finding.severity}: {_sentence(finding)}" for finding in facts.findings if finding.severity != NOTE]
        return "\n".join(lines)

    def _verdict(self) -> tuple[str, str]:
        """Return whether config and weights fit (``good``, ``bad`` or ``open``) and the sentence that says so."""
        facts = self.facts
        fit = facts.fits[0] if facts.fits else None
        if facts.adapter is not None:
            own = next((one.parameters for one in facts.weights if "PEFT" in one.taken_by), 0)
            return "open", facts.adapter.sentence(own)
        if facts.layout is not None:
            return "open", f"{facts.layout.what} {facts.layout.remedy}"
        if facts.config is None or not facts.weights:
            missing = "config.json" if facts.config is None else "file with weights"
            return "open", f"There is no {missing} that could be read, so there is nothing to compare."
        if fit is None or not fit.compared:
            return (
                "open",
                "Config and weights could not be compared." if fit is not None else "The weights are unreadable.",
            )
        if fit.perfect:
            spare = ""
            if len(fit.harmless) == 1:
                spare = f" One more, {fit.harmless[0]}, the model makes itself."
            elif fit.harmless:
                spare = f" {len(fit.harmless)} more, such as {fit.harmless[0]}, the model makes itself."
            each = "the one tensor" if fit.matching == 1 else f"each of the {fit.matching:,} tensors"
            return "good", f"They fit: {each} has its place in {fit.class_name}.{spare}{self._unpacking()}"
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (len(fit.missing), "missing in the file"),
                (len(fit.surplus), "without a place"),
                (len(fit.mismatched), "in another shape"),
            )
            if count
        ]
        fits = f"{counted(fit.matching, 'tensor')} fit{'s' * (fit.matching == 1)}"
        what = f"They do not fit exactly. In {fit.class_name} {fits}; {', '.join(parts)}."
        return "bad", f"{what}{self._unpacking()}"

    def _unpacking(self) -> str:
        """Return how the first set of weights is unpacked, as a sentence, or an empty string."""
        packed = self.facts.quantizations[0] if self.facts.quantizations else None
        if packed is None:
            return ""
        count = counted(packed.packed, "matrix", "matrices")
        is_one = packed.packed == 1
        what = f" {count} {'is' if is_one else 'are'} packed ({packed.scheme.name}); {packed.scheme.unpacked_by}."
        if packed.unchecked:
            what += f" The shape{'' if is_one else 's'} of {len(packed.unchecked):,} cannot be told before that."
        return what

    def payload(self) -> dict[str, Any]:
        """Return the files, the config, the findings and all tensors."""
        facts = self.facts
        state, verdict = self._verdict()
        return {
            "source": facts.source,
            "commit": facts.commit,
            "state": state,
            "verdict": verdict,
            "config": None if facts.config is None else self._config_card(),
            "groups": [
                {"title": title, "entries": [[e.key, e.value, e.meaning] for e in entries]}
                for title, entries in self._grouped_config()
            ],
            "files": [[file.name, file.nbytes, file.role] for file in facts.files],
            "findings": [[one.severity, one.where, one.what, one.remedy] for one in facts.findings],
            "weights": [
                _weights_payload(one, fit, packed)
                for one, fit, packed in zip(facts.weights, facts.fits, facts.quantizations, strict=True)
            ],
        }

    def _config_card(self) -> dict[str, Any]:
        config = self.facts.config
        if config is None:
            return {}
        return {"type": config.model_type, "savedBy": config.saved_by, "sizes": _sizes(self.facts)}

    def _grouped_config(self) -> list[tuple[str, list[Any]]]:
        entries = self.facts.config.entries if self.facts.config is not None else ()
        groups = [(group, [entry for entry in entries if entry.group == group]) for group in ORDER]
        return [(title, found) for title, found in groups if found]

    def static_html(self) -> str:
        """Return the verdict, the findings, and tables of the files, the config and the tensors."""
        facts = self.facts
        state, verdict = self._verdict()
        kind = {"good": "", "bad": " ck-error", "open": " ck-warning"}[state]
        commit = f'<p class="ck-muted">Revision {text(facts.commit[:12])} in the Hugging Face cache</p>'
        parts = [
            f"<h3>{text(facts.source)}</h3>",
            commit if facts.commit else "",
            f'<p class="ck-note{kind}"><strong>{text(verdict)}</strong></p>',
        ]
        if facts.findings:
            rows = [(one.severity, one.where, one.what, one.remedy) for one in facts.findings]
            parts.append(table(("Finding", "File", "What", "What to do"), rows, caption="What was found"))
        files = [
            (file.name, "" if file.name.endswith("/") else bytes_text(file.nbytes), file.role) for file in facts.files
        ]
        parts.append("<h4>Files</h4>")
        parts.append(
            table(("File", "Size", "Role"), files, caption="The files and what they are for", numeric=("Size",))
        )
        for title, entries in self._grouped_config():
            rows_of_config = [(entry.key, entry.value, entry.meaning) for entry in entries]
            parts.append(f"<h4>config.json · {text(title.partition(':')[0])}</h4>")
            caption = title.partition(": ")[2]
            parts.append(
                table(("Attribute", "Value", "Meaning"), rows_of_config, caption=caption[:1].upper() + caption[1:])
            )
        for weights, fit, packed in zip(facts.weights, facts.fits, facts.quantizations, strict=True):
            parts.append(_static_weights(weights, fit, packed))
        return "".join(parts)


def _sizes(facts: CheckpointFacts) -> list[tuple[str, str]]:
    """Return the sizes by which people know a model, as the config has them."""
    entries = facts.config.entries if facts.config is not None else ()
    values = {entry.key: entry.value for entry in entries}
    found = []
    for name, keys in _SIZES:
        value = next((values[key] for key in keys if key in values), None)
        if value is not None and len(value) <= 12:  # noqa: PLR2004  (a tampered config may say anything)
            found.append((name, f"{int(value):,}" if value.isdecimal() else value))
    return found


def _said(name: str, value: str) -> str:
    """Return a size as one says it: ``12 layers``, but ``hidden size 768``."""
    return f"{value} {name}" if name.endswith("s") else f"{name} {value}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a number of things in the right number: ``1 tensor``, ``2 tensors``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def _content(weights: WeightSet, packed: Quantization | None = None) -> str:
    if not weights.tensors:
        return "nothing that can be read" if weights.format in {"", *_READ} else f"{weights.format}, not read here"
    shards = f" in {len(weights.files)} shards" if len(weights.files) > 1 else ""
    parameters = counted(weights.parameters, "parameter")
    if packed is not None:
        parameters = f"{counted(packed.parameters, 'parameter')} when unpacked ({packed.scheme.name})"
    return (
        f"{counted(len(weights.tensors), 'tensor')}{shards}, {parameters}, "
        f"{', '.join(weights.dtypes)}, {bytes_text(sum(tensor.nbytes for tensor in weights.tensors))}"
    )


def _sentence(finding: Finding) -> str:
    return f"{finding.where}: {finding.what}" if finding.where else finding.what


def _weights_payload(weights: WeightSet, fit: Fit | None, packed: Quantization | None) -> dict[str, Any]:
    return {
        "name": weights.name,
        "format": f"{weights.format} · {packed.scheme.name}" if packed is not None else weights.format,
        "shards": len(weights.files),
        "takenBy": weights.taken_by,
        "nbytes": weights.nbytes,
        "parameters": weights.parameters if packed is None else packed.parameters,
        "dtypes": weights.dtypes,
        "metadata": [list(pair) for file in weights.files[:1] for pair in file.metadata],
        "tensors": [
            [tensor.name, list(tensor.shape), tensor.dtype, tensor.nbytes, tensor.file, group_of(tensor.name)]
            for tensor in weights.tensors
        ],
        "fit": None
        if fit is None or not fit.compared
        else {
            "model": fit.class_name,
            "missing": [[name, group_of(name)] for name in fit.missing],
            "surplus": fit.surplus,
            "mismatched": [[one.name, one.stored, one.called_for] for one in fit.mismatched],
            "harmless": fit.harmless,
        },
    }


def _static_weights(weights: WeightSet, fit: Fit | None, packed: Quantization | None) -> str:
    taken = f" Taken by from_pretrained of {' and '.join(weights.taken_by)}." if weights.taken_by else ""
    parts = [f"<h4>{text(weights.name)}</h4><p>{text(_content(weights, packed))}.{text(taken)}</p>"]
    if fit is not None and fit.compared and not fit.perfect:
        for what, names in (("Missing", fit.missing), ("Without a place", fit.surplus)):
            if names:
                more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
                listed = ", ".join(f"<code>{text(name)}</code>" for name in names[:_NAMED])
                parts.append(f"<p>{what}: {listed}{more}</p>")
        if fit.mismatched:
            rows = [(one.name, shape_text(one.stored), shape_text(one.called_for)) for one in fit.mismatched[:_NAMED]]
            columns = ("Tensor", "In the file", "By the config")
            parts.append(table(columns, rows, caption="Tensors in another shape"))
    if not weights.tensors:
        return "".join(parts)
    total = sum(tensor.nbytes for tensor in weights.tensors) or 1
    by_part: dict[str, list[Any]] = {}
    for tensor in weights.tensors:
        by_part.setdefault(group_of(tensor.name), []).append(tensor)
    rows_of_parts = [
        (
            part,
            f"{len(tensors):,}",
            f"{sum(one.count for one in tensors):,}",
            f"{sum(one.nbytes for one in tensors) / total:.1%}",
        )
        for part, tensors in by_part.items()
    ][:_LISTED]
    numeric = ("Tensors", "Parameters", "Share")
    parts.append(table(("Part", *numeric), rows_of_parts, caption="The parts of the model", numeric=numeric))
    rows_of_tensors: list[tuple[str, ...]] = [
        (one.name, shape_text(one.shape), one.dtype, f"{one.count:,}", f"{one.nbytes:,}", f"{one.nbytes / total:.1%}")
        for one in weights.tensors[:_LISTED]
    ]
    shown = (
        "All tensors" if len(weights.tensors) <= _LISTED else f"The first {_LISTED} of {len(weights.tensors):,} tensors"
    )
    headings = ("Name", "Shape", "Type", "Parameters", "Bytes", "Share")
    listed = table(headings, rows_of_tensors, caption="The state dictionary", numeric=headings[3:])
    parts.append(f"<details><summary>{shown}</summary>{listed}</details>")
    return "".join(parts)
