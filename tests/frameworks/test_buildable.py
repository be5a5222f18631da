"""What a config may say before a model is built of it: no number costs more than its answer."""

from __future__ import annotations

import json
import re

import pytest
from tracks import TINY, usable
from transformers import BertConfig, Qwen3Config

import coursekit as ck
from coursekit.errors import CourseError
from coursekit.frameworks.buildable import NoModelError, check_buildable

BERT = {"model_type": "bert", "architectures": ["BertModel"], **TINY}


def nested(levels):
    inner = {}
    for _ in range(levels):
        inner = {"inner": inner}
    return inner


HOSTILE = {
    "layers": ({**BERT, "num_hidden_layers": 10**9}, "num_hidden_layers is 1,000,000,000"),
    "layers without end": ({**BERT, "num_hidden_layers": 10**400}, "num_hidden_layers is infinitely large"),
    "depths": ({"model_type": "swin", "depths": [2, 10**9]}, "depths is 1,000,000,002"),
    "layers of a part": ({"model_type": "clip", "text_config": {"num_hidden_layers": 10**9}}, "num_hidden_layers is"),
    "labels": ({**BERT, "num_labels": 10**9}, "num_labels is 1,000,000,000"),
    "positions": ({**BERT, "max_position_embeddings": 10**12}, "max_position_embeddings is"),
    "experts in layers": (
        {"model_type": "mixtral", "num_hidden_layers": 1500, "num_local_experts": 15_000},
        "num_hidden_layers × num_local_experts is 22,500,000",
    ),
    "unknown keys": ({**BERT, **{f"x{number}": number for number in range(100_000)}}, "100,0\\d\\d settings"),
    "long lists": ({**BERT, "x": [[0] * 1000] * 1000}, "so many settings"),
    "deep": ({**BERT, "x": nested(400)}, "nested more than"),
    "type of the architecture": ({**BERT, "model_type": ["bert"]}, "model_type is a list"),
    "type of the numbers": ({**BERT, "torch_dtype": "fp16"}, "'float32' or 'bfloat16'"),
    "no object": ([BERT], "a list"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_config_that_no_machine_could_build_is_refused_with_the_reason(kind):
    settings, reason = HOSTILE[kind]

    with pytest.raises(NoModelError, match=reason):
        check_buildable(settings)


@pytest.mark.parametrize(
    "settings",
    [
        BertConfig().to_dict(),
        {**BERT, "num_hidden_layers": 126, "max_position_embeddings": 10_485_760},  # the longest of today's
        {"model_type": "kimi", "num_hidden_layers": 61, "n_routed_experts": 384},  # the most experts of today's
        {**BERT, "num_labels": 50_000, "id2label": {str(n): f"label {n}" for n in range(50_000)}},
        {**BERT, "num_hidden_layers": "twelve", "torch_dtype": "torch.bfloat16"},  # transformers says what is wrong
    ],
)
def test_a_config_as_people_have_them_is_left_to_transformers(settings):
    assert check_buildable(settings) is None


def test_experts_that_are_counted_from_a_few_may_be_many():
    settings = {"num_hidden_layers": 1500, "num_local_experts": 15_000}

    assert check_buildable(settings, few_experts=True) is None


@pytest.mark.skipif(not usable("pytorch"), reason="this environment cannot run the PyTorch track")
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_view_of_a_checkpoint_lets_transformers_see_such_a_config(kind, tmp_path):
    """Each answers, in one way: the trace stops at the step that reads the file, the others say it."""
    settings, reason = HOSTILE[kind]
    (tmp_path / "config.json").write_text(json.dumps(settings))

    def check(text):
        assert kind == "no object" or re.search(reason, text), text[:500]

    trace = ck.AutoModelTrace(tmp_path, framework="pytorch")
    assert trace.facts.steps[1].state == "failed"
    check(" ".join([trace.facts.steps[1].reason, *trace.facts.steps[1].notes]))
    ck.CheckpointInspector(tmp_path).to_html()
    for view in (ck.ConfigBrowser, ck.ModelMap):
        with pytest.raises(CourseError) as raised:
            view(tmp_path)
        check(raised.value.what)


def test_a_json_that_no_reader_can_follow_is_an_answer_of_each_view(tmp_path):
    (tmp_path / "config.json").write_text('{"x":' + "[" * 100_000 + "]" * 100_000 + "}")

    assert ck.AutoModelTrace(tmp_path).facts.steps[1].state == "failed"
    ck.CheckpointInspector(tmp_path).to_html()
    for view in (ck.ConfigBrowser, ck.ModelMap):
        with pytest.raises(CourseError):
            view(tmp_path)


@pytest.mark.skipif(not usable("pytorch"), reason="this environment cannot run the PyTorch track")
def test_a_config_object_that_cannot_be_built_is_browsed_without_building_it():
    """Qwen's constructor makes a list with an item for each layer, so no constructor is asked."""
    config = Qwen3Config(num_hidden_layers=2)
    config.num_hidden_layers = 10**9

    browser = ck.ConfigBrowser(config, framework="pytorch")

    assert "num_hidden_layers is 1,000,000,000" in browser.to_html()
    assert "config.num_hidden_layers = 1000000000" in browser.code
    assert browser.widget is not None
    with pytest.raises(CourseError, match="num_hidden_layers is 1,000,000,000"):
        ck.ModelMap(config, framework="pytorch")


@pytest.mark.skipif(not usable("pytorch"), reason="this environment cannot run the PyTorch track")
def test_an_edit_that_a_constructor_would_never_finish_is_refused():
    browser = ck.ConfigBrowser(Qwen3Config(num_hidden_layers=2), framework="pytorch")

    with pytest.raises(CourseError, match="num_hidden_layers is 1,000,000,000"):
        browser.edit(num_hidden_layers=10**9)
    assert browser.changes == {}


def test_names_that_mean_nothing_are_counted_where_they_are_many():
    browser = ck.ConfigBrowser(BertConfig(**{f"x{number}": 1 for number in range(900)}), framework="pytorch")

    assert "880 more attributes" in browser.summary()
