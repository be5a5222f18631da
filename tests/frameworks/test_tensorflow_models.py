"""Empty TensorFlow models against the real ones of the same config: their layers, and what their weights start from."""

from __future__ import annotations

import numpy as np
import pytest
import transformers
from tracks import usable

from coursekit.frameworks import FRAMEWORKS

if not usable("tensorflow"):
    pytest.skip("this environment cannot run the TensorFlow track", allow_module_level=True)

TENSORFLOW = FRAMEWORKS["tensorflow"]
NUMBERS = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 96}
CONFIGS = {
    "gpt2": transformers.GPT2Config(n_layer=1, n_embd=64, n_head=2, vocab_size=200, n_positions=32),
    "dpr": transformers.DPRConfig(**NUMBERS, vocab_size=200),
    "clip": transformers.CLIPConfig(  # each of its parts draws from a distribution of its own
        text_config={**NUMBERS, "vocab_size": 200},
        vision_config={**NUMBERS, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    ),
}
CUT_STD = 0.8796
"""The standard deviation of a standard normal distribution that is cut at two."""


def built(config):
    model = TENSORFLOW.auto_class().from_config(config)
    model.build_in_name_scope()
    return model


@pytest.mark.parametrize("name", CONFIGS)
def test_every_weight_of_a_real_model_is_distributed_as_its_initializer_says(name):
    model = built(CONFIGS[name])
    found = TENSORFLOW.initializers(model)

    assert set(found) == {weight.name.removesuffix(":0") for weight in model.weights}
    for weight in model.weights:
        values, initializer = weight.numpy(), found[weight.name.removesuffix(":0")]
        if initializer.kind == "constant":
            np.testing.assert_allclose(values, initializer.center, rtol=1e-6, err_msg=weight.name)
            continue
        assert initializer.kind == "truncated normal", weight.name
        assert np.abs(values - initializer.center).max() <= initializer.cut * 1.000_001, weight.name
        if values.size > 2000:
            assert values.std() == pytest.approx(CUT_STD * initializer.spread, rel=0.07), weight.name


@pytest.mark.parametrize("cls", [transformers.DebertaConfig, transformers.DebertaV2Config])
def test_layers_that_keras_numbers_through_the_whole_program_have_one_name_in_every_model(cls):
    """DeBERTa's softmax is such a layer: its layers are equal, and so are a second model's and an empty one's."""
    config = cls(**{**NUMBERS, "num_hidden_layers": 2}, vocab_size=100)
    first, second = built(config), built(config)

    paths = TENSORFLOW.paths(TENSORFLOW.empty_model(config))

    assert TENSORFLOW.paths(first) == TENSORFLOW.paths(second) == paths
    inside = [{path.partition(f"layer.{index}.")[2] for path in paths if f"layer.{index}." in path} for index in (0, 1)]
    assert inside[0] == inside[1]
    assert any("softmax" in path for path in inside[0])
