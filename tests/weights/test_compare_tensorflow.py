"""The same facts where the models are TensorFlow's: its names, its truncated normal, its own way to a weight file."""

from __future__ import annotations

import math
import shutil
from itertools import combinations

import numpy as np
import pytest

from coursekit import frameworks
from coursekit.course import notebook
from coursekit.errors import CourseError
from coursekit.facts.auto.trace import trace_facts
from coursekit.facts.weights.compare import weight_facts
from coursekit.hub.offline import OFFLINE_ID

TENSORFLOW = frameworks.get("tensorflow")
TINY = {
    "num_hidden_layers": 1,
    "hidden_size": 48,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 1500,
}


@pytest.fixture(scope="module")
def bert():
    try:
        notebook._check_versions(TENSORFLOW, imported_before=False)
    except CourseError:
        pytest.skip("this environment cannot run the TensorFlow track")
    from transformers import BertConfig, TFBertModel

    def build(*, called=True, **settings):
        model = TFBertModel(BertConfig(**TINY, **settings))
        if called:
            model.build_in_name_scope()
        return model

    return build


def test_two_models_have_the_same_names_whatever_keras_calls_them(bert):
    one, other = bert(), bert()
    facts = weight_facts({"one": one, "other": other})

    assert one.weights[0].name != other.weights[0].name
    assert facts.parameters == one.num_parameters()
    names = [tensor.name for tensor in facts.tensors]
    assert "bert/encoder/layer_._0/attention/self/query/kernel" in names
    same = {tensor.name for tensor in facts.tensors if tensor.differences[0].identical}
    assert all(name.endswith(("/bias", "/beta", "/gamma")) for name in same)


def test_weights_are_drawn_from_the_truncated_normal_that_is_named(bert):
    facts = weight_facts({"model": bert(initializer_range=0.05)})
    tensor = next(found for found in facts.tensors if found.name.endswith("word_embeddings/weight"))
    initializer, numbers = tensor.initializers[0], tensor.statistics[0]

    assert initializer.kind == "truncated normal"
    assert (initializer.spread, initializer.cut) == pytest.approx((0.05, 0.1))
    assert max(-numbers.smallest, numbers.largest) <= 0.1
    # The standard deviation of a normal distribution cut at two σ: 0.8796 σ.
    assert numbers.std == pytest.approx(0.05 * 0.87963, rel=0.02)
    across = np.linspace(-0.1, 0.1, 2001)
    assert np.trapezoid(initializer.density(across), across) == pytest.approx(1, abs=1e-5)


def test_a_model_that_was_never_called_is_refused(bert):
    with pytest.raises(CourseError, match="has no weights yet"):
        weight_facts({"new": bert(called=False)})


def test_models_of_two_frameworks_are_refused(bert):
    torch = pytest.importorskip("torch", reason="it takes both frameworks")
    with pytest.raises(CourseError, match="two frameworks"):
        weight_facts({"one": bert(), "other": torch.nn.Linear(2, 2)})


def test_figures_are_those_that_numpy_gives(bert):
    model = bert()
    facts = weight_facts({"model": model})
    for tensor, weight in zip(facts.tensors, model.weights, strict=True):
        exact = weight.numpy().astype(np.float64)
        assert tensor.statistics[0].mean == pytest.approx(exact.mean(), abs=1e-8)
        assert tensor.statistics[0].std == pytest.approx(exact.std(), rel=1e-5, abs=1e-12)
        assert not math.isnan(tensor.statistics[0].largest)


@pytest.mark.parametrize(
    "task",
    [
        "",
        "sequence-classification",
        "token-classification",
        "question-answering",
        "multiple-choice",
        "masked-lm",
        "causal-lm",
        "pre-training",
        "next-sentence-prediction",
    ],
)
def test_the_trace_finds_what_transformers_reports(bert, offline_bert, task):  # noqa: ARG001  (bert skips)
    facts = trace_facts(OFFLINE_ID, task=task, framework=TENSORFLOW)
    loaded, report = TENSORFLOW.auto_class(task).from_pretrained(offline_bert, output_loading_info=True)

    assert facts.model_class == type(loaded).__name__
    assert facts.failed is None
    assert {one.name for one in facts.fresh} == set(report["missing_keys"])


def test_the_trace_of_what_tensorflow_saved(bert, tmp_path):
    model = bert()
    model.save_pretrained(tmp_path / "safe", safe_serialization=True)
    model.save_pretrained(tmp_path / "keras", safe_serialization=False)

    for folder, name in (("safe", "model.safetensors"), ("keras", "tf_model.h5")):
        facts = trace_facts(tmp_path / folder, framework=TENSORFLOW)
        assert facts.failed is None
        assert [file.name for file in facts.files if file.role == "taken"] == [name]
        assert facts.fit.matching == len(model.weights)
        assert facts.fresh == ()


# What a model filled with this number is saved as, and the file that from_pretrained is then said to take.
KINDS = {
    "model.safetensors": (1.0, {"safe_serialization": True}),
    "model.safetensors.index.json": (2.0, {"safe_serialization": True, "max_shard_size": "80KB"}),
    "tf_model.h5": (3.0, {}),
    "tf_model.h5.index.json": (4.0, {"max_shard_size": "80KB"}),
}
REPOSITORY, COMMIT = "owner/mixed", "0" * 40


@pytest.fixture(scope="module")
def filled(bert, tmp_path_factory):
    root = tmp_path_factory.mktemp("filled")
    model = bert()
    for kind, (number, options) in KINDS.items():
        for weight in model.weights:
            weight.assign(np.full(weight.shape, number, np.float32))
        model.save_pretrained(root / kind, **options)
        assert (root / kind / kind).exists()
    return root


@pytest.mark.parametrize("in_cache", [False, True])
@pytest.mark.parametrize("kinds", [kinds for length in (1, 2, 4) for kinds in combinations(KINDS, length)])
def test_the_file_that_is_named_is_the_one_whose_numbers_are_loaded(filled, kinds, in_cache, tmp_path, monkeypatch):
    folder = tmp_path / "models--owner--mixed" / "snapshots" / COMMIT if in_cache else tmp_path / "mixed"
    for kind in kinds:
        shutil.copytree(filled / kind, folder, dirs_exist_ok=True)
    name = str(folder)
    if in_cache:
        name = REPOSITORY
        (folder.parents[1] / "refs").mkdir()
        (folder.parents[1] / "refs" / "main").write_text(COMMIT)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(tmp_path))
    facts = trace_facts(name, framework=TENSORFLOW)
    taken = next((file.name for file in facts.files if file.role == "taken"), None)
    if taken is None:  # sharded safetensors that do not lie in a folder
        with pytest.raises((OSError, TypeError)) as refused:
            TENSORFLOW.auto_class().from_pretrained(name, cache_dir=tmp_path, local_files_only=True)
        assert str(refused.value) in facts.failed.reason
        return
    model = TENSORFLOW.auto_class().from_pretrained(name, cache_dir=tmp_path, local_files_only=True)
    (number,) = {float(number) for weight in model.weights for number in np.unique(weight.numpy())}

    assert facts.source.kind == ("cache" if in_cache else "folder")
    assert KINDS[taken][0] == number
