"""Folders that PEFT wrote: the adapter, its base model and its share are those that PEFT itself counts."""

from __future__ import annotations

import json

import pytest

from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.views.checkpoint.view import CheckpointInspector

torch = pytest.importorskip("torch", reason="PyTorch makes these checkpoints")
peft = pytest.importorskip("peft", reason="PEFT writes the adapters")


@pytest.fixture
def adapted(saved, tmp_path):
    from transformers import BertModel

    def adapt(config):
        model = peft.get_peft_model(BertModel.from_pretrained(saved / "base"), config)
        model.save_pretrained(tmp_path / "adapter")
        return tmp_path / "adapter", model.get_nb_trainable_parameters()

    return adapt


def test_lora(adapted):
    from transformers import AutoModel

    folder, (trainable, everything) = adapted(peft.LoraConfig(r=4, lora_alpha=8, target_modules=["query", "value"]))
    assert AutoModel.from_pretrained(folder).peft_config["default"].r == 4

    facts = checkpoint_facts(folder)

    assert (facts.adapter.kind, facts.adapter.base) == ("LORA", "base")
    assert (facts.adapter.rank, facts.adapter.alpha, facts.adapter.targets) == (4, 8.0, ("query", "value"))
    assert facts.weights[0].taken_by == ("PEFT",)
    assert facts.weights[0].parameters == trainable
    assert facts.adapter.base_parameters + trainable == everything
    assert not any(finding.severity == "error" for finding in facts.findings)
    share = f"{trainable / everything:.2%}"
    assert f"LoRA of rank 4 on query, value, for the base model base: {trainable:,} trainable" in (
        summary := CheckpointInspector(folder).summary()
    )
    assert share in summary


def test_other_kinds(adapted):
    folder, (trainable, _) = adapted(peft.IA3Config(target_modules=["key"], feedforward_modules=[]))

    facts = checkpoint_facts(folder)

    assert (facts.adapter.kind, facts.adapter.rank) == ("IA3", None)
    assert facts.weights[0].parameters == trainable


def test_a_base_model_that_is_elsewhere_and_a_config_that_says_anything(adapted):
    folder, _ = adapted(peft.LoraConfig(r=2, target_modules=["key"]))
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text())

    path.write_text(json.dumps({**settings, "base_model_name_or_path": "nobody/has-this"}))
    assert "their share cannot be told" in CheckpointInspector(folder).summary()
    for wrong in ({"peft_type": 3}, {"r": "many", "target_modules": {"a": 1}, "base_model_name_or_path": None}):
        path.write_text(json.dumps({**settings, **wrong}))
        CheckpointInspector(folder).to_html()
