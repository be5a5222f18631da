"""What a config says: every attribute, what was changed, what is wrong."""

import enum
import re

import pytest
import transformers
from architectures import ARCHITECTURES
from transformers import BertConfig, CLIPConfig, DistilBertConfig, LlamaConfig

from coursekit.errors import CourseError
from coursekit.facts.config.facts import architecture_integers, config_facts, differences
from coursekit.facts.config.groups import ORDER, short


def warnings(config):
    return " ".join(warning.what for warning in config_facts(config).warnings)


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_defaults_are_unchanged_grouped_and_documented(cls):
    facts = config_facts(cls())
    own = [item for item in facts.attributes if "." not in item.path]
    described = {item.name for item in own if re.search(rf"^\s*{item.name}\s*\(`", cls.__doc__, re.MULTILINE)}
    with_text = {item.name for item in own if item.documentation}

    assert not facts.warnings
    assert not [item.path for item in own if item.changed]
    assert {item.group for item in own} <= set(ORDER)
    assert len(described & with_text) >= 0.98 * len(described) > 0


def test_a_changed_value_stands_beside_its_default():
    facts = config_facts(BertConfig(num_hidden_layers=6))

    assert [(item.name, item.value, item.default) for item in facts.changed] == [("num_hidden_layers", "6", "12")]
    assert facts["num_hidden_layers"].group == "Size of the model"


def test_nested_configs_are_browsable():
    facts = config_facts(CLIPConfig(text_config={"hidden_size": 256}))

    assert ("text_config", "CLIPTextConfig") in facts.parts
    assert facts["text_config.hidden_size"].integer == 256
    assert facts["text_config.hidden_size"].changed
    assert "text_config.hidden_size" in [item.path for item in architecture_integers(facts, "text_config")]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (BertConfig(hiden_size=3), "Did you mean hidden_size?"),
        (BertConfig(hidden_size=100), "Take 96 or 108"),
        (DistilBertConfig(dim=100), "dim (100) cannot be shared evenly among 12 heads (n_heads)"),
        (BertConfig(vocab_size=5, pad_token_id=5), "IDs end at 4"),
        (BertConfig(intermediate_size=0), "must be at least 1"),
        (LlamaConfig(num_key_value_heads=6), "not a multiple of"),
    ],
)
def test_what_is_wrong_is_named(config, words):
    assert words in warnings(config)


def test_differences_pair_what_two_architectures_call_differently():
    found = {item.path: item for item in differences(BertConfig(hidden_size=384), DistilBertConfig())}

    assert (found["hidden_size / dim"].first, found["hidden_size / dim"].second) == ("384", "768")
    assert found["type_vocab_size"].second is None
    assert "vocab_size" not in found
    assert differences(BertConfig(), BertConfig()) == ()


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (len, "len()"),
        (Colour.RED, "'red'"),
        ([1, 2, 3, 4, 5, 6], "[1, 2, 3, 4, ...] (6 entries)"),
        ("<script>alert(1)</script>", "'<script>alert(1)</script>'"),
        ("größe 大", "'größe 大'"),
        (object(), "object object"),
    ],
)
def test_odd_values_are_shown_briefly(value, shown):
    assert short(value) == shown


def test_ten_thousand_labels_and_deep_nesting_stay_short():
    labels = {number: f"LABEL_{number}" for number in range(10_000)}
    deep = {"a": [{"b": [labels] * 9}] * 9}

    assert short(labels).endswith("(10,000 entries)")
    assert max(len(short(value)) for value in (labels, deep, "x" * 10**6)) < 130
    assert config_facts(BertConfig(id2label=labels))["id2label"].changed


def test_something_else_is_refused():
    with pytest.raises(CourseError, match="is no config"):
        config_facts(transformers)
