"""``subfolder``, ``revision`` and ``variant`` mean in the views what they mean in ``from_pretrained``."""

from __future__ import annotations

import json
import shutil

import pytest

import coursekit as ck
from coursekit import CourseError

torch = pytest.importorskip("torch", reason="PyTorch's loading shows what is true")

from transformers import AutoModel, BertConfig, BertModel  # noqa: E402

SIZES = {"hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "vocab_size": 30}


@pytest.fixture(scope="module")
def nested(tmp_path_factory):
    """A folder whose top holds one layer, and whose folder `encoder` holds three; both also as variant fp16."""
    top = tmp_path_factory.mktemp("nested") / "nested"
    for folder, layers in ((top, 1), (top / "encoder", 3)):
        model = BertModel(BertConfig(num_hidden_layers=layers, **SIZES))
        model.save_pretrained(folder)
        model.half().save_pretrained(folder, variant="fp16")
    return top


def layers_of(folder, **options):
    return AutoModel.from_pretrained(folder, **options).config.num_hidden_layers


@pytest.mark.parametrize(("subfolder", "layers"), [("", 1), ("encoder", 3)])
@pytest.mark.parametrize("variant", ["", "fp16"])
def test_the_trace_ends_at_the_model_that_is_loaded(nested, subfolder, layers, variant):
    options = {"subfolder": subfolder} | ({"variant": variant} if variant else {})
    loaded = AutoModel.from_pretrained(nested, **options)
    facts = ck.AutoModelTrace(nested, **options).facts

    assert loaded.config.num_hidden_layers == dict(facts.settings)["num_hidden_layers"] == layers
    assert facts.failed is None, facts.failed
    assert facts.files[0].name == ("model.fp16.safetensors" if variant else "model.safetensors")
    assert facts.fit.matching == len(loaded.state_dict())


def test_a_variant_that_is_not_there_fails_as_it_does_in_transformers(nested):
    with pytest.raises(OSError, match="bf16"):
        AutoModel.from_pretrained(nested, variant="bf16")
    facts = ck.AutoModelTrace(nested, variant="bf16").facts

    assert facts.failed.title == "Choose the weight file"
    assert {file.role for file in facts.files} == {"not looked for"}


def test_only_a_variant_is_there(nested, tmp_path):
    shutil.copytree(nested / "encoder", tmp_path / "half")
    (tmp_path / "half" / "model.safetensors").unlink()
    with pytest.raises(OSError, match=r"model\.safetensors"):
        AutoModel.from_pretrained(tmp_path / "half")
    facts = ck.AutoModelTrace(tmp_path / "half").facts

    assert facts.failed.title == "Choose the weight file"
    assert 'variant="fp16"' in facts.files[0].why
    assert ck.AutoModelTrace(tmp_path / "half", variant="fp16").facts.failed is None


def test_the_inspector_and_the_checkpoint_look_in_the_subfolder(nested):
    facts = ck.CheckpointInspector(nested, subfolder="encoder").facts
    entries = {entry.key: entry.value for entry in facts.config.entries}

    assert entries["num_hidden_layers"] == "3"
    assert ck.CheckpointInspector(nested, variant="fp16").facts.weights[0].name == "model.fp16.safetensors"
    assert layers_of(ck.checkpoint(str(nested), subfolder="encoder"), subfolder="encoder") == 3
    for wrong in ({"subfolder": "encodr"}, {"subfolder": 3}, {"revision": 3}, {"variant": 3}):
        with pytest.raises(CourseError):
            ck.CheckpointInspector(nested, **wrong)
        with pytest.raises(CourseError):
            ck.AutoModelTrace(nested, **wrong)


def test_a_revision_of_the_cache_is_the_one_that_is_loaded(nested, tmp_path, monkeypatch):
    """Two revisions lie in the cache: `main` has one layer, the tag `v2` three."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(tmp_path), raising=False)
    repository = tmp_path / "models--owner--model"
    (repository / "refs").mkdir(parents=True)
    for ref, commit, folder in (("main", "a" * 40, nested), ("v2", "b" * 40, nested / "encoder")):
        shutil.copytree(folder, repository / "snapshots" / commit, ignore=shutil.ignore_patterns("encoder"))
        (repository / "refs" / ref).write_text(commit)
        (repository / "snapshots" / commit / "vocab.txt").write_text("[UNK]")

    for options, layers in (({}, 1), ({"revision": "v2"}, 3), ({"revision": "b" * 40}, 3)):
        assert layers_of("owner/model", cache_dir=tmp_path, local_files_only=True, **options) == layers
        trace = ck.AutoModelTrace("owner/model", **options).facts
        config = ck.CheckpointInspector("owner/model", **options).facts.config
        assert dict(trace.settings)["num_hidden_layers"] == layers
        assert json.loads({entry.key: entry.value for entry in config.entries}["num_hidden_layers"]) == layers
        assert ck.checkpoint("owner/model", **options) == "owner/model"
    with pytest.raises(CourseError, match="not in the cache"):
        ck.checkpoint("owner/model", revision="v3")
