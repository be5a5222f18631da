"""What a LocalHub keeps: repositories, their commits, and every file once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import BufferedIOBase

REPOSITORY = r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}"
_CHUNK = 1 << 20  # bytes
_LARGE = (".safetensors", ".h5", ".bin", ".msgpack", ".onnx")
_LARGE_FROM = 10_000_000  # bytes; the Hub takes what is larger by LFS alone


class RefusedError(Exception):
    """A request that cannot be answered: the HTTP status and the reason."""

    def __init__(self, status: int, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Commit:
    """One state of a repository.

    Attributes
    ----------
    oid
        Its name, 40 hexadecimal digits.
    message
        What its author wrote.
    files
        From each file's name to the place of its content.
    """

    oid: str
    message: str
    files: dict[str, Path] = field(default_factory=dict)


class Store:
    """The repositories below one folder.

    Parameters
    ----------
    folder
        Where the contents go; each is named by its digest.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.repositories: dict[str, list[Commit]] = {}
        self._lock = threading.Lock()

    def create(self, repository: str) -> bool:
        """Make a repository; say whether it is new."""
        if not re.fullmatch(REPOSITORY, repository):
            raise RefusedError(400, f"{repository!r} cannot be the name of a repository")
        with self._lock:
            if repository in self.repositories:
                return False
            oid = hashlib.sha1(repository.encode()).hexdigest()  # noqa: S324  (git's own digest, for names only)
            self.repositories[repository] = [Commit(oid, "initial commit")]
            return True

    def commit_of(self, repository: str, revision: str) -> Commit:
        """Return a commit by the name of its branch, ``main``, or its own."""
        commits = self.repositories.get(repository)
        if commits is None:
            raise RefusedError(404, "Repository not found", "RepoNotFound")
        for commit in reversed(commits):
            if revision in ("main", commit.oid):
                return commit
        raise RefusedError(404, f"Invalid rev id: {revision}", "RevisionNotFound")

    def large_file(self, digest: str) -> Path:
        """Return where the large file with this SHA-256 is, or would be."""
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise RefusedError(400, "not a SHA-256")
        return self.folder / digest

    def receive(self, digest: str, stream: BufferedIOBase, length: int) -> None:
        """Store a large file that comes in, if it is what it claims to be."""
        path, found = self.large_file(digest), hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
            while length > 0 and (chunk := stream.read(min(_CHUNK, length))):
                found.update(chunk)
                file.write(chunk)
                length -= len(chunk)
        if length or found.hexdigest() != digest:
            Path(file.name).unlink()
            raise RefusedError(400, "what arrived is not what was announced")
        Path(file.name).replace(path)

    def commit(self, repository: str, lines: Iterable[dict[str, Any]]) -> Commit:
        """Add a commit: a header, then files, large files and deletions, one each."""
        with self._lock:
            parent = self.commit_of(repository, "main")
            files, message = dict(parent.files), ""
            for line in lines:
                value = line["value"]
                if line["key"] == "header":
                    message = str(value["summary"])
                elif line["key"] == "file":
                    files[_checked(value["path"])] = self._small_file(value["content"])
                elif line["key"] == "lfsFile":
                    path = self.large_file(value["oid"])
                    if not path.is_file():
                        raise RefusedError(400, f"{value['path']} was announced and never sent")
                    files[_checked(value["path"])] = path
                elif line["key"] == "deletedFile":
                    files.pop(value["path"], None)
                else:
                    raise RefusedError(400, f"this hub cannot do {line['key']}")
            content = [parent.oid, message, *(f"{name} {path.name}" for name, path in sorted(files.items()))]
            oid = hashlib.sha1("\n".join(content).encode()).hexdigest()  # noqa: S324
            commit = Commit(oid, message, dict(sorted(files.items())))
            self.repositories[repository].append(commit)
            return commit

    def _small_file(self, content: str) -> Path:
        try:
            data = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise RefusedError(400, "content that is no base64") from None
        path = self.folder / hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
        path.write_bytes(data)
        return path


def is_large(name: str, size: int) -> bool:
    """Say whether a file goes by LFS: what is large, and what its ending marks as weights."""
    return size >= _LARGE_FROM or name.endswith(_LARGE)


def _checked(name: str) -> str:
    """Return a file's name inside its repository; refuse one that leads out of it."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise RefusedError(400, f"{name!r} is no name for a file")
    return str(path)
