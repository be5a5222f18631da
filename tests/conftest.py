"""What every test may ask for."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from coursekit.offline import PREPARE, offline_folder

# How long an example takes says something about the machine, not about what is tested.
settings.register_profile("course", deadline=None)
settings.load_profile("course")


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
