"""One pass as facts: the model's own numbers, computed again; nothing of the model is changed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from coursekit.errors import CourseError
from coursekit.facts.forward.facts import forward_facts
from coursekit.facts.forward.graph import difference

torch = pytest.importorskip("torch", reason="these models are PyTorch's")
transformers = pytest.importorskip("transformers")

SIZES = {"hidden_size": 16, "num_attention_heads": 4, "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 30}
GROUPED = {**SIZES, "num_key_value_heads": 2}
IDS = [[1, 2, 3, 5, 8]]


def bert(kind="BertModel", **changes):
    torch.manual_seed(0)
    config = transformers.BertConfig(**{**SIZES, **changes})
    model = getattr(transformers, kind)._from_config(config, attn_implementation="eager")
    for parameter in model.parameters():  # the norms of a new model scale by one and shift by nothing
        parameter.data += torch.randn_like(parameter) * 0.1
    return model.eval()


@pytest.fixture(scope="module")
def model():
    return bert()


@pytest.fixture(scope="module")
def facts(model):
    return forward_facts(model, {"input_ids": torch.tensor(IDS)})


def test_the_steps_are_those_of_bert(facts):
    layer = ["attention", "add and norm", "feed-forward", "add and norm 2"]
    layers = [f"layer {number} {step}" for number in (1, 2) for step in layer]

    assert [step.name for step in facts.steps] == ["embeddings", *layers, "last hidden state", "pooler"]
    assert facts.whole


def test_the_vectors_are_those_that_transformers_returns(model, facts):
    with torch.no_grad():
        output = model(torch.tensor(IDS), output_hidden_states=True, output_attentions=True)

    states = [facts["embeddings"], facts["layer 1 add and norm 2"], facts["layer 2 add and norm 2"]]
    for step, state in zip(states, output.hidden_states, strict=True):
        np.testing.assert_allclose(step.after, state[0], rtol=0, atol=1e-6)
    for number, weights in enumerate(output.attentions, 1):
        np.testing.assert_allclose(facts[f"layer {number} attention"].weights, weights[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(facts["pooler"].after, output.pooler_output, rtol=0, atol=1e-6)


def run(line, step, view, **chosen):
    code = line.code
    for name, value in chosen.items():
        code = code.replace(name, str(value))
    *statements, last = code.split("; ")
    names = {"np": np, "math": math, "s": step, "view": view}
    exec("\n".join(statements), names)
    gives = line.gives
    for name, value in chosen.items():
        gives = gives.replace(name, str(value))
    return eval(last, names), eval(gives, names)


class Weights:
    """What the line calls ``view``: it reads weights by name."""

    def __init__(self, model):
        self.held = dict(model.named_parameters())

    def weight(self, name):
        return self.held[name].detach().numpy()


def check_lines(facts, model):
    count = 0
    for step in facts.steps:
        rows = {f"ROW{at}": part.indices[3] for at, part in enumerate(getattr(step, "parts", ())) if part.indices}
        for line in step.lines:
            row = {"ROW": 0 if step.rows else 3} if step.kind in {"pooler", "head"} else rows
            token = 0 if step.kind in {"pooler", "head"} and step.rows else 3
            found, shown = run(line, step, Weights(model), TOKEN=token, HEAD=2, **row)
            assert difference(np.atleast_1d(found), np.atleast_1d(shown)) < 1e-4, (step.name, line.title)
            count += 1
    return count


def test_every_line_of_numpy_gives_the_numbers_that_are_shown(facts, model):
    assert check_lines(facts, model) == 2 + 2 * (4 + 2 + 3 + 2) + 1


@pytest.mark.parametrize("head", ["BertForMaskedLM", "BertForSequenceClassification"])
def test_heads_are_computed_again(head):
    model = bert(head)
    facts = forward_facts(model, IDS)
    with torch.no_grad():
        logits = model(torch.tensor(IDS)).logits

    assert facts.whole
    np.testing.assert_allclose(facts["head"].after, logits.reshape(-1, logits.shape[-1]), rtol=0, atol=1e-5)
    check_lines(facts, model)


def test_the_lens_applies_the_head_to_every_layer():
    model = bert("BertForMaskedLM")
    facts = forward_facts(model, IDS)
    with torch.no_grad():
        states = model(torch.tensor(IDS), output_hidden_states=True).hidden_states
        shares = model.cls(torch.stack(states))[:, 0].softmax(-1)  # (layers, tokens, vocabulary)

    assert facts.lens.layers == ("embeddings", "layer 1", "layer 2")
    best = shares.topk(10)
    np.testing.assert_allclose(facts.lens.shares, best.values, rtol=0, atol=1e-5)
    final = torch.gather(shares, 2, shares[-1].argmax(-1).expand(3, -1)[..., None])[..., 0]
    np.testing.assert_allclose(facts.lens.final, final, rtol=0, atol=1e-5)


FAMILIES = {
    "DistilBertModel": (
        "DistilBertConfig",
        {"dim": 16, "hidden_dim": 24, "n_heads": 4, "n_layers": 2, "vocab_size": 30},
    ),
    "RobertaModel": ("RobertaConfig", SIZES),
    "ElectraModel": ("ElectraConfig", {**SIZES, "embedding_size": 8}),
    "MPNetModel": ("MPNetConfig", SIZES),
    "AlbertModel": ("AlbertConfig", {**SIZES, "embedding_size": 8}),
    "GPT2LMHeadModel": ("GPT2Config", {"n_layer": 2, "n_embd": 16, "n_head": 4, "vocab_size": 30}),
    "LlamaForCausalLM": ("LlamaConfig", GROUPED),
    "MistralForCausalLM": ("MistralConfig", GROUPED),
    "Qwen2ForCausalLM": ("Qwen2Config", GROUPED),
    "Qwen3ForCausalLM": ("Qwen3Config", {**GROUPED, "head_dim": 8}),
    "GPTNeoXModel": ("GPTNeoXConfig", SIZES),
    "BloomModel": ("BloomConfig", {"hidden_size": 16, "n_layer": 2, "n_head": 4, "vocab_size": 30}),
    "T5ForConditionalGeneration": (
        "T5Config",
        {"d_model": 16, "d_kv": 4, "d_ff": 24, "num_layers": 2, "num_heads": 4, "vocab_size": 30},
    ),
    "ViTModel": (
        "ViTConfig",
        {name: value for name, value in SIZES.items() if name != "vocab_size"} | {"image_size": 32, "patch_size": 8},
    ),
}


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_shown_whole_and_their_lines_are_right(name, attention):
    config_class, settings = FAMILIES[name]
    torch.manual_seed(1)
    config = getattr(transformers, config_class)(**settings)
    try:
        model = getattr(transformers, name)._from_config(config, attn_implementation=attention)
    except ValueError:
        pytest.skip(f"{name} has no {attention} attention")
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.1
    inputs = {"input_ids": torch.tensor(IDS)}
    if config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.tensor([[0, 4, 7, 1]])
    if name == "ViTModel":
        inputs = {"pixel_values": torch.randn(1, 3, 32, 32)}

    facts = forward_facts(model.eval(), inputs)
    with torch.no_grad():
        given = model(**inputs)

    assert facts.whole, [(step.name, step.closed) for step in facts.closed]
    assert facts.difference < 1e-4
    last = given.logits if "logits" in given else given.last_hidden_state
    final = (
        facts["decoder head" if config.is_encoder_decoder else "head"]
        if "logits" in given
        else next(step for step in facts.steps if step.kind == "result")
    )
    np.testing.assert_allclose(final.after, last[0], rtol=0, atol=1e-4 * float(last.abs().max()))
    assert check_lines(facts, model) > 10


def test_causal_models_block_what_comes_later():
    model = transformers.GPT2Model(transformers.GPT2Config(n_layer=1, n_embd=16, n_head=4, vocab_size=30)).eval()
    weights = forward_facts(model, IDS)["layer 1 attention"].weights

    assert (weights[:, np.triu_indices(5, 1)[0], np.triu_indices(5, 1)[1]] == 0).all()


def test_heads_share_keys_in_groups():
    model = transformers.LlamaModel(transformers.LlamaConfig(**GROUPED)).eval()

    assert forward_facts(model, IDS)["layer 1 attention"].key_heads == 2


def test_the_decoder_looks_at_the_encoder():
    config = transformers.T5Config(**FAMILIES["T5ForConditionalGeneration"][1])
    facts = forward_facts(transformers.T5Model(config).eval(), {"input_ids": IDS, "decoder_input_ids": [[0, 4]]})
    step = facts["decoder layer 1 cross-attention"]

    assert step.weights.shape == (4, 2, 5)
    assert step.source == "encoder"
    assert [len(tokens) for tokens in facts.tokens.values()] == [5, 2]


@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_takes_nothing_and_a_sequence_of_a_batch_is_chosen(model, side):
    ids, mask = [[1, 2, 3, 0, 0], [9, 8, 7, 6, 5]], [[1, 1, 1, 0, 0], [1] * 5]
    if side == "left":
        ids[0], mask[0] = ids[0][::-1], mask[0][::-1]
    inputs = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}

    facts = forward_facts(model, inputs)
    padding = [at for at, real in enumerate(mask[0]) if not real]
    assert facts.whole
    assert np.abs(facts["layer 1 attention"].weights[:, :, padding]).max() == 0
    assert [token.kind for token in facts.tokens[""]].count("padding") == 2

    other = forward_facts(model, inputs, sequence=-1)
    alone = forward_facts(model, {"input_ids": torch.tensor(ids[1:])})
    np.testing.assert_allclose(other.steps[-1].after, alone.steps[-1].after, atol=1e-6)


def test_one_token(model):
    facts = forward_facts(model, [[7]])

    assert facts.whole
    assert (facts["layer 1 attention"].weights == 1).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_agrees_as_far_as_it_rounds(dtype):
    facts = forward_facts(bert().to(getattr(torch, dtype)), IDS)

    assert facts.whole, [(step.name, step.closed) for step in facts.closed]
    assert 1e-6 < facts.difference < 4e-2
    assert facts.dtype == dtype


def test_what_does_not_agree_is_closed_with_its_reason():
    model = bert()
    attention = model.encoder.layer[1].attention.self
    original = type(attention).forward

    class Other(type(attention)):
        def forward(self, *arguments, **keywords):
            context, *rest = original(self, *arguments, **keywords)
            return (context * 1.01, *rest)

    attention.__class__ = Other
    facts = forward_facts(model, IDS)

    assert [step.name for step in facts.closed] == ["layer 2 attention"]
    assert facts["layer 2 attention"].weights is None
    assert "matrix" in facts["layer 2 attention"].closed


def state(model):
    return (
        {name: value.clone() for name, value in model.state_dict().items()},
        [module.training for module in model.modules()],
        [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()],
        [parameter.grad is None and parameter.requires_grad for parameter in model.parameters()],
        torch.get_rng_state().tolist(),
        [sorted(vars(module)) for module in model.modules()],
    )


def same(one, other):
    return all(torch.equal(one[0][name], other[0][name]) for name in one[0]) and one[1:] == other[1:]


def test_the_model_is_as_before_in_training_mode_and_the_view_says_so():
    model = bert().train()
    model.encoder.layer[0].eval()  # a mode of its own
    before = state(model)

    facts = forward_facts(model, IDS)

    assert same(before, state(model))
    assert facts.whole
    assert "training mode" in facts.notes[0]


def test_the_model_is_as_before_when_the_pass_fails():
    model = bert()
    model.pooler.forward = lambda *_: 1 / 0
    before = state(model)

    with pytest.raises(CourseError, match="ZeroDivisionError"):
        forward_facts(model, IDS)
    assert same(before, state(model))


def test_a_wrapped_model_is_unwrapped(model):
    compiled = torch.compile(model)

    assert forward_facts(torch.nn.DataParallel(compiled), IDS).whole


def test_packed_weights_are_said_to_be_packed():
    torch.backends.quantized.engine = torch.backends.quantized.supported_engines[-1]
    model = torch.ao.quantization.quantize_dynamic(bert(), {torch.nn.Linear}, dtype=torch.qint8)
    facts = forward_facts(model, IDS)
    step = facts["layer 1 attention"]

    assert any("weights are packed" in note for note in step.notes) or step.closed
    assert not any("matrix" in line.title for line in step.lines)


BAD = {
    "no model": (lambda model: (model.config, IDS), "not a model"),
    "a class": (lambda model: (type(model), IDS), "the class BertModel"),
    "an output": (lambda model: (model, model(torch.tensor(IDS))), "outputs of a model"),
    "text": (lambda model: (model, "Hello!"), "text"),
    "ragged": (lambda model: (model, [[1, 2], [3]]), "rectangle"),
    "empty": (lambda model: (model, [[]]), "empty"),
    "no inputs": (lambda model: (model, {}), "empty"),
    "floats": (lambda model: (model, [[1.5, 2.0]]), "float64"),
    "too large an id": (lambda model: (model, [[1, 30]]), "id 30 in input_ids is out of range"),
    "negative": (lambda model: (model, [[-1]]), "id -1"),
    "three axes": (lambda model: (model, [[[1]]]), "shape"),
    "too long": (lambda model: (model, [[1] * 600]), "cannot be called"),
    "another mask": (
        lambda model: (model, {"input_ids": IDS, "attention_mask": [[1]]}),
        "attention_mask has the shape",
    ),
    "unknown": (lambda model: (model, {"input_ids": IDS, "inputs": IDS}), "cannot be called"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_answered(model, case):
    if case == "unknown" and transformers.__version__ >= "5":
        pytest.skip("transformers 5 lets unknown arguments pass")
    make, message = BAD[case]
    with pytest.raises(CourseError, match=message):
        forward_facts(*make(model))


def test_models_without_numbers_are_refused():
    with torch.device("meta"):
        model = transformers.BertModel(transformers.BertConfig(**SIZES))
    with pytest.raises(CourseError, match="meta"):
        forward_facts(model, IDS)


@pytest.mark.parametrize("sequence", [1, -2, "0", True, None])
def test_a_sequence_that_is_not_there(model, sequence):
    with pytest.raises(CourseError, match="sequence"):
        forward_facts(model, IDS, sequence=sequence)


def test_a_step_is_found_by_name_and_index_and_a_misspelt_one_is_answered(facts):
    assert facts["Layer 1  Attention"] is facts[1]
    assert facts[-1].name == "pooler"
    with pytest.raises(CourseError, match="Did you mean 'layer 1 attention'"):
        facts.find("layer 1 atention")
    with pytest.raises(CourseError, match="no step called 99"):
        facts.find(99)
