"""Which weight file is taken among those present, against the file whose numbers from_pretrained really brings."""

from __future__ import annotations

import json
import shutil
from itertools import product

import pytest
from transformers import AutoModel, BertConfig, BertModel

from coursekit import frameworks
from coursekit.facts.auto.trace import trace_facts
from coursekit.facts.auto.weight_choice import FOREIGN, PASSED, SHARD, TAKEN

torch = pytest.importorskip("torch", reason="PyTorch writes these files")

PYTORCH = frameworks.get("pytorch")
SIZES = {
    "num_hidden_layers": 1,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 16,
    "vocab_size": 99,
}
# What a model filled with this number is saved as, and the file that from_pretrained is then said to take.
KINDS = {
    "model.safetensors": 1.0,
    "model.safetensors.index.json": 2.0,
    "pytorch_model.bin": 3.0,
    "pytorch_model.bin.index.json": 4.0,
    "model.fp16.safetensors": 5.0,  # a variant, which is taken only when it is asked for
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder for each kind of file; all numbers of its model are the same, and tell which it is."""
    root = tmp_path_factory.mktemp("filled")
    for kind, number in KINDS.items():
        model = BertModel(BertConfig(**SIZES))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(number)
        save(model, root / kind, kind)
    return root


def save(model, folder, kind):
    """Write what save_pretrained of some version writes; of the formats of old versions, the newest write none."""
    if kind.startswith("model"):
        shards = {"max_shard_size": "20KB"} if kind.endswith("index.json") else {}
        model.save_pretrained(folder, variant="fp16" if "fp16" in kind else None, **shards)
        return
    model.config.save_pretrained(folder)
    state = model.state_dict()
    if kind == "pytorch_model.bin":
        torch.save(state, folder / kind)
        return
    names = sorted(state)
    halves = {"pytorch_model-00001-of-00002.bin": names[::2], "pytorch_model-00002-of-00002.bin": names[1::2]}
    for name, half in halves.items():
        torch.save({key: state[key] for key in half}, folder / name)
    places = {key: name for name, half in halves.items() for key in half}
    (folder / kind).write_text(json.dumps({"metadata": {}, "weight_map": places}), "utf-8")


def put_together(filled, kinds, folder):
    for kind in kinds:
        shutil.copytree(filled / kind, folder, dirs_exist_ok=True)
    if not kinds:
        folder.mkdir()
        BertConfig(**SIZES).save_pretrained(folder)
    return folder


def taken_by_the_trace(folder):
    return next((file.name for file in trace_facts(folder, framework=PYTORCH).files if file.role == TAKEN), None)


def taken_by_transformers(folder):
    """The file whose number is in the model that from_pretrained brings; None when it refuses."""
    try:
        model = AutoModel.from_pretrained(folder)
    except OSError:
        return None
    (number,) = {float(parameter.detach().unique()) for parameter in model.parameters()}
    return next(kind for kind, filled_with in KINDS.items() if filled_with == number)


@pytest.mark.parametrize(
    "kinds",
    [
        tuple(kind for kind, there in zip(KINDS, chosen, strict=True) if there)
        for chosen in product((False, True), repeat=len(KINDS))
    ],
    ids=lambda kinds: "+".join(kinds) or "none",
)
def test_the_file_that_is_named_is_the_one_whose_numbers_are_loaded(filled, kinds, tmp_path):
    folder = put_together(filled, kinds, tmp_path / "mixed")

    assert taken_by_the_trace(folder) == taken_by_transformers(folder)


def test_every_other_file_has_its_reason(filled, tmp_path):
    folder = put_together(filled, KINDS, tmp_path / "mixed")
    (folder / "tf_model.h5").write_bytes(b"")
    (folder / "flax_model.msgpack").write_bytes(b"")
    (folder / "training_args.bin").write_bytes(b"")
    files = {file.name: (file.role, file.why) for file in trace_facts(folder, framework=PYTORCH).files}

    assert files.pop("model.safetensors")[0] == TAKEN
    assert files.pop("pytorch_model.bin") == (PASSED, "model.safetensors comes first")
    assert files["tf_model.h5"][0] == files["flax_model.msgpack"][0] == FOREIGN
    assert files["model.fp16.safetensors"] == (FOREIGN, 'from_pretrained takes it only with variant="fp16"')
    assert "training_args.bin" not in files


def test_shards_are_added_up_and_a_missing_one_is_the_step_that_fails(filled, tmp_path):
    folder = put_together(filled, ["model.safetensors.index.json"], tmp_path / "shards")
    facts = trace_facts(folder, framework=PYTORCH)
    shards = [file for file in facts.files if file.role == SHARD]

    assert facts.failed is None
    assert len(shards) > 1
    assert facts.files[0].name == "model.safetensors.index.json"
    assert facts.files[0].nbytes == sum((folder / file.name).stat().st_size for file in shards)
    (folder / shards[0].name).unlink()
    assert shards[0].name in trace_facts(folder, framework=PYTORCH).failed.answer
    with pytest.raises(OSError, match=shards[0].name):
        AutoModel.from_pretrained(folder)
