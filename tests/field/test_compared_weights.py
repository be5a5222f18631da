"""Weights as people have them: wrapped models, state dictionaries and folders; what is no plain tensor is refused."""

from __future__ import annotations

import numpy as np
import pytest
from damage import save_bin

from coursekit.errors import CourseError
from coursekit.facts.weights.compare import weight_facts
from coursekit.views.weights.view import WeightComparison

torch = pytest.importorskip("torch", reason="these models are PyTorch's")


class Classifier(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.body = model
        self.dropout = torch.nn.Dropout()


@pytest.fixture
def bert(saved):
    from transformers import BertModel

    return BertModel.from_pretrained(saved / "base")


WRAPPERS = {
    "DataParallel": torch.nn.DataParallel,
    "OptimizedModule": lambda model: torch.compile(model, backend="eager"),
    "Sequential": torch.nn.Sequential,
    "AveragedModel": torch.optim.swa_utils.AveragedModel,
    "Classifier": Classifier,
    "two": lambda model: torch.nn.Sequential(torch.nn.DataParallel(model), torch.nn.Tanh()),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_wrapped_models_are_taken_out(bert, wrapper):
    facts = weight_facts({"wrapped": WRAPPERS[wrapper](bert), "bare": bert})

    assert facts.classes == ("BertModel", "BertModel")
    assert len(facts.tensors) == 39
    assert all(tensor.differences[0].identical for tensor in facts.tensors)
    assert facts.tensors[0].initializers[0] is not None
    assert "taken out of" in facts.notes[0]
    assert wrapper == "two" or wrapper in facts.notes[0]


def test_a_model_is_no_wrapper_of_its_part(saved):
    from transformers import BertForMaskedLM

    assert weight_facts({"model": BertForMaskedLM.from_pretrained(saved / "masked")}).classes == ("BertForMaskedLM",)


def test_an_adapted_model_is_compared_with_its_base(bert, saved):
    peft = pytest.importorskip("peft", reason="PEFT adapts the model")
    from transformers import BertModel

    adapted = peft.get_peft_model(bert, peft.LoraConfig(r=4, target_modules=["query"]))
    facts = weight_facts({"adapted": adapted, "base": BertModel.from_pretrained(saved / "base")})

    assert all(tensor.differences[0].identical for tensor in facts.tensors)
    assert f"The {adapted.get_nb_trainable_parameters()[0]:,} parameters that PEFT added" in " ".join(facts.notes)


@pytest.mark.parametrize("form", ["state", "folder", "file", "bin"])
def test_what_is_saved_is_compared_with_what_is_loaded(bert, folder, form):
    if form == "bin":
        save_bin(folder, bert.state_dict())
    given = {
        "state": bert.state_dict(),
        "folder": folder,
        "file": folder / "model.safetensors",
        "bin": str(folder),
    }[form]

    facts = weight_facts({"saved": given, "loaded": bert})

    assert len(facts.tensors) == 39
    assert all(tensor.differences[0].identical for tensor in facts.tensors)
    exact = bert.pooler.dense.weight.detach().double().numpy()
    found = next(tensor for tensor in facts.tensors if tensor.name == "pooler.dense.weight")
    assert found.statistics[0].std == pytest.approx(exact.std(), rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_types_are_read_from_a_file(bert, tmp_path, dtype):
    bert.to(dtype).save_pretrained(tmp_path)
    facts = weight_facts({"saved": tmp_path, "loaded": bert})

    assert facts.tensors[0].dtypes[0] == str(dtype).removeprefix("torch.")
    assert all(tensor.differences[0].identical for tensor in facts.tensors)


def one(parameter):
    module = torch.nn.Module()
    module.register_parameter("weight", parameter)
    return module


def partly_on_meta():
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 2, device="meta"))
    assert not module[0].weight.is_meta
    return module


def fake():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        return torch.nn.Linear(2, 3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (partly_on_meta, "1.weight lies on the meta device"),
        (lambda: torch.nn.LazyLinear(3), "is lazy"),
        (fake, "FakeTensor"),
        (lambda: one(torch.nn.Parameter(torch.zeros(2, dtype=torch.complex64))), "complex numbers"),
        (lambda: one(torch.nn.Parameter(torch.eye(3).to_sparse())), "is sparse"),
        (lambda: one(torch.nn.Parameter(torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]))), "is a nested"),
        (torch.nn.Dropout, "has no weights"),
        (
            lambda: torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(torch.nn.Linear(2, 3))),
            "are packed",
        ),
        (lambda: {"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, "is quantized"),
        (lambda: {"step": 3}, "without tensors"),
        (lambda: "no/such-checkpoint", "needs weights that lie on this machine"),
    ],
)
def test_what_has_no_plain_weights_is_refused_with_a_reason(make, expected):
    with pytest.raises(CourseError, match="model") as caught:
        weight_facts({"model": make()})

    assert expected in str(caught.value)


def test_packed_files_are_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"layer.weight": np.zeros((4, 4), "uint8")}, tmp_path / "model.safetensors")
    with pytest.raises(CourseError, match="packed"):
        weight_facts({"packed": tmp_path})


def test_a_bitsandbytes_model_is_refused():
    bnb = pytest.importorskip("bitsandbytes", reason="bitsandbytes packs the weights")
    with pytest.raises(CourseError, match="packed by a quantizer"):
        weight_facts({"model": torch.nn.Sequential(bnb.nn.Linear4bit(8, 8))})


def test_the_view_says_what_was_unwrapped(bert):
    summary = WeightComparison(wrapped=torch.nn.DataParallel(bert)).summary()

    assert "wrapped was taken out of DataParallel." in summary
