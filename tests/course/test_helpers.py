"""The small helpers that lessons use by name: scratch folder, cut network, fresh Python, second checkpoint, hints."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from coursekit.course.distilbert import make_distilbert
from coursekit.course.fresh_python import cache_folder
from coursekit.course.missing_names import explain_missing_names, hint
from coursekit.course.network import no_network
from coursekit.course.scratch import remove_scratch_folder, scratch_folder
from coursekit.errors import CourseError


def test_the_scratch_folder_is_one_folder_and_empty_each_time(tmp_path):
    before = Path.cwd()
    folder = scratch_folder()
    (tmp_path / "mine").write_text("kept")
    (folder / "sub").mkdir()
    (folder / "link").symlink_to(tmp_path)
    assert scratch_folder() == folder
    assert list(folder.iterdir()) == []
    assert (tmp_path / "mine").read_text() == "kept"
    assert Path.cwd() == before
    remove_scratch_folder()
    assert not folder.exists()
    assert scratch_folder() != folder
    remove_scratch_folder()


def test_no_connection_is_made_while_the_network_is_cut():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with no_network() as connections:
            with pytest.raises(OSError, match="cut"):
                socket.create_connection(address)
            with pytest.raises(OSError, match="cut"), socket.socket() as mine:
                mine.connect(address)
        assert connections.count == 2
        socket.create_connection(address).close()  # it works again


def test_a_fresh_python_says_where_its_cache_is(monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", "/somewhere/of/this/machine")
    assert cache_folder(HOME="/home/ada") == "/home/ada/.cache/huggingface/hub"
    assert cache_folder(HOME="/home/ada", HF_HOME="/data") == "/data/hub"


@pytest.fixture
def small_bert(tmp_path):
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
    model = BertModel(config).eval()
    model.save_pretrained(tmp_path / "bert")
    return model, tmp_path


def test_the_distilbert_gives_the_berts_vectors(small_bert):
    import torch
    from transformers import AutoModel

    bert, place = small_bert
    made = make_distilbert(str(place / "bert"), place / "distilbert")
    other, report = AutoModel.from_pretrained(made, output_loading_info=True)
    assert type(other).__name__ == "DistilBertModel"
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    ids, mask = torch.tensor([[5, 6, 7, 0]]), torch.tensor([[1, 1, 1, 0]])
    with torch.no_grad():
        one = bert(ids, attention_mask=mask).last_hidden_state[:, :3]
        two = other(ids, attention_mask=mask).last_hidden_state[:, :3]
    torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


def test_what_is_no_bert_is_refused_before_anything_is_written(small_bert):
    _, place = small_bert
    config = place / "bert" / "config.json"
    config.write_text(config.read_text().replace('"bert"', '"gpt2"'))
    with pytest.raises(CourseError, match="cannot be written"):
        make_distilbert(str(place / "bert"), place / "distilbert")
    with pytest.raises(CourseError, match="not here"):
        make_distilbert("nobody/nothing", place / "distilbert")
    assert not (place / "distilbert").exists()


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    before = shell.custom_exceptions, shell.CustomTB
    yield shell
    shell.custom_exceptions, shell.CustomTB = before
    InteractiveShell.clear_instance()


def test_a_missing_name_comes_with_a_hint_and_is_still_an_error(shell, capsys):
    explain_missing_names()
    result = shell.run_cell("print(outputs_of_a_cell_above)")
    assert isinstance(result.error_in_exec, NameError)
    said = capsys.readouterr().out
    assert "name 'outputs_of_a_cell_above' is not defined." in said
    assert "Run All Above Selected Cell" in said
    shell.run_cell("import json\njson.loads('x')")
    assert "Run All Above" not in capsys.readouterr().out


def test_a_mistyped_name_is_pointed_out():
    assert "Did you mean 'model'?" in hint("modle", {"model": 1})
    assert "Did you mean" not in hint("xqzw", {"model": 1})
    assert "Did you mean 'print'?" in hint("pritn", {})


def test_nothing_is_installed_outside_of_a_notebook():
    explain_missing_names()
    assert os.environ is not None
