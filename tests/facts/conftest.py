"""Checkpoints that tests of their facts look at, and damage."""

from __future__ import annotations

import shutil

import pytest

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "max_position_embeddings": 12,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "vocab_size": 30,
}


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Folders that save_pretrained wrote: a base model, one with a head, one in shards."""
    pytest.importorskip("torch", reason="PyTorch saves them")
    from transformers import BertConfig, BertForMaskedLM, BertModel

    root = tmp_path_factory.mktemp("saved")
    config = BertConfig(**SIZES)
    BertModel(config).save_pretrained(root / "base")
    BertForMaskedLM(config).save_pretrained(root / "masked")
    BertModel(config).save_pretrained(root / "shards", max_shard_size="4KB")
    return root


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of the base model's folder, to be damaged."""
    return shutil.copytree(saved / "base", tmp_path / "base")
