"""A Hub on this machine, asked by the real libraries, and by somebody who means no good."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError

from coursekit.course.local_hub.hub import LocalHub
from coursekit.errors import CourseError


@pytest.fixture
def hub():
    hub = LocalHub()
    yield hub
    hub.close()


def ask(hub, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", int(hub.url.rsplit(":", 1)[1]), timeout=10)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def post(hub, path, question):
    return ask(hub, "POST", path, json.dumps(question).encode())


def test_a_folder_that_was_uploaded_comes_back_byte_for_byte(hub, tmp_path):
    weights = os.urandom(70_000)
    (tmp_path / "model.safetensors").write_bytes(weights)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "empty.txt").write_text("")
    with hub:
        api = HfApi()
        api.create_repo("ada/one")
        api.upload_folder(repo_id="ada/one", folder_path=tmp_path, commit_message="first")
        api.upload_file(path_or_fileobj=b"{}", path_in_repo="sub/more.json", repo_id="ada/one", commit_message="second")
        api.delete_file("empty.txt", "ada/one", commit_message="third")
        path = hf_hub_download("ada/one", "model.safetensors")
        first = api.list_repo_files("ada/one", revision=hub._store.repositories["ada/one"][1].oid)
    assert Path(path).read_bytes() == weights
    assert not (Path(constants.HF_HUB_CACHE) / "models--ada--one").exists(), "the reader's own cache stays clean"
    assert hub.files("ada/one") == {"config.json": 22, "model.safetensors": 70_000, "sub/more.json": 2}
    assert hub.commits("ada/one") == ["initial commit", "first", "second", "third"]
    assert set(first) == {"config.json", "empty.txt", "model.safetensors"}
    assert any(request.startswith("PUT /large/") for request in hub.requests), "weights travel by LFS"


def test_what_is_not_there_is_the_librarys_own_error(hub):
    with hub:
        api = HfApi()
        with pytest.raises(RepositoryNotFoundError):
            api.model_info("ada/nothing")
        api.create_repo("ada/one")
        with pytest.raises(EntryNotFoundError):
            hf_hub_download("ada/one", "config.json")
    with pytest.raises(CourseError, match="no 'ada/two'"):
        hub.files("ada/two")
    with pytest.raises(CourseError, match="no file 'x'"):
        hub.read("ada/one", "x")


def test_all_is_as_before_after_the_block(hub, monkeypatch):
    import huggingface_hub.file_download
    import huggingface_hub.hf_api
    from huggingface_hub.utils import get_session

    monkeypatch.setenv("HF_TOKEN", "the reader's own")

    def state():
        return (
            constants.ENDPOINT,
            constants.HF_HUB_OFFLINE,
            constants.HF_HUB_CACHE,
            huggingface_hub.hf_api.api.endpoint,
            dict(os.environ),
            type(get_session()),
        )

    before = state()
    with hub, hub:
        assert os.environ["HF_TOKEN"] != "the reader's own"
        assert hub.url == constants.ENDPOINT
    assert state() == before
    with pytest.raises(ZeroDivisionError), hub:
        raise ZeroDivisionError
    assert state() == before


@pytest.mark.parametrize(
    ("method", "path", "question", "status"),
    [
        ("POST", "/api/repos/create", {"organization": "..", "name": "x"}, 400),
        ("POST", "/api/repos/create", {"organization": "ada"}, 400),
        ("POST", "/api/repos/create", [], 400),
        ("POST", "/api/models/ada/none/commit/main", {"key": "header", "value": {"summary": "x"}}, 404),
        ("GET", "/ada/one/resolve/main/../../etc/passwd", None, 404),
        ("GET", "/ada/one/resolve/0123/config.json", None, 404),
        ("GET", "/somewhere", None, 404),
        ("PUT", "/large/" + "0" * 64, "not that", 400),
    ],
)
def test_nonsense_is_refused_and_the_hub_goes_on(hub, method, path, question, status):
    post(hub, "/api/repos/create", {"organization": "ada", "name": "one"})
    body = None if question is None else json.dumps(question).encode()
    assert ask(hub, method, path, body)[0] == status
    assert ask(hub, "GET", "/api/models/ada/one")[0] == 200


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "", "a\0b"])
def test_no_file_is_written_or_named_outside_of_its_repository(hub, name):
    post(hub, "/api/repos/create", {"organization": "ada", "name": "one"})
    lines = [
        {"key": "header", "value": {"summary": "bad"}},
        {"key": "file", "value": {"path": name, "content": "aGk=", "encoding": "base64"}},
    ]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    assert ask(hub, "POST", "/api/models/ada/one/commit/main", body)[0] == 400
    assert hub.files("ada/one") == {}


def test_a_large_file_is_taken_only_if_it_is_what_it_claims_to_be(hub):
    content = b"weights"
    good = hashlib.sha256(content).hexdigest()
    assert ask(hub, "PUT", f"/large/{good}", b"other bytes")[0] == 400
    assert not hub._store.large_file(good).exists()
    assert ask(hub, "PUT", f"/large/{good}", content)[0] == 200
    assert hub._store.large_file(good).read_bytes() == content
