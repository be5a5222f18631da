"""A broken checkpoint is named, never run, and the rest of it is still shown."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import tempfile
from pathlib import Path

import pytest
from damage import said, save_bin

from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.facts.files.findings import ERROR, NOTE, WARNING

torch = pytest.importorskip("torch", reason="PyTorch saves these checkpoints")


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (Path(self.path), "it ran")


class EvilSystem(Evil):
    def __reduce__(self):
        return os.system, (f"echo it ran > {self.path}",)


@pytest.mark.parametrize("evil", [Evil, EvilSystem])
def test_a_malicious_pickle_is_named_and_nothing_runs(folder, tmp_path, evil):
    trace = tmp_path / "trace"
    save_bin(folder, {"weight": torch.zeros(2), "payload": evil(trace)})

    facts = checkpoint_facts(folder)

    assert not trace.exists()
    (problem,) = said(facts, ERROR)
    assert "Nothing of it was run" in problem
    torch.load(folder / "pytorch_model.bin", weights_only=False)  # the file does bite those who open it
    assert trace.exists()


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_bare_pickle_is_named_and_not_run(folder, tmp_path, protocol):
    trace = tmp_path / "trace"
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(trace), protocol))

    facts = checkpoint_facts(folder)

    assert not trace.exists()
    assert any("Nothing of it was run" in what for what in said(facts, ERROR))
    assert [one.name for one in facts.weights] == ["model.safetensors", "pytorch_model.bin"]
    assert any("2 times" in what for what in said(facts, NOTE))


def test_a_compressed_archive_is_not_opened(folder):
    import zipfile

    with zipfile.ZipFile(folder / "pytorch_model.bin", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 10_000_000)

    assert any("compressed" in what for what in said(checkpoint_facts(folder), ERROR))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("model.safetensors", b"", "0 bytes"),
        ("model.safetensors", b"abc", "3 bytes"),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("model.safetensors", (10**9).to_bytes(8, "little") + b"{}", "100,000,000 are allowed"),
        ("model.safetensors", (500).to_bytes(8, "little") + b"{}", "cut off"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"[]", "does not start with"),
        ("pytorch_model.bin", b"PK\x03\x04 broken", "damaged"),
        ("pytorch_model.bin", b"<html>", "a web page"),
        ("tf_model.h5", b"\x89HDF\r\n\x1a\n broken", "HDF5 cannot read"),
        ("tf_model.h5", b"nothing", "no weight file"),
        ("config.json", b"[1, 2]", "Its JSON is a list"),
        ("config.json", b"{", "not valid JSON"),
        ("config.json", b"\xff\xfe", "not valid JSON"),
        ("config.json", b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_broken_file_is_named_and_the_rest_is_shown(folder, name, content, expected):
    if name == "tf_model.h5":
        pytest.importorskip("h5py", reason="HDF5 files are read with h5py")
    (folder / name).write_bytes(content)

    facts = checkpoint_facts(folder)

    assert [finding.where for finding in facts.findings if expected in finding.what] == [name]
    if name == "config.json":
        assert len(facts.weights[0].tensors) == 39
    else:
        assert facts.config.model_type == "bert"


def test_without_h5py_a_keras_file_says_what_is_needed(folder, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    (folder / "tf_model.h5").write_bytes(b"\x89HDF\r\n\x1a\n")

    assert any("h5py" in what for what in said(checkpoint_facts(folder), WARNING))


def test_a_folder_a_pipe_and_a_dead_link_where_files_should_be(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")
    (folder / "pytorch_model.bin").symlink_to("nowhere")

    facts = checkpoint_facts(folder)

    by_file = {finding.where: finding.what for finding in facts.findings if finding.where}
    assert "folder" in by_file["model.safetensors"]
    assert "not an ordinary file" in by_file["config.json"]
    assert "not there" in by_file["pytorch_model.bin"]


def test_a_file_that_may_not_be_read(saved):
    home = Path(tempfile.mkdtemp())
    folder = shutil.copytree(saved / "base", home / "base")
    (folder / "model.safetensors").chmod(0)
    folder.chmod(0o755)
    (folder / "config.json").chmod(0o644)
    home.chmod(0o755)
    root = os.geteuid() == 0
    if root:  # nothing is forbidden to root: be somebody else for a moment
        os.seteuid(65534)
    try:
        facts = checkpoint_facts(folder)
    finally:
        if root:
            os.seteuid(0)
        shutil.rmtree(home)

    (problem,) = [finding for finding in facts.findings if finding.where == "model.safetensors"]
    assert "Permission denied" in problem.what
    assert facts.config.model_type == "bert"


def test_an_index_that_does_not_tell_the_truth(saved, tmp_path):
    folder = shutil.copytree(saved / "shards", tmp_path / "shards")
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    shards = sorted(set(index["weight_map"].values()))
    (folder / shards[0]).unlink()
    (folder.parent / "secret.safetensors").write_bytes(b"")
    first = next(name for name, shard in index["weight_map"].items() if shard == shards[1])
    index["weight_map"]["away"] = "../secret.safetensors"
    index["weight_map"]["invented"] = index["weight_map"][first]
    path.write_text(json.dumps(index))

    facts = checkpoint_facts(folder)

    problems = "\n".join(said(facts, ERROR))
    assert f"The index names {shards[0]}, and there is no such file." in problems
    assert "'../secret.safetensors', which lies outside" in problems
    assert "not in their file: invented" in problems
    assert facts.weights[0].tensors
    assert facts.fits[0].missing
