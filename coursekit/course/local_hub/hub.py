"""A small Hugging Face Hub on this machine: push to it and load from it, without an account and without a network.

It is a real HTTP server on 127.0.0.1 that speaks the part of the Hub's interface which ``push_to_hub`` and
``from_pretrained`` use: repositories, commits, and large files by the Git LFS protocol
(https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md). What is pushed is stored in a temporary folder that
goes away with the kernel.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from coursekit.course.local_hub.store import Store
from coursekit.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_ENVIRONMENT = {
    # A token of the course's own, so that the reader's never leaves its place; and no proxy between us and ourselves.
    "HF_TOKEN": "hf_of_the_course",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
    "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_XET": "1",
}


class LocalHub:
    """A Hub for one lesson.

    Inside ``with hub:`` everything that huggingface_hub and transformers would ask of huggingface.co they ask of this
    machine instead. After the block all is as before, and the hub keeps what it was given.

    Examples
    --------
    >>> hub = LocalHub()
    >>> with hub:
    ...     model.push_to_hub("ada/my-first-bert")
    >>> hub.files("ada/my-first-bert")
    {'README.md': 5174, 'config.json': 667, 'model.safetensors': 90864192}

    Attributes
    ----------
    url
        Where the server listens, such as ``http://127.0.0.1:40123``.
    cache
        The folder for what is loaded from it, so that the reader's own cache stays clean.
    requests
        Every request so far, as ``"POST /api/repos/create"``.
    """

    def __init__(self) -> None:
        from coursekit.course.local_hub.server import handler

        self._folder = Path(tempfile.mkdtemp(prefix="coursekit-hub-"))
        self.cache = str(self._folder / "cache")
        self.requests: list[str] = []
        self._store = Store(self._folder / "files")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self._store, self.requests))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="coursekit-hub", daemon=True).start()
        self._redirected: ExitStack | None = None
        atexit.register(self.close)

    def __repr__(self) -> str:
        count = len(self._store.repositories)
        return f"LocalHub: {count} {'repository' if count == 1 else 'repositories'}, on this machine only"

    def files(self, repository: str) -> dict[str, int]:
        """Return the files of a repository and their sizes in bytes, as they are in its last commit.

        Raises
        ------
        CourseError
            When nothing of that name was pushed.
        """
        return {name: path.stat().st_size for name, path in self._commit(repository).files.items()}

    def read(self, repository: str, name: str) -> str:
        """Return the text of a file of a repository, such as its model card ``README.md``.

        Raises
        ------
        CourseError
            When there is no such repository, or no such file in it.
        """
        files = self._commit(repository).files
        if name not in files:
            raise CourseError(
                f"{repository} has no file {name!r}.",
                why="only what was pushed can be read.",
                remedy=f"Choose one of: {', '.join(files)}.",
            )
        text: str = files[name].read_text(encoding="utf-8")
        return text

    def commits(self, repository: str) -> list[str]:
        """Return the messages of a repository's commits, the oldest first."""
        self._commit(repository)
        return [commit.message for commit in self._store.repositories[repository]]

    def _commit(self, repository: str) -> Any:
        commits = self._store.repositories.get(repository)
        if not commits:
            known = ", ".join(self._store.repositories) or "nothing yet"
            raise CourseError(
                f"This hub has no {repository!r}.",
                why="it holds what was pushed to it since it was made.",
                remedy=f'Push it first: with hub: model.push_to_hub("{repository}"). Here are: {known}.',
            )
        return commits[-1]

    def __enter__(self) -> LocalHub:  # noqa: PYI034  (typing.Self needs Python 3.11)
        if self._redirected is not None:
            return self
        import huggingface_hub.file_download
        import huggingface_hub.hf_api
        from huggingface_hub import constants

        stack = ExitStack()
        # The libraries read their settings once, when they are imported; so what they have read is replaced as well.
        stack.enter_context(patch.dict(os.environ, {**_ENVIRONMENT, "HF_ENDPOINT": self.url}))
        template = self.url + "/{repo_id}/resolve/{revision}/{filename}"
        transformers = sys.modules.get("transformers.utils.hub")
        for holder, name, value in (
            (constants, "ENDPOINT", self.url),
            (constants, "HUGGINGFACE_CO_URL_TEMPLATE", template),
            (constants, "HF_HUB_CACHE", self.cache),
            (constants, "HF_HUB_OFFLINE", False),
            (constants, "HF_HUB_DISABLE_XET", True),  # the Hub's newer way for large files; this hub has the older one
            (huggingface_hub.hf_api.api, "endpoint", self.url),
            (huggingface_hub.file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template),
            (transformers, "TRANSFORMERS_CACHE", self.cache),
            (transformers, "_is_offline_mode", False),
            (transformers, "HUGGINGFACE_CO_RESOLVE_ENDPOINT", self.url),
            (transformers, "_hf_api", None),  # transformers 5 keeps a client, with the address that it was made for
        ):
            if hasattr(holder, name):
                stack.enter_context(patch.object(holder, name, value))
        stack.enter_context(_fresh_connections())
        self._redirected = stack
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._redirected is not None:
            self._redirected.close()
            self._redirected = None

    def close(self) -> None:
        """Stop the server and remove what was pushed."""
        self.__exit__(None, None, None)
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)
        atexit.unregister(self.close)


@contextmanager
def _fresh_connections() -> Iterator[None]:
    """Let huggingface_hub connect anew, and put its connections back afterwards.

    A connection holds to the settings that it was opened with, and ``ck.checkpoint`` may have told those that are open
    to rely on the cache.
    """
    from huggingface_hub.utils import _http

    if hasattr(_http, "close_session"):  # since version 1: one client for all
        before, _http._GLOBAL_CLIENT = _http._GLOBAL_CLIENT, None  # noqa: SLF001  (there is no public way to keep it)
        try:
            yield
        finally:
            _http.close_session()
            _http._GLOBAL_CLIENT = before  # noqa: SLF001
    else:
        from huggingface_hub import configure_http_backend

        factory = _http._GLOBAL_BACKEND_FACTORY  # noqa: SLF001
        configure_http_backend()
        try:
            yield
        finally:
            configure_http_backend(factory)
