"""What torch.save wrote is listed as torch.load lists it, without PyTorch; what torch.load refuses is refused."""

from __future__ import annotations

import collections

import pytest
from saving import needs_torchvision

from coursekit.facts.files.formats import torch_pickle
from coursekit.facts.files.formats.weight_file import read_weight_file

torch = pytest.importorskip("torch", reason="PyTorch writes the files")


def shared():
    base = torch.arange(12.0).reshape(3, 4)
    return {"base": base, "transposed": base.T, "row": base[1], "steps": base[:, ::2]}


def nested():
    state = collections.OrderedDict(w=torch.zeros(2), p=torch.nn.Parameter(torch.ones(3)))
    return {"model": state, "step": 3, "loss": 0.5, "name": "x", "lists": [torch.zeros(1), (torch.zeros(4), None)]}


CONTENTS = {
    "types": lambda: {
        str(dtype).removeprefix("torch."): torch.zeros(2, 3).to(dtype)
        for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.uint8, torch.bool)
    },
    "new types": lambda: {
        "e4m3": torch.zeros(4).to(torch.float8_e4m3fn),
        "e5m2": torch.zeros(4).to(torch.float8_e5m2),
        "uint16": torch.zeros(4, dtype=torch.uint16),
        "complex": torch.zeros(2, dtype=torch.complex64),
    },
    "shapes": lambda: {"number": torch.tensor(1.0), "empty": torch.zeros(0, 5), "cube": torch.zeros(2, 3, 4)},
    "shared": shared,
    "nested": nested,
    "quantized": lambda: {
        "q": torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 0, torch.qint8),
        "c": torch.quantize_per_channel(torch.ones(2, 3), torch.ones(2), torch.zeros(2).long(), 0, torch.qint8),
    },
    "sparse": lambda: {"s": torch.eye(5).to_sparse(), "csr": torch.eye(5).to_sparse_csr()},
    "meta": lambda: {"m": torch.zeros(3, 4, device="meta")},
    "python attributes": lambda: {"w": with_attribute()},
}


def with_attribute():
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.kind = "special"
    return parameter


def loaded(value, name="", found=None):
    """Names, shapes and types in what torch.load returns."""
    found = {} if found is None else found
    if isinstance(value, torch.Tensor):
        found[name] = (tuple(value.shape), str(value.dtype).removeprefix("torch."))
    elif isinstance(value, dict | list | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            loaded(item, f"{name}.{key}" if name else str(key), found)
    return found


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "bare pickles"])
@pytest.mark.parametrize(
    "content",
    [pytest.param(name, marks=[needs_torchvision] if name == "quantized" else []) for name in CONTENTS],
)
def test_what_torch_saves_is_listed_as_it_loads(tmp_path, content, legacy):
    path = tmp_path / "x.bin"
    if legacy and content == "new types":
        pytest.skip("PyTorch cannot load these types from bare pickles itself")
    torch.save(CONTENTS[content](), path, _use_new_zipfile_serialization=not legacy)

    read = read_weight_file(path)

    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in read.tensors} == loaded(torch.load(path))
    assert not any(finding.severity == "error" for finding in read.findings)


@pytest.mark.parametrize("part", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "bare pickles"])
def test_a_file_that_was_cut_off_is_found_out(tmp_path, legacy, part):
    path = tmp_path / "x.bin"
    torch.save({"w": torch.zeros(3000), "v": torch.zeros(10)}, path, _use_new_zipfile_serialization=not legacy)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises((RuntimeError, EOFError, OSError, ValueError)):
        torch.load(path)

    assert any(finding.severity == "error" for finding in read_weight_file(path).findings)


def test_whatever_pytorch_allows_by_name_is_known():
    from torch._weights_only_unpickler import _get_allowed_globals

    for name in _get_allowed_globals():
        module, _, word = name.rpartition(".")
        assert torch_pickle._name(module, word), name


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda: torch.nn.Linear(2, 3), "a whole model object (torch.nn.modules.linear.Linear)"),
        (lambda: {"a": collections.deque()}, "wants to call collections.deque"),
        (lambda: {"step": 3}, "no tensor in it"),
    ],
)
def test_what_is_no_state_dictionary_is_named(tmp_path, content, expected):
    path = tmp_path / "x.pt"
    torch.save(content(), path)

    read = read_weight_file(path)

    assert read.tensors == ()
    assert any(expected in finding.what for finding in read.findings)


def test_a_torchscript_program_is_named_and_not_run(tmp_path):
    path = tmp_path / "x.pt"
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 3), torch.zeros(1, 2)), path)

    assert "TorchScript" in read_weight_file(path).findings[0].what
