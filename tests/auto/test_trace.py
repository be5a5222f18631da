"""The way from a name to a model: against what transformers really builds, takes, and reports."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys

import pytest
import transformers
from tiny import tiny_config
from transformers import AutoModel, BertConfig, BertForMaskedLM, BertModel

from coursekit import CourseError, frameworks
from coursekit.facts.auto.mapping import choose_class, tasks
from coursekit.facts.auto.steps import DONE, FAILED, OPEN
from coursekit.facts.auto.trace import trace_facts
from coursekit.facts.auto.weight_choice import TAKEN
from coursekit.hub.offline import OFFLINE_ID

torch = pytest.importorskip("torch", reason="these models are PyTorch's")

PYTORCH = frameworks.get("pytorch")
SMALL = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48}
# One of each kind; the benchmark goes through all of them.
ARCHITECTURES = [
    "albert",  # one layer that is used many times
    "aria",  # transformers 4 regrouped its tensors: the names in the file are others
    "bart",  # an encoder and a decoder with one word table
    "bert",
    "clip",  # a config inside a config
    "distilbert",  # names of its own for the usual numbers
    "electra",
    "gpt2",
    "gpt_neox",
    "hubert",  # a norm over weights, saved in two parts
    "llama",
    "mixtral",  # transformers 5 joins its experts
    "mobilebert",
    "mpnet",
    "nomic_bert",  # its file has one tensor for query, key and value
    "opt",
    "roberta",
    "t5",  # its word tables are one
    "vit",  # no vocabulary
    "whisper",
]


def trace(checkpoint, **options):
    return trace_facts(checkpoint, framework=PYTORCH, **options)


def states(facts):
    return [step.state for step in facts.steps]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    BertModel(BertConfig(**SMALL)).save_pretrained(folder)
    return folder


@pytest.fixture
def copy(tiny, tmp_path):
    return shutil.copytree(tiny, tmp_path / "copy")


def config_of(folder, **changes):
    path = folder / "config.json"
    settings = json.loads(path.read_text("utf-8"))
    settings.update(changes)
    path.write_text(json.dumps({key: value for key, value in settings.items() if value is not None}), "utf-8")


def test_the_offline_bert_is_found_in_the_cache_with_its_commit(offline_bert):
    facts = trace(OFFLINE_ID)

    assert states(facts) == [DONE] * 6
    assert facts.source.kind == "cache"
    assert facts.source.commit == offline_bert.name
    assert (facts.model_type, facts.config_class, facts.model_class) == ("bert", "BertConfig", "BertModel")
    assert [(file.name, file.nbytes, file.role) for file in facts.files] == [("model.safetensors", 90868376, TAKEN)]
    assert facts.fresh == ()


@pytest.mark.parametrize("model_type", ARCHITECTURES)
def test_the_class_and_its_tensors_are_those_of_a_checkpoint_made_here(model_type, tmp_path):
    if model_type not in transformers.CONFIG_MAPPING:
        pytest.skip(f"transformers {transformers.__version__} has no {model_type}")
    config, problem = tiny_config(transformers.CONFIG_MAPPING[model_type], AutoModel)
    assert config is not None, problem
    AutoModel.from_config(config).save_pretrained(tmp_path)
    facts = trace(tmp_path)
    loaded, report = AutoModel.from_pretrained(tmp_path, output_loading_info=True)

    assert facts.model_class == type(loaded).__name__
    assert facts.config_class == type(loaded.config).__name__
    assert {fresh.name for fresh in facts.fresh} == set(report["missing_keys"])
    assert set(facts.fit.surplus) == set(report["unexpected_keys"])
    assert facts.fit.matching > 0


def test_the_rows_of_all_auto_mappings_are_read_as_transformers_reads_them():
    from transformers.models.auto.auto_factory import _get_model_class

    compared = 0
    for auto in (AutoModel, transformers.AutoModelForMaskedLM, transformers.AutoModelForPreTraining):
        for kind in ("bert", "distilbert", "gpt2", "t5", "bart", "roberta", "funnel", "electra", "xlnet", "albert"):
            config = transformers.CONFIG_MAPPING[kind]()
            if type(config) not in auto._model_mapping:
                continue
            for architectures in (None, ["FunnelBaseModel"], ["BertForMaskedLM"]):
                config.architectures = architectures
                config_for_them = config if architectures else type(config)(architectures=[])
                expected = _get_model_class(config_for_them, auto._model_mapping)
                assert choose_class(auto._model_mapping, config) is expected
                compared += 1
    assert compared > 50


@pytest.mark.parametrize(
    ("task", "class_name"),
    [
        ("sequence-classification", "BertForSequenceClassification"),
        ("token-classification", "BertForTokenClassification"),
        ("question-answering", "BertForQuestionAnswering"),
        ("masked-lm", "BertForMaskedLM"),
        ("causal-lm", "BertLMHeadModel"),
        ("pre-training", "BertForPreTraining"),
        ("multiple-choice", "BertForMultipleChoice"),
    ],
)
def test_newly_initialized_tensors_are_those_that_transformers_reports(offline_bert, task, class_name):
    facts = trace(OFFLINE_ID, task=task)
    auto = getattr(transformers, facts.auto_class)
    loaded, report = auto.from_pretrained(offline_bert, output_loading_info=True)

    assert facts.model_class == type(loaded).__name__ == class_name
    assert {fresh.name for fresh in facts.fresh} == set(report["missing_keys"])
    plain = {name.removeprefix("bert.") for name in facts.fit.surplus}
    assert plain == {name.removeprefix("bert.") for name in report["unexpected_keys"]}
    shapes = dict(loaded.named_parameters(remove_duplicate=False))
    assert all(fresh.shape == tuple(shapes[fresh.name].shape) for fresh in facts.fresh)


def test_the_warning_of_transformers_names_them(offline_bert, monkeypatch):
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("transformers")
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "disabled", False)
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_warning()
    try:
        transformers.AutoModelForTokenClassification.from_pretrained(offline_bert)
    finally:
        transformers.logging.set_verbosity(level)
    warning = next(words for words in said if "newly initialized" in words)
    # transformers 4 lists them in quotes, 5 in the rows of a table.
    named = re.findall(r"'([\w.]+)'|^([\w.]+) +\| MISSING", warning, flags=re.MULTILINE)
    fresh = trace(OFFLINE_ID, task="token-classification").fresh

    assert {one.name for one in fresh} == {first or second for first, second in named}
    assert len(fresh) == 2


def test_a_checkpoint_with_a_head_loses_it_and_gains_a_pooler(tmp_path):
    BertForMaskedLM(BertConfig(**SMALL)).save_pretrained(tmp_path)
    facts = trace(tmp_path)
    _, report = AutoModel.from_pretrained(tmp_path, output_loading_info=True)

    assert facts.model_class == "BertModel"
    assert "BertForMaskedLM was saved" in " ".join(facts.steps[3].notes)
    assert {fresh.name for fresh in facts.fresh} == set(report["missing_keys"])
    assert {fresh.name for fresh in facts.fresh} == {"pooler.dense.weight", "pooler.dense.bias"}
    assert set(facts.fit.surplus) == set(report["unexpected_keys"])


def test_old_names_of_layer_norm_are_understood(copy):
    from safetensors.torch import load_file, save_file

    state = load_file(copy / "model.safetensors")
    renamed = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
        for name, value in state.items()
    }
    save_file(renamed, copy / "model.safetensors", metadata={"format": "pt"})
    _, report = AutoModel.from_pretrained(copy, output_loading_info=True)

    assert set(report["missing_keys"]) == set()
    assert trace(copy).fresh == ()


def real_reason(folder, error):
    with pytest.raises(error) as caught:
        AutoModel.from_pretrained(folder, trust_remote_code=False)
    return str(caught.value).replace(str(folder), folder.name)


def test_no_weights_fails_in_the_words_of_transformers(copy):
    (copy / "model.safetensors").unlink()
    facts = trace(copy)

    assert states(facts) == [DONE] * 4 + [FAILED, OPEN]
    assert real_reason(copy, OSError) in facts.failed.reason


@pytest.mark.parametrize("content", ["{", "", '{"model_type": "bert"', "\x00"])
def test_broken_json_fails_in_the_words_of_transformers(copy, content):
    (copy / "config.json").write_text(content, "utf-8")
    facts = trace(copy)

    assert states(facts) == [DONE, FAILED] + [OPEN] * 4
    assert real_reason(copy, OSError) in facts.failed.reason


def test_json_that_is_no_object_fails(copy):
    (copy / "config.json").write_text("[1, 2]", "utf-8")
    assert trace(copy).failed.answer == "config.json is no object"


def test_no_model_type_fails_in_the_words_of_transformers(copy):
    config_of(copy, model_type=None)
    facts = trace(copy)

    assert facts.failed.answer == "it has no model_type"
    assert real_reason(copy, ValueError) in facts.failed.reason


def test_an_unknown_model_type_fails_with_the_nearest_names(copy):
    config_of(copy, model_type="brt")
    facts = trace(copy)

    assert facts.failed.answer == "'brt' is unknown"
    assert "Did you mean 'bert'?" in facts.failed.notes
    assert real_reason(copy, ValueError) in facts.failed.reason


def test_an_architecture_without_a_row_for_the_task_fails(tmp_path):
    transformers.ViTModel(transformers.ViTConfig(**SMALL, image_size=32)).save_pretrained(tmp_path)
    facts = trace(tmp_path, task="causal-lm")

    assert states(facts) == [DONE] * 3 + [FAILED, OPEN, OPEN]
    assert "Unrecognized configuration class" in facts.failed.reason


@pytest.mark.parametrize("known", [True, False])
def test_code_that_comes_with_a_checkpoint_is_never_run(copy, known):
    (copy / "custom.py").write_text("import sys\nsys.modules['coursekit_was_fooled'] = sys\n", "utf-8")
    config_of(
        copy,
        model_type="bert" if known else "own",
        auto_map={"AutoConfig": "custom.OwnConfig", "AutoModel": "custom.OwnModel"},
    )
    facts = trace(copy)

    assert "coursekit_was_fooled" not in sys.modules
    assert (facts.failed is None) == known
    assert "It was not run" in " ".join(facts.steps[1].notes)
    assert ("trust_remote_code=True" in facts.steps[1].reason) == (not known)


def test_a_config_that_disagrees_with_the_weights_fails(copy):
    config_of(copy, hidden_size=64)
    facts = trace(copy)

    assert facts.failed.title == "Match the tensors"
    assert facts.fit.mismatched
    with pytest.raises(RuntimeError):
        AutoModel.from_pretrained(copy)


def test_a_config_that_no_model_can_be_built_from_fails(copy):
    config_of(copy, num_attention_heads=5)
    assert "BertModel cannot be built" in trace(copy).failed.answer


def test_damaged_weights_fail_without_being_loaded(copy):
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[:1000])
    assert trace(copy).failed.title == "Choose the weight file"


def test_a_folder_without_config(tmp_path):
    assert trace(tmp_path).failed.title == "Find config.json"


def test_an_id_that_is_nowhere(monkeypatch):
    monkeypatch.setattr("coursekit.hub.lookup.is_offline", lambda: True)
    facts = trace("nobody/has-this")

    assert states(facts) == [FAILED] + [OPEN] * 5
    assert "couldn't find" in facts.failed.reason or "cannot find" in facts.failed.reason.lower()


@pytest.mark.parametrize("name", ["./not/there", "~/models", "/not/there"])
def test_a_folder_that_is_not_there_is_refused(name):
    with pytest.raises(CourseError, match="There is no folder"):
        trace(name)


def test_what_can_be_no_checkpoint_is_refused(tiny):
    for wrong in (3, None, "", "no spaces please", "a/b/c", BertConfig, BertConfig(), tiny / "notes.txt"):
        with pytest.raises(CourseError):
            trace(wrong)
    with pytest.raises(CourseError, match="Did you mean 'sequence-classification'"):
        trace(tiny, task="sequence-clasification")


def test_every_task_names_a_class_of_transformers():
    assert {"causal-lm", "masked-lm", "seq2seq-lm", "sequence-classification"} <= {*tasks(PYTORCH), "seq2seq-lm"}
    assert all(hasattr(transformers, PYTORCH.auto_class_name(task)) for task in tasks(PYTORCH))


def test_nothing_of_this_machine_is_shown(tiny):
    facts = trace(tiny)
    shown = [facts.checkpoint, *(text for step in facts.steps for text in (step.answer, *step.notes, step.reason))]
    assert not any(os.fspath(tiny.parent) in text for text in shown)
