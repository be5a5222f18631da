"""Files that claim, nest or repeat more than they hold are answered with a finding, in little time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_files import HOSTILE

EXPECTED = {
    "itself.bin": "no tensor",
    "shared.bin": "itself over and over",
    "bytearray.bin": "no tensor",
    "nested-keys.bin": "no tensor",
    "nested-lists.bin": "no tensor",
    "nested-shape.bin": "impossible shape",
    "expanded.bin": "4,611,686,018,427,387,904 numbers, and the file holds 1,",
    "claims.bin": "not all there",
    "beyond.bin": "reaches beyond",
    "negative.bin": "impossible strides",
    "cut.bin": "not all there",
    "memo.bin": "no tensor",
    "long-number.bin": "damaged",
    "claims-bytes.bin": "damaged",
    "steps.bin": "more than 3,000,000 steps",
    "directory.bin": "claims 4,294,967,280 bytes",
    "endless-line.bin": "damaged",
    "bare.bin": "torch.save did not write",
    "million.safetensors": "57,888,891 bytes long",
    "brackets.safetensors": "not valid JSON",
    "lists.safetensors": "16,000,002 parts",
    "padding.safetensors": "50,000,002 bytes long",
    "digits.safetensors": "not valid JSON",
    "dimensions.safetensors": "impossible shape",
    "wrong-end.safetensors": "wrong way round",
    "huge.h5": "does not hold",
}
READ = {
    "overlapping.bin": ["w", [2]],
    "surrogate.bin": ["\\udc80", [1]],
    "surrogate.safetensors": ["\\udc80", [1]],
    "linked.h5": ["kernel", [2]],
    "odd-name.h5": ["no\ufffdutf8", [1]],
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    pytest.importorskip("h5py", reason="some of the files are HDF5")
    pytest.importorskip("resource", reason="a process is given little memory as POSIX does it")
    program = Path(__file__).parents[1] / "hostile_files.py"
    command = [sys.executable, str(program), str(tmp_path_factory.mktemp("hostile"))]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


@pytest.mark.parametrize("name", HOSTILE)
def test_each_is_answered(answers, name):
    answer = answers[name]
    if name in READ:
        assert answer["tensors"] == [READ[name]]
    else:
        assert any(EXPECTED[name] in what for severity, what in answer["findings"] if severity != "note")
        assert answer["tensors"] == []
