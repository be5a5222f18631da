"""Where ``from_pretrained`` finds the files of a checkpoint: a folder, the Hugging Face cache, or the Hub."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.frameworks.weight_names import is_weight_file
from coursekit.hub import lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = "config.json"
FOLDER, CACHE, HUB, NOWHERE = "folder", "cache", "Hub", "nowhere"


@dataclass(frozen=True)
class Source:
    """The files of a checkpoint.

    Attributes
    ----------
    checkpoint
        What is given to ``from_pretrained``.
    shown
        The same for a reader: without the folders of this machine that lead to it.
    kind
        ``folder``, ``cache``, ``Hub``, or ``nowhere`` when it is neither cached nor to be had.
    folder
        Where the files lie on this machine; None when they do not.
    commit
        The commit of the repository on the Hub; empty for a folder.
    sizes
        The size in bytes of each file at the top.
    """

    checkpoint: str
    shown: str
    kind: str
    folder: Path | None
    commit: str
    sizes: Mapping[str, int]


def find(checkpoint: str | os.PathLike[str]) -> Source:
    """Find a checkpoint as ``from_pretrained`` does: a folder of that name first, then the cache, then the Hub.

    Raises
    ------
    CourseError
        When ``checkpoint`` can be neither a folder nor an id, is a folder that does not exist or a file, or when the
        Hub answers that it has no such checkpoint.
    """
    name = os.fspath(checkpoint) if isinstance(checkpoint, (str, os.PathLike)) else checkpoint
    if isinstance(name, str) and name and Path(name).is_dir():
        folder = Path(name)
        shown = folder.resolve().name if folder.is_absolute() or not folder.name else name
        return Source(name, shown, FOLDER, folder, "", _sizes(folder))
    if isinstance(name, str) and name and Path(name).exists():
        raise CourseError(
            f"{Path(name).name} is a file.",
            why="a checkpoint is a folder: config.json says what to build, and the weights lie beside it.",
            remedy=f"Name the folder that it lies in: {str(Path(name).parent)!r}",
        )
    if isinstance(name, str) and (name.startswith(("/", ".", "~")) or name.count("/") > 1 or "\\" in name):
        tilde = " from_pretrained does not know what ~ stands for." if name.startswith("~") else ""
        raise CourseError(
            f"There is no folder {name!r}.{tilde}",
            why="from_pretrained would take the path for an id on the Hub and find nothing.",
            remedy="Check the path, or save a model there first: model.save_pretrained(...)",
        )
    lookup.check_id(name)
    cached = _cached(name)
    if cached is not None and any(is_weight_file(file) for file in cached.sizes):
        return cached
    if not lookup.gives(name):
        return cached or Source(name, name, NOWHERE, None, "", {})
    return _on_hub(name, cached)


def _sizes(folder: Path) -> dict[str, int]:
    sizes = {}
    for path in sorted(folder.iterdir()):
        try:
            if path.is_file():
                sizes[path.name] = path.stat().st_size
        except OSError:
            continue
    return sizes


def _cached(name: str) -> Source | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, CONFIG)
    if not isinstance(found, str):
        return None
    folder = Path(found).parent
    return Source(name, name, CACHE, folder, folder.name, _sizes(folder))


def _on_hub(name: str, cached: Source | None) -> Source:
    from huggingface_hub import HfApi

    try:
        info: Any = HfApi().model_info(name, files_metadata=True, timeout=10)
    except Exception:  # noqa: BLE001  (each generation of the client has its own errors; the Hub was there a moment ago)
        return cached or Source(name, name, NOWHERE, None, "", {})
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or () if "/" not in file.rfilename}
    return Source(name, name, HUB, cached.folder if cached else None, info.sha or "", sizes)


def read_config(source: Source) -> bytes | None:
    """Return the bytes of ``config.json``, or None where there is none; from the Hub nothing is put in the cache."""
    if source.folder is not None:
        path = source.folder / CONFIG
        return path.read_bytes() if path.is_file() else None
    if source.kind != HUB or CONFIG not in source.sizes:
        return None
    from huggingface_hub import hf_hub_download

    with tempfile.TemporaryDirectory() as folder:
        return Path(hf_hub_download(source.checkpoint, CONFIG, revision=source.commit, cache_dir=folder)).read_bytes()
