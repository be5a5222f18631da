"""A reader's session: models made before a view work after it, and the kernel is as it was."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tracks import TINY, usable
from transformers import BertConfig
from untouched import differences, kernel_state, model_state

import coursekit as ck
from coursekit.facts.model.experiments import Experiments
from coursekit.frameworks import FRAMEWORKS

IDS = [[5, 6, 7, 8], [5, 9, 2, 8]]
SMALL = {**TINY, "num_hidden_layers": 1, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
EXPERIMENTS = 400
"""Modules that ModelMap may build for its experiments: enough for a dozen of them, and for the forward pass."""
THREADS, MODELS = 4, 3


@pytest.fixture(scope="module", params=["pytorch", "tensorflow"])
def framework(request):
    if not usable(request.param):
        pytest.skip(f"this environment cannot run the {request.param} track")
    return FRAMEWORKS[request.param]


def built(framework):
    model = framework.auto_class().from_config(BertConfig(**SMALL))
    if framework.name == "tensorflow":
        model.build_in_name_scope()
    return model


@pytest.fixture(scope="module")
def model(framework):
    framework.seed(1)
    return built(framework)


@pytest.fixture(scope="module")
def folder(framework, model, tmp_path_factory):
    path = tmp_path_factory.mktemp(framework.name)
    model.save_pretrained(path)
    return path


@pytest.fixture(autouse=True)
def few_experiments(monkeypatch):
    monkeypatch.setitem(Experiments.__init__.__kwdefaults__, "modules", EXPERIMENTS)


def run(framework, model):
    return framework.to_numpy(model(framework.tensor(IDS), output_attentions=True)[0])


BUILDING = {
    "ModelMap of a model": lambda _, model, __: ck.ModelMap(model, names=False),
    "WeightComparison": lambda _, model, __: ck.WeightComparison(model=model),
    "AutoModelTrace": lambda framework, _, folder: ck.AutoModelTrace(
        folder, framework=framework.name, task="masked-lm"
    ),
    "CheckpointInspector": lambda _, __, folder: ck.CheckpointInspector(folder),
}
"""Views that build empty models, each a few."""
VIEWS = {
    **BUILDING,
    "ConfigBrowser": lambda framework, model, _: ck.ConfigBrowser(model.config, framework=framework.name),
    "ModelMap of a config": lambda framework, model, _: ck.ModelMap(model.config, framework=framework.name),
    "CacheBrowser": lambda _, __, folder: ck.CacheBrowser(folder),
    "TensorBuilder": lambda framework, model, _: ck.TensorBuilder(IDS, config=model.config, framework=framework.name),
    "OutputExplorer": lambda framework, model, _: ck.OutputExplorer(
        model(framework.tensor(IDS), output_attentions=True, output_hidden_states=True), framework.tensor(IDS)
    ),
}


@pytest.fixture(scope="module")
def warm(framework, model, folder):
    """What is made once in a process, such as transformers' log handler and Keras' classes."""
    framework.seed(2)
    built(framework)
    for view in BUILDING.values():
        view(framework, model, folder).to_html()
    VIEWS["OutputExplorer"](framework, model, folder).to_html()


@pytest.mark.usefixtures("warm")
def test_after_every_view_the_readers_models_and_kernel_are_as_before(framework, model, folder):
    """All views one after the other, each compared; then the models run, and the next one is as it would have been."""
    result = run(framework, model)
    framework.seed(7)
    expected, count = next_model(framework)
    framework.seed(7)
    before, kernel = model_state(model), kernel_state()

    for name, view in VIEWS.items():
        shown = view(framework, model, folder)
        shown.summary()
        shown.to_html()

        assert differences(kernel, kernel_state()) == [], name
        assert model_state(model) == before, name

    np.testing.assert_array_equal(run(framework, model), result)
    again, next_count = next_model(framework)
    assert again == expected
    assert next_count == (count + 1 if count else 0)


def next_model(framework):
    """Return the numbers of a new random model, and which one it is by its name: ``tf_bert_model_7``."""
    made = built(framework)
    numbers = [(p.shape, p.read().ravel()[:20].tolist()) for p in framework.parameters(made)]
    return numbers, int(made.name.rpartition("_")[2]) if framework.name == "tensorflow" else 0


@pytest.mark.usefixtures("warm")
def test_models_that_are_built_in_threads_beside_views_are_initialized(framework, model, folder):
    """Every weight of 0.02 around 0, every LayerNorm of ones, in float32, whatever the views build meanwhile."""
    half = BertConfig(**SMALL, torch_dtype="bfloat16")
    makers = [
        *(BUILDING[name] for name in ("ModelMap of a model", "WeightComparison", "CheckpointInspector")),
        lambda *_: framework.empty_model(half),
    ]
    done = threading.Event()

    def look(index):
        count = 0
        while not done.is_set() or not count:
            makers[(index + count) % len(makers)](framework, model, folder)
            count += 1

    def build(_):
        return [wrong(framework, built(framework)) for _ in range(MODELS)]

    framework.empty_model(half)
    kernel = {name: value for name, value in kernel_state().items() if not _moves(name)}
    with ThreadPoolExecutor(THREADS) as threads:
        looking = [threads.submit(look, index) for index in range(THREADS // 2)]
        found = [threads.submit(build, index) for index in range(THREADS // 2)]
        try:
            problems = [one for future in found for each in future.result() for one in each]
        finally:
            done.set()
        for future in looking:
            future.result()

    assert problems == []
    assert differences(kernel, kernel_state()) == []


def _moves(name):
    """Tell whether the reader's own models change it."""
    return "random" in name or "seeds" in name or name == "Keras names"


def wrong(framework, model):
    """Return which weights are not as a new BERT's are."""
    found = []
    for parameter in framework.parameters(model):
        values = parameter.read().astype("float32")
        name = parameter.name.lower()
        if "norm" in name and not name.endswith(("bias", "beta")):
            right = bool((values == 1).all())
        elif name.endswith(("bias", "beta")):
            right = bool((values == 0).all())
        else:
            right = bool(0.01 < values.std() < 0.03 and np.abs(values).max() < 0.2)
        if not right or parameter.dtype != "float32":
            found.append(f"{parameter.name}: {parameter.dtype}, σ {values.std():.3g}")
    return found
