"""The weights of models, counted: against NumPy's own figures, SciPy-free densities and real models of transformers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from transformers import (
    BertConfig,
    BertForPreTraining,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    GPT2Config,
    GPT2Model,
    ViTConfig,
    ViTModel,
)

from coursekit import CourseError
from coursekit.facts.weights.compare import weight_facts
from coursekit.facts.weights.statistics import BINS
from coursekit.frameworks.initializers import Initializer

torch = pytest.importorskip("torch", reason="these models are PyTorch's")

TINY = {"num_hidden_layers": 1, "hidden_size": 48, "num_attention_heads": 4, "intermediate_size": 64}


def bert(seed=0, **settings):
    torch.manual_seed(seed)
    return BertModel(BertConfig(**TINY, vocab_size=1500, **settings))


@pytest.fixture(scope="module")
def pretrained(offline_bert):
    return BertModel.from_pretrained(offline_bert)


@pytest.fixture(scope="module")
def two(pretrained):
    torch.manual_seed(0)
    return weight_facts({"random": BertModel(pretrained.config), "pretrained": pretrained})


def tensor(facts, name):
    return next(found for found in facts.tensors if found.name == name)


def test_figures_are_those_that_numpy_gives_in_double_precision(pretrained, two):
    for name, value in pretrained.named_parameters():
        numbers, exact = tensor(two, name).statistics[1], value.detach().double().numpy()
        assert numbers.mean == pytest.approx(exact.mean(), rel=1e-5, abs=1e-8)
        assert numbers.std == pytest.approx(exact.std(), rel=1e-5)
        assert (numbers.smallest, numbers.largest) == (exact.min(), exact.max())
        assert numbers.below + numbers.counts.sum() + numbers.above == exact.size


def test_a_histogram_is_numpys_but_for_numbers_on_the_border_of_two_bins(pretrained, two):
    found = tensor(two, "encoder.layer.0.attention.self.query.weight")
    exact = pretrained.encoder.layer[0].attention.self.query.weight.detach().double().numpy()
    counts, _ = np.histogram(exact, bins=BINS, range=(found.low, found.high))

    assert np.abs(counts - found.statistics[1].counts).sum() <= exact.size * 1e-4
    assert found.statistics[1].below == pytest.approx((exact < found.low).sum(), abs=1)


def test_a_picture_holds_the_means_of_blocks(pretrained, two):
    found = tensor(two, "encoder.layer.0.intermediate.dense.weight")  # 1536 × 384: 24 rows and 6 columns to a block
    exact = pretrained.encoder.layer[0].intermediate.dense.weight.detach().double().numpy()
    blocks = exact.reshape(64, 24, 64, 6).mean(axis=(1, 3))

    assert found.statistics[1].block_means == pytest.approx(blocks, abs=1e-7)
    assert tensor(two, "encoder.layer.0.intermediate.dense.bias").statistics[1].block_means is None


def test_a_small_matrix_is_shown_number_by_number():
    found = tensor(weight_facts({"model": bert()}), "embeddings.token_type_embeddings.weight")
    assert found.statistics[0].block_means.shape == (2, 48)


def test_trained_position_embeddings_have_bands_and_random_ones_noise(two):
    def likeness_of_neighbours(picture):
        return np.mean([np.corrcoef(above, below)[0, 1] for above, below in pairwise(picture)])

    random, trained = tensor(two, "embeddings.position_embeddings.weight").statistics
    assert abs(likeness_of_neighbours(random.block_means)) < 0.1
    assert likeness_of_neighbours(trained.block_means) > 0.5


def test_differences_are_those_of_the_numbers():
    one, other = bert(seed=0), bert(seed=1)
    found = tensor(weight_facts({"one": one, "other": other}), "pooler.dense.weight").differences[0]
    a, b = (model.pooler.dense.weight.detach().double().numpy() for model in (one, other))

    assert not found.identical
    assert found.largest == pytest.approx(np.abs(a - b).max(), rel=1e-6)
    assert found.rms == pytest.approx(np.sqrt(((a - b) ** 2).mean()), rel=1e-6)
    assert found.cosine == pytest.approx((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)


def test_two_random_models_agree_where_nothing_is_random():
    facts = weight_facts({"one": bert(seed=0), "other": bert(seed=1)})
    same = {found.name.rpartition(".")[2] for found in facts.tensors if found.differences[0].identical}
    other = [found.name for found in facts.tensors if not found.differences[0].identical]

    assert same == {"weight", "bias"}
    assert all(
        "LayerNorm" in found.name or found.name.endswith("bias")
        for found in facts.tensors
        if found.differences[0].identical
    )
    assert not any("LayerNorm" in name or name.endswith("bias") for name in other)


def test_a_model_is_identical_to_itself_and_three_models_give_three_pairs():
    model = bert()
    facts = weight_facts({"a": model, "b": bert(seed=1), "c": model})
    pairs = [(pair.first, pair.second) for pair in facts.tensors[0].differences]

    assert pairs == [(0, 1), (0, 2), (1, 2)]
    assert [pair.identical for pair in facts.tensors[0].differences] == [False, True, False]


def test_parameters_add_up_to_what_transformers_counts(pretrained, two):
    assert two.parameters == pretrained.num_parameters() == 22_713_216
    assert sum(found.count for found in two.tensors) == two.parameters
    assert sum(found.share for found in two.tensors) == pytest.approx(1)


def test_tied_tensors_count_once():
    model = BertForPreTraining(BertConfig(**TINY, vocab_size=1500))
    facts = weight_facts({"model": model})

    assert ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight") in facts.tied
    assert facts.parameters == model.num_parameters()
    assert "cls.predictions.decoder.weight" not in {found.name for found in facts.tensors}


def test_two_parameters_that_show_the_same_memory_count_once():
    model = bert()
    layer = model.encoder.layer[0].attention.self
    layer.key.weight.data = layer.query.weight.data
    facts = weight_facts({"model": model})

    assert facts.tied == (("encoder.layer.0.attention.self.key.weight", "encoder.layer.0.attention.self.query.weight"),)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_types_of_numbers(dtype):
    model = bert().to(dtype)
    found = tensor(weight_facts({"model": model}), "pooler.dense.weight")
    exact = model.pooler.dense.weight.detach().double().numpy()

    assert found.dtypes == (str(dtype).removeprefix("torch."),)
    assert found.statistics[0].std == pytest.approx(exact.std(), rel=1e-5)


def test_tensors_of_every_rank_are_counted():
    def model(scale):
        module = torch.nn.Module()
        for rank, shape in enumerate([(), (5,), (3, 4), (2, 3, 4), (2, 3, 2, 2), (0,), (0, 3)]):
            values = torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)
            module.register_parameter(f"of_{rank}", torch.nn.Parameter(scale * (values + 1)))
        return module

    facts = weight_facts({"one": model(1), "two": model(2)})

    assert [found.shape for found in facts.tensors[:2]] == [(), (5,)]
    assert facts.parameters == 1 + 5 + 12 + 24 + 24
    for found, value in zip(facts.tensors, model(2).parameters(), strict=True):
        exact = value.detach().double().numpy()
        assert found.statistics[1].counts.sum() == exact.size
        assert (found.statistics[1].block_means is None) == (exact.ndim < 2 or not exact.size)
        if exact.size:
            assert found.statistics[1].mean == pytest.approx(exact.mean())
            assert found.differences[0].largest == pytest.approx((exact / 2).max())
    assert facts.tensors[0].statistics[0].constant


def test_nan_and_infinity_are_counted_and_left_out():
    model = bert()
    with torch.no_grad():
        model.pooler.dense.weight[0, :3] = math.nan
        model.pooler.dense.weight[47, 47] = -math.inf
        model.pooler.dense.bias[:] = math.nan
    facts = weight_facts({"ill": model, "well": bert()})
    ill, well = tensor(facts, "pooler.dense.weight").statistics
    exact = model.pooler.dense.weight.detach().double().numpy()
    finite = exact[np.isfinite(exact)]

    assert (ill.nans, ill.infinities, well.nans) == (3, 1, 0)
    assert ill.std == pytest.approx(finite.std(), rel=1e-5)
    assert ill.counts.sum() + ill.below + ill.above == finite.size
    assert np.isnan(ill.block_means).sum() == 4
    assert not tensor(facts, "pooler.dense.weight").differences[0].identical
    empty = tensor(facts, "pooler.dense.bias").statistics[0]
    assert empty.nans == 48
    assert math.isnan(empty.mean)
    assert empty.counts.sum() == 0


def test_numbers_too_large_for_the_squares_of_float32():
    model = bert()
    with torch.no_grad():
        model.pooler.dense.weight[:] = 3e38 * torch.linspace(-1, 1, 48 * 48).reshape(48, 48)
    numbers = tensor(weight_facts({"model": model}), "pooler.dense.weight").statistics[0]
    exact = model.pooler.dense.weight.detach().double().numpy()

    assert numbers.std == pytest.approx(exact.std(), rel=1e-5)
    assert numbers.counts.sum() + numbers.below + numbers.above == exact.size


@pytest.mark.parametrize("offset", [1e3, 1e5, 1e6])
def test_small_numbers_around_a_large_one(offset):
    model = bert()
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[:] = offset + torch.randn(1500, 48)
    found = tensor(weight_facts({"model": model}), "embeddings.word_embeddings.weight")
    exact = model.embeddings.word_embeddings.weight.detach().double().numpy()
    counts, _ = np.histogram(exact, bins=BINS, range=(found.low, found.high))

    assert found.statistics[0].mean == pytest.approx(exact.mean(), rel=1e-9)
    assert found.statistics[0].std == pytest.approx(exact.std(), rel=1e-5)
    assert np.abs(counts - found.statistics[0].counts).sum() <= exact.size * 0.1
    assert (counts > 0).sum() > BINS / 2


def test_initializers_are_those_of_the_models_own_code():
    facts = weight_facts({"model": bert(initializer_range=0.07)})
    assert tensor(facts, "pooler.dense.weight").initializers == (Initializer("normal", 0.0, 0.07),)
    assert tensor(facts, "pooler.dense.bias").initializers == (Initializer("constant", 0.0, 0.0),)
    assert tensor(facts, "embeddings.LayerNorm.weight").initializers == (Initializer("constant", 1.0, 0.0),)


@pytest.mark.parametrize(
    "model",
    [
        lambda: bert(initializer_range=0.03),
        lambda: GPT2Model(GPT2Config(n_layer=2, n_embd=48, n_head=4, vocab_size=1500)),
        lambda: DistilBertModel(DistilBertConfig(n_layers=1, dim=48, hidden_dim=64, n_heads=4, vocab_size=1500)),
        lambda: ViTModel(ViTConfig(**TINY)),
    ],
    ids=["BERT", "GPT-2", "DistilBERT", "ViT"],
)
def test_a_new_model_is_distributed_as_its_initializers_say(model):
    facts = weight_facts({"model": model()})
    drawn = [found for found in facts.tensors if found.count > 1000 and found.initializers[0].kind != "constant"]

    assert drawn
    for found in drawn:
        numbers, initializer = found.statistics[0], found.initializers[0]
        bounds = np.linspace(found.low, found.high, BINS + 1)
        middles = (bounds[1:] + bounds[:-1]) / 2
        expected = np.array(initializer.density(middles)) * (bounds[1] - bounds[0])
        share = numbers.counts / found.count
        # Total variation: half the sum of the differences; a wrong σ or a wrong shape gives far more.
        assert np.abs(share - expected).sum() / 2 < 4 / math.sqrt(found.count) * math.sqrt(BINS / 2 / math.pi)


def test_gpt2_scales_its_projections_as_its_own_code_does():
    torch.manual_seed(0)
    facts = weight_facts({"model": GPT2Model(GPT2Config(n_layer=8, n_embd=48, n_head=4, vocab_size=99))})
    assert tensor(facts, "h.0.mlp.c_proj.weight").initializers[0].spread == pytest.approx(0.02 / math.sqrt(16))


def test_asking_for_initializers_changes_no_weight_and_no_random_number():
    model = bert()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(7)
    weight_facts({"model": model})
    after = torch.rand(3)
    torch.manual_seed(7)

    assert torch.equal(after, torch.rand(3))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    torch.nn.init.trunc_normal_(drawn := torch.zeros(1000))
    assert drawn.std() > 0.5


def test_a_model_without_a_config_has_no_curves():
    facts = weight_facts({"layer": torch.nn.Linear(3, 4)})
    assert [found.initializers for found in facts.tensors] == [(None,), (None,)]


def refused(models):
    with pytest.raises(CourseError) as caught:
        weight_facts(models)
    return str(caught.value)


def test_other_shapes_are_refused_with_the_first_differences():
    message = refused({"small": bert(), "wide": bert(max_position_embeddings=99)})
    assert "embeddings.position_embeddings.weight is 512 × 48 in small and 99 × 48 in wide" in message


def test_other_architectures_are_refused():
    other = DistilBertModel(DistilBertConfig(n_layers=1, dim=48, hidden_dim=64, n_heads=4, vocab_size=1500))
    message = refused({"bert": bert(), "distilbert": other})
    assert "bert has the model type 'bert', distilbert 'distilbert'" in message
    assert "only bert has embeddings.token_type_embeddings.weight" in message
    assert "more" in message


def test_what_is_no_model_or_has_no_weights_is_refused():
    assert "config is not a model, but a BertConfig" in refused({"config": BertConfig()})
    with torch.device("meta"):
        planned = BertModel(BertConfig(**TINY))
    assert "planned has no weights yet" in refused({"planned": planned})
    assert "There is no model" in refused({})
    assert "4 models are too many" in refused(dict.fromkeys("abcd", bert()))
