"""Folders that are no checkpoint of transformers, and what they are: known by the names of the files in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from coursekit.facts.files.json import read_json
from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class Layout(NamedTuple):
    """A kind of folder: what it is, and what loads it, each as one sentence."""

    what: str
    remedy: str


_BY_SUFFIX = (
    (
        ".gguf",
        "GGUF, the format of llama.cpp",
        'from_pretrained reads it with gguf_file="{name}" (and the gguf package).',
    ),
    (".onnx", "ONNX", "optimum's ORTModel classes load it with from_pretrained; onnxruntime runs it."),
    (".pb", "a SavedModel of TensorFlow", "tf.saved_model.load reads it."),
    (".nemo", "NVIDIA's NeMo", "The nemo package restores it."),
    (".npz", "archives of NumPy arrays, as MLX and Flax projects write them", "numpy.load reads them."),
    (".ckpt.index", "a TensorFlow checkpoint", "tf.train.load_checkpoint reads it."),
)
_LONGEST = 60  # characters of a name that is repeated
_NAMED = 8


def recognize(folder: Path, names: Collection[str]) -> Layout | None:  # noqa: PLR0911  (a case for each kind)
    """Return what kind of folder one without readable weights is, or None where nothing tells.

    Parameters
    ----------
    folder
        The folder.
    names
        What lies in it; the names of folders end in ``/``.
    """
    if "model_index.json" in names:
        return _diffusers(folder, names)
    if "modules.json" in names:
        return _sentence_transformers(folder)
    stems = {name.rpartition(".")[0] for name in names}
    if "bert_config.json" in names and any(".ckpt." in name for name in names):
        return Layout(
            "This is a checkpoint of the original BERT, in TensorFlow's format: bert_config.json and bert_model.ckpt.",
            "transformers 4 converts it: python -m transformers.models.bert."
            "convert_bert_original_tf_checkpoint_to_pytorch (version 5 has no such script).",
        )
    if "params.json" in names and any(name.startswith("consolidated.") for name in names):
        return Layout(
            "These are weights in the format of those who made the model (consolidated, params.json).",
            "Take the repository's files for transformers instead, or convert them with the script of its model.",
        )
    if "openvino_model.xml" in names or any(f"{stem}.xml" in names and f"{stem}.bin" in names for stem in stems):
        return Layout(
            "This is a model for OpenVINO: an .xml file and its numbers in a .bin.",
            "optimum-intel's OVModel classes load it with from_pretrained.",
        )
    for suffix, what, remedy in _BY_SUFFIX:
        found = next((name for name in sorted(names) if name.endswith(suffix)), None)
        if found is not None:
            return Layout(f"The weights are in {what}, not a checkpoint of transformers.", remedy.format(name=found))
    return None


def _diffusers(folder: Path, names: Collection[str]) -> Layout:
    content, _ = read_json(folder / "model_index.json")
    kind = (content or {}).get("_class_name")
    name = f" ({visible(kind[:_LONGEST])})" if isinstance(kind, str) else ""
    parts = [part.removesuffix("/") for part in sorted(names) if part.endswith("/")]
    inside = f" Its parts lie in {', '.join(parts[:_NAMED])}." if parts else ""
    own = [
        part
        for part in parts
        if isinstance(listed := (content or {}).get(part), list) and listed[:1] == ["transformers"]
    ]
    remedy = "DiffusionPipeline.from_pretrained of the diffusers library loads it."
    if own:
        remedy += f' transformers made {own[0]}: from_pretrained(..., subfolder="{own[0]}") loads that part.'
    return Layout(f"This is a pipeline of the diffusers library{name}, several models together.{inside}", remedy)


def _sentence_transformers(folder: Path) -> Layout:
    """Describe the old layout of sentence-transformers, where the model lies one folder down."""
    inside = ""
    path = folder / "modules.json"
    with_model = sorted(child.name for child in folder.iterdir() if (child / "config.json").is_file())
    found = next((name for name in with_model if name.startswith("0_")), next(iter(with_model), ""))
    if path.is_file() and found:
        inside = f' The model itself: from_pretrained(..., subfolder="{visible(found[:_LONGEST])}").'
    what = "This is a folder of sentence-transformers in its old layout: the model lies one folder down"
    return Layout(
        f"{what}{f', in {visible(found[:_LONGEST])}' if found else ''}.",
        f"SentenceTransformer(...) of that library loads it.{inside}",
    )
