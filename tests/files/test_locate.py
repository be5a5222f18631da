"""One input, one answer: every kind of source through every view that takes one."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

import pytest
import transformers
from transformers import BertConfig

import coursekit as ck
from coursekit import CourseError
from coursekit.facts.files import locate as places
from coursekit.facts.files.locate import current_snapshot, locate
from coursekit.hub.offline import OFFLINE_ID

LAYERS = 2  # of the checkpoint that is saved; the offline BERT has 6 and BertConfig's default is 12
VIEWS = {
    "ConfigBrowser": lambda source: ck.ConfigBrowser(source).facts["num_hidden_layers"].value,
    "ModelMap": lambda source: ck.ModelMap(source, names=False).facts.tree.find("encoder.layer.0").repeat,
    "AutoModelTrace": lambda source: dict(ck.AutoModelTrace(source).facts.settings)["num_hidden_layers"],
    "CheckpointInspector": lambda source: next(
        entry.value for entry in ck.CheckpointInspector(source).facts.config.entries if entry.key == "num_hidden_layers"
    ),
    "checkpoint": lambda source: transformers.AutoConfig.from_pretrained(ck.checkpoint(source)).num_hidden_layers,
}


@pytest.fixture
def named(saved, tmp_path, monkeypatch, offline_bert):
    """Return every kind of source by what it is called, with the number of layers that it stands for."""
    monkeypatch.delenv("COURSEKIT_CHECKPOINT", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = shutil.copytree(saved / "base", tmp_path / "folder")
    shards = shutil.copytree(saved / "shards", tmp_path / "shards")
    config = BertConfig(num_hidden_layers=LAYERS)
    return {
        "config": (config, LAYERS),
        "model": (transformers.BertModel(BertConfig.from_pretrained(folder)), LAYERS),
        "config class": (BertConfig, 12),
        "model class": (transformers.BertModel, 12),
        "model type": ("bert", 12),
        "id in the cache": (OFFLINE_ID, 6),
        "folder": (str(folder), LAYERS),
        "relative folder": ("folder", LAYERS),
        "folder with a slash": ("./folder/", LAYERS),
        "home folder": ("~/folder", LAYERS),
        "Path": (folder, LAYERS),
        "config.json": (folder / "config.json", LAYERS),
        "weight file": (folder / "model.safetensors", LAYERS),
        "index": (shards / "model.safetensors.index.json", LAYERS),
        "snapshot in the cache": (offline_bert, 6),
        "repository in the cache": (offline_bert.parent.parent, 6),
    }


ANSWERED = {
    "ConfigBrowser": set(),
    "ModelMap": {"model class"},
    "AutoModelTrace": {"config", "model", "config class", "model class", "model type"},
    "CheckpointInspector": {"config", "model", "config class", "model class", "model type"},
    "checkpoint": {"config", "model", "config class", "model class"},
}
"""What a view refuses: it needs something that this is not."""
INSTEAD = {("checkpoint", "model type"): 6}
"""A lesson that may not ask the Hub for a checkpoint of that name loads the offline BERT, and says so."""


@pytest.mark.parametrize("view", VIEWS)
def test_every_kind_of_source_gets_the_same_answer_in_every_view(named, view):
    pytest.importorskip("torch", reason="a model is among the sources")
    said = {}
    for kind, (source, layers) in named.items():
        if kind in ANSWERED[view]:
            with pytest.raises(CourseError) as caught:
                VIEWS[view](source)
            said[kind] = caught.value
        else:
            assert str(VIEWS[view](source)) == str(INSTEAD.get((view, kind), layers)), kind
    for kind, error in said.items():
        assert (kind in error.what) or (kind == "model class" and "is a class" in error.what), error
        assert error.remedy


@pytest.mark.parametrize(
    "wrong",
    [
        None, 3, 2.5, True, [], {}, b"bert", int, object(), SimpleNamespace(config=3),
        "", " ", "\0", "~nosuchuser/folder", "./not/there", "/not/there", "../..//nowhere", "a/b/c", "bad//id",
        "https://huggingface.co/gpt2", "x" * 5000, "x/" * 3000, "\udcff", "nobody/has-this", "notes.txt",
        "gone/config.json", "folder/notes.txt", "folder/dangling.json",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("named")
def test_what_is_no_source_gets_the_same_words_everywhere(tmp_path, wrong):
    (tmp_path / "folder" / "notes.txt").write_text("hello")
    (tmp_path / "folder" / "dangling.json").symlink_to("nowhere")
    said = {}
    for view in ("ConfigBrowser", "ModelMap", "CheckpointInspector", "AutoModelTrace"):
        try:
            facts = VIEWS[view](wrong)
        except CourseError as error:
            said[view] = error.what
        except KeyError:  # the trace shows where it ends: it read no settings
            assert view == "AutoModelTrace"
        else:
            pytest.fail(f"{view} answered {facts}")
    if wrong not in ("nobody/has-this", "notes.txt"):  # where each view says what it would have needed of the Hub
        assert len(set(said.values())) == 1, said


def test_a_file_beside_which_no_config_lies_says_so(saved, tmp_path):
    shutil.copy(saved / "base" / "model.safetensors", tmp_path)
    for view in ("ConfigBrowser", "ModelMap"):
        with pytest.raises(CourseError, match=r"'model\.safetensors' is a weight file, and no config\.json"):
            VIEWS[view](tmp_path / "model.safetensors")


def test_a_whole_cache_names_what_it_holds(offline_bert):
    with pytest.raises(CourseError, match="folder of the Hugging Face cache: it holds") as caught:
        locate(offline_bert.parents[2])
    assert "ck.CacheBrowser" in caught.value.why


def test_a_cached_revision_is_the_one_that_from_pretrained_takes(tmp_path):
    for commit in ("old", "new"):
        (tmp_path / "snapshots" / commit).mkdir(parents=True)
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs" / "main").write_text("old\n")
    (tmp_path / "refs" / "v2").write_text("new")
    os.utime(tmp_path / "snapshots" / "old", (1, 1))

    assert current_snapshot(tmp_path).name == "old"
    assert current_snapshot(tmp_path, "v2").name == "new"
    assert current_snapshot(tmp_path, "old").name == "old"
    assert current_snapshot(tmp_path, "v3") is None
    (tmp_path / "refs" / "main").write_text("gone")
    assert current_snapshot(tmp_path).name == "new"


def test_a_subfolder_is_where_the_files_are(saved):
    assert locate(saved, subfolder="base").folder == saved / "base"
    with pytest.raises(CourseError, match="has no folder 'bsae'"):
        locate(saved, subfolder="bsae")
    with pytest.raises(CourseError, match="subfolder cannot be 3"):
        locate(saved, subfolder=3)


def test_nothing_is_asked_and_nothing_is_opened(saved, monkeypatch):
    monkeypatch.setattr(places.lookup, "gives", lambda *_: pytest.fail("the network was asked"))
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("a file was opened"))
    assert set(locate(saved / "base").sizes) == {"config.json", "model.safetensors"}
    assert locate("owner/unknown").kind == "nowhere"
