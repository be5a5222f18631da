"""Name the formats of weights that transformers does not load as they are, and who reads them.

A file is known by its first bytes where its format has any, and by its name or what lies beside it where it has not.
Nothing but those bytes is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class OtherFormat(NamedTuple):
    """A format: what it is called, as it stands in a sentence, and what reads it."""

    name: str
    reader: str


GGUF = OtherFormat(
    "GGUF", 'from_pretrained reads it with gguf_file="{name}" (and the gguf package), llama.cpp as it is.'
)
GGML = OtherFormat("ggml, the forerunner of GGUF", "llama.cpp or whisper.cpp of its time reads it; convert it to GGUF.")
ONNX = OtherFormat("ONNX", "onnxruntime runs it; optimum's ORTModel classes load it with from_pretrained.")
OPENVINO = OtherFormat(
    "OpenVINO: the numbers of the .xml file beside it", "optimum-intel's OVModel classes load it with from_pretrained."
)
TF_CHECKPOINT = OtherFormat(
    "a TensorFlow checkpoint",
    "The conversion scripts of transformers 4 read it, TensorFlow's tf.train.load_checkpoint too.",
)
SAVED_MODEL = OtherFormat("a SavedModel of TensorFlow", "tf.saved_model.load reads it.")
FLAX = OtherFormat("Flax", "transformers 4 reads it with from_flax=True where Flax is installed.")
RUST = OtherFormat("rust-bert", "The Rust library rust-bert reads it.")
NUMPY = OtherFormat("an archive of NumPy arrays", "numpy.load reads it; MLX and Flax projects use it.")
KERAS = OtherFormat("Keras' own format", "keras.models.load_model reads it.")
TAR = OtherFormat("a tar archive", "Unpack it, or load it with the library that made it (NeMo, or PyTorch before 0.4).")
HTML = OtherFormat("a web page: what a site answers when it refuses a download", "Download the file again.")

_MAGIC = (
    (b"GGUF", GGUF),
    (b"lmgg", GGML),
    (b"fmgg", GGML),
    (b"tjgg", GGML),
    (b"algg", GGML),
)
_BY_SUFFIX = {
    ".onnx": ONNX,
    ".msgpack": FLAX,
    ".ot": RUST,
    ".npz": NUMPY,
    ".gguf": GGUF,
    ".ckpt.index": TF_CHECKPOINT,
    ".ckpt.meta": TF_CHECKPOINT,
    ".ckpt": TF_CHECKPOINT,
    ".keras": KERAS,
    ".tflite": OtherFormat("LiteRT (TensorFlow Lite)", "A LiteRT interpreter runs it."),
    ".mlmodel": OtherFormat("Core ML", "coremltools and Apple's devices run it."),
    ".engine": OtherFormat("TensorRT", "The TensorRT runtime of the same version runs it."),
}


def known_by_content(start: bytes) -> OtherFormat | None:
    """Return the format that a file's first bytes (at least 300 of them, where there are) tell."""
    for magic, found in _MAGIC:
        if start.startswith(magic):
            return found
    if start[257:262] == b"ustar":
        return TAR
    head = start.lstrip()[:15].lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return HTML
    return None


def known_by_name(name: str, beside: Collection[str]) -> OtherFormat | None:
    """Return the format that a file's name tells, with the names of the files beside it."""
    stem, dot, _ = name.rpartition(".")
    if name.endswith(".bin") and f"{stem}.xml" in beside:
        return OPENVINO
    if ".data-00000-of-" in name or (name.endswith(".index") and f"{stem}.meta" in beside):
        return TF_CHECKPOINT
    if name == "saved_model.pb":
        return SAVED_MODEL
    if dot and name.endswith(".onnx_data"):
        return ONNX
    return next((found for suffix, found in _BY_SUFFIX.items() if name.endswith(suffix)), None)


def names_beside(path: Path) -> set[str]:
    """Return the names of what may explain a file: those with the same stem."""
    return {f"{path.stem}{ending}" for ending in (".xml", ".meta", ".index") if path.with_suffix(ending).is_file()}
