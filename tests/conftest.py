"""What every test may ask for."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings
from untouched import kernel_untouched  # noqa: F401  (a fixture for all)

from coursekit.hub.offline import PREPARE, offline_folder

pytest_plugins = ["browser_fixtures"]

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "max_position_embeddings": 12,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "vocab_size": 30,
}
"""Of checkpoints that tests of their facts look at, and damage."""

# How long an example takes says something about the machine, not about what is tested.
settings.register_profile("course", deadline=None)
settings.load_profile("course")

# What somebody has solved on this machine is theirs: no test reads or writes it.
os.environ["COURSEKIT_PROGRESS"] = "off"


@pytest.fixture(scope="session")
def offline_bert():
    """Return the snapshot of the offline BERT in the cache of this machine."""
    folder = offline_folder()
    if folder is None:
        reason = f"the offline BERT is not in the cache: run `{PREPARE}`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def tokenizer(offline_bert):
    """Return the tokenizer of the offline BERT: an uncased vocabulary."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(offline_bert)


@pytest.fixture(scope="session")
def cased_tokenizer(offline_bert):
    """Return a tokenizer with a cased vocabulary, where the ids mean other words."""
    from cased import cased_tokenizer

    return cased_tokenizer((offline_bert / "vocab.txt").read_text("utf-8").splitlines())


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
