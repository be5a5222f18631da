"""The requests that a LocalHub answers: those of ``push_to_hub`` and ``from_pretrained``."""

from __future__ import annotations

import json
import re
import shutil
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from coursekit.course.local_hub.store import REPOSITORY, RefusedError, is_large

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coursekit.course.local_hub.store import Commit, Store

_LARGEST_QUESTION = 64_000_000  # bytes of JSON; small files travel inside it
_ID = rf"(?P<id>{REPOSITORY})"
_ROUTES = {
    ("GET", r"/api/whoami-v2"): "who",
    ("POST", r"/api/repos/create"): "create",
    ("POST", r"/api/validate-yaml"): "card",
    ("POST", rf"/api/models/{_ID}/preupload/(?P<revision>[^/]+)"): "before",
    ("POST", rf"/{_ID}\.git/info/lfs/objects/batch"): "batch",
    ("PUT", r"/large/(?P<digest>[0-9a-f]{64})"): "receive",
    ("POST", rf"/api/models/{_ID}/commit/(?P<revision>[^/]+)"): "commit",
    ("GET", rf"/api/models/{_ID}(/revision/(?P<revision>[^/]+))?"): "info",
    ("GET", rf"/{_ID}/resolve/(?P<revision>[^/]+)/(?P<name>.+)"): "file",
    ("GET", rf"/api/models/{_ID}/tree/(?P<revision>[^/]+)(/(?P<folder>.*))?"): "tree",
}


def handler(store: Store, requests: list[str]) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers for one store, and notes every request in a list."""
    return type("LocalHubHandler", (_Handler,), {"store": store, "requests": requests})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store
    requests: list[str]

    def log_message(self, *_: object) -> None:
        pass  # the notebook is not a place for a server's log

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("GET")  # the same answer, of which only the head is sent

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        path = unquote(urlsplit(self.path).path)
        self.requests.append(f"{self.command} {path}")
        for (wanted, pattern), name in _ROUTES.items():
            if wanted == method and (match := re.fullmatch(pattern, path)):
                try:
                    getattr(self, f"_{name}")(**match.groupdict())
                except RefusedError as refused:
                    self._refuse(refused)
                except (KeyError, TypeError, ValueError, AttributeError) as error:  # a question of another form
                    self._refuse(RefusedError(400, f"cannot be read: {error}"))
                return
        self._refuse(RefusedError(404, "this hub does not know that"))

    def _refuse(self, refused: RefusedError) -> None:
        self.close_connection = True  # what was sent along may not have been read
        headers = {"X-Error-Message": str(refused), **({"X-Error-Code": refused.code} if refused.code else {})}
        self._send_json({"error": str(refused)}, refused.status, headers)

    # What can be asked. Each takes the named parts of its address.

    def _who(self) -> None:
        self._send_json({"type": "user", "name": "learner", "fullname": "A learner", "orgs": [], "auth": {}})

    def _create(self) -> None:
        question = self._question()
        repository = f"{question.get('organization') or 'learner'}/{question['name']}"
        new = self.store.create(repository)
        self._send_json({"id": repository, "url": self._address(repository)}, 200 if new else 409)

    def _card(self) -> None:
        self._question()
        self._send_json({"errors": [], "warnings": []})

    def _before(self, id: str, revision: str) -> None:  # noqa: A002  (the part's name in the address)
        files = self.store.commit_of(id, revision).files
        answers = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if is_large(file["path"], file["size"]) else "regular",
                "shouldIgnore": False,
                "oid": files[file["path"]].name if file["path"] in files else None,
            }
            for file in self._question()["files"]
        ]
        self._send_json({"files": answers})

    def _batch(self, id: str) -> None:  # noqa: A002
        self.store.commit_of(id, "main")
        objects = []
        for wanted in self._question()["objects"]:
            entry = {"oid": wanted["oid"], "size": wanted["size"]}
            if not self.store.large_file(wanted["oid"]).is_file():
                entry["actions"] = {"upload": {"href": self._address(f"large/{wanted['oid']}")}}
            objects.append(entry)
        self._send_json({"transfer": "basic", "objects": objects})

    def _receive(self, digest: str) -> None:
        self.store.receive(digest, self.rfile, self._length())
        self._send_json({})

    def _commit(self, id: str, revision: str) -> None:  # noqa: A002
        if revision != "main":
            raise RefusedError(400, "this hub has one branch, main")
        lines = [json.loads(line) for line in self._body().splitlines() if line.strip()]
        commit = self.store.commit(id, lines)
        self._send_json(
            {"success": True, "commitOid": commit.oid, "commitUrl": self._address(f"{id}/commit/{commit.oid}")}
        )

    def _info(self, id: str, revision: str | None) -> None:  # noqa: A002
        commit = self.store.commit_of(id, revision or "main")
        siblings = [{"rfilename": name, "size": path.stat().st_size} for name, path in commit.files.items()]
        about = {"id": id, "modelId": id, "sha": commit.oid, "siblings": siblings, "tags": [], "private": False}
        self._send_json(about, headers={"X-Repo-Commit": commit.oid})

    def _file(self, id: str, revision: str, name: str) -> None:  # noqa: A002
        commit = self.store.commit_of(id, revision)
        if name not in commit.files:
            self._missing(commit)
        else:
            self._send_file(commit.files[name], commit)

    def _tree(self, id: str, revision: str, folder: str | None) -> None:  # noqa: A002
        commit = self.store.commit_of(id, revision)
        inside = f"{folder}/" if folder else ""
        files = [
            {"type": "file", "path": name, "size": path.stat().st_size, "oid": path.name}
            for name, path in commit.files.items()
            if name.startswith(inside)
        ]
        if files or not folder:
            self._send_json(files)
        else:
            self._missing(commit)

    def _missing(self, commit: Commit) -> None:
        headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit.oid}
        self._send_json({"error": "Entry not found"}, 404, headers)

    # How it is read and sent.

    def _address(self, path: str) -> str:
        _, port = self.connection.getsockname()
        return f"http://127.0.0.1:{port}/{path}"

    def _length(self) -> int:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise RefusedError(411, "the length is needed")
        return int(length)

    def _body(self) -> bytes:
        length = self._length()
        if length > _LARGEST_QUESTION:
            raise RefusedError(413, "too large for one request")
        return self.rfile.read(length)

    def _question(self) -> dict[str, Any]:
        question = json.loads(self._body())
        if not isinstance(question, dict):
            raise RefusedError(400, "not a JSON object")
        return question

    def _send_json(
        self, answer: dict[str, Any] | list[dict[str, Any]], status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_file(self, path: Path, commit: Commit) -> None:
        size = path.stat().st_size
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = min(int(begin[1]), size) if begin else 0
        self.send_response(206 if begin else 200)
        for name, value in {
            "X-Repo-Commit": commit.oid,
            "ETag": f'"{path.name}"',
            "Accept-Ranges": "bytes",
            "Content-Length": str(size - start),
            **({"Content-Range": f"bytes {start}-{size - 1}/{size}"} if begin else {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            with path.open("rb") as file:
                file.seek(start)
                shutil.copyfileobj(file, self.wfile)
