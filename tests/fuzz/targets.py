"""Fuzz targets for the readers of weight files: whatever the bytes, a finding or a CourseError, never anything else.

A target is a function without arguments that hypothesis drives. Other modules of this folder whose names end in
``targets`` join by having a dictionary ``TARGETS`` of their own.
"""

from __future__ import annotations

import json
import pickle
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from coursekit.errors import CourseError
from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.facts.files.formats.weight_file import read_weight_file
from coursekit.hub.shards import read_index

EDITS = st.lists(st.tuples(st.floats(0, 0.9999), st.binary(max_size=9)), max_size=6)
STEPS = st.one_of(
    st.sampled_from(
        [getattr(pickle, name) for name in dir(pickle) if name.isupper() and isinstance(getattr(pickle, name), bytes)]
    ),
    st.binary(max_size=5),
    st.sampled_from(
        [
            b"ctorch._utils\n_rebuild_tensor_v2\n",
            b"ctorch\nFloatStorage\n",
            b"ccollections\nOrderedDict\n",
            b"K\1K\2\x86",
        ]
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "model.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin",
        "tf_model.h5",
        "model.pt",
        "model.gguf",
        "config.json",
        "adapter_config.json",
        "adapter_model.safetensors",
        "modules.json",
        "model_index.json",
    ]
)


def edited(content, edits):
    """Return ``content`` with bytes written over at places given as shares of its length."""
    found = bytearray(content)
    for place, new in edits:
        at = int(place * len(found))
        found[at : at + len(new)] = new
    return bytes(found)


def check(name, content):
    """Read a file of these bytes: facts, all of which can be displayed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        read = read_weight_file(path)
    assert read.tensors or read.findings
    repr(read).encode()
    assert sum(tensor.nbytes for tensor in read.tensors) <= 1100 * len(content) * max(len(read.tensors), 1)


def whole_safetensors():
    header = {"__metadata__": {"format": "pt"}}
    header |= {
        name: {"dtype": "F32", "shape": [2, 2], "data_offsets": [16 * at, 16 * at + 16]}
        for at, name in enumerate("abc")
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(48)


def whole_zip(pickled=b"\x80\x02}."):
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", pickled)
            archive.writestr("archive/data/0", bytes(64))
        file.seek(0)
        return file.read()


def whole_keras():
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.h5"
        with h5py.File(path, "w") as file:
            file.attrs["layer_names"] = [b"bert"]
            file.create_dataset("bert/dense/kernel:0", data=[[1.0, 2.0]])
        return path.read_bytes()


@given(EDITS, st.floats(0, 1))
def safetensors(edits, end):
    content = edited(whole_safetensors(), edits)
    check("x.safetensors", content[: int(end * len(content)) + 1])


@given(JSON, st.binary(max_size=40))
def safetensors_header(header, data):
    text = json.dumps(header).encode()
    check("x.safetensors", len(text).to_bytes(8, "little") + text + data)


@given(st.lists(STEPS, max_size=60))
def pickle_steps(steps):
    check("x.bin", whole_zip(b"\x80\x02" + b"".join(steps) + b"."))


@given(st.lists(STEPS, max_size=60), st.sampled_from([b"\x80\x02", b"\x80\x04", b"\x80\x05"]))
def bare_pickle(steps, start):
    magic = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    check("x.bin", start + magic + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + b"\x80\x02" + b"".join(steps) + b".")


@given(EDITS, st.floats(0.2, 1))
def torch_zip(edits, end):
    content = edited(whole_zip(), edits)
    check("x.bin", content[: int(end * len(content)) + 1])


@given(EDITS)
def keras(edits):
    check("x.h5", edited(whole_keras(), edits))


@given(JSON, st.booleans())
def shard_index(content, as_map):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors.index.json"
        path.write_text(json.dumps({"weight_map": content} if as_map else content))
        index = read_index(path)
    assert index.problem or all(isinstance(name, str) for name in index.files)


@given(
    st.dictionaries(
        NAMES, st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=60)), max_size=6
    )
)
def folder(files):
    with tempfile.TemporaryDirectory() as home:
        for name, content in files.items():
            (Path(home) / name).write_bytes(content)
        try:
            repr(checkpoint_facts(home)).encode()
        except CourseError:
            return


TARGETS = {
    "safetensors": safetensors,
    "safetensors header": safetensors_header,
    "pickle steps": pickle_steps,
    "bare pickle": bare_pickle,
    "torch zip": torch_zip,
    "keras": keras,
    "shard index": shard_index,
    "folder": folder,
}
