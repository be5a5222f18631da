"""What is said of an output is true of it: in both frameworks, for every kind of output, and for bad input."""

import numpy as np
import pytest

from coursekit.errors import CourseError
from coursekit.facts.output import page_budget
from coursekit.facts.output.page_budget import Choice, block_means
from coursekit.facts.output.run import output_facts

SENTENCES = ["The cat sleeps on the sofa.", "A kitten naps.", "Interest rates went up at the bank."]


@pytest.fixture(scope="session")
def bert(offline_bert):
    """The pretrained BERT, a random one of the same config, a tokenizer, inputs and outputs, in PyTorch."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(offline_bert)
    model = AutoModel.from_pretrained(offline_bert, attn_implementation="eager")
    inputs = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    with torch.no_grad():
        output = model(**inputs, output_attentions=True, output_hidden_states=True)
    return tokenizer, model, inputs, output


def random_output(*, batch=2, length=3, layers=2, heads=2, hidden=8, seed=0):
    """Return an output of NumPy arrays."""
    random = np.random.default_rng(seed)
    weights = random.random((layers, batch, heads, length, length), dtype=np.float32)
    return {
        "last_hidden_state": random.normal(size=(batch, length, hidden)).astype(np.float32),
        "attentions": tuple(weights / weights.sum(-1, keepdims=True)),
    }


def test_the_anatomy_names_every_axis_and_where_its_size_comes_from(bert):
    tokenizer, model, inputs, output = bert

    run = output_facts({"output": output}, inputs, tokenizer, config=model).runs[0]

    fields = {field.name: field for field in run.fields}
    batch, length = inputs["input_ids"].shape
    assert fields["last_hidden_state"].shape == (batch, length, 384)
    assert fields["pooler_output"].shape == (batch, 384)
    assert fields["hidden_states"].shape == (7, batch, length, 384)
    assert [axis.name for axis in fields["attentions"].axes] == ["layer", "batch", "head", "query", "key"]
    assert fields["attentions"].shape == (6, batch, 12, length, length)
    assert fields["last_hidden_state"].axes[2].origin == "hidden_size of the config"
    assert fields["hidden_states"].nbytes == 7 * batch * length * 384 * 4
    assert run.missing == ()
    assert run.framework == "pytorch"


def test_pictures_equal_independent_references(bert):
    tokenizer, _, inputs, output = bert
    facts = output_facts({"output": output}, inputs, tokenizer)
    run = facts.runs[0]

    states = np.stack([state.numpy() for state in output.hidden_states])  # (layers, batch, sequence, hidden)
    mask = inputs["attention_mask"].numpy().astype(bool)
    np.testing.assert_array_equal(run.hidden, states)
    np.testing.assert_array_equal(run.attention, np.stack([layer.numpy() for layer in output.attentions]))
    means = np.stack([states[-1][row][mask[row]].mean(axis=0) for row in range(len(mask))])
    unit = means / np.linalg.norm(means, axis=1, keepdims=True)
    np.testing.assert_allclose(run.sequence_similarity[-1], unit @ unit.T, atol=1e-5)
    a, b = states[3][mask][1], states[3][mask][-2]
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert run.token_similarity[3][1, -2] == pytest.approx(cosine, abs=1e-5)
    assert run.projection.points.shape == (7, mask.sum(), 2)


def test_training_brings_sentences_of_one_meaning_together(bert):
    import torch
    from transformers import AutoModel

    tokenizer, model, inputs, output = bert
    torch.manual_seed(0)
    random = AutoModel.from_config(model.config).eval()
    with torch.no_grad():
        gibberish = random(**inputs)

    facts = output_facts({"random": gibberish, "pretrained": output}, inputs, tokenizer)

    before, after = (run.sequence_similarity[-1] for run in facts.runs)
    assert after[0, 1] - after[0, 2] > 0.5  # the cats against the bank
    assert abs(before[0, 1] - before[0, 2]) < 0.1
    assert facts.attention_limit == max(float(run.attention.max()) for run in facts.runs if run.attention is not None)


def test_tokens_know_special_ones_and_padding(bert):
    tokenizer, _, inputs, output = bert

    with_mask = output_facts({"output": output}, inputs, tokenizer).sequences
    without = output_facts({"output": output}, inputs["input_ids"], tokenizer).sequences

    assert with_mask == without
    assert [token.text for token in with_mask[1]][:4] == ["[CLS]", "a", "kitten", "nap"]
    assert [token.kind for token in with_mask[1]] == ["special", *["real"] * 5, "special", *["padding"] * 3]


def test_both_frameworks_agree(bert, offline_bert):
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from transformers import TFAutoModel

    tokenizer, _, inputs, output = bert
    model = TFAutoModel.from_pretrained(offline_bert)
    given = {name: tf.constant(value.numpy()) for name, value in inputs.items()}
    other = model(**given, output_attentions=True, output_hidden_states=True)

    facts = output_facts({"pytorch": output, "tensorflow": other}, given, tokenizer)

    torch_run, tf_run = facts.runs
    assert tf_run.framework == "tensorflow"
    assert [field.shape for field in torch_run.fields] == [field.shape for field in tf_run.fields]
    for name in ("hidden", "attention", "token_similarity", "sequence_similarity"):
        np.testing.assert_allclose(getattr(tf_run, name), getattr(torch_run, name), atol=1e-4)


def test_what_is_missing_comes_with_the_line_that_brings_it(bert):
    import torch

    _, model, inputs, _ = bert
    with torch.no_grad():
        plain = model(**inputs)

    missing = {one.name: one.line for one in output_facts({"output": plain}).runs[0].missing}

    assert missing == {
        "hidden_states": "output = model(**inputs, output_hidden_states=True)",
        "attentions": "output = model(**inputs, output_attentions=True)",
    }


def test_attentions_that_sdpa_does_not_write_down_need_the_eager_implementation():
    output = {**random_output(), "attentions": ()}  # what transformers 5 returns

    missing = {one.name: one.line for one in output_facts({"output": output}).runs[0].missing}

    assert 'attn_implementation="eager"' in missing["attentions"]


def test_a_tuple_is_named_by_order_and_shape(bert):
    import torch

    _, model, inputs, output = bert
    with torch.no_grad():
        values = model(**inputs, output_attentions=True, output_hidden_states=True, return_dict=False)

    run = output_facts({"output": values}, config=model).runs[0]

    assert [field.name for field in run.fields] == [name for name, value in output.items() if len(value)]
    assert run.hidden.shape[0] == 7
    assert run.missing == ()


def test_logits_bring_their_labels(bert):
    from transformers import AutoModelForSequenceClassification, BertConfig

    config = BertConfig(
        vocab_size=200, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        id2label={0: "negative", 1: "positive"},
    )  # fmt: skip  # small: only the names matter
    model = AutoModelForSequenceClassification.from_config(config).eval()
    _, _, inputs, _ = bert

    run = output_facts({"output": model(inputs["input_ids"] % 200)}, config=model).runs[0]  # grad-requiring

    assert run.labels == ("negative", "positive")
    assert run.logits.shape == (3, 2)
    assert run.hidden is None


def test_the_two_scores_of_an_answer_are_two_labels_of_each_token():
    start, end = np.random.default_rng(0).normal(size=(2, 3, 5))

    run = output_facts({"output": {"start_logits": start, "end_logits": end}}).runs[0]

    assert run.labels == ("start", "end")
    np.testing.assert_allclose(run.logits[2, 4], [start[2, 4], end[2, 4]])


@pytest.mark.parametrize(
    ("values", "name", "layers"),
    [(np.zeros((4, 2, 3, 8)), "hidden_states", 4), (np.full((4, 2, 3, 5, 5), 0.2), "attentions", 4)],
)
def test_one_field_passed_alone_is_known_by_its_shape_and_the_config(values, name, layers):
    from transformers import BertConfig

    config = BertConfig(num_hidden_layers=layers - (name == "hidden_states"), hidden_size=8)

    run = output_facts({"output": tuple(values)}, config=config).runs[0]

    assert [field.name for field in run.fields] == [name]
    assert run.fields[0].shape[0] == layers


def test_a_field_without_axes_in_common_says_what_it_holds():
    output = {
        **random_output(),
        "loss": np.array(2.5),
        "hidden_states": (np.zeros((1, 4, 2)), np.zeros((1, 2, 4))),  # as of a model that shortens its input
        "past_key_values": ((np.zeros((1, 2, 3, 4)),) * 2,) * 3,
        "cache": object(),
    }

    fields = {field.name: field.without_axes for field in output_facts({"output": output}).runs[0].fields}

    assert fields["loss"] == "one number"
    assert fields["hidden_states"] == "2 tensors"
    assert fields["past_key_values"] == "6 tensors"
    assert fields["cache"] == "no tensors"


def test_of_two_sides_the_encoder_is_shown_and_said():
    encoder, decoder = random_output(length=4, seed=1), random_output(length=2, seed=2)
    output = {
        "logits": np.zeros((2, 2, 90)),
        "decoder_attentions": decoder["attentions"],
        "encoder_last_hidden_state": encoder["last_hidden_state"],
        "encoder_attentions": encoder["attentions"],
    }

    facts = output_facts({"output": output}, [[1, 2, 3, 4], [5, 6, 7, 8]])

    np.testing.assert_array_equal(facts.runs[0].attention[1], encoder["attentions"][1])
    np.testing.assert_array_equal(facts.runs[0].hidden[0], encoder["last_hidden_state"])
    assert "encoder" in facts.part.notes[0]


def test_an_output_of_outputs_is_shown_part_by_part():
    output = {
        "logits_per_text": np.zeros((2, 1)),
        "vision_model_output": random_output(length=4),
        "text_model_output": random_output(seed=1),
    }

    facts = output_facts({"output": output}, [[1, 2, 3], [3, 2, 1]])

    assert facts.sides == ("text_model_output", "vision_model_output")
    np.testing.assert_array_equal(facts.runs[0].hidden[0], output["text_model_output"]["last_hidden_state"])
    assert "vision_model_output.last_hidden_state" in [field.name for field in facts.runs[0].fields]
    other = output_facts({"output": output}, [[1, 2, 3], [3, 2, 1]], side="vision_model_output")
    np.testing.assert_array_equal(other.runs[0].attention[1], output["vision_model_output"]["attentions"][1])


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's own, about quantized and nested tensors
@pytest.mark.parametrize("kind", ["sparse", "quantized", "nested", "meta"])
def test_tensors_of_another_kind_are_refused_with_a_reason(kind):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    make = {
        "sparse": lambda: torch.ones(2, 5, 4).to_sparse(),
        "quantized": lambda: torch.quantize_per_tensor(torch.ones(2, 5, 4), 0.1, 0, torch.qint8),
        "nested": lambda: torch.nested.nested_tensor([torch.ones(2, 4), torch.ones(3, 4)]),
        "meta": lambda: torch.ones(2, 5, 4, device="meta"),
    }[kind]

    with pytest.raises(CourseError, match="cannot be read"):
        output_facts({"output": {"last_hidden_state": make()}})


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_precisions_are_read_and_named(dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    values = torch.randn(1, 1, 4, dtype=getattr(torch, dtype), requires_grad=True)

    facts = output_facts({"output": {"last_hidden_state": values}})

    field = facts.runs[0].fields[0]
    assert field.dtype == dtype
    assert field.nbytes == 4 * values.element_size()
    np.testing.assert_allclose(facts.runs[0].hidden[0], values.detach().float().numpy())


def test_nan_and_infinity_are_counted_and_kept_apart():
    output = random_output()
    output["last_hidden_state"][0, 1, 2] = np.nan
    output["last_hidden_state"][1, 0, 0] = np.inf

    facts = output_facts({"output": output})

    run = facts.runs[0]
    assert run.fields[0].not_finite == 2
    assert np.isfinite(facts.hidden_limit)
    assert np.isnan(run.token_similarity[-1][1]).all()
    assert np.isfinite(run.token_similarity[-1][0, 2])
    assert np.isnan(run.projection.points[0, 1]).all()


def test_a_long_text_is_shown_in_blocks_of_a_bounded_number():
    length, layers, heads = 512, 4, 4
    weights = tuple(np.full((1, heads, length, length), 1 / length, dtype=np.float32) for _ in range(layers))

    facts = output_facts({"a": {"attentions": weights}, "b": {"attentions": weights}})

    shown = sum(run.attention.size for run in facts.runs)
    assert shown <= page_budget.WEIGHTS
    assert facts.part.block > 1
    assert f"{2 * layers * heads * length**2:,}" in facts.part.notes[0]
    single = output_facts({"a": {"attentions": weights}}, choice=Choice(layers=[2], heads=[1, 3]))
    assert single.part.block == 1
    assert single.runs[0].attention.shape == (1, 1, 2, length, length)
    assert (single.runs[0].attention_layers, single.runs[0].heads) == ((2,), (1, 3))


def test_a_large_batch_is_shown_in_part_and_compared_as_a_whole():
    output = random_output(batch=64, length=128, layers=1, heads=4, hidden=64)

    facts = output_facts({"output": output})

    run = facts.runs[0]
    assert run.sequence_similarity.shape == (1, 64, 64)
    assert run.attention.size <= page_budget.WEIGHTS
    assert run.hidden.size <= page_budget.STATES
    assert 1 <= len(facts.part.sequences) < 64
    assert "sequences=[" in facts.part.notes[0]
    assert output_facts({"output": output}, choice=Choice(sequences=[63])).part.sequences == (63,)


def test_blocks_are_means_also_where_the_last_one_is_smaller():
    weights = np.arange(25.0).reshape(5, 5)

    means = block_means(weights, 2)

    assert means.shape == (3, 3)
    assert means[0, 0] == weights[:2, :2].mean()
    assert means[2, 1] == weights[4:, 2:4].mean()
    assert means[2, 2] == weights[4, 4]


BAD = {
    "a string": ("output", {}, "holds no tensors"),
    "nothing in it": ({}, {}, "holds no tensors"),
    "objects": ({"last_hidden_state": np.array([["a"]])}, {}, "values"),
    "no token": (np.zeros((2, 0, 4), dtype=np.float32), {}, "empty"),
    "ids of another length": (random_output(), {"input_ids": [[1, 2], [3, 4]]}, "input_ids"),
    "ragged ids": (random_output(), {"input_ids": [[1, 2, 3], [3, 4]]}, "input_ids"),
    "sentences as ids": (random_output(), {"input_ids": ["a", "b"]}, "sentences"),
    "inputs without ids": (random_output(), {"input_ids": {"labels": 1}}, "no input_ids"),
    "inputs that are no tensors": (random_output(), {"input_ids": {"pixel_values": 1}}, "pixel_values"),
    "mask of another shape": (random_output(), {"attention_mask": [[1, 1]]}, "attention_mask"),
    "no tokenizer": (random_output(), {"tokenizer": 3}, "tokenizer"),
    "a layer that is not there": (random_output(), {"choice": Choice(layers=[3])}, "layers"),
    "layer zero": (random_output(), {"choice": Choice(layers=0)}, "layers"),
    "a head that is not there": (random_output(), {"choice": Choice(heads=["a"])}, "heads"),
    "no sequences": (random_output(), {"choice": Choice(sequences=[])}, "sequences"),
    "heads without attention": (np.zeros((1, 2, 3), dtype=np.float32), {"choice": Choice(heads=[0])}, "heads"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_to_do(case):
    output, options, words = BAD[case]

    with pytest.raises(CourseError, match=words):
        output_facts({"output": output}, **options)


def test_runs_on_different_inputs_cannot_be_compared():
    with pytest.raises(CourseError, match="not on the same input"):
        output_facts({"a": random_output(length=3), "b": random_output(length=4)})


def test_a_model_in_place_of_its_output_is_named(bert):
    _, model, _, _ = bert

    with pytest.raises(CourseError, match="is a model, not its output"):
        output_facts({"output": model})
