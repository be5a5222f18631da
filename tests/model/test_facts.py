"""The names of dimensions against tables written by hand, and against new experiments."""

from __future__ import annotations

from functools import cache

import bert_by_hand
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.errors import CourseError
from coursekit.facts.model.facts import model_facts

torch = pytest.importorskip("torch", reason="these models are PyTorch's")
transformers = pytest.importorskip("transformers")

GROUPED = "num_key_value_heads × hidden_size / num_attention_heads"
PATCHES = "(image_size / patch_size)² + 1"
# class of the config, its sizes, and tensors with the attributes that shape them, after the architectures' own code
TABLES = {
    "bert": ("BertConfig", {}, bert_by_hand.PYTORCH),
    "gpt2": (
        "GPT2Config",
        {},
        {
            "wte.weight": ("vocab_size", "n_embd"),
            "wpe.weight": ("n_positions", "n_embd"),
            "h.0.attn.c_attn.weight": ("n_embd", "3 × n_embd"),
            "h.0.attn.c_proj.weight": ("n_embd", "n_embd"),
            "h.0.mlp.c_fc.weight": ("n_embd", "4 × n_embd"),
            "h.0.mlp.c_proj.weight": ("4 × n_embd", "n_embd"),
            "ln_f.bias": ("n_embd",),
        },
    ),
    "t5": (
        "T5Config",
        {},
        {
            "shared.weight": ("vocab_size", "d_model"),
            "encoder.block.0.layer.0.SelfAttention.q.weight": ("num_heads × d_kv", "d_model"),
            "encoder.block.0.layer.0.SelfAttention.o.weight": ("d_model", "num_heads × d_kv"),
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": (
                "relative_attention_num_buckets",
                "num_heads",
            ),
            "decoder.block.1.layer.1.EncDecAttention.k.weight": ("num_heads × d_kv", "d_model"),
            "decoder.block.1.layer.2.DenseReluDense.wi.weight": ("d_ff", "d_model"),
        },
    ),
    "llama": (
        "LlamaConfig",
        {"num_key_value_heads": 8},
        {
            "embed_tokens.weight": ("vocab_size", "hidden_size"),
            "layers.0.self_attn.q_proj.weight": ("num_attention_heads × head_dim", "hidden_size"),
            "layers.0.self_attn.k_proj.weight": ("num_key_value_heads × head_dim", "hidden_size"),
            "layers.0.self_attn.o_proj.weight": ("hidden_size", "num_attention_heads × head_dim"),
            "layers.0.mlp.gate_proj.weight": ("intermediate_size", "hidden_size"),
            "layers.0.mlp.down_proj.weight": ("hidden_size", "intermediate_size"),
            "norm.weight": ("hidden_size",),
        },
    ),
    "vit": (
        "ViTConfig",
        {},
        {
            "embeddings.cls_token": ("", "", "hidden_size"),
            "embeddings.position_embeddings": ("", PATCHES, "hidden_size"),
            "embeddings.patch_embeddings.projection.weight": (
                "hidden_size",
                "num_channels",
                "patch_size",
                "patch_size",
            ),
            "layernorm.weight": ("hidden_size",),
            "pooler.dense.weight": ("pooler_output_size", "hidden_size"),
        },
    ),
}


def names(facts) -> dict[str, tuple[str, ...]]:
    return {
        tensor.path: tuple(each.name for each in tensor.shape)
        for node, _ in facts.tree.walk()
        for tensor in node.tensors
    }


def real(config) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the model that transformers builds, without coursekit."""
    with torch.device("meta"):
        model = transformers.AutoModel.from_config(config)
    return {name: tuple(value.shape) for name, value in model.named_parameters()}


@pytest.fixture(scope="module")
def bert():
    return model_facts(transformers.BertConfig(), framework="pytorch")


@pytest.mark.parametrize("name", TABLES)
def test_dimensions_carry_the_names_written_by_hand(name):
    class_name, sizes, table = TABLES[name]
    found = names(model_facts(getattr(transformers, class_name)(**sizes), framework="pytorch"))
    assert {path: found.get(path) for path in table} == table


def test_experts_carry_the_names_written_by_hand():
    config = transformers.MixtralConfig(num_hidden_layers=2, head_dim=128)
    facts = model_facts(config, framework="pytorch")
    assert facts.parameters == sum(map(_product, real(config).values()))
    found = names(facts)
    for part in ("q_proj", "k_proj"):
        heads = "num_attention_heads" if part == "q_proj" else "num_key_value_heads"
        assert found[f"layers.0.self_attn.{part}.weight"] == (f"{heads} × head_dim", "hidden_size")
    gates = [shape for path, shape in found.items() if path.endswith("gate.weight")]
    assert gates == [("num_local_experts", "hidden_size")]
    experts = {path: shape for path, shape in found.items() if "experts" in path}
    if any(path.endswith("w1.weight") for path in experts):  # transformers 4: one module for each expert
        assert set(experts.values()) == {("intermediate_size", "hidden_size"), ("hidden_size", "intermediate_size")}
    else:
        assert set(experts.values()) == {
            ("num_local_experts", "2 × intermediate_size", "hidden_size"),
            ("num_local_experts", "hidden_size", "intermediate_size"),
        }


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


# For each architecture: four numbers as the sizes of a model that it accepts
PERTURBED = {
    "Bert": lambda a, b, c, d: {
        "hidden_size": a * b,
        "num_attention_heads": a,
        "intermediate_size": c,
        "vocab_size": c + d,
        "max_position_embeddings": d,
        "type_vocab_size": 3,
    },
    "GPT2": lambda a, b, c, d: {"n_embd": a * b, "n_head": a, "vocab_size": c, "n_positions": d},
    "T5": lambda a, b, c, d: {"d_model": c, "d_kv": b, "num_heads": a, "d_ff": d, "vocab_size": c + d},
    "Llama": lambda a, b, c, d: {
        "num_attention_heads": 2 * a,
        "num_key_value_heads": a,
        "head_dim": 2 * b,
        "hidden_size": 2 * a * d,
        "intermediate_size": c,
        "vocab_size": c + d,
    },
    "ViT": lambda a, b, c, d: {
        "hidden_size": a * b,
        "num_attention_heads": a,
        "intermediate_size": c,
        "image_size": 3 * b,
        "patch_size": b,
        "num_channels": a,
        "pooler_output_size": d,
    },
    "Mixtral": lambda a, b, c, d: {
        "num_attention_heads": 2 * a,
        "num_key_value_heads": a,
        "head_dim": 2 * b,
        "hidden_size": 2 * a * d,
        "intermediate_size": c,
        "vocab_size": c + d,
        "num_local_experts": b + 1,
    },
}
LAYERS = {"GPT2": {"n_layer": 1}, "T5": {"num_layers": 1, "num_decoder_layers": 1}}


UNSEEN = {"num_attention_heads", "n_head"}
"""In BERT, GPT-2 and ViT the heads only split what is there."""


@cache
def facts_of(name):
    config = getattr(transformers, f"{name}Config")
    # A head of its own size, so that it is told apart from hidden_size / num_attention_heads.
    return model_facts(config(head_dim=96) if name == "Mixtral" else config(), framework="pytorch")


def named_shapes(name):
    return [tensor.shape for node, _ in facts_of(name).tree.walk() for tensor in node.tensors]


@pytest.mark.parametrize("name", PERTURBED)
@settings(max_examples=8, deadline=None)
@given(a=st.integers(1, 6), b=st.integers(1, 20), c=st.integers(2, 900), d=st.integers(1, 300))
def test_a_named_dimension_follows_its_attributes_wherever_they_go(name, a, b, c, d):
    values = PERTURBED[name](a, b, c, d)
    config = getattr(transformers, f"{name}Config")(
        **values, **LAYERS.get(name, {"num_hidden_layers": 1}), pad_token_id=0
    )
    shapes = real(config)
    known = {**config.to_dict(), **values}
    followed = {
        tensor.path: tuple(each.at(known) if each.at else each.size for each in tensor.shape)
        for node, _ in facts_of(name).tree.walk()
        for tensor in node.tensors
        if tensor.path in shapes
    }
    assert followed == {path: shapes[path] for path in followed}
    assert set().union(*(each.attributes for shape in named_shapes(name) for each in shape)) >= values.keys() - UNSEEN
    assert len(followed) > 8


def test_the_tree_holds_every_parameter_once(bert):
    shapes = real(transformers.BertConfig())
    assert bert.parameters == sum(map(_product, shapes.values())) == bert_by_hand.PARAMETERS
    assert bert.tensors == len(shapes) == bert_by_hand.TENSORS
    layer = bert.tree.find("encoder.layer.0")
    assert (layer.repeat, layer.name) == (12, "0 … 11")
    assert str(bert.tree.find("encoder.layer").length) == "num_hidden_layers 12"


def test_attributes_say_what_hangs_on_them(bert):
    by_name = {each.name: each for each in bert.attributes}
    assert by_name["vocab_size"].parameters == 30522 * 768
    assert (by_name["num_hidden_layers"].tensors, by_name["num_hidden_layers"].parameters) == (192, 85_054_464)
    assert by_name["intermediate_size"].tensors == 36
    assert {by_name[name].kind for name in ("hidden_dropout_prob", "num_attention_heads", "pad_token_id")} == {
        "nothing"
    }
    assert by_name["hidden_act"].kind == "untested"


def test_the_way_of_the_data_through_bert(bert):
    bert_by_hand.check_flow(bert)


def test_gpt2_normalizes_before_and_adds_after():
    (stack,) = model_facts(transformers.GPT2Config(n_layer=2), framework="pytorch").flow.stacks
    steps = next(block for block in stack.blocks if block.kind == "layers").steps
    assert [(step.kind, step.title, step.added) for step in steps] == [
        ("norm", "Norm", None),
        ("attention", "Attention", 0),
        ("norm", "Norm", None),
        ("feed-forward", "Feed-forward", 2),
    ]


def test_parallel_blocks_are_not_drawn_in_a_row():
    (stack,) = model_facts(transformers.GPTJConfig(n_layer=2), framework="pytorch").flow.stacks
    steps = next(block for block in stack.blocks if block.kind == "layers").steps
    assert [(step.kind, step.beside) for step in steps] == [("norm", None), ("attention", None), ("feed-forward", 1)]


def test_a_model_that_is_no_plain_stack_gets_a_tree_and_a_reason():
    facts = model_facts(transformers.CLIPConfig(), framework="pytorch")
    assert facts.flow.stacks == ()
    assert facts.flow.reason
    assert facts.parameters == sum(map(_product, real(transformers.CLIPConfig()).values()))


def test_a_model_shows_its_own_tensors():
    config = transformers.BertConfig(
        hidden_size=16, intermediate_size=8, num_hidden_layers=3, num_attention_heads=2, vocab_size=40
    )
    model = transformers.BertForMaskedLM(config)
    for parameter in model.bert.encoder.layer[0].parameters():
        parameter.requires_grad_(requires_grad=False)
    facts = model_facts(model)
    assert facts.parameters == model.num_parameters()
    assert not facts.planned
    frozen = facts.tree.find("bert.encoder.layer.0")
    assert frozen.repeat == 1, "a frozen layer must not be folded into the others"
    assert not any(tensor.trainable for node, _ in frozen.walk() for tensor in node.tensors)
    assert facts.tree.find("bert.encoder.layer.1").repeat == 2
    tensors = {tensor.path: tensor for node, _ in facts.tree.walk() for tensor in node.tensors}
    assert tensors["cls.predictions.decoder.weight"].tied_to == "bert.embeddings.word_embeddings.weight"
    assert tensors["bert.embeddings.word_embeddings.weight"].device == "cpu"
    assert names(facts)["bert.pooler.dense.weight" if model.bert.pooler else "cls.predictions.bias"] == ("vocab_size",)


def test_the_config_is_left_as_it_was():
    config = transformers.BertConfig(num_hidden_layers=2)
    before = config.to_dict()
    model_facts(config, framework="pytorch")
    assert config.to_dict() == before


def test_a_config_that_cannot_be_built_names_the_attribute():
    with pytest.raises(CourseError) as caught:
        model_facts(transformers.BertConfig(hidden_size=100), framework="pytorch")
    assert "hidden_size=100" in str(caught.value)
    assert "not a multiple of the number of attention heads" in caught.value.why


def test_all_attributes_are_named_where_no_single_one_is_to_blame():
    config = transformers.BertConfig(hidden_size=100, hidden_act="nope", num_hidden_layers=3)
    with pytest.raises(CourseError, match="without hidden_size=100 and hidden_act='nope'\\."):
        model_facts(config, framework="pytorch")


def test_a_model_of_a_million_layers_is_refused_at_once():
    with pytest.raises(CourseError) as caught:
        model_facts(transformers.BertConfig(num_hidden_layers=10**6), framework="pytorch")
    assert "num_hidden_layers is 1,000,000" in caught.value.why


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (transformers.BertModel, r"BertModel is a class, not a model[\s\S]*BertModel\(BertConfig\(\)\)"),
        (int, "neither a config nor a model"),
        (7, "A thing of the class int is neither"),
        (None, "None is neither"),
        ([1, 2], "neither a config nor a model"),
        ({"model_type": "bert"}, "neither a config nor a model"),
        (torch.zeros(3), "neither a config nor a model"),
        ("", "is not the id"),
        ("no such id", "is not the id"),
    ],
)
def test_other_things_are_refused(wrong, said):
    with pytest.raises(CourseError, match=said):
        model_facts(wrong)


def test_a_tokenizer_is_refused(offline_bert):
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(offline_bert))
    with pytest.raises(CourseError, match="neither a config nor a model"):
        model_facts(tokenizer)


def test_a_module_of_ones_own_has_a_tree():
    facts = model_facts(torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)), torch.nn.Linear(4, 2)))
    assert (facts.parameters, facts.unnamed) == (70, "it has no config")
    assert [(child.name, child.repeat) for child in facts.tree.children] == [("0 … 2", 3), ("3", 1)]


def test_experiments_are_silent(caplog):
    config = transformers.BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    with caplog.at_level("WARNING"):
        model_facts(transformers.BertForMaskedLM(config))
    assert caplog.records == []


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        # transformers' own forward methods, read by hand: which input is added behind which step, and what is parallel
        ("GPTNeoX", [("norm", None, None), ("attention", None, None), ("norm", None, 0), ("feed-forward", 0, None)]),
        ("Cohere", [("norm", None, None), ("attention", None, None), ("feed-forward", 0, 1)]),
        ("Olmo2", [("attention", None, None), ("norm", 0, None), ("feed-forward", None, None), ("norm", 2, None)]),
        ("FNet", [("other", 0, None), ("norm", None, None), ("feed-forward", 2, None), ("norm", None, None)]),
    ],
)
def test_layers_are_drawn_as_their_code_runs(name, steps):
    config = getattr(transformers, f"{name}Config")(num_hidden_layers=2)
    (stack,) = model_facts(config, framework="pytorch").flow.stacks
    layers = next(block for block in stack.blocks if block.kind == "layers")
    assert [(step.kind, step.added, step.beside) for step in layers.steps] == steps


def test_embeddings_that_two_stacks_share_are_counted_where_they_are_first_used():
    facts = model_facts(transformers.BartConfig(encoder_layers=1, decoder_layers=1), framework="pytorch")
    encoder, decoder = (stack.blocks[0] for stack in facts.flow.stacks)
    # the table, positions (two more rows than asked for) and a norm; the decoder has no table of its own
    assert encoder.parameters == 50265 * 1024 + 1026 * 1024 + 2 * 1024
    assert decoder.parameters == 1026 * 1024 + 2 * 1024
    assert facts.flow.elsewhere == 0


def test_a_stage_with_layers_of_its_own_is_not_opened():
    (stack,) = model_facts(transformers.ConvNextConfig(), framework="pytorch").flow.stacks
    blocks = [block for block in stack.blocks if block.kind == "layers"]
    assert [(block.title, block.steps) for block in blocks] == [("Stage", ())] * 4
    assert {block.unread for block in blocks} == {"it holds a stack of its own"}


def test_a_checkpoint_is_read_from_its_folder(offline_bert):
    facts = model_facts(str(offline_bert), framework="pytorch")
    assert (facts.class_name, facts.parameters, facts.planned) == ("BertModel", 22_713_216, True)


def test_an_unknown_checkpoint_says_so(tmp_path):
    with pytest.raises(CourseError, match=r"There is no config\.json"):
        model_facts(str(tmp_path))
