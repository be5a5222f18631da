"""A checkpoint's facts are those that the frameworks themselves find, and a broken one is named, never run."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from damage import change_config, said, save_bin

from coursekit.errors import CourseError
from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.facts.files.findings import ERROR, NOTE, WARNING

torch = pytest.importorskip("torch", reason="the PyTorch half of these tests needs PyTorch")


def reference(folder):
    """Names, shapes and types as the model itself has them."""
    from transformers import AutoModel

    state = AutoModel.from_pretrained(folder).state_dict()
    return {name: (tuple(value.shape), str(value.dtype).removeprefix("torch.")) for name, value in state.items()}


def test_a_saved_model_is_listed_and_fits(saved):
    facts = checkpoint_facts(saved / "base")

    assert facts.source == "base"
    assert {file.name for file in facts.files} == {"config.json", "model.safetensors"}
    (weights,) = facts.weights
    assert weights.taken_by == ("PyTorch", "TensorFlow")
    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in weights.tensors} == reference(saved / "base")
    assert weights.parameters == sum(np.prod(shape, dtype=int) for shape, _ in reference(saved / "base").values())
    assert facts.config.model_type == "bert"
    assert facts.fits_together is True
    assert facts.fits[0].class_name == "BertModel"
    assert facts.fits[0].matching == len(weights.tensors)
    assert facts.findings == ()


def test_shards_are_one_state_dictionary(saved):
    facts = checkpoint_facts(saved / "shards")

    (weights,) = facts.weights
    assert weights.name == "model.safetensors.index.json"
    assert len(weights.files) > 2
    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in weights.tensors} == reference(saved / "base")
    assert facts.fits_together is True
    assert facts.findings == ()


def test_tied_tensors_are_needed_once(saved):
    facts = checkpoint_facts(saved / "masked")

    assert "cls.predictions.decoder.weight" not in {tensor.name for tensor in facts.weights[0].tensors}
    assert facts.fits[0].class_name == "BertForMaskedLM"
    assert facts.fits_together is True


def loading_info(name, folder):
    """What from_pretrained itself finds missing and surplus."""
    import transformers

    _, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    return set(info["missing_keys"]), set(info["unexpected_keys"])


@pytest.mark.parametrize(
    ("saved_as", "called"), [("base", "BertForMaskedLM"), ("masked", "BertModel"), ("base", "BertForPreTraining")]
)
def test_missing_and_surplus_are_what_from_pretrained_finds(saved, tmp_path, saved_as, called):
    folder = shutil.copytree(saved / saved_as, tmp_path / "changed")
    change_config(folder, architectures=[called])

    fit = checkpoint_facts(folder).fits[0]

    missing, surplus = loading_info(called, folder)
    tied = {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "cls.predictions.bias"}
    assert fit.class_name == called
    assert set(fit.missing) - tied == missing - tied
    # transformers 4 says them with the prefix that it put before them, 5 and we as they stand in the file.
    assert {name.removeprefix("bert.") for name in fit.surplus} == {name.removeprefix("bert.") for name in surplus}
    assert set(fit.surplus) <= {tensor.name for tensor in checkpoint_facts(folder).weights[0].tensors}
    assert not fit.perfect


def test_twelve_layers_beside_two(folder):
    change_config(folder, num_hidden_layers=12)

    facts = checkpoint_facts(folder)

    assert facts.fits_together is False
    assert "The weights have 2 × encoder.layer, and the config calls for 12." in said(facts, ERROR)
    assert len(facts.fits[0].missing) == 10 * 16
    assert len(facts.weights[0].tensors) == 39  # the rest is still shown


def test_another_width_is_a_mismatch_of_shapes(folder):
    change_config(folder, intermediate_size=32)

    fit = checkpoint_facts(folder).fits[0]

    assert {one.name for one in fit.mismatched} == {
        f"encoder.layer.{layer}.{part}"
        for layer in (0, 1)
        for part in ("intermediate.dense.weight", "intermediate.dense.bias", "output.dense.weight")
    }
    one = next(one for one in fit.mismatched if one.name == "encoder.layer.0.intermediate.dense.weight")
    assert (one.stored, one.called_for) == ((24, 16), (32, 16))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hidden_size": 17}, "multiple of the number of attention"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers is 1,000,000,000"),
        ({"num_hidden_layers": "many"}, "transformers cannot build"),
        ({"model_type": "no-such-thing"}, "no architecture called 'no-such-thing'"),
        ({"model_type": None}, "no model_type"),
    ],
)
def test_a_config_that_cannot_be_built_says_why(folder, changes, reason):
    change_config(folder, **changes)

    facts = checkpoint_facts(folder)

    assert reason in facts.fits[0].reason
    assert any(reason in what for what in said(facts, NOTE))
    assert len(facts.weights[0].tensors) == 39


def test_a_dtype_that_disagrees_is_named(folder):
    change_config(folder, dtype="bfloat16", torch_dtype=None)

    assert "The config says bfloat16, and the numbers are float32." in said(checkpoint_facts(folder), WARNING)


def test_code_of_a_checkpoint_is_named_and_not_run(folder):
    change_config(folder, auto_map={"AutoModel": "modeling.Evil"})
    (folder / "modeling.py").write_text("raise SystemExit('ran')")

    facts = checkpoint_facts(folder)

    assert facts.fits[0].class_name == "BertModel"
    assert any("auto_map" in what for what in said(facts, WARNING))


def test_a_bin_has_the_same_tensors(saved, folder):
    from transformers import BertModel

    save_bin(folder, BertModel.from_pretrained(folder).half().state_dict())

    facts = checkpoint_facts(folder)

    (weights,) = facts.weights
    assert weights.format == "PyTorch zip"
    assert weights.taken_by == ("PyTorch",)
    assert {tensor.name: tensor.shape for tensor in weights.tensors} == {
        name: shape for name, (shape, _) in reference(saved / "base").items()
    }
    assert weights.dtypes == ("float16",)
    assert facts.fits_together is True


def test_a_bin_in_shards_is_one_state_dictionary(saved, folder):
    from transformers import BertModel

    state = BertModel.from_pretrained(folder).state_dict()
    halves = {
        "pytorch_model-00001-of-00002.bin": sorted(state)[::2],
        "pytorch_model-00002-of-00002.bin": sorted(state)[1::2],
    }
    for name, half in halves.items():
        torch.save({key: state[key] for key in half}, folder / name)
    places = {key: name for name, half in halves.items() for key in half}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": places}))
    (folder / "model.safetensors").unlink()

    facts = checkpoint_facts(folder)

    (weights,) = facts.weights
    assert (weights.name, weights.taken_by) == ("pytorch_model.bin.index.json", ("PyTorch",))
    assert {tensor.name: (tensor.shape, tensor.dtype) for tensor in weights.tensors} == reference(saved / "base")
    assert facts.fits_together is True


def test_old_names_of_layernorm_fit(folder):
    from transformers import BertModel

    state = BertModel.from_pretrained(folder).state_dict()
    old = {
        f"bert.{name}".replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
        for name, value in state.items()
    }
    save_bin(folder, {**old, "bert.embeddings.position_ids": torch.arange(12)})

    fit = checkpoint_facts(folder).fits[0]

    assert fit.perfect
    assert fit.renamed == 10
    assert fit.prefix == "-bert."
    assert fit.harmless == ("bert.embeddings.position_ids",)


def test_one_weight_file_alone(saved, tmp_path):
    shutil.copy(saved / "base" / "model.safetensors", tmp_path / "alone.safetensors")

    facts = checkpoint_facts(tmp_path / "alone.safetensors")

    assert facts.config is None
    assert facts.fits == (None,)
    assert len(facts.weights[0].tensors) == 39
    assert facts.findings == ()


def test_an_empty_folder_is_a_checkpoint_with_two_findings(tmp_path):
    facts = checkpoint_facts(tmp_path)

    assert len(said(facts, ERROR)) == 2


def test_an_id_comes_from_the_cache():
    from coursekit.course.checkpoint import OFFLINE_ID, offline_folder

    if offline_folder() is None:
        pytest.skip("the offline BERT is not in the cache: python -m coursekit prepare")
    facts = checkpoint_facts(OFFLINE_ID)

    assert facts.source == OFFLINE_ID
    assert facts.commit == offline_folder().name
    assert facts.weights[0].parameters == 22_713_728  # 22,713,216 and the 512 positions
    assert facts.fits_together is True


@pytest.mark.parametrize("name", ["no/such-checkpoint", "bsae", "../..", "", None, 3, "a\0b", "x" * 5000])
def test_nothing_of_that_name(name, saved, monkeypatch):
    if name == "../..":
        name = "../../no"
    monkeypatch.chdir(saved)
    with pytest.raises(CourseError) as error:
        checkpoint_facts(name)
    if name == "bsae":
        assert "Did you mean 'base'?" in str(error.value)
