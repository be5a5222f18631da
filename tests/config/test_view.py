"""The faces of a config browser, without a browser."""

import json
import re
from html import unescape

import pytest
import transformers
from transformers import BertConfig, CLIPConfig, DistilBertConfig
from untouched import kernel_state

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.config.load import find_config
from coursekit.facts.model.edited_config import EditedConfig
from coursekit.facts.model.size import size_facts
from coursekit.views.config import drawing as draw
from coursekit.views.config.view import ConfigBrowser
from coursekit.views.config.what_if import field_range

ROOM = frameworks.available()[0]  # PyTorch where both are installed: sizes are counted with it

pytestmark = pytest.mark.changes("open widgets")


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


@pytest.fixture
def bert():
    """A browser of a small BERT whose live face was made, and its controls."""
    browser = ConfigBrowser(BertConfig(num_hidden_layers=1), framework=ROOM.name)
    assert browser.widget
    yield browser, browser._controls
    browser.close()


def visible(html):
    """Return what a person reads of ``html``, each word once apart."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())


def test_the_live_face_comes_with_the_other_two():
    bundle = ConfigBrowser(BertConfig(num_hidden_layers=1), framework=ROOM.name)._repr_mimebundle_()

    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} == set(bundle)


def test_an_edit_shows_original_new_and_difference(bert):
    browser, controls = bert
    before = browser.sizes()
    controls.what_if.fields["num_hidden_layers"].value = 3
    after = browser.sizes()
    shown = visible(controls.what_if.figures.value)
    layers = [sizes.parts["layers"] for sizes in (before, after)]

    assert after.parameters - before.parameters == 2 * layers[0]
    assert f"Original {after.parameters:,} Now" in shown
    assert f"+{after.parameters - before.parameters:,} parameters" in shown
    shares = [f"{count / sizes.parameters:.1%}" for count, sizes in zip(layers, (before, after), strict=True)]
    assert f"Layers {layers[0]:,} ({shares[0]}) {layers[1]:,} ({shares[1]}) +{layers[1] - layers[0]:,}" in shown
    assert f"int8 {before.parameters / 1e6:.1f} MB {after.parameters / 1e6:.1f} MB" in shown


def test_impossible_numbers_are_explained_under_their_field_and_the_last_figures_stay(bert):
    browser, controls = bert
    part = controls.what_if
    good = visible(part.figures.value)
    part.fields["num_attention_heads"].value = 11

    assert part.notes["num_attention_heads"].value.count("cannot be shared evenly") == 1
    assert part.notes["num_attention_heads"].layout.display != "none"
    assert part.notes["num_attention_heads"].value.count("ck-note") == 1  # the model's own words say the same again
    assert visible(part.figures.value).endswith(good)
    assert "last figures of a model that can be built" in part.figures.value
    part.fields["num_attention_heads"].value = 6
    assert part.notes["num_attention_heads"].layout.display == "none"
    assert "last figures" not in part.figures.value
    assert browser.config.num_attention_heads == 6
    browser.reset()
    assert part.fields["num_attention_heads"].value == 12


def test_numbers_that_are_set_from_a_cell_stand_in_the_fields(bert):
    browser, controls = bert
    browser.edit(vocab_size=100, num_attention_heads=11)

    assert controls.what_if.fields["vocab_size"].value == 100
    assert "cannot be shared evenly" in controls.what_if.notes["num_attention_heads"].value
    assert "vocab_size=100" in controls.what_if.code.value


def test_a_config_that_cannot_be_built_says_so_where_the_figures_would_be():
    browser = ConfigBrowser(BertConfig(hidden_size=100), framework=ROOM.name)
    assert browser.widget

    assert "model can be built" in browser._controls.what_if.figures.value
    browser._controls.what_if.fields["hidden_size"].value = 96
    assert f"{browser.sizes().parameters:,}" in browser._controls.what_if.figures.value


def test_a_number_is_followed_to_its_tensors(bert):
    _, controls = bert
    follow = controls.follow

    follow.choice.value = "max_position_embeddings"
    assert "One tensor has it as a dimension, in: embeddings." in visible(follow.tensors.value)
    assert "<b>512</b> × 768" in follow.tensors.value
    follow.choice.value = "num_attention_heads"
    assert "every weight keeps its shape" in follow.tensors.value
    follow.choice.value = "num_hidden_layers"
    assert "come or go" in follow.tensors.value
    follow.choice.value = ""
    assert visible(follow.tensors.value) == ""


def test_search_finds_names_and_words_of_descriptions_and_marks_them(bert):
    _, controls = bert
    search = controls.search

    search.words.value = "DROPOUT ratio"
    assert "attention_probs_<mark>dropout</mark>_prob" in search.found.value
    assert "<mark>ratio</mark>" in search.found.value
    assert "vocab_size" not in search.found.value
    search.words.value = "<b> & nothing has these words ("
    assert "No attribute fits" in search.found.value
    search.words.value = ""
    assert "vocab_size" in search.found.value


def test_the_filter_leaves_what_was_changed(bert):
    _, controls = bert
    controls.search.changed.value = True
    shown = visible(controls.search.found.value)

    assert shown.startswith("1 of ")
    assert "num_hidden_layers 1 12 changed" in shown
    assert "vocab_size" not in shown


def test_every_attribute_stands_in_its_group_with_value_default_and_description():
    facts = ConfigBrowser(CLIPConfig(text_config={"hidden_size": 256})).facts
    page = visible(draw.attributes(facts))

    for item in facts.attributes:
        default = f"{item.default} changed" if item.changed else "the same"
        assert f"{item.name} {item.value} {default} {item.documentation[:40]}".strip() in unescape(page)


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (BertConfig(), DistilBertConfig(), ("BertConfig", "DistilBertConfig")),
        (BertConfig(), BertConfig(num_hidden_layers=2), ("BertConfig (this)", "BertConfig (compare_to)")),
    ],
)
def test_two_configs_are_compared_in_sizes_and_attributes(first, second, names):
    browser = ConfigBrowser(first, compare_to=second, framework=ROOM.name)
    shown = visible(browser.static_html())
    one, two = (size_facts(config, framework=ROOM.name) for config in (first, second))

    assert "{} beside {}".format(*names) in shown
    assert f"{one.parameters - two.parameters:,} parameters" in shown
    assert browser.static_html() in browser.to_html()
    for difference in browser.differences:
        sides = ("not there" if side is None else side for side in (difference.first, difference.second))
        assert " ".join((difference.path, *sides)) in unescape(shown)


def test_equal_configs_are_called_equal():
    assert "the same values" in ConfigBrowser(BertConfig(), compare_to=BertConfig()).static_html()


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
        ("[" * 100_000, "is no config"),
        ("[]", "Its JSON is a list"),
        (json.dumps({"model_type": "bertt"}), "Did you mean 'bert'"),
        (json.dumps({"auto_map": {"AutoConfig": "evil.Config"}}), "names no model_type"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(tmp_path, content, words):
    path = tmp_path / "config.json"
    path.write_text(content)

    with pytest.raises(CourseError, match=words):
        ConfigBrowser(path)


@pytest.mark.parametrize(
    "source",
    [3, None, [], {}, "/nowhere/config.json", "bertt", "", "no/such/checkpoint", "x" * 5000, "encoder-decoder"],
)
def test_what_has_no_config_is_refused(source, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CourseError):
        ConfigBrowser(source)


@pytest.mark.parametrize("wrap", [lambda config: config, lambda config: {"a": [config.__dict__]}])
def test_a_config_that_contains_itself_is_refused(wrap):
    config = BertConfig()
    config.inner = wrap(config)

    with pytest.raises(CourseError, match="contains itself"):
        ConfigBrowser(config)


@pytest.mark.parametrize("value", ["768", None, True, 768.0])
def test_an_edit_to_something_else_than_a_whole_number_is_refused(value):
    browser = ConfigBrowser(BertConfig(), framework=ROOM.name)

    with pytest.raises(CourseError, match="hidden_size cannot be"):
        browser.edit(hidden_size=value)
    assert browser.changes == {}


def test_a_model_that_cannot_be_built_is_explained_in_text_and_page():
    browser = ConfigBrowser(BertConfig(hidden_act="no such function"), framework=ROOM.name)

    assert "model can be built from this BertConfig" in browser.summary()
    assert "model can be built from this BertConfig" in browser.to_html()


def test_an_unknown_option_is_refused():
    with pytest.raises(CourseError, match="compare_to"):
        ConfigBrowser("bert", compare=1)


@pytest.mark.parametrize("value", [1, 2, 12, 32, 64, 768, 3072, 30_522, 250_000])
def test_a_field_reaches_smaller_and_larger_numbers_in_steps(value):
    low, high, step = field_range("vocab_size", value)

    assert low <= 1 <= value < 1000 * value < high
    assert (value - low) % step == 0


@pytest.mark.parametrize(("width", "heads"), [(768, 12), (384, 12), (4096, 32), (64, 4), (8, 8)])
def test_the_steps_of_a_width_can_be_shared_by_its_heads(width, heads):
    low, _, step = field_range("hidden_size", width, heads)

    assert step % heads == low % heads == 0


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("vocab_size", 0, "vocab_size cannot be 0."),
        ("vocab_size", -5, "vocab_size cannot be -5."),
        ("hidden_size", 10**9 + 1, "hidden_size cannot be 1,000,000,001."),
        ("hidden_size", 10**12, "hidden_size cannot be that large."),
        ("num_hidden_layers", 10**8, "num_hidden_layers is 100,000,000: not built"),
    ],
)
def test_a_number_that_no_model_can_have_is_refused_under_its_field_and_stays_in_it(bert, path, value, words):
    browser, controls = bert
    part = controls.what_if
    part.fields[path].value = value

    assert words in part.notes[path].value
    assert part.fields[path].value == value  # nobody set it to another number
    assert "last figures of a model that can be built" in part.figures.value
    assert browser.changes == {}
    with pytest.raises(CourseError, match=re.escape(words)):
        browser.edit(**{path: value})
    part.fields[path].value = browser.facts[path].integer
    assert part.notes[path].value == ""
    assert "last figures" not in part.figures.value


def test_refused_numbers_count_when_another_one_makes_them_fit():
    """Qwen's class asks for as many kinds of layers as there are layers; BERT's asks for nothing before it is built."""
    browser = ConfigBrowser(BertConfig(num_hidden_layers=1), framework=ROOM.name)
    with pytest.raises(CourseError):
        browser._edits.change({"vocab_size": 0})
    assert browser._edits.asked == {"vocab_size": 0}
    browser._edits.change({"vocab_size": 100})

    assert browser.changes == browser._edits.asked == {"vocab_size": 100}


def test_an_error_that_nobody_foresaw_stands_in_place_of_the_figures(bert, monkeypatch):
    _, controls = bert
    part = controls.what_if

    def fail(*_, **__):
        raise RuntimeError("<out> of luck")

    monkeypatch.setattr(EditedConfig, "outcome", fail)
    monkeypatch.setattr(EditedConfig, "shaped", fail)
    part.fields["vocab_size"].value = 200
    controls.follow.choice.value = "vocab_size"

    for place in (part.figures, controls.follow.tensors):
        assert "RuntimeError: &lt;out&gt; of luck" in place.value
        assert "parameters" not in place.value
        assert 'role="alert"' in place.value


def test_what_a_showing_opened_is_closed_again():
    before = kernel_state()["open widgets"]
    browser = ConfigBrowser(CLIPConfig(), framework=ROOM.name)
    assert browser.widget
    part = browser._controls.what_if
    part.part.value = next(value for _, value in part.part.options if value != part.part.value)
    opened = len(kernel_state()["open widgets"] - before)
    browser.edit(**{next(iter(part.fields)): 128})
    browser.close()

    assert opened > 40
    assert kernel_state()["open widgets"] - before == set()
    assert browser.changes  # the edits are the config's, not the widgets'
    assert browser.widget
    assert browser._controls.what_if.figures.value
    browser.close()


@pytest.mark.parametrize("value", [3, "", 0, False, [], "pytroch"])
def test_an_odd_framework_is_refused(value):
    with pytest.raises(CourseError, match="no framework called"):
        ConfigBrowser(BertConfig(), framework=value)


@pytest.mark.parametrize("value", [3, False, [], {}, ""])
def test_an_odd_config_to_compare_is_refused(value):
    with pytest.raises(CourseError):
        ConfigBrowser(BertConfig(), compare_to=value)
