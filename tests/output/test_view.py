"""Both faces without script say what is true of an output, escape what comes from outside and keep to their size."""

import re

import numpy as np
import pytest

import coursekit as ck

RANDOM = np.random.default_rng(0)


def output(batch=2, length=3, layers=2, heads=2, hidden=8):
    weights = RANDOM.random((layers, batch, heads, length, length), dtype=np.float32)
    return {
        "last_hidden_state": RANDOM.normal(size=(batch, length, hidden)).astype(np.float32),
        "attentions": tuple(weights / weights.sum(-1, keepdims=True)),
    }


class Words:
    """The part of a tokenizer that labels ids."""

    unk_token_id = bos_token_id = eos_token_id = pad_token_id = None
    all_special_ids = ()
    name_or_path = "words"

    def __init__(self, words):
        self.words = words

    def __len__(self):
        return len(self.words)

    def convert_ids_to_tokens(self, ids):
        return [self.words[id_] for id_ in ids]


def without_script(html):
    packed = re.sub(r' data-(payload|script)="[^"]*"', "", html)
    return re.sub(r"(?s)<(script|style).*?</\1>", "", packed)


def test_the_summary_gives_shapes_and_the_sequences_most_alike():
    vectors = np.zeros((3, 2, 4), dtype=np.float32)
    vectors[0, :, 0] = vectors[2, :, 0] = vectors[1, :, 1] = 1

    view = ck.OutputExplorer({"last_hidden_state": vectors})

    assert view.summary().splitlines() == [
        "Output: dict, 3 sequences of 2 tokens",
        "  last_hidden_state (3, 2, 4) float32",
        "  sequences most alike: 0 and 2 (1.00)",
        "  not here: hidden_states",
        "  not here: attentions",
    ]
    assert repr(view) == view.summary()


def test_noise_of_floating_point_does_not_change_the_compared_faces():
    given = output()
    other = {**given, "last_hidden_state": given["last_hidden_state"] * np.float32(1 + 1e-7)}

    a, b = ck.OutputExplorer(given), ck.OutputExplorer(other)

    assert a.summary() == b.summary()
    pictures = re.compile('data:image/png;base64,[^"]*')
    assert pictures.sub("", without_script(a.to_html())) == pictures.sub("", without_script(b.to_html()))


def test_the_static_face_holds_fields_axes_tokens_and_pictures():
    html = ck.OutputExplorer(output(), [[0, 1, 2], [2, 1, 0]], Words(["zero", "one", "two"])).static_html()

    for words in (
        "last_hidden_state",
        "batch × sequence × hidden",
        "zero one two",
        "Cosine similarity",
        "<img src=",
        "alt=",
    ):
        assert words in html
    assert "output_hidden_states=True" in html


def test_sequences_without_ids_are_named_by_their_number_alone():
    view = ck.OutputExplorer(output(batch=2))

    assert '<th scope="row">1</th>' in view.static_html()
    assert [sequence["label"] for sequence in view.payload()["sequences"]] == ["", ""]


def test_text_from_outside_is_escaped():
    attack = "<img src=x onerror=alert(1)></script>"

    html = ck.OutputExplorer(
        **{attack: output(), "b": output()}, input_ids=[[0] * 3] * 2, tokenizer=Words([attack])
    ).to_html()

    assert "onerror=alert(1)>" not in without_script(html)
    assert html.count("</script>") == 1  # the script's own


def test_two_runs_have_common_scales_and_one_table_of_equal_fields():
    small, large = output(), output()
    large["last_hidden_state"] *= 10

    view = ck.OutputExplorer(random=small, pretrained=large)

    assert view.facts.hidden_limit == pytest.approx(np.percentile(np.abs(large["last_hidden_state"]), 99.5), rel=1e-5)
    assert view.static_html().count("<caption>Fields") == 1
    assert view.payload()["limits"]["hidden"] == view.facts.hidden_limit


def test_small_outputs_are_exact_and_large_ones_one_byte_a_number():
    small = ck.OutputExplorer(output()).payload()["runs"][0]
    large = ck.OutputExplorer(output(batch=1, length=128, heads=4, hidden=64)).payload()["runs"][0]

    assert small["attention"]["codes"].dtype == small["hidden"]["codes"].dtype == np.float32
    assert large["attention"]["codes"].dtype == np.uint8
    assert large["hidden"]["codes"].dtype == np.int8


def test_beside_large_pictures_the_similarity_of_sequences_is_the_one_that_a_lesson_prints():
    vectors = RANDOM.normal(size=(4, 64, 384)).astype(np.float32)

    run = ck.OutputExplorer({"last_hidden_state": vectors}).payload()["runs"][0]

    means = vectors.mean(axis=1)
    one, other = means[3], means[1]
    printed = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
    assert run["hidden"]["codes"].dtype == np.int8
    assert run["sequences"]["codes"][0, 7] == pytest.approx(printed, abs=1e-6)  # row 3 of the lower half starts at 6


def test_a_page_stays_bounded_however_large_the_output():
    weights = tuple(RANDOM.random((1, 12, 512, 512), dtype=np.float32) for _ in range(12))

    view = ck.OutputExplorer({"attentions": weights})

    html = view.to_html()
    assert len(html) < 2_000_000
    assert "37,748,736 attention weights" in without_script(html)
    assert "means of blocks of 6 × 6" in without_script(html)


@pytest.mark.parametrize("picture", ["hidden", "tokens", "sequences", "map", "attention", "head"])
def test_each_picture_is_a_figure_with_one_part_for_each_run(picture):
    figure = ck.OutputExplorer(random=output(), pretrained=output()).plot(picture)

    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:2] == ["random", "pretrained"]


def test_a_figure_shows_the_values_of_the_head_that_was_asked_for():
    given = output()

    figure = ck.OutputExplorer(given).plot("head", layer=2, head=1, sequence=1)

    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), given["attentions"][1][1, 1])


def test_logits_are_shown_with_a_figure():
    view = ck.OutputExplorer({"logits": np.array([[1.5, -0.5]], dtype=np.float32)})

    assert view.facts.runs[0].labels == ("label 0", "label 1")
    assert "1.50" in view.static_html()
    assert view.plot("logits").axes


def test_of_a_whole_vocabulary_the_static_face_and_the_figure_name_the_highest_scores():
    names = [f"word{index}" for index in range(500)]
    logits = np.zeros((1, 2, 500), dtype=np.float32)
    logits[0, 1, 321] = 4.5

    view = ck.OutputExplorer({"logits": logits}, [[5, 6]], Words(names))

    assert "<td>word321 4.50</td>" in view.static_html()
    assert "word321" in [text.get_text() for text in view.plot("logits").axes[0].texts]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "no output"),
        ({"output": output(), "tokeniser": 1}, "Did you mean 'tokenizer'"),
        ({"output": output(), "picture": "hiden"}, "Did you mean 'hidden'"),
        ({"output": object()}, "holds no tensors"),
    ],
)
def test_bad_arguments_say_what_was_meant(arguments, words):
    with pytest.raises(ck.CourseError, match=words):
        ck.OutputExplorer(**arguments)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"picture": "heads"}, "Did you mean 'head'"),
        ({"picture": "logits"}, "nothing to draw"),
        ({"picture": "head", "head": 9}, "no head 9"),
        ({"picture": "attention", "layer": 0}, "no layer 0"),
        ({"picture": "head", "sequence": 7}, "Sequence 7"),
    ],
)
def test_a_figure_that_cannot_be_says_why(options, words):
    with pytest.raises(ck.CourseError, match=words):
        ck.OutputExplorer(output()).plot(**options)


def test_nothing_but_nan_is_shown_and_said():
    view = ck.OutputExplorer({"last_hidden_state": np.full((1, 1, 4), np.nan, dtype=np.float32)})

    assert "4 of its numbers are NaN or infinite" in view.to_html()
    assert "1 sequence of 1 token" in view.summary()
