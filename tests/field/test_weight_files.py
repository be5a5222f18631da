"""Weight files as people have them: first what transformers or torch does, then that the inspector says the same."""

from __future__ import annotations

import json
import shutil
import struct
from importlib.metadata import version

import numpy as np
import pytest
from damage import change_config, said

from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.facts.files.findings import ERROR, WARNING
from coursekit.views.checkpoint.view import CheckpointInspector

torch = pytest.importorskip("torch", reason="PyTorch makes these checkpoints")
FIVE = int(version("transformers").partition(".")[0]) >= 5
EVERYTHING = (ERROR, WARNING)


def loads(folder, **options):
    """The model that from_pretrained makes of a folder, or None where it refuses."""
    from transformers import AutoModel

    try:
        return AutoModel.from_pretrained(folder, **options)
    except (OSError, ValueError, RuntimeError, KeyError):
        return None


def state_of(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def rewrite(folder, metadata, name="model.safetensors", dtype=None):
    from safetensors.torch import save_file

    state = {key: value.to(dtype or value.dtype) for key, value in state_of(folder).items()}
    (folder / "model.safetensors").unlink()
    save_file(state, folder / name, metadata)


@pytest.mark.parametrize("metadata", [{"format": "np"}, {"by": "somebody"}, {"format": "pt"}, {"format": "mlx"}, None])
def test_a_header_that_does_not_say_who_wrote_it(folder, metadata):
    rewrite(folder, metadata)
    loaded = loads(folder) is not None

    facts = checkpoint_facts(folder)

    assert any("Its header says" in what for what in said(facts, ERROR)) is not loaded
    assert loaded or not FIVE


def test_a_variant_is_taken_only_when_it_is_asked_for(folder):
    rewrite(folder, {"format": "pt"}, "model.fp16.safetensors", torch.float16)
    assert loads(folder) is None
    assert loads(folder, variant="fp16") is not None

    without, with_it = checkpoint_facts(folder), checkpoint_facts(folder, variant="fp16")

    assert without.weights[0].taken_by == ()
    assert any('variant="fp16"' in finding.remedy for finding in without.findings)
    assert with_it.weights[0].taken_by == ("PyTorch", "TensorFlow")
    assert not any("variant" in what for severity in EVERYTHING for what in said(with_it, severity))


@pytest.mark.parametrize("stored", [torch.float32, torch.float16])
def test_a_config_in_half_precision_is_loaded_as_the_installed_version_does(folder, stored):
    rewrite(folder, {"format": "pt"}, dtype=stored)
    change_config(folder, torch_dtype="bfloat16", dtype=None)
    loaded = str(next(loads(folder).parameters()).dtype).removeprefix("torch.")

    (finding,) = [one for one in checkpoint_facts(folder).findings if "The config says" in one.what]

    assert f"loads them as {loaded}" in finding.remedy


def test_pruned_heads_fit_where_they_load(saved, tmp_path):
    folder = shutil.copytree(saved / "base", tmp_path / "pruned")
    state = state_of(folder)
    for name in list(state):
        if "encoder.layer.1.attention.self" in name:  # 2 heads of 8 numbers: the second is taken out
            state[name] = state[name][:8].contiguous()
        elif name == "encoder.layer.1.attention.output.dense.weight":
            state[name] = state[name][:, :8].contiguous()
    from safetensors.torch import save_file

    save_file(state, folder / "model.safetensors", {"format": "pt"})
    change_config(folder, pruned_heads={"1": [1]})

    assert checkpoint_facts(folder).fits_together is (loads(folder) is not None)
    change_config(folder, pruned_heads={"0": [1]})
    assert checkpoint_facts(folder).fits_together is False


def test_another_name_is_read_and_said_not_to_be_looked_for(folder):
    torch.save(state_of(folder), folder / "model.pt")
    (folder / "model.safetensors").unlink()
    assert loads(folder) is None

    facts = checkpoint_facts(folder)

    assert len(facts.weights[0].tensors) == 39
    assert facts.weights[0].taken_by == ()
    assert any("looks for other names than model.pt" in what for what in said(facts, WARNING))


def gguf(path):
    writer = pytest.importorskip("gguf", reason="the gguf package writes the file").GGUFWriter(path, "llama")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def onnx(path):
    helper = pytest.importorskip("onnx", reason="the onnx package writes the file").helper
    weight = helper.make_tensor("w", 1, [2], [0.0, 1.0])
    path.write_bytes(helper.make_model(helper.make_graph([], "g", [], [], [weight])).SerializeToString())


OTHERS = {
    "GGUF": ({"model.Q4_0.gguf": gguf}, 'gguf_file="model.Q4_0.gguf"'),
    "ONNX": ({"model.onnx": onnx}, "ORTModel"),
    "OpenVINO": ({"openvino_model.xml": b"<?xml?><net/>", "openvino_model.bin": b"\1\2\3"}, "OVModel"),
    "ggml": ({"ggml-base.bin": struct.pack("<I", 0x67676D6C) + bytes(40)}, "llama.cpp"),
    "original BERT": (
        {"bert_config.json": b"{}", "bert_model.ckpt.index": b"\0", "bert_model.ckpt.data-00000-of-00001": b"\0"},
        "transformers 4 converts it",
    ),
    "diffusers": (
        {"model_index.json": b'{"_class_name": "StableDiffusionPipeline", "text_encoder": ["transformers", "X"]}',
         "text_encoder/": b"", "unet/": b""},
        'subfolder="text_encoder"',
    ),
    "old layout": ({"modules.json": b"[]", "0_BERT/config.json": b"{}"}, 'subfolder="0_BERT"'),
    "MLX": ({"weights.npz": b"PK\3\4"}, "numpy.load"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_other_formats_are_called_by_their_names(tmp_path, kind):
    folder = tmp_path / "folder"
    folder.mkdir()
    files, expected = OTHERS[kind]
    for name, content in files.items():
        if name.endswith("/"):
            (folder / name).mkdir()
            continue
        (folder / name).parent.mkdir(exist_ok=True)
        content(folder / name) if callable(content) else (folder / name).write_bytes(content)
    assert loads(folder) is None

    view = CheckpointInspector(folder)
    words = view.summary() + " ".join(finding.remedy for finding in view.facts.findings)

    assert expected in words
    assert not any("state dictionary" in file.role for file in view.facts.files)
    assert all(weights.tensors == () for weights in view.facts.weights)


def test_one_tensor_is_one_tensor(tmp_path):
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(1)}, tmp_path / "one.safetensors")

    assert "one.safetensors: 1 tensor, 1 parameter," in CheckpointInspector(tmp_path / "one.safetensors").summary()


def test_no_folder_of_this_machine_stands_in_a_summary(folder):
    for source in (folder, folder / "model.safetensors"):
        assert str(folder.parent) not in CheckpointInspector(source).to_html()


def test_names_that_are_no_text_can_be_displayed(tmp_path):
    raw = rb'{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    (tmp_path / "model.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw + b"0")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (tmp_path / "caf\udce9.bin").write_bytes(b"nothing")

    view = CheckpointInspector(tmp_path)

    (view.summary() + view.to_html()).encode()
