"""``config.json``, read as data and sorted by what its attributes are for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.facts.files.findings import ERROR, WARNING, Finding, regular_file_problem

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURE, METADATA, TRAINING, USE = "architecture", "metadata", "training", "use"
GROUPS = {
    ARCHITECTURE: "Architecture: what the model is built from",
    METADATA: "Metadata: where the checkpoint comes from",
    TRAINING: "Training: how it starts and learns; the saved weights do not depend on it",
    USE: "Use: how the model is run",
}
"""The groups of attributes, in the order in which they are shown, with what they are."""

_LARGEST = 16_000_000  # bytes; no config is that long, and JSON takes many times its size in memory
_LONGEST = 200  # characters of a value that are shown

_METADATA = {
    "_name_or_path": "what the model was loaded from before it was saved",
    "architectures": "the class that saved the weights",
    "auto_map": "code that comes with the checkpoint; this course never runs it",
    "dtype": "the type of the numbers when it was saved",
    "model_type": "the architecture; AutoModel chooses the class by it",
    "quantization_config": "how the numbers were made smaller",
    "torch_dtype": "the type of the numbers when it was saved",
    "transformers_version": "the transformers library that saved it",
}
_TRAINING = {
    "initializer_range": "the standard deviation of new random weights",
    "gradient_checkpointing": "trade time for memory in training",
}
_USE = {
    "is_decoder": "whether a token may look only to its left",
    "use_cache": "whether keys and values are kept for the next token",
    "id2label": "the names of a classifier's classes",
    "label2id": "the numbers of a classifier's classes",
    "pad_token_id": "the input ID that fills up short sequences",
    "problem_type": "which kind of classification the head does",
    "return_dict": "whether the output has named fields",
}
_ARCHITECTURE = {
    "activation": "the function between the two layers of the feed-forward part",
    "dim": "the size of the hidden states vector",
    "hidden_act": "the function between the two layers of the feed-forward part",
    "hidden_size": "the size of the hidden states vector",
    "intermediate_size": "the width inside of the feed-forward part",
    "layer_norm_eps": "a small number that keeps LayerNorm from dividing by zero",
    "max_position_embeddings": "the longest sequence, in tokens",
    "n_embd": "the size of the hidden states vector",
    "n_layer": "the number of layers",
    "n_layers": "the number of layers",
    "num_attention_heads": "the attention heads of each layer",
    "num_hidden_layers": "the number of layers",
    "position_embedding_type": "how positions enter the model",
    "type_vocab_size": "how many kinds of segments a token can belong to",
    "vocab_size": "how many tokens the vocabulary has",
}


@dataclass(frozen=True)
class ConfigEntry:
    """One attribute of a config: its key, its value as JSON, its group, and what it means where that is known."""

    key: str
    value: str
    group: str
    meaning: str


@dataclass(frozen=True)
class ConfigFile:
    """The content of a ``config.json``.

    Attributes
    ----------
    entries
        Its attributes, grouped as in ``GROUPS``.
    model_type
        The architecture, or an empty string.
    saved_by
        The version of transformers that saved it, or an empty string.
    """

    entries: tuple[ConfigEntry, ...]
    model_type: str
    saved_by: str


def read_json(path: Path) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
    """Return the JSON object in the file at ``path``, or None and what is wrong with it."""

    def failed(what: str, remedy: str = "") -> tuple[None, tuple[Finding, ...]]:
        return None, (Finding(ERROR, path.name, what, remedy),)

    if problem := regular_file_problem(path, largest=_LARGEST):
        return None, (problem,)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return failed(f"It cannot be read: {error.strerror or error}.", "Check who may read it.")
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
        return failed(f"It is not valid JSON: {str(error)[:120]}.", "Correct it there, or save the model again.")
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "null", bool: "true or false"}.get(type(value), "a number")
        return failed(f"Its JSON is {kind}, and it must be an object: {{…}}.", "Save the model again.")
    return value, ()


def annotate(settings: dict[str, Any], name: str) -> tuple[ConfigFile, tuple[Finding, ...]]:
    """Return the content of a config, annotated, and what is worth saying about it."""
    order = list(GROUPS)
    entries = sorted(
        (ConfigEntry(key, _shown(value), *_group(key)) for key, value in settings.items()),
        key=lambda entry: order.index(entry.group),
    )
    findings = []
    model_type, version = settings.get("model_type"), settings.get("transformers_version")
    if not isinstance(model_type, str):
        what = "The config has no model_type, so AutoModel cannot tell which architecture it is for."
        findings.append(Finding(ERROR, name, what, 'Add one, such as "model_type": "bert".'))
    if settings.get("auto_map"):
        what = "The config names code that comes with the checkpoint (auto_map). It was not run."
        findings.append(Finding(WARNING, name, what, "Read that code before you ever set trust_remote_code=True."))
    config = ConfigFile(
        tuple(entries),
        model_type if isinstance(model_type, str) else "",
        version if isinstance(version, str) else "",
    )
    return config, tuple(findings)


def _group(key: str) -> tuple[str, str]:
    for group, meanings in ((METADATA, _METADATA), (TRAINING, _TRAINING), (USE, _USE), (ARCHITECTURE, _ARCHITECTURE)):
        if key in meanings:
            return group, meanings[key]
    if "dropout" in key or key.endswith("_pdrop"):
        return TRAINING, "the share of numbers that are dropped in training"
    if key.endswith("_token_id"):
        return USE, "the input ID of a special token"
    if key.startswith(("output_", "_attn", "use_cache")):
        return USE, ""
    return ARCHITECTURE, ""


def _shown(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"
