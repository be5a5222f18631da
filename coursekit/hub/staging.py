"""Put a whole repository into the Hugging Face cache, or nothing of it.

What goes into the cache is made in a folder beside it and moved in at the end. Whatever stops that (Ctrl-C, a full
disk, a killed process, a lost network), the cache holds what it held before.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from packaging.version import Version

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = ".coursekit-prepare-"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


OLDER_VARIABLES = ("TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE", "PYTORCH_PRETRAINED_BERT_CACHE")
"""What transformers 4 asks for the place of its cache before huggingface_hub is asked; transformers 5 does not."""


def cache_folder() -> Path:
    """Return the folder in which ``from_pretrained`` of this process looks for what was downloaded."""
    from huggingface_hub import constants

    older = older_cache()
    return older[1] if older else Path(constants.HF_HUB_CACHE)


def older_cache() -> tuple[str, Path] | None:
    """Return the variable that gives transformers 4 a cache of its own, and that folder; None where there is none.

    The variables are read when transformers is imported (``transformers/utils/hub.py``), as huggingface_hub does with
    its own.
    """
    from huggingface_hub import constants

    name = next((name for name in OLDER_VARIABLES if name in os.environ), None)
    if name is None:
        return None
    if "transformers.utils.hub" in sys.modules:
        folder = getattr(sys.modules["transformers.utils.hub"], "TRANSFORMERS_CACHE", None)
    else:
        folder = os.environ[name] if _transformers_before_5() else None
    if folder is None or str(folder) == str(constants.HF_HUB_CACHE):
        return None
    return name, Path(folder)


@cache
def _transformers_before_5() -> bool:
    try:
        return Version(version("transformers")) < Version("5")
    except PackageNotFoundError:
        return False


def repository_folder(model_id: str) -> str:
    """Return the name of a model's folder in the cache."""
    return "--".join(["models", *model_id.split("/")])


@contextmanager
def staging(cache: Path, *, room: int) -> Iterator[Path]:
    """Yield an empty folder on the disk of ``cache``, to one process at a time, and remove it at the end.

    Parameters
    ----------
    cache
        The Hugging Face cache, which is made if it is missing.
    room
        How many bytes must be free.

    Raises
    ------
    CourseError
        If the disk is too full or the cache cannot be written, at the start or later.
    """
    from huggingface_hub.utils import WeakFileLock

    try:
        locks = cache / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(locks / "coursekit-prepare.lock"):
            # Beside the cache, unless the cache is a disk of its own: a move is atomic within one disk only. The
            # Hub's client leaves .locks out when it reads the cache.
            beside = cache.parent.stat().st_dev == cache.stat().st_dev and os.access(cache.parent, os.W_OK)
            place = cache.parent if beside else locks
            for left_by_a_killed_process in place.glob(f"{_PREFIX}*"):
                shutil.rmtree(left_by_a_killed_process, ignore_errors=True)
            require_room(place, room)
            with TemporaryDirectory(prefix=_PREFIX, dir=place, ignore_cleanup_errors=True) as folder:
                yield Path(folder)
    except OSError as error:
        raise _disk_error(error, cache, room) from error


def require_room(place: Path, room: int) -> None:
    """Raise the ``OSError`` of a full disk unless ``room`` bytes are free where ``place`` lies."""
    if shutil.disk_usage(place).free < room:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def link(blob: Path, pointer: Path) -> None:
    """Let ``pointer`` in a snapshot show the content of ``blob``."""
    try:
        pointer.symlink_to(os.path.relpath(blob, pointer.parent))
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        blob.rename(pointer)  # Windows without developer mode; the Hub's client does the same


def publish(repository: Path, cache: Path) -> Path:
    """Move a staged repository into ``cache`` and return its folder there.

    A repository that was there is kept and completed: its contents come first, what refers to them last.
    """
    home = cache / repository.name
    try:
        repository.rename(home)
    except OSError:
        if not home.is_dir():
            raise
    else:
        return home
    for part in ("blobs", ".no_exist", "snapshots", "refs"):
        pieces = [path for path in (repository / part).rglob("*") if path.is_symlink() or path.is_file()]
        for piece in pieces:
            target = home / piece.relative_to(repository)
            target.parent.mkdir(parents=True, exist_ok=True)
            piece.replace(target)
    return home


def _disk_error(error: OSError, cache: Path, room: int) -> CourseError:
    if error.errno in DISK_FULL:
        return CourseError(
            f"The disk of the Hugging Face cache ({cache}) is full.",
            why=f"{room // 1_000_000 + 1} MB must be free; nothing was put in the cache.",
            remedy="Free some space, or set HF_HOME to a folder on another disk, and run this again.",
        )
    return CourseError(
        f"The Hugging Face cache ({cache}) cannot be written: {error.strerror or error}.",
        why="checkpoints are kept there; nothing was put in the cache.",
        remedy="Set HF_HOME to a folder that you may write to, and run this again.",
    )
