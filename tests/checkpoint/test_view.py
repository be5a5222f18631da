"""The inspector's text and static faces say what the facts say, and nothing from a checkpoint becomes markup."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from safetensors.numpy import save_file

from coursekit.errors import CourseError
from coursekit.views.checkpoint.view import CheckpointInspector

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    tensors = {"embeddings.weight": (30, 4), "encoder.layer.0.w": (4, 4), "encoder.layer.10.w": (4, 4), EVIL: (2,)}
    save_file({name: np.zeros(shape, "float32") for name, shape in tensors.items()}, folder / "model.safetensors")
    config = {"model_type": "not-a-model", "num_hidden_layers": 11, "hidden_size": 4, EVIL: EVIL}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_the_summary_has_the_key_figures(folder):
    assert CheckpointInspector(folder).summary().splitlines() == [
        "saved",
        "config.json: not-a-model, 11 layers, hidden size 4",
        "model.safetensors: 4 tensors, 154 parameters, float32, 616 bytes",
        "Config and weights could not be compared.",
    ]


def test_the_static_face_shows_every_tensor_as_text(folder):
    static = CheckpointInspector(folder).static_html()

    assert EVIL not in static
    assert static.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    assert "<td>30 × 4</td>" in static
    assert re.search(r"encoder\.layer\.10</th><td[^>]*>1</td><td[^>]*>16</td><td[^>]*>10\.4%", static)
    assert EVIL not in CheckpointInspector(folder).to_html()


def test_the_same_folder_gives_the_same_page(folder):
    assert CheckpointInspector(folder).to_html() == CheckpointInspector(folder).to_html()


def test_an_unknown_argument_is_named(folder):
    with pytest.raises(CourseError, match="'task'"):
        CheckpointInspector(folder, task="x")
