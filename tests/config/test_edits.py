"""An edited config is an independent copy, and the code beside it makes the same one."""

import pytest
from transformers import BertConfig, CLIPConfig, LlamaConfig, T5Config

from coursekit.errors import CourseError
from coursekit.facts.config.edits import code_of, edited


@pytest.mark.parametrize(
    ("config", "changes"),
    [
        (BertConfig(), {}),
        (BertConfig(num_hidden_layers=6, hidden_act="relu"), {"hidden_size": 120, "num_attention_heads": 10}),
        (LlamaConfig(), {"hidden_size": 512}),
        (T5Config(d_model=64), {"num_layers": 3}),
        (CLIPConfig(), {"text_config.hidden_size": 256}),
        (CLIPConfig(vision_config={"num_hidden_layers": 3}), {"projection_dim": 64, "text_config.vocab_size": 99}),
    ],
)
def test_the_code_makes_the_edited_config(config, changes):
    names = {}
    exec(code_of(config, changes), names)

    assert names["config"].to_dict() == edited(config, changes).to_dict()


def test_the_original_stays_as_it_is():
    config = CLIPConfig()
    before = config.to_dict()
    copy = edited(config, {"text_config.hidden_size": 256})
    copy.text_config.vocab_size = 3

    assert config.to_dict() == before
    assert copy.text_config.hidden_size == 256


def test_what_is_derived_follows_the_number():
    assert edited(LlamaConfig(), {"hidden_size": 512}).head_dim == LlamaConfig(hidden_size=512).head_dim


def test_an_unknown_name_is_refused():
    with pytest.raises(CourseError, match="Did you mean 'hidden_size'"):
        edited(BertConfig(), {"hiden_size": 3})


def test_a_name_that_the_class_does_not_know_is_marked_in_the_code():
    code = code_of(BertConfig(hiden_size=3), {})

    assert code.splitlines()[-2:] == [
        "config = BertConfig(hiden_size=3)",
        "# BertConfig does not know hiden_size. Did you mean 'hidden_size'?",
    ]


def test_a_name_that_is_none_in_python_never_becomes_a_line_of_code():
    code = code_of(BertConfig(**{"a=1)\nimport os#": 2}), {})

    assert code.splitlines()[2:] == ["config = BertConfig()", "# Not written out: 'a=1)\\nimport os#'"]
