"""The header reader agrees with the safetensors library on every file, intact or damaged."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from coursekit.facts.files.formats.safetensors import read_header
from coursekit.facts.files.formats.weight_file import read_weight_file

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DTYPES = ["float32", "float16", "int64", "uint8", "bool"]
WHOLE = save({"a": np.ones((2, 3), "float32"), "b.c": np.zeros(5, "float16"), "empty": np.zeros((0, 4), "int8")})


def library(path):
    """Names and shapes as the safetensors library has them, or None when it refuses the file."""
    try:
        with safe_open(path, "np") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
    except (SafetensorError, OSError, ValueError):
        return None


def check(path, content):
    path.write_bytes(content)
    header = read_header(path)
    expected = library(path)
    if not header.findings:
        assert {tensor.name: tensor.shape for tensor in header.tensors} == expected
    else:
        assert expected is None or any("twice" in finding.what for finding in header.findings)


@given(
    tensors=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(lambda name: name != "__metadata__"),
        st.tuples(st.sampled_from(DTYPES), st.lists(st.integers(0, 5), max_size=4)),
        min_size=1,  # without tensors, but with metadata, safetensors 0.8 itself writes no valid JSON
        max_size=8,
    ),
    metadata=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
)
@FUZZ
def test_whatever_the_library_writes_is_read(tmp_path, tensors, metadata):
    path = tmp_path / "x.safetensors"
    path.write_bytes(save({name: np.zeros(shape, dtype) for name, (dtype, shape) in tensors.items()}, metadata))

    header = read_header(path)

    assert header.findings == ()
    found = {tensor.name: (tensor.dtype, list(tensor.shape)) for tensor in header.tensors}
    assert found == {name: (dtype, shape) for name, (dtype, shape) in tensors.items()}
    assert dict(header.metadata) == metadata


@given(content=st.binary(max_size=200))
@FUZZ
def test_random_bytes_are_facts_or_a_finding(tmp_path, content):
    check(tmp_path / "x.safetensors", content)


@given(
    edits=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=4),
    end=st.integers(0, len(WHOLE) + 3),
)
@FUZZ
def test_mutated_files_are_judged_as_the_library_does(tmp_path, edits, end):
    content = bytearray(WHOLE)
    for place, value in edits:
        content[place] = value
    check(tmp_path / "x.safetensors", bytes(content[:end]) + bytes(max(0, end - len(content))))


ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "F16", "U8", "F4", "BF16", "X", 3, None]),
        "shape": st.one_of(
            st.lists(st.one_of(st.integers(-2, 6), st.integers(2**60, 2**70), st.booleans()), max_size=3), st.none()
        ),
        "data_offsets": st.one_of(
            st.lists(st.integers(-1, 40), max_size=3), st.tuples(st.integers(0, 40), st.integers(0, 2**70)), st.text()
        ),
        "extra": st.none(),
    },
)


@given(
    header=st.dictionaries(
        st.sampled_from(["a", "b", "c", "__metadata__"]), st.one_of(ENTRY, st.none(), st.integers(), st.text())
    ),
    data=st.integers(0, 40),
)
@FUZZ
def test_made_up_headers_never_raise(tmp_path, header, data):
    text = json.dumps(header).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(data))

    read = read_header(path)

    if library(path) is None and header.get("__metadata__", {}) is not None:
        assert read.findings


@pytest.mark.parametrize(
    ("header", "data", "expected"),
    [
        ({"a": ["U8", [4], [0, 4]], "b": ["U8", [4], [2, 6]]}, 6, "overlap"),
        ({"a": ["U8", [4], [0, 4]], "b": ["U8", [4], [6, 10]]}, 10, "belong to no tensor"),
        ({"a": ["U8", [4], [0, 4]]}, 9, "at the end of the file"),
        ({"a": ["U8", [4], [0, 4]]}, 2, "cut off"),
        ({"a": ["F32", [4], [0, 4]]}, 4, "takes 16"),
        ({"a": ["F33", [4], [0, 4]]}, 4, "does not know"),
        ({"a": ["U8", [2**62, 2**62], [0, 4]]}, 4, "impossible shape"),
        ({"a": ["U8", [4], [4, 0]]}, 4, "impossible data offsets"),
    ],
)
def test_each_fault_is_named(tmp_path, header, data, expected):
    text = json.dumps(
        {name: dict(zip(("dtype", "shape", "data_offsets"), entry, strict=True)) for name, entry in header.items()}
    ).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(data))

    assert expected in " ".join(finding.what for finding in read_header(path).findings)
    assert library(path) is None


def test_a_name_that_stands_twice_is_named(tmp_path):
    entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
    text = f'{{"a":{entry},"a":{entry}}}'.encode()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + b"0")

    assert "twice" in read_header(tmp_path / "x.safetensors").findings[0].what


def test_a_small_file_with_a_huge_claim_costs_no_memory(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes((99_000_000).to_bytes(8, "little") + b'{"a":')
    tracemalloc.start()
    header = read_header(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert header.findings
    assert header.nbytes_read == 8
    assert peak < 1_000_000


@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02"]))
@settings(FUZZ, max_examples=60)
def test_a_random_bin_is_facts_or_a_finding(tmp_path, content, start):
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(start + content)

    assert read_weight_file(path).findings


@given(
    edits=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6), cut=st.floats(0.5, 1)
)
@settings(FUZZ, max_examples=60)
def test_a_mutated_bin_never_raises(tmp_path, saved_bin, edits, cut):
    content = bytearray(saved_bin)
    for place, value in edits:
        content[int(place * len(content))] = value
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(content[: int(cut * len(content))])

    read = read_weight_file(path)

    assert read.findings or read.tensors


@pytest.fixture(scope="module")
def saved_bin(tmp_path_factory):
    torch = pytest.importorskip("torch", reason="PyTorch writes the file that is mutated")
    path = tmp_path_factory.mktemp("bin") / "pytorch_model.bin"
    torch.save({"a": torch.zeros(2, 3), "b": torch.ones(4)}, path)
    return path.read_bytes()
