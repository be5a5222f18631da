"""``config.json`` as a reader wants it: its attributes in groups, each with what it is for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

from coursekit.facts.config.groups import ORDER, group_of
from coursekit.facts.files.findings import ERROR, WARNING, Finding

_LONGEST = 200  # characters of a value that are shown
_MOST = 500  # settings that are shown

MEANINGS = {
    "_name_or_path": "what the model was loaded from before it was saved",
    "architectures": "the class that saved the weights",
    "auto_map": "code that comes with the checkpoint; this course never runs it",
    "dtype": "the type of the numbers when it was saved",
    "model_type": "the architecture; AutoModel chooses the class by it",
    "quantization_config": "how the numbers were made smaller",
    "torch_dtype": "the type of the numbers when it was saved",
    "transformers_version": "the transformers library that saved it",
    "initializer_range": "the standard deviation of new random weights",
    "gradient_checkpointing": "trade time for memory in training",
    "is_decoder": "whether a token may look only to its left",
    "use_cache": "whether keys and values are kept for the next token",
    "id2label": "the names of a classifier's classes",
    "label2id": "the numbers of a classifier's classes",
    "pad_token_id": "the input ID that fills up short sequences",
    "problem_type": "which kind of classification the head does",
    "return_dict": "whether the output has named fields",
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
"""What attributes are for, in plain words; the library's own documentation says more."""


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
        Its attributes, in the groups and the order of ``coursekit.facts.config.groups``.
    model_type
        The architecture, or an empty string.
    saved_by
        The version of transformers that saved it, or an empty string.
    """

    entries: tuple[ConfigEntry, ...]
    model_type: str
    saved_by: str


def annotate(settings: dict[str, Any], name: str) -> tuple[ConfigFile, tuple[Finding, ...]]:
    """Return the content of a config, annotated, and what is worth saying about it."""
    order = list(ORDER)
    entries = sorted(
        (
            ConfigEntry(key, _shown(value), group_of(key.removeprefix("_")), meaning_of(key))
            for key, value in islice(settings.items(), _MOST)
        ),
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
    if len(settings) > _MOST:
        what = (
            f"The config has {len(settings):,} settings; the first {_MOST} are shown. A model's config has some dozens."
        )
        findings.append(Finding(WARNING, name, what))
    config = ConfigFile(
        tuple(entries),
        model_type if isinstance(model_type, str) else "",
        version if isinstance(version, str) else "",
    )
    return config, tuple(findings)


def meaning_of(name: str) -> str:
    """Return what an attribute is for in plain words, or an empty string where that is not known."""
    if name in MEANINGS:
        return MEANINGS[name]
    if "dropout" in name or name.endswith("_pdrop"):
        return "the share of numbers that are dropped in training"
    if name.endswith("_token_id"):
        return "the input ID of a special token"
    return ""


def _shown(value: Any) -> str:
    try:
        written = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "nested too deep to be shown"
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"
