"""The builder: its faces, its controls, and the tensors it hands out."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

import coursekit as ck
from coursekit import CourseError, frameworks

ROOM = frameworks.available()[0]  # PyTorch where both are installed
TENSOR = {"pytorch": "int64, 96 bytes in PyTorch", "tensorflow": "int32, 48 bytes in TensorFlow"}
SENTENCES = ["Hello!", "Cool.", "Nice!"]
RAGGED = ["Hello!", "Models take a batch.", "<b>Nice</b> 🤗 مرحبا"]
CHAPTER = [[101, 7592, 999, 102], [101, 4658, 1012, 102], [101, 3835, 999, 102]]

pytestmark = pytest.mark.changes("open widgets")


class Grid(HTMLParser):
    """Read the grid as rows of cells, each a list of its lines."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[list[str]]] = []
        self.inside = self.cell = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.inside = self.inside or (tag == "table" and ("class", "ck-grid") in attrs)
        if not self.inside:
            return
        if tag == "tr":
            self.rows.append([])
        self.cell = tag in {"td", "th"} or (self.cell and tag in {"br", "b", "span"})
        if tag in {"td", "th"}:
            self.rows[-1].append([])

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "table"
        self.cell = self.cell and tag not in {"td", "th"}

    def handle_data(self, data):
        if self.inside and self.cell:
            self.rows[-1][-1] += data.strip().split("\n")


def test_the_summary_has_the_shape_and_the_tokens(tokenizer):
    builder = ck.TensorBuilder(SENTENCES, tokenizer, framework=ROOM.name)

    assert builder.summary().splitlines() == [
        f"TensorBuilder: 3 sequences, a tensor of shape (3, 4) = (batch, sequence), {TENSOR[ROOM.name]}",
        "  0: [CLS] hello ! [SEP]",
        "  1: [CLS] cool . [SEP]",
        "  2: [CLS] nice ! [SEP]",
    ]
    assert repr(builder) == builder.summary()


def test_the_static_grid_holds_token_id_and_mask_of_every_position(tokenizer):
    builder = ck.TensorBuilder(RAGGED, tokenizer, framework=ROOM.name, padding="longest")
    encoded = tokenizer(RAGGED, padding=True)
    head, *rows = Grid(builder.to_html()).rows

    width = len(encoded["input_ids"][0])
    assert [cell[0] for cell in head] == ["sequence", "position", *map(str, range(width))]
    for index, row in enumerate(rows):
        expected = zip(
            tokenizer.convert_ids_to_tokens(encoded["input_ids"][index]),
            map(str, encoded["input_ids"][index]),
            map(str, encoded["attention_mask"][index]),
            strict=True,
        )
        assert [tuple(cell) for cell in row[2:]] == list(expected)


def test_a_ragged_batch_shows_every_missing_place_the_error_and_the_repair(tokenizer):
    builder = ck.TensorBuilder(RAGGED, tokenizer, framework=ROOM.name)
    html = builder.to_html()
    lengths = [len(ids) for ids in tokenizer(RAGGED)["input_ids"]]
    missing = sum(max(lengths) - length for length in lengths)

    assert html.count(">missing</td>") == missing
    assert f"Sequence 0 has 4 ids: {max(lengths) - 4} short of {max(lengths)}." in html
    assert escape(builder.facts.error) in html
    assert f"adds [PAD] (id 0) {missing} times" in html
    assert f"becomes (3, {max(lengths)})" in html
    assert f"{ROOM.label} says: ValueError" in builder.summary()


def test_a_left_padding_tokenizer_shows_missing_places_on_the_left(tokenizer):
    import copy

    left = copy.deepcopy(tokenizer)
    left.padding_side = "left"
    _, row, _ = Grid(ck.TensorBuilder([[5], [6, 7, 8]], left, framework=ROOM.name).to_html()).rows

    assert [cell[0] for cell in row[2:]] == ["missing", "missing", left.convert_ids_to_tokens(5)]


def test_html_in_a_sentence_stays_text(tokenizer):
    attack = "<img src=x onerror=alert(1)></table><script>alert(1)</script>"
    html = ck.TensorBuilder([attack], tokenizer, framework=ROOM.name).to_html()

    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;img" in html


def test_a_long_row_is_shown_in_part_and_whole_in_the_tensor():
    builder = ck.TensorBuilder([range(100_000)], framework=ROOM.name)
    html = builder.to_html()

    assert len(html) < 60_000
    assert "Not shown here: 99,904 positions. The tensor has all." in html
    assert "99999" in html
    assert tuple(builder.tensor.shape) == (1, 100_000)


def test_many_sequences_are_shown_in_part():
    builder = ck.TensorBuilder([[1, 2]] * 1000, framework=ROOM.name)

    assert "936 sequences" in builder.to_html()
    assert tuple(builder.tensor.shape) == (1000, 2)


def test_ids_without_a_tokenizer_show_no_token_line():
    _, row, *_ = Grid(ck.TensorBuilder(CHAPTER, framework=ROOM.name).to_html()).rows

    assert row[1:] == [["id", "mask"], ["101", "1"], ["7592", "1"], ["999", "1"], ["102", "1"]]


def test_ids_outside_are_marked_with_the_models_error(tokenizer):
    html = ck.TensorBuilder([[101, 30522, 102]], tokenizer, framework=ROOM.name).to_html()

    assert '<td class="ck-outside">no token<br>30522<br>1</td>' in html
    assert "the model has the ids 0 to 30,521" in html
    assert {"pytorch": "IndexError: index out", "tensorflow": "InvalidArgumentError: "}[ROOM.name] in html


def test_odd_ids_are_told_and_both_readings_are_shown(tokenizer, cased_tokenizer):
    builder = ck.TensorBuilder(CHAPTER, cased_tokenizer, other=tokenizer, framework=ROOM.name)

    assert "Are these ids of this vocabulary" in builder.to_html()
    assert "[CLS] hello ! [SEP]" in builder.to_html()
    assert "Hardly ids of this vocabulary: sequence 0, 1, 2" in builder.summary()
    assert "Are these ids" not in ck.TensorBuilder(CHAPTER, tokenizer, framework=ROOM.name).to_html()


def test_the_static_face_is_the_same_every_time(tokenizer):
    make = lambda: ck.TensorBuilder(RAGGED, tokenizer, framework=ROOM.name)  # noqa: E731

    assert make().to_html() == make().to_html()


def test_no_id_and_only_prefixed_classes(tokenizer):
    html = re.sub(r"<style>.*?</style>", "", ck.TensorBuilder(RAGGED, tokenizer, framework=ROOM.name).to_html())

    assert " id=" not in html
    assert all(name.startswith("ck-") for names in re.findall(r'class="([^"]*)"', html) for name in names.split())


def test_the_bundle_has_all_faces(tokenizer):
    bundle = ck.TensorBuilder(SENTENCES, tokenizer, framework=ROOM.name)._repr_mimebundle_()

    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}


def test_unknown_arguments_are_refused_with_the_nearest_known_one(tokenizer):
    with pytest.raises(CourseError, match="Did you mean 'padding'"):
        ck.TensorBuilder(SENTENCES, tokenizer, pading="longest")


def test_typing_and_choosing_change_the_grid_and_the_tensor(tokenizer):
    builder = ck.TensorBuilder(SENTENCES, tokenizer, framework=ROOM.name)
    assert builder.widget is not None

    builder._text.value = "Hello!\n\nModels take a batch.\n"
    assert builder.facts.ragged
    assert "short of" in builder._page.value
    with pytest.raises(CourseError, match="ragged"):
        _ = builder.tensor

    builder._padding.value = "longest"
    expected = tokenizer(["Hello!", "Models take a batch."], padding=True)
    assert builder.tensor.numpy().tolist() == expected["input_ids"]
    assert sorted(builder.inputs) == sorted(expected)

    builder._truncation.value = True
    builder._length.value = 5
    assert tuple(builder.tensor.shape) == (2, 5)


def test_a_mistake_while_typing_is_shown_and_keeps_the_last_good_batch_in_sight():
    builder = ck.TensorBuilder(CHAPTER, framework=ROOM.name)
    assert builder.widget is not None

    builder._text.value = "101, x"
    assert "Line 1 has &#x27;x&#x27;" in builder._page.value
    assert "7592" in builder._page.value
    with pytest.raises(CourseError, match="Line 1"):
        _ = builder.tensor

    builder._text.value = "101, 7"
    assert builder.tensor.numpy().tolist() == [[101, 7]]


def test_a_text_that_is_too_long_to_edit_is_not_put_into_the_text_area():
    builder = ck.TensorBuilder([range(100_000)], framework=ROOM.name)
    assert builder.widget is not None

    assert builder._text.disabled
    assert builder._text.value == ""
    builder._padding.value = "longest"
    assert tuple(builder.tensor.shape) == (1, 100_000)


def test_every_access_makes_a_new_tensor(tokenizer):
    pytest.importorskip("torch", reason="TensorFlow's tensors cannot be written to")
    builder = ck.TensorBuilder(SENTENCES, tokenizer, framework="pytorch")
    builder.tensor[0, 0] = 5

    assert builder.tensor[0, 0] == 101


def test_the_inputs_run_through_a_real_model(tokenizer):
    import transformers

    Model = transformers.BertModel if ROOM.name == "pytorch" else transformers.TFBertModel  # noqa: N806  (a class)
    config = {"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    model = Model(transformers.BertConfig(hidden_size=8, **config))
    builder = ck.TensorBuilder(RAGGED, tokenizer, config=model, framework=ROOM.name, padding="longest")

    output = model(**builder.inputs)
    assert tuple(output.last_hidden_state.shape) == (*builder.facts.shape, 8)
    assert np.isfinite(ROOM.to_numpy(output.last_hidden_state)).all()


def test_an_iterator_is_a_batch_too():
    builder = ck.TensorBuilder(iter(CHAPTER), framework=ROOM.name)

    assert builder.widget is not None
    assert builder._text.value.splitlines()[1] == "101, 4658, 1012, 102"


def test_control_characters_are_shown_by_their_code_in_every_face():
    class Bytes:
        """A tokenizer whose tokens are single characters, as those of ByT5."""

        unk_token_id = bos_token_id = eos_token_id = pad_token_id = None
        all_special_ids = ()
        name_or_path, model_max_length = "bytes", 512

        def __len__(self):
            return 256

        def __call__(self, text, **_options):
            return {"input_ids": list(text.encode("latin-1"))}

        def decode(self, ids, **_options):
            return bytes(ids).decode("latin-1")

        def convert_ids_to_tokens(self, ids):
            return [chr(id_) for id_ in ids]

    builder = ck.TensorBuilder([[72, 0, 10, 32]], Bytes(), framework=ROOM.name)

    assert "0: H U+0000 ↵ ␣" in builder.summary()
    assert not re.search("[\x00-\x08]", builder.to_html() + builder.summary())
    assert "<td>U+0000<br>0<br>1</td>" in builder.to_html()
