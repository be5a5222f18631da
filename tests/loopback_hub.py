"""A small Hugging Face Hub on 127.0.0.1: real HTTP, the files of one folder under any id, and faults by id."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
# The id says what goes wrong: status and headers, as the real Hub sends them.
REFUSALS = {
    "nobody/unknown": (404, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}),
    "nobody/unknown-to-strangers": (401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}),
    "owner/gated": (403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}),
    "owner/gated-to-strangers": (401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Please log in."}),
    "owner/private": (403, {"X-Error-Message": "Forbidden"}),
    "owner/bad-token": (401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
    "owner/no-config": (404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}),
    "owner/busy": (503, {}),
}
# What stands between a classroom and the Hub says the same without the Hub's own headers.
ON_THE_WAY = {
    "owner/filtered": (403, {}),
    "owner/mirrored": (404, {"Server": "mirror"}),
    "owner/behind-a-proxy": (407, {}),
    "owner/waiting": (429, {"Retry-After": "60"}),
}
DROPPED, SILENT, TRUNCATED, PORTAL = "owner/dropped", "owner/silent", "owner/truncated", "owner/portal"
_FILE = re.compile(r"/(?P<id>[^/]+/[^/]+)/resolve/[^/]+/(?P<name>.+)")
_INFO = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)(/revision/[^/]+)?")
_API = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)/.*")


class LoopbackHub:
    """What the tests see of the server: its address, the requests so far, and which faults are repaired."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        self.repaired: set[str] = set()
        self.stopping = threading.Event()
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def requests_since_last_asked(self) -> list[str]:
        seen, self.requests = self.requests, []
        return seen


@contextmanager
def serve(folder: Path) -> Iterator[LoopbackHub]:
    hub = LoopbackHub(folder)
    thread = threading.Thread(target=hub.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.stopping.set()
        hub.server.shutdown()
        hub.server.server_close()


def run(
    script: str, *arguments: str, hub: LoopbackHub, home: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script as a learner's process would: its own Hugging Face home, and the Hub on this machine.

    huggingface_hub reads its variables when it is imported, so every step is a process of its own.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COURSEKIT_"))}
    ours = {"HF_HOME": str(home), "HF_ENDPOINT": hub.address, "USE_TF": "0", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(
        command, env=clean | ours | variables, capture_output=True, text=True, timeout=120, check=False
    )


@cache
def etag(path: Path) -> str:
    """Return what the real Hub sends as ETag: the SHA-256 of a large file, the git id of a small one."""
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        match = _FILE.fullmatch(path) or _INFO.fullmatch(path) or _API.fullmatch(path)
        if match is None:
            self._send(404)
            return
        model_id = match["id"]
        fault = model_id if model_id not in self.hub.repaired else ""
        if fault in REFUSALS | ON_THE_WAY:
            status, headers = (REFUSALS | ON_THE_WAY)[fault]
            self._send(status, **headers)
        elif fault == PORTAL:
            self._send(200, b"<html>Welcome to the hotel. Please log in.</html>")
        elif fault == SILENT:
            self.hub.stopping.wait(60)
        elif fault == DROPPED:
            self.close_connection = True
        elif match.re is _FILE:
            self._send_file(self.hub.folder / match["name"], truncated=fault == TRUNCATED)
        elif match.re is _INFO:
            self._send_info(model_id)
        else:  # the list of chat templates: there are none
            self._send(404, **{"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})

    def _send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_file(self, path: Path, *, truncated: bool) -> None:
        if not path.is_file():
            self._send(404, **{"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            return
        content = path.read_bytes()
        size = len(content)
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(begin[1]) if begin else 0
        self.send_response(206 if begin else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{etag(path)}"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(size - start))
        if begin:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if path.suffix == ".safetensors":
            self.send_header("X-Linked-Size", str(size))
            self.send_header("X-Linked-Etag", f'"{etag(path)}"')
        self.end_headers()
        if self.command == "HEAD":
            return
        if truncated and path.suffix == ".safetensors":
            self.wfile.write(content[start : size // 2])
            self.close_connection = True
        else:
            self.wfile.write(content[start:])

    def _send_info(self, model_id: str) -> None:
        files = [path for path in sorted(self.hub.folder.iterdir()) if path.is_file()]
        siblings = [{"rfilename": path.name, "size": path.stat().st_size, "blobId": etag(path)} for path in files]
        info = {"id": model_id, "modelId": model_id, "sha": COMMIT, "siblings": siblings, "tags": [], "private": False}
        self._send(200, json.dumps(info).encode(), **{"Content-Type": "application/json", "X-Repo-Commit": COMMIT})
