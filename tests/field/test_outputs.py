"""What people pass to OutputExplorer: transformers and torch show what is true, then the view says the same."""

import inspect

import numpy as np
import pytest

import coursekit as ck

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers")

SIZES = {
    "vocab_size": 30522,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
}
VISION = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "image_size": 32,
    "patch_size": 8,
}


def small(**changes):
    return transformers.BertConfig(**SIZES, attn_implementation="eager", **changes)


@pytest.fixture(scope="module")
def inputs(tokenizer):
    return tokenizer(["The cat sleeps.", "A dog barks loudly today."], padding=True, return_tensors="pt")


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def names(view):
    return [field.name for field in view.facts.runs[0].fields]


def axes(view, name):
    (field,) = (field for field in view.facts.runs[0].fields if field.name == name)
    return [axis.name for axis in field.axes]


def texts(sequence):
    return [token.text for token in sequence]


@pytest.mark.parametrize(
    ("head", "labels"),
    [
        ("SequenceClassification", ("LABEL_0", "LABEL_1")),
        ("NextSentencePrediction", ("is the next sentence", "is not")),
        ("QuestionAnswering", ("start", "end")),
        ("TokenClassification", ("LABEL_0", "LABEL_1")),
    ],
)
def test_a_classifier_is_shown_with_its_own_inputs(head, labels, tokenizer, inputs):
    model = getattr(transformers, f"BertFor{head}")(small()).eval()
    output = model(**inputs)
    scores = torch.stack([output.start_logits, output.end_logits], -1) if "start_logits" in output else output.logits

    view = ck.OutputExplorer(output, inputs, tokenizer, config=model)

    run = view.facts.runs[0]
    np.testing.assert_array_equal(run.logits, scores.numpy())
    assert run.labels == labels
    assert texts(view.facts.sequences[1])[:3] == ["[CLS]", "a", "dog"]
    assert view.to_html()


def test_regression_and_multiple_choice_give_one_number_for_each_sequence(tokenizer, inputs):
    regression = transformers.BertForSequenceClassification(small(num_labels=1)).eval()
    questions = {name: torch.stack([value] * 3, dim=1) for name, value in inputs.items()}  # (batch, choices, sequence)
    choice = transformers.BertForMultipleChoice(small()).eval()
    chosen = choice(**questions)
    assert chosen.logits.shape == (2, 3)

    value = ck.OutputExplorer(regression(**inputs), inputs, tokenizer, config=regression).facts.runs[0]
    answers = ck.OutputExplorer(chosen, questions, tokenizer, config=choice)

    assert value.labels == ("value",)
    np.testing.assert_array_equal(answers.facts.runs[0].logits[:, 0], chosen.logits.numpy().ravel())
    assert axes(answers, "logits") == ["batch", "choice"]
    assert len(answers.facts.sequences) == 6


def test_two_axes_are_logits_only_where_the_width_says_so(tokenizer, inputs):
    model = transformers.BertForSequenceClassification(small()).eval()
    output = model.bert(**inputs)
    logits = model(**inputs).logits
    vectors = {"first": output.last_hidden_state[:, 0], "pooled": output.pooler_output, "mean": output[0].mean(1)}
    assert {tuple(value.shape) for value in vectors.values()} == {(2, 32)}

    for value in vectors.values():
        view = ck.OutputExplorer(value, inputs, tokenizer, config=model)
        assert names(view) == ["array 1"]
        assert axes(view, "array 1") == ["batch", "hidden"]
        unit = value / value.norm(dim=1, keepdim=True)
        assert view.facts.runs[0].sequence_similarity[0, 0, 1] == pytest.approx(float(unit[0] @ unit[1]), abs=1e-5)

    assert names(ck.OutputExplorer(logits, inputs, tokenizer, config=model)) == ["logits"]
    assert names(ck.OutputExplorer(logits.softmax(-1), inputs, tokenizer, config=model)) == ["probabilities"]
    assert names(ck.OutputExplorer(logits, inputs, tokenizer)) == ["array 1"]


def test_a_module_of_ones_own_is_called_by_position(inputs, tokenizer):
    ids = inputs["input_ids"]
    tagger = torch.nn.Embedding(30522, 5), torch.nn.Embedding(30522, 17)

    view = ck.OutputExplorer(tuple(head(ids) for head in tagger), inputs, tokenizer)

    assert names(view) == ["array 1", "array 2"]
    assert "last" not in view.summary()


def test_generated_ids_are_ids(tokenizer):
    ids = torch.tensor([[101, 7592, 2088, 102]])

    view = ck.OutputExplorer(ids, tokenizer=tokenizer)

    assert names(view) == ["ids"]
    assert "logits" not in view.summary()
    assert texts(view.facts.sequences[0]) == tokenizer.convert_ids_to_tokens(ids[0].tolist())


@pytest.mark.parametrize("head", ["Model", "ForMaskedLM", "ForPreTraining", "ForQuestionAnswering"])
def test_a_tuple_has_the_names_of_the_output(head, inputs):
    model = getattr(transformers, f"Bert{head}")(small()).eval()
    asked = {"output_attentions": True, "output_hidden_states": True}
    named, plain = model(**inputs, **asked), model(**inputs, **asked, return_dict=False)

    kept = [name for name, value in named.items() if len(value)]  # transformers 5 fills in empty tuples
    assert names(ck.OutputExplorer(plain, inputs, config=model)) == kept


@pytest.mark.parametrize("model_class", ["MambaModel", "FNetModel"])
@pytest.mark.parametrize("beside", [True, False])
def test_a_model_without_attention_gets_no_advice_that_raises(model_class, beside, inputs):
    sizes = {key: value for key, value in SIZES.items() if key != "num_attention_heads"}
    sizes |= {"state_size": 4} if model_class == "MambaModel" else {}
    sizes.pop("intermediate_size")
    model = getattr(transformers, model_class)(getattr(transformers, model_class.replace("Model", "Config"))(**sizes))
    ids = inputs["input_ids"]
    takes = inspect.signature(model.forward).parameters
    if not any(one.kind is one.VAR_KEYWORD for one in takes.values()):
        with pytest.raises(TypeError):
            model.eval()(ids, output_attentions=True)

    view = ck.OutputExplorer(model.eval()(ids), ids, config=model if beside else None)

    missing = {one.name: one for one in view.facts.runs[0].missing}
    if beside or model_class == "MambaModel":
        assert missing["attentions"].line == ""
    else:
        assert "FNetModel has none" in missing["attentions"].reason


def test_keys_of_a_cached_step_are_all_tokens_so_far(tokenizer, inputs):
    config = transformers.GPT2Config(
        vocab_size=30522, n_embd=16, n_layer=2, n_head=2, attn_implementation="eager", bos_token_id=1, eos_token_id=2
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    ids = inputs["input_ids"]
    step = torch.full((2, 1), 7592)
    cache = model(ids).past_key_values
    output = model(step, past_key_values=cache, output_attentions=True)
    assert output.attentions[0].shape[2:] == (1, ids.shape[1] + 1)

    view = ck.OutputExplorer(output, torch.cat([ids, step], dim=1), tokenizer, config=model)
    alone = ck.OutputExplorer(output, step, tokenizer, config=model)

    np.testing.assert_array_equal(view.facts.runs[0].attention[1], output.attentions[1].numpy())
    assert texts(view.facts.sequences[0]) == ["hello"]
    assert texts(view.facts.keys[0]) == [*tokenizer.convert_ids_to_tokens(ids[0].tolist()), "hello"]
    assert texts(alone.facts.keys[0])[-2:] == [str(ids.shape[1] - 1), "hello"]
    assert axes(view, "past_key_values") == ["layer", "key or value", "batch", "head", "sequence", "head size"]


def test_longformer_looks_at_neighbours_and_bigbird_fills_blocks(tokenizer, inputs):
    local = transformers.LongformerConfig(**SIZES, attention_window=[4, 4], max_position_embeddings=64, pad_token_id=0)
    model = transformers.LongformerModel(local).eval()
    seen = torch.zeros_like(inputs["input_ids"])
    seen[:, 0] = 1
    output = model(**inputs, global_attention_mask=seen, output_attentions=True)
    assert output.attentions[0].shape[-1] == 1 + 4 + 1  # one global token, the window, the token itself

    view = ck.OutputExplorer(output, inputs, tokenizer, config=model)

    assert texts(view.facts.keys[0]) == ["global 0", "-2", "-1", "itself", "+1", "+2"]
    np.testing.assert_array_equal(view.facts.runs[0].attention[0], output.attentions[0].numpy())
    blocks = transformers.BigBirdConfig(**SIZES, block_size=4, num_random_blocks=1, max_position_embeddings=80)
    big = transformers.BigBirdModel(blocks).eval()
    ids = torch.randint(1000, 2000, (1, 50))
    filled = big(ids, output_attentions=True, output_hidden_states=True)
    assert filled.hidden_states[0].shape[1] == 52
    facts = ck.OutputExplorer(filled, ids, tokenizer, config=big).facts
    kinds = [token.kind for token in facts.sequences[0][-3:]]
    if filled.hidden_states[-1].shape[1] == 52:
        assert kinds == ["real", "padding", "padding"]
    else:  # transformers 5 cuts the last layer, and no picture holds both lengths
        assert kinds == ["real"] * 3
        assert "(1, 50, 32), (1, 52, 32)" in " ".join(facts.part.notes)


@pytest.mark.parametrize("wrong", ["inputs", "attention_masks", "ids", "mask", "input_id", "token_ids"])
def test_a_misspelt_argument_is_no_second_output(wrong, inputs):
    output = transformers.BertModel(small()).eval()(**inputs)

    for value in (inputs, inputs["input_ids"], inputs["attention_mask"].bool()):
        with pytest.raises(ck.CourseError, match="does not know the argument"):
            ck.OutputExplorer(output, **{wrong: value})


def test_a_bank_of_a_river_and_one_with_money_part_layer_by_layer(offline_bert, tokenizer):
    model = transformers.AutoModel.from_pretrained(offline_bert)
    inputs = tokenizer(["The bank of the river.", "The bank lends money."], padding=True, return_tensors="pt")
    output = model(**inputs, output_hidden_states=True)
    place = (inputs["input_ids"] == tokenizer.convert_tokens_to_ids("bank")).nonzero().tolist()
    a, b = ([state[row, column] for state in output.hidden_states] for row, column in place)
    true = [float(torch.cosine_similarity(one, other, dim=0)) for one, other in zip(a, b, strict=True)]

    figure = ck.OutputExplorer(output, inputs, tokenizer).plot("layers", tokens=["bank"])

    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), true, atol=1e-5)
    same = ck.OutputExplorer(output, inputs, tokenizer).plot("layers", tokens=place)
    np.testing.assert_array_equal(same.axes[0].lines[0].get_ydata(), figure.axes[0].lines[0].get_ydata())
    with pytest.raises(ck.CourseError, match="Did you mean 'bank'"):
        ck.OutputExplorer(output, inputs, tokenizer).plot("layers", tokens=["bnak"])
