"""The online path, with the real clients against a Hub on this machine."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import loopback_hub
import pytest

from coursekit import frameworks
from coursekit.hub.offline import FILES

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

ID = "owner/good"
TRACK = frameworks.available()[0].name  # PyTorch where both are installed: it starts faster
LOAD = f"""
import json, sys
import coursekit as ck
ck.setup({TRACK!r})
from transformers import {"AutoModel" if TRACK == "pytorch" else "TFAutoModel as AutoModel"}, AutoTokenizer
name = ck.checkpoint(sys.argv[1])
ids = AutoTokenizer.from_pretrained(name)("Hello!")["input_ids"]
print(json.dumps([name, ids, AutoModel.from_pretrained(name).num_parameters()]))
"""
WEIGHTS = next(file.sha256 for file in FILES if file.in_lfs)
LOADED = [[101, 7592, 999, 102], 22_713_216]  # the chapter's ids of "Hello!"; 22.7 M parameters


@pytest.fixture(scope="module")
def loopback(offline_bert) -> Iterator[loopback_hub.LoopbackHub]:
    with loopback_hub.serve(offline_bert) as hub:
        yield hub


@pytest.fixture
def python(tmp_path, loopback):
    """Run a script in a process with a fresh Hugging Face home, asking the Hub on this machine."""

    loopback.requests_since_last_asked()
    loopback.repaired.clear()
    return partial(loopback_hub.run, hub=loopback, home=tmp_path / "home")


def result(done: subprocess.CompletedProcess[str]) -> list[object]:
    """Return what LOAD printed after the line of ck.setup; nothing else may have been said."""
    _, _, printed = done.stdout.partition(" track.\n")
    return json.loads(printed or "[]")


def asked_for(requests: list[str], name: str) -> list[str]:
    return [request for request in requests if request.startswith("GET") and request.endswith(f"/{name}")]


def errors_of(python, *model_ids: str) -> dict[str, str]:
    """Ask ck.checkpoint for each id in one process; return what it says of each."""
    script = """
import json, sys
import coursekit as ck
said = {}
for name in sys.argv[1:]:
    try:
        said[name] = ck.checkpoint(name)
    except ck.CourseError as error:
        said[name] = str(error)
print(json.dumps(said))
"""
    done = python(script, *model_ids)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_first_load_downloads_and_the_second_makes_no_request(python, loopback):
    first = python(LOAD, ID)
    assert result(first) == [ID, *LOADED], first.stderr
    assert asked_for(loopback.requests_since_last_asked(), "model.safetensors")

    second = python(LOAD, ID)
    assert result(second) == [ID, *LOADED], second.stderr
    assert loopback.requests_since_last_asked() == []

    # The copy on disk is relied on for this id only: others are still asked for.
    other = python(
        f"import coursekit as ck; ck.checkpoint({ID!r})\n"
        "from huggingface_hub import hf_hub_download as get\n"
        f"print(get({ID!r}, 'config.json')); print(get('owner/goodness', 'config.json'))"
    )
    assert other.returncode == 0, other.stderr
    requests = loopback.requests_since_last_asked()
    assert [request for request in requests if "/owner/goodness/" in request] == requests != []


def test_each_refusal_has_its_own_reason_and_no_fallback(python):
    said = errors_of(python, *(set(loopback_hub.REFUSALS) - {"owner/busy"}), "bad//id", "https://huggingface.co/gpt2")
    assert "has no checkpoint 'nobody/unknown'" in said["nobody/unknown"]
    assert "has no checkpoint" in said["nobody/unknown-to-strangers"]
    for gated in ("owner/gated", "owner/gated-to-strangers", "owner/private"):
        assert f"does not let you read '{gated}'" in said[gated]
        assert "Ask for access" in said[gated]
    assert "does not accept your token" in said["owner/bad-token"]
    assert "has no config.json" in said["owner/no-config"]
    assert "'bad//id' is not the id" in said["bad//id"]
    assert "is not the id" in said["https://huggingface.co/gpt2"]


SILENCE = "The Hub does not answer"
WITHOUT_ANSWER = {
    "owner/busy": "The Hub is out of order for the moment (503)",
    "owner/filtered": "Something on the way to the Hub refuses (403, not in the Hub's own words)",
    "owner/mirrored": "Something on the way to the Hub refuses (404, not in the Hub's own words)",
    "owner/behind-a-proxy": "Something on the way to the Hub refuses (407, not in the Hub's own words)",
    "owner/waiting": "The Hub asks this network to wait, for 60 seconds (429, too many requests)",
    loopback_hub.DROPPED: SILENCE,
    loopback_hub.SILENT: SILENCE,
    loopback_hub.PORTAL: SILENCE,
    "closed port": SILENCE,
}


@pytest.mark.parametrize("model_id", WITHOUT_ANSWER)
def test_no_answer_means_the_offline_bert_and_one_line(python, model_id, tmp_path, offline_bert):
    reason = WITHOUT_ANSWER[model_id]
    home = tmp_path / "home" / "hub"
    home.mkdir(parents=True)
    repository = offline_bert.parent.parent
    (home / repository.name).symlink_to(repository)
    elsewhere = {}
    if model_id == "closed port":
        model_id, elsewhere = ID, {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = python(f"import coursekit as ck; print(ck.checkpoint({model_id!r}))", **elsewhere)
    instead = "loading the offline BERT, sentence-transformers/all-MiniLM-L6-v2, instead of"
    assert done.stdout.splitlines() == [
        f"{reason}: {instead} {model_id}.",
        "sentence-transformers/all-MiniLM-L6-v2",
    ], done.stderr
    assert done.stderr == ""


def test_no_answer_and_no_offline_bert_names_prepare(python):
    said = errors_of(python, "owner/busy")["owner/busy"]
    assert "out of order" in said
    assert "python -m coursekit prepare" in said


def test_a_name_server_that_swallows_questions_is_not_waited_for(python):
    asleep = """
import os, socket, sys, threading
def swallow(*_, **__):
    threading.Event().wait(600)
socket.getaddrinfo = swallow
import coursekit as ck
try:
    ck.checkpoint("owner/good")
except ck.CourseError as error:
    print(error)
sys.stdout.flush()
"""
    done = python(asleep, HF_ENDPOINT="http://hub.invalid")
    assert "does not answer" in done.stdout, done.stderr


def test_a_truncated_download_is_not_used_afterwards(python, loopback):
    script = """
import hashlib, sys
import coursekit as ck
from pathlib import Path
from huggingface_hub import hf_hub_download
name = ck.checkpoint(sys.argv[1])
files = [hf_hub_download(name, file) for file in ("config.json", "vocab.txt", "model.safetensors")]
print(hashlib.sha256(Path(files[-1]).read_bytes()).hexdigest())
"""
    broken = python(script, loopback_hub.TRUNCATED)
    assert broken.returncode != 0
    assert asked_for(loopback.requests_since_last_asked(), "model.safetensors")

    loopback.repaired.add(loopback_hub.TRUNCATED)
    whole = python(script, loopback_hub.TRUNCATED)
    assert whole.stdout.strip() == WEIGHTS, whole.stderr
    assert asked_for(loopback.requests_since_last_asked(), "model.safetensors")


def prepare_hub(python, model_id: str, **variables: str) -> subprocess.CompletedProcess[str]:
    script = "import sys; from coursekit.__main__ import main; sys.exit(main(sys.argv[1:]))"
    return python(script, "prepare", "--hub", model_id, **variables)


def test_prepare_hub_fetches_a_checkpoint_for_a_room_without_network(python, loopback):
    done = prepare_hub(python, ID)
    assert done.returncode == 0, done.stderr
    assert loopback.requests_since_last_asked()

    again = prepare_hub(python, ID)
    assert again.returncode == 0, again.stderr
    assert loopback.requests_since_last_asked() == []

    script = f"""
import hashlib
import coursekit as ck
from transformers import AutoTokenizer
from transformers.utils import cached_file
name = ck.checkpoint({ID!r})
print(AutoTokenizer.from_pretrained(name)("Hello!")["input_ids"])
print(hashlib.sha256(open(cached_file(name, "model.safetensors"), "rb").read()).hexdigest())
"""
    load = python(script, HF_ENDPOINT="http://127.0.0.1:9", USE_TORCH="0")
    assert load.stdout.splitlines() == [str(LOADED[0]), WEIGHTS], load.stderr
    scanned = python("from huggingface_hub import scan_cache_dir as scan; print(len(scan().repos), scan().warnings)")
    assert scanned.stdout == "1 []\n", scanned.stderr


@pytest.mark.parametrize(
    ("model_id", "reason"),
    [
        ("nobody/unknown", "has no checkpoint"),
        ("owner/gated", "does not let you read"),
        ("owner/bad-token", "does not accept your token"),
        ("owner/busy", "could not be downloaded"),
        (loopback_hub.DROPPED, "could not be downloaded"),
        (loopback_hub.TRUNCATED, "could not be downloaded"),
        ("bad//id", "is not the id"),
    ],
)
def test_prepare_hub_that_fails_leaves_nothing_and_says_why(python, model_id, reason, tmp_path: Path):
    done = prepare_hub(python, model_id)
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("models--*"))
    assert not list(tmp_path.rglob(".coursekit-prepare-*"))
