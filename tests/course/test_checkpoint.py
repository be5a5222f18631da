"""What a lesson loads where no Hub can be asked; tests/hub/test_lookup.py has the online path."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from huggingface_hub import constants
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.course.checkpoint import OFFLINE_ID, VARIABLE, Choice, choose
from coursekit.hub import lookup

BERT = "bert-base-cased"
INSTEAD = f"loading the offline BERT, {OFFLINE_ID}, instead of {BERT}."


@pytest.fixture(autouse=True)
def no_hub(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def saved(tmp_path):
    """Return a folder as save_pretrained leaves it."""
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def cached(cache, model_id, files):
    repository = cache / ("models--" + model_id.replace("/", "--"))
    snapshot = repository / "snapshots" / ("1" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("1" * 40)
    for name in files:
        (snapshot / name).write_text(files[name] if isinstance(files, dict) else "")


@pytest.mark.usefixtures("offline_bert")
def test_one_line_says_which_checkpoint_and_why(capsys, monkeypatch):
    assert ck.checkpoint(BERT) == OFFLINE_ID
    assert capsys.readouterr().out == f"HF_HUB_OFFLINE is set: {INSTEAD}\n"
    monkeypatch.setenv(VARIABLE, "offline")
    assert ck.checkpoint(BERT) == OFFLINE_ID
    assert capsys.readouterr().out == f"COURSEKIT_CHECKPOINT is set to offline: {INSTEAD}\n"


@pytest.mark.usefixtures("offline_bert")
def test_what_was_asked_for_needs_no_line(capsys):
    assert ck.checkpoint(OFFLINE_ID) == OFFLINE_ID
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("wanted", ["", "offline"])
def test_neither_hub_nor_offline_bert_names_prepare(empty_cache, monkeypatch, wanted):
    monkeypatch.setenv(VARIABLE, wanted)
    with pytest.raises(ck.CourseError) as caught:
        ck.checkpoint(BERT)
    assert "python -m coursekit prepare" in caught.value.remedy
    assert not empty_cache.exists()


def test_a_folder_is_loaded_as_it_is_named(saved, monkeypatch, capsys):
    monkeypatch.chdir(saved.parent)
    assert ck.checkpoint("./saved") == "./saved"
    assert capsys.readouterr().out == ""
    monkeypatch.setenv(VARIABLE, str(saved))
    assert ck.checkpoint(BERT) == str(saved)
    # No path of this machine: the line is the same everywhere.
    assert capsys.readouterr().out == f"{VARIABLE} is set: loading the folder that it names instead of {BERT}.\n"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_that_is_no_checkpoint_is_refused(saved, monkeypatch, missing):
    (saved / missing).unlink()
    with pytest.raises(ck.CourseError, match="no checkpoint"):
        ck.checkpoint(str(saved))
    monkeypatch.setenv(VARIABLE, str(saved))
    with pytest.raises(ck.CourseError, match=VARIABLE):
        ck.checkpoint(BERT)


@pytest.mark.parametrize("wanted", ["/no/such/folder", "bad//id", "https://huggingface.co/gpt2", "Offline please"])
def test_the_variable_must_name_a_checkpoint(monkeypatch, wanted):
    monkeypatch.setenv(VARIABLE, wanted)
    with pytest.raises(ck.CourseError, match=f"{VARIABLE} names no checkpoint"):
        ck.checkpoint(BERT)


def test_an_id_in_the_variable_is_never_replaced(empty_cache, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "owner/model")
    with pytest.raises(ck.CourseError) as caught:
        ck.checkpoint(BERT)
    assert "prepare --hub owner/model" in caught.value.remedy
    cached(empty_cache, "owner/model", ["config.json", "model.safetensors", "vocab.txt"])
    assert ck.checkpoint(BERT) == "owner/model"
    assert capsys.readouterr().out == f"{VARIABLE} is set: loading owner/model instead of {BERT}.\n"


@pytest.mark.parametrize("name", ["", " bert", "a/b/c", "../bert", "bert..base", "x" * 97, None, 42, b"bert", ["bert"]])
def test_what_cannot_be_an_id_is_refused(name):
    with pytest.raises(ck.CourseError, match=r"is not the id|There is no folder|neither a config nor a model"):
        ck.checkpoint(name)


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_chosen_or_refused(name):
    with suppress(ck.CourseError):
        assert isinstance(choose(name), Choice)


SHARDED = {
    "config.json": "{}",
    "tokenizer.json": "{}",
    "model.safetensors.index.json": json.dumps(
        {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    ),
    "model-1.safetensors": "",
    "model-2.safetensors": "",
}


@pytest.mark.parametrize("lost", [None, "config.json", "tokenizer.json", "model-2.safetensors"])
def test_cached_means_config_every_weight_file_and_a_tokenizer(empty_cache, lost):
    cached(empty_cache, "owner/large", {name: text for name, text in SHARDED.items() if name != lost})
    assert lookup.is_cached("owner/large") == (lost is None)


@pytest.mark.parametrize("index", ["", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a": null}}', "\xff"])
def test_an_unreadable_index_is_not_a_checkpoint(empty_cache, index):
    cached(empty_cache, "owner/large", SHARDED | {"model.safetensors.index.json": index})
    assert not lookup.is_cached("owner/large")
