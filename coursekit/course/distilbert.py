"""A second checkpoint of another architecture, made from one that is there: no download, nothing trained anew.

DistilBERT (Sanh and others, 2019, https://arxiv.org/abs/1910.01108) has BERT's layers under other names. It lacks two
things: the table of token types, whose first row BERT adds to every token of a single text, and the pooler. Add that
row to every row of the position table, and a DistilBERT gives BERT's vectors. So the two checkpoints differ in
architecture and agree in what they know, which is what a lesson on checkpoint-agnostic code needs.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.errors import CourseError

if TYPE_CHECKING:
    import numpy as np

_NAMES = [
    (r"embeddings\.(word_embeddings|position_embeddings|LayerNorm)\.(weight|bias)", r"embeddings.\1.\2"),
    (r"encoder\.layer\.(\d+)\.attention\.self\.query\.(\w+)", r"transformer.layer.\1.attention.q_lin.\2"),
    (r"encoder\.layer\.(\d+)\.attention\.self\.key\.(\w+)", r"transformer.layer.\1.attention.k_lin.\2"),
    (r"encoder\.layer\.(\d+)\.attention\.self\.value\.(\w+)", r"transformer.layer.\1.attention.v_lin.\2"),
    (r"encoder\.layer\.(\d+)\.attention\.output\.dense\.(\w+)", r"transformer.layer.\1.attention.out_lin.\2"),
    (r"encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\.(\w+)", r"transformer.layer.\1.sa_layer_norm.\2"),
    (r"encoder\.layer\.(\d+)\.intermediate\.dense\.(\w+)", r"transformer.layer.\1.ffn.lin1.\2"),
    (r"encoder\.layer\.(\d+)\.output\.dense\.(\w+)", r"transformer.layer.\1.ffn.lin2.\2"),
    (r"encoder\.layer\.(\d+)\.output\.LayerNorm\.(\w+)", r"transformer.layer.\1.output_layer_norm.\2"),
]
_SIZES = {
    "vocab_size": "vocab_size",
    "max_position_embeddings": "max_position_embeddings",
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
    "pad_token_id": "pad_token_id",
}
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
_NORM = 1e-12
"""DistilBERT's own constant in its LayerNorm, which no entry of its config can change."""


def make_distilbert(checkpoint: str, folder: str | Path) -> Path:
    """Write a BERT checkpoint once more, as a DistilBERT that gives the same vectors for single texts.

    Parameters
    ----------
    checkpoint
        The id of a BERT whose files are in the cache, or a folder with them.
    folder
        Where to write ``config.json``, ``model.safetensors`` and the tokenizer's files.

    Returns
    -------
    Path
        The folder, for ``from_pretrained``.

    Raises
    ------
    CourseError
        When the checkpoint is not there, is not a BERT, or could not be written as a DistilBERT without changing what
        it says.
    """
    from safetensors.numpy import load_file, save_file

    place = _place(checkpoint)
    config = json.loads((place / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") != "bert" or config.get("layer_norm_eps", _NORM) != _NORM:
        raise CourseError(
            f"{checkpoint} cannot be written as a DistilBERT.",
            why="only a BERT has the same layers, and only with the same constant in its norms.",
            remedy='Name a BERT, as in ck.make_distilbert(ck.checkpoint("bert-base-cased"), folder).',
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_renamed(load_file(place / "model.safetensors")), folder / "model.safetensors", metadata={"format": "pt"})
    written = {theirs: config[ours] for ours, theirs in _SIZES.items() if ours in config}
    written |= {"model_type": "distilbert", "architectures": ["DistilBertModel"]}
    (folder / "config.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    for name in _TOKENIZER:
        if (place / name).is_file():
            shutil.copyfile(place / name, folder / name)
    # A DistilBERT takes no token types, so its tokenizer must not make any.
    about = folder / "tokenizer_config.json"
    settings = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
    settings |= {"tokenizer_class": "DistilBertTokenizer", "model_input_names": ["input_ids", "attention_mask"]}
    about.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return folder


def _place(checkpoint: str) -> Path:
    """Return the folder that holds a checkpoint's config and weights, without asking the network."""
    from huggingface_hub import try_to_load_from_cache

    if Path(checkpoint).is_dir():
        place = Path(checkpoint)
    else:
        cached = try_to_load_from_cache(checkpoint, "config.json")
        place = Path(cached).parent if isinstance(cached, str) else Path()
    if not (place / "config.json").is_file() or not (place / "model.safetensors").is_file():
        raise CourseError(
            f"The files of {checkpoint} are not here.",
            why="a second checkpoint is made from its config.json and model.safetensors.",
            remedy="Load it once with from_pretrained, or run in a cell: !python -m coursekit prepare",
        )
    return place


def _renamed(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return DistilBERT's tensors; those that it has no place for are left out."""
    weights = {name.removeprefix("bert."): value for name, value in weights.items()}
    renamed = {}
    for name, value in weights.items():
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")  # noqa: PLW2901
        for pattern, theirs in _NAMES:
            if match := re.fullmatch(pattern, name):
                renamed[match.expand(theirs)] = value
    positions = renamed["embeddings.position_embeddings.weight"]  # (positions, hidden)
    renamed["embeddings.position_embeddings.weight"] = positions + weights["embeddings.token_type_embeddings.weight"][0]
    return renamed
