"""The text and static faces of AutoModelTrace, and what it refuses."""

from __future__ import annotations

import json

import pytest

import coursekit as ck
from coursekit.hub.offline import OFFLINE_ID
from coursekit.views.auto.view import AutoModelTrace

pytest.importorskip("torch", reason="these models are PyTorch's")


def trace(checkpoint, **options):
    return AutoModelTrace(checkpoint, framework="pytorch", **options)


@pytest.mark.usefixtures("offline_bert")
def test_the_summary_is_the_way():
    assert trace(OFFLINE_ID, task="sequence-classification").summary().splitlines() == [
        'AutoModelForSequenceClassification.from_pretrained("sentence-transformers/all-MiniLM-L6-v2")',
        "1. Find config.json: in the cache, commit 1110a24",
        "2. Read its model_type: bert",
        "3. Take the config class: BertConfig",
        "4. Look up the model class: BertForSequenceClassification",
        "5. Choose the weight file: model.safetensors",
        "6. Match the tensors: 103 of 105 from the file, 2 newly initialized",
    ]


def test_a_failing_step_ends_the_summary(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "<img src=x>"}', "utf-8")
    view = trace(tmp_path)

    assert view.summary().splitlines()[-1] == "2. Read its model_type: FAILS, '<img src=x>' is unknown"
    assert "<img src=x>" not in view.to_html()
    assert "transformers says" in view.static_html()
    assert view.static_html().count("not reached") == 4


def test_what_transformers_says_is_cut_where_it_lists_everything(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"a": "x" * 5000}), "utf-8")
    assert len(trace(tmp_path).static_html()) < 3000


def test_options_are_checked(tmp_path):
    with pytest.raises(ck.CourseError, match="Did you mean 'task'"):
        trace(tmp_path, tsk="masked-lm")
    with pytest.raises(ck.CourseError, match="Did you mean 'tensorflow'"):
        AutoModelTrace(tmp_path, framework="tensorflo")
