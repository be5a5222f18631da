"""Quantized weights: what the quantizer's own library packs is named, counted as unpacked, and never called broken."""

from __future__ import annotations

import shutil

import pytest
from damage import change_config
from saving import needs_torchvision

from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.facts.checkpoint.quantized import quantization
from coursekit.facts.files.stored import StoredTensor
from coursekit.views.checkpoint.view import CheckpointInspector

torch = pytest.importorskip("torch", reason="PyTorch makes these checkpoints")


@pytest.fixture
def bert(saved):
    from transformers import BertModel

    return BertModel.from_pretrained(saved / "base")


def linears(model):
    return {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}


def packed_state(model, make):
    """The model's state dictionary with every linear layer replaced by what ``make`` packs it into."""
    state = dict(model.state_dict())
    for name, module in linears(model).items():
        layer = make(module)
        layer.load_state_dict(module.state_dict())
        layer = layer.to("cpu")
        del state[f"{name}.weight"]
        state |= {f"{name}.{key}": value.contiguous() for key, value in layer.state_dict().items()}
    return state


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.filterwarnings("ignore")
def test_bitsandbytes(folder, bert, bits):
    bnb = pytest.importorskip("bitsandbytes", reason="bitsandbytes packs the weights")
    from safetensors.torch import save_file

    def make(module):
        if bits == 4:
            return bnb.nn.Linear4bit(module.in_features, module.out_features, quant_type="nf4")
        return bnb.nn.Linear8bitLt(module.in_features, module.out_features, has_fp16_weights=False)

    save_file(packed_state(bert, make), folder / "model.safetensors", {"format": "pt"})
    change_config(folder, quantization_config={"quant_method": "bitsandbytes", f"load_in_{bits}bit": True})

    facts = checkpoint_facts(folder)

    assert facts.quantizations[0].scheme.name.startswith(f"bitsandbytes, {bits} bits")
    assert facts.quantizations[0].packed == len(linears(bert))
    assert facts.quantizations[0].parameters == bert.num_parameters()
    assert facts.fits_together is True
    assert not any(finding.severity == "error" for finding in facts.findings)
    assert "are packed (bitsandbytes" in CheckpointInspector(folder).summary()


@needs_torchvision
@pytest.mark.filterwarnings("ignore")
def test_quantize_dynamic(folder, bert):
    packed = torch.ao.quantization.quantize_dynamic(bert, {torch.nn.Linear}, dtype=torch.qint8)
    torch.save(packed.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    again = torch.ao.quantization.quantize_dynamic(type(bert)(bert.config), {torch.nn.Linear}, dtype=torch.qint8)
    again.load_state_dict(torch.load(folder / "pytorch_model.bin", weights_only=True))

    facts = checkpoint_facts(folder)

    assert facts.quantizations[0].scheme.name.startswith("torch.quantize_dynamic")
    assert facts.quantizations[0].packed == len(linears(bert))
    assert facts.quantizations[0].parameters == bert.num_parameters()
    assert facts.fits_together is True


def tensor(name, shape, dtype):
    sizes = {"int32": 4, "float16": 2, "uint32": 4, "float8_e4m3fn": 1, "float32": 4, "uint8": 1, "int8": 1, "int64": 8}
    count = 1
    for size in shape:
        count *= size
    return StoredTensor(name, shape, dtype, count * sizes[dtype], "model.safetensors")


# What each library's state dictionary has for a linear layer of 256 inputs and 512 outputs, as their documentation and
# checkpoints on the Hub show it.
LAYOUTS = {
    "GPTQ": (
        [
            *(("qweight", (32, 512), "int32"), ("qzeros", (2, 64), "int32")),
            *(("scales", (2, 512), "float16"), ("g_idx", (256,), "int32")),
        ],
        {"quantization_config": {"quant_method": "gptq", "bits": 4}},
    ),
    "AWQ": (
        [("qweight", (256, 64), "int32"), ("qzeros", (2, 64), "int32"), ("scales", (2, 512), "float16")],
        {"quantization_config": {"quant_method": "awq", "bits": 4}},
    ),
    "FP8 with scales": (
        [("weight", (512, 256), "float8_e4m3fn"), ("weight_scale_inv", (4, 2), "float32")],
        {"quantization_config": {"quant_method": "fp8"}},
    ),
    "compressed-tensors": (
        [("weight_packed", (512, 32), "int32"), ("weight_scale", (512, 2), "float16"), ("weight_shape", (2,), "int64")],
        {"quantization_config": {"quant_method": "compressed-tensors", "bits": 4}},
    ),
    "MLX": (
        [("weight", (512, 32), "uint32"), ("scales", (512, 4), "float16"), ("biases", (512, 4), "float16")],
        {"quantization": {"group_size": 64, "bits": 4}},
    ),
    "quanto": (
        [("weight._data", (512, 256), "int8"), ("weight._scale", (512, 1), "float16"), ("input_scale", (), "float32")],
        {"quantization_config": {"quant_method": "quanto"}},
    ),
}


@pytest.mark.parametrize("named", [True, False], ids=["named in the config", "by its tensors alone"])
@pytest.mark.parametrize("scheme", LAYOUTS)
def test_other_layouts_are_unpacked_to_the_matrix(scheme, named):
    parts, settings = LAYOUTS[scheme]
    tensors = [tensor(f"layer.{name}", shape, dtype) for name, shape, dtype in parts]

    found = quantization(settings if named else None, [*tensors, tensor("layer.bias", (512,), "float16")])

    assert found.packed == 1
    assert {one.name for one in found.tensors} == {"layer.weight", "layer.bias"}
    assert found.parameters == 512 * 256 + 512
    weight = next(one for one in found.tensors if one.name == "layer.weight")
    assert weight.shape == (512, 256) or weight.name in found.unchecked
    if named:
        assert found.scheme.name == scheme


def test_plain_weights_are_not_quantized(saved, tmp_path):
    folder = shutil.copytree(saved / "base", tmp_path / "base")

    assert checkpoint_facts(folder).quantizations == (None,)
