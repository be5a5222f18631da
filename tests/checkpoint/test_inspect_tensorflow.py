"""What TensorFlow saves is listed with TensorFlow's names and compared with TensorFlow's plan.

TensorFlow and PyTorch in one process would take twice the memory, so one process of its own saves and looks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

PROGRAM = """
import json, shutil, sys
from pathlib import Path
from transformers import BertConfig, TFBertForMaskedLM, TFBertModel
from coursekit.facts.checkpoint.inspect import checkpoint_facts

root = Path(sys.argv[1])
config = BertConfig(
    hidden_size=16, intermediate_size=24, num_attention_heads=2, num_hidden_layers=2, vocab_size=30,
    max_position_embeddings=12,
)
base, masked = TFBertModel(config), TFBertForMaskedLM(config)
for model in (base, masked):
    model.build_in_name_scope()
base.save_pretrained(root / "base")
base.save_pretrained(root / "safe", safe_serialization=True)
base.save_pretrained(root / "shards", max_shard_size="4KB")
masked.save_pretrained(root / "masked")
shutil.copytree(root / "base", root / "tampered")
path = root / "tampered" / "config.json"
path.write_text(json.dumps({**json.loads(path.read_text()), "num_hidden_layers": 12}))

report = {"weights": {w.name.removesuffix(":0"): list(w.shape) for w in base.weights}}
for name in ("base", "safe", "shards", "masked", "tampered", sys.argv[2]):
    facts = checkpoint_facts(name if "/" in name and not name.startswith("/") else root / name)
    first, fit = facts.weights[0], facts.fits[0]
    report[name] = {
        "file": first.name,
        "taken_by": first.taken_by,
        "tensors": {tensor.name: list(tensor.shape) for tensor in first.tensors},
        "class": fit.class_name,
        "fits": facts.fits_together,
        "missing": len(fit.missing),
        "surplus": len(fit.surplus),
        "reason": fit.reason,
        "errors": [finding.what for finding in facts.findings if finding.severity == "error"],
    }
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory, offline_bert):
    missing = [name for name in ("tensorflow", "tf_keras", "h5py") if find_spec(name) is None]
    if missing:
        pytest.skip(f"the TensorFlow half of these tests needs {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("tensorflow")
    environment = {
        **os.environ,
        "USE_TORCH": "0",
        "TF_USE_LEGACY_KERAS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-c", PROGRAM, str(folder), str(offline_bert)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    return {
        **json.loads(run.stdout.splitlines()[-1]),
        "offline": json.loads(run.stdout.splitlines()[-1])[str(offline_bert)],
    }


def test_tf_model_h5_holds_the_variables_of_the_model(report):
    assert report["base"]["file"] == "tf_model.h5"
    assert report["base"]["taken_by"] == ["TensorFlow"]
    assert report["base"]["tensors"] == report["weights"]
    assert report["base"]["class"] == "TFBertModel"
    assert report["base"]["fits"] is True


def test_safetensors_from_tensorflow_fit(report):
    assert report["safe"]["file"] == "model.safetensors"
    assert report["safe"]["class"] == "TFBertModel"
    assert report["safe"]["fits"] is True


def test_h5_shards_fit(report):
    assert report["shards"]["file"] == "tf_model.h5.index.json"
    assert sorted(report["shards"]["tensors"].values()) == sorted(report["weights"].values())
    assert report["shards"]["fits"] is True


def test_a_model_with_a_head_fits(report):
    assert report["masked"]["class"] == "TFBertForMaskedLM"
    assert report["masked"]["fits"] is True


def test_twelve_layers_beside_two(report):
    assert report["tampered"]["fits"] is False
    assert report["tampered"]["missing"] == 10 * 16
    assert any("calls for 12" in what for what in report["tampered"]["errors"])


def test_a_checkpoint_from_pytorch_fits_tensorflow_s_plan(report):
    assert report["offline"]["class"] == "TFBertModel"
    assert report["offline"]["fits"] is True
