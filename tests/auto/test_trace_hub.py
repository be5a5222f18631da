"""The way of a name that is not cached: what the trace learns from the Hub, and what it leaves there."""

from __future__ import annotations

import json
from functools import partial

import loopback_hub
import pytest

torch = pytest.importorskip("torch", reason="these models are PyTorch's")

ID = "owner/good"
TRACE = """
import json, sys
from coursekit import CourseError, frameworks
from coursekit.facts.auto.trace import trace_facts
found = {}
for name in sys.argv[1:]:
    try:
        facts = trace_facts(name, framework=frameworks.get("pytorch"))
    except CourseError as error:
        found[name] = str(error)
    else:
        found[name] = {
            "kind": facts.source.kind,
            "commit": facts.source.commit,
            "class": facts.model_class,
            "steps": [[step.state, step.answer, *step.notes] for step in facts.steps],
            "files": [[file.name, file.nbytes, file.role] for file in facts.files],
            "reason": facts.failed.reason if facts.failed else "",
        }
print(json.dumps(found))
"""
LOAD = f"from transformers import AutoModel; print(type(AutoModel.from_pretrained({ID!r})).__name__)"
CONFIG_ONLY = f"from huggingface_hub import hf_hub_download; hf_hub_download({ID!r}, 'config.json')"
REFUSED = {
    "nobody/unknown": "The Hub has no checkpoint 'nobody/unknown'",
    "owner/gated": "does not let you read 'owner/gated'",
    "owner/private": "does not let you read 'owner/private'",
    "owner/no-config": "has no config.json",
    "owner/bad-token": "does not accept your token",
}
UNANSWERED = ("owner/busy", loopback_hub.DROPPED, loopback_hub.SILENT, loopback_hub.PORTAL)


@pytest.fixture(scope="module")
def hub(offline_bert):
    with loopback_hub.serve(offline_bert) as hub:
        yield hub


@pytest.fixture
def python(hub, tmp_path):
    hub.requests_since_last_asked()
    return partial(loopback_hub.run, hub=hub, home=tmp_path / "home")


def traced(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def first_look(hub, tmp_path_factory):
    """What a process with an empty cache is told, what it asked for, and the files that it left behind."""
    home = tmp_path_factory.mktemp("first") / "home"
    hub.requests_since_last_asked()
    facts = traced(loopback_hub.run(TRACE, ID, *REFUSED, *UNANSWERED, hub=hub, home=home))
    return facts, hub.requests_since_last_asked(), [path for path in home.rglob("*") if path.is_file()]


def test_a_checkpoint_on_the_hub_is_followed_up_to_its_weights(first_look, offline_bert):
    facts = first_look[0][ID]

    assert (facts["kind"], facts["commit"], facts["class"]) == ("Hub", loopback_hub.COMMIT, "BertModel")
    assert facts["steps"][0][1] == f"on the Hub, commit {loopback_hub.COMMIT[:7]}"
    assert [step[0] for step in facts["steps"]] == ["done"] * 6
    assert facts["files"] == [["model.safetensors", (offline_bert / "model.safetensors").stat().st_size, "taken"]]
    assert facts["steps"][5][1] == "not compared"
    assert "not on this machine" in facts["steps"][5][2]


def test_no_weights_are_asked_for_and_nothing_is_kept(first_look):
    _, requests, left = first_look

    assert any(request.startswith("GET") and request.endswith("config.json") for request in requests)
    assert not any("model.safetensors" in request for request in requests)
    assert left == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_hub_refuses_is_an_error_with_its_reason(first_look, name):
    assert REFUSED[name] in first_look[0][name]


@pytest.mark.parametrize("name", UNANSWERED)
def test_without_an_answer_the_first_step_fails_in_the_words_of_transformers(first_look, name):
    facts = first_look[0][name]

    assert facts["kind"] == "nowhere"
    assert facts["steps"][0][:2] == ["failed", "not found"]
    assert "the Hub does not answer" in " ".join(facts["steps"][0])
    assert facts["reason"].startswith("OSError: We couldn't connect to")


def test_once_it_is_loaded_it_is_found_in_the_cache_and_nobody_is_asked(python, hub):
    assert python(LOAD).stdout.strip() == "BertModel"
    hub.requests_since_last_asked()
    facts = traced(python(TRACE, ID))[ID]

    assert (facts["kind"], facts["commit"], facts["class"]) == ("cache", loopback_hub.COMMIT, "BertModel")
    assert facts["steps"][5][1] == "103 of 103 from the file"
    # Clients of 2026 also ask for a list of agents now and then, whatever they are used for.
    assert [request for request in hub.requests_since_last_asked() if ID in request] == []


def test_with_only_the_config_in_the_cache_the_hub_tells_which_weights_would_be_downloaded(python, hub):
    assert python(CONFIG_ONLY).returncode == 0
    online = traced(python(TRACE, ID))[ID]

    assert (online["kind"], online["files"][0][0]) == ("Hub", "model.safetensors")
    assert not any("model.safetensors" in request for request in hub.requests_since_last_asked())

    cut_off = traced(python(TRACE, ID, HF_HUB_OFFLINE="1"))[ID]

    assert [step[0] for step in cut_off["steps"]] == ["done"] * 4 + ["failed", "not reached"]
    assert "not in the cache yet, and the Hub does not answer" in " ".join(cut_off["steps"][4])
    assert cut_off["reason"]
    assert hub.requests_since_last_asked() == []
