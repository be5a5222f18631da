"""The cache as transformers kept it until 2022: hashed names, each beside a JSON file that says whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from coursekit.facts.files.json import read_json

_HASHED = re.compile(r"[0-9a-f]{64}(\.[0-9a-f]{64})?(\.h5)?")
_MOST = 10_000


@dataclass(frozen=True)
class OldFile:
    """One file of the old layout: the address that it was downloaded from, and its size in bytes."""

    url: str
    nbytes: int


def old_files(folder: Path) -> tuple[OldFile, ...]:
    """Return the files of the old layout in a cache, the largest first; they lie beside each other, without folders.

    Source: ``get_from_cache`` in ``file_utils.py`` of transformers before 4.22, which wrote ``{"url": …, "etag": …}``.
    """
    found = []
    try:
        names = {entry.name for entry, _ in zip(folder.iterdir(), range(_MOST), strict=False)}
    except OSError:
        return ()
    for name in names:
        if not _HASHED.fullmatch(name) or f"{name}.json" not in names:
            continue
        about, _ = read_json(Path(folder, f"{name}.json"))
        try:
            nbytes = Path(folder, name).stat().st_size
        except OSError:
            continue
        url = about.get("url") if about else None
        found.append(OldFile(url[:200] if isinstance(url, str) else "an unknown address", nbytes))
    return tuple(sorted(found, key=lambda file: (-file.nbytes, file.url)))
