"""The faces of a config browser, without a browser."""

import json

import pytest
import transformers
from transformers import BertConfig, DistilBertConfig

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.config_source import find_config
from coursekit.views.config_browser import ConfigBrowser, field_range

ROOM = frameworks.available()[0]  # PyTorch where both are installed: sizes are counted with it


@pytest.fixture(autouse=True, scope="module")
def framework():
    """Import the framework: the live face counts with one that is there."""
    pytest.importorskip(ROOM.module)


def test_the_summary_has_the_key_figures():
    text = repr(ConfigBrowser(BertConfig(num_hidden_layers=2, hiden_size=3), framework=ROOM.name))

    assert "BertConfig (bert)" in text
    assert "hidden_size 768" in text
    assert "38,603,520 parameters" in text
    assert "Did you mean hidden_size?" in text


def test_the_static_face_is_small_and_escaped():
    evil = "<script>alert(1)</script>"
    html = ConfigBrowser(BertConfig(prefix=evil, **{"<b>": 1})).to_html()

    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert len(ConfigBrowser(BertConfig()).to_html().encode()) <= 60_000


def test_edits_make_an_independent_config_that_builds():
    original = BertConfig(num_hidden_layers=2)
    browser = ConfigBrowser(original, framework=ROOM.name).edit(num_hidden_layers=1, vocab_size=100)

    Model = transformers.BertModel if ROOM.name == "pytorch" else transformers.TFBertModel  # noqa: N806  (a class)
    model = Model(browser.config)
    if ROOM.name == "tensorflow":
        model.build_in_name_scope()
    assert model.num_parameters() == browser.sizes().parameters
    assert original.num_hidden_layers == 2
    assert "num_hidden_layers=1" in browser.code
    browser.reset()
    assert browser.config.to_dict() == original.to_dict()
    with pytest.raises(CourseError, match="Did you mean"):
        browser.edit(hiden_size=3)


def test_the_live_face_answers_impossible_numbers_and_returns():
    browser = ConfigBrowser(BertConfig(num_hidden_layers=1), framework=ROOM.name)
    bundle = browser._repr_mimebundle_()
    controls = browser._controls

    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    controls._fields["num_attention_heads"].value = 11
    assert controls._figures.value.count("cannot be shared evenly") == 1
    assert controls._figures.value.count("ck-note") == 1  # the model's own words would say the same again
    controls._fields["num_attention_heads"].value = 6
    assert "cannot be shared" not in controls._figures.value
    assert browser.config.num_attention_heads == 6
    browser.reset()
    assert controls._fields["num_attention_heads"].value == 12


def test_search_and_filter():
    browser = ConfigBrowser(BertConfig(num_hidden_layers=1))
    assert browser.widget
    controls = browser._controls

    controls._changed.value = True
    assert [path for _, path in controls._list.options] == ["num_hidden_layers"]
    controls._search.value = "nothing has these words"
    assert "No attribute fits" in controls._detail.value


def test_two_architectures_are_compared():
    browser = ConfigBrowser(BertConfig(), compare_to=DistilBertConfig())

    assert "num_hidden_layers / n_layers" in browser.static_html()


def test_names_files_and_types_are_found(tmp_path, offline_bert):
    BertConfig(num_hidden_layers=7).save_pretrained(tmp_path)

    assert find_config("gpt2").model_type == "gpt2"
    assert find_config(tmp_path).num_hidden_layers == 7
    assert find_config(tmp_path / "config.json").num_hidden_layers == 7
    assert find_config(BertConfig).num_hidden_layers == 12
    assert find_config("sentence-transformers/all-MiniLM-L6-v2").hidden_size == 384
    assert (offline_bert / "config.json").is_file()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no config"),
        ("[]", "no JSON object"),
        (json.dumps({"model_type": "bertt"}), "Did you mean 'bert'"),
        (json.dumps({"auto_map": {"AutoConfig": "evil.Config"}}), "names no model_type"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(tmp_path, content, words):
    path = tmp_path / "config.json"
    path.write_text(content)

    with pytest.raises(CourseError, match=words):
        ConfigBrowser(path)


@pytest.mark.parametrize("source", [3, None, [], "/nowhere/config.json"])
def test_what_has_no_config_is_refused(source):
    with pytest.raises(CourseError):
        ConfigBrowser(source)


def test_an_unknown_option_is_refused():
    with pytest.raises(CourseError, match="compare_to"):
        ConfigBrowser("bert", compare=1)


@pytest.mark.parametrize("value", [1, 2, 12, 32, 64, 768, 3072, 30_522, 250_000])
def test_a_field_reaches_smaller_and_larger_numbers_in_steps(value):
    low, high, step = field_range(value)

    assert 1 <= low <= value < high
    assert (value - low) % step == 0 == (high - low) % step
