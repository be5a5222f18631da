"""Read the index of a checkpoint in shards: which file holds which tensor.

``save_pretrained`` writes it beside the shards: ``{"metadata": {"total_size": …}, "weight_map": {tensor: file}}``. It
comes from outside: its size is bounded, and a name that leads out of the folder is never opened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 32_000_000  # bytes; that of a model with 100,000 tensors takes ten millions
_MOST_BRACKETS = 1000  # an index nests two levels deep; JSON of empty lists would take thirty times its size in memory
_NO_MAP = "The index has no weight_map from names of tensors to names of files."


@dataclass(frozen=True)
class ShardIndex:
    """What an index says.

    Attributes
    ----------
    places
        The name of the file for each name of a tensor.
    total_size
        The bytes that all tensors take, as the index says; None where it does not say.
    problem
        Why it cannot be read, as a sentence, or an empty string.
    """

    places: dict[str, str] = field(default_factory=dict)
    total_size: int | None = None
    problem: str = ""

    @property
    def files(self) -> list[str]:
        """The names of the shards, sorted; those that lead out of the folder included."""
        return sorted(set(self.places.values()))

    @property
    def inside(self) -> list[str]:
        """The names of the shards that lie in the folder of the index."""
        return [name for name in self.files if is_plain_name(name)]


def is_plain_name(name: str) -> bool:
    """Tell whether ``name`` is that of a file in the folder itself, not of one elsewhere."""
    return name not in {"", ".", ".."} and not {"/", "\\", "\0"} & set(name)


def read_index(path: Path) -> ShardIndex:  # noqa: PLR0911  (each is one thing that can be wrong)
    """Return what the index at ``path`` says; what is wrong with it is its ``problem``, never an exception."""
    try:
        if not path.is_file():
            return ShardIndex(problem="There is no such file.")
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            return ShardIndex(problem=f"The index has more than {LARGEST:,} bytes; it was not read.")
        if raw.count(b"{") + raw.count(b"[") > _MOST_BRACKETS:
            return ShardIndex(problem=_NO_MAP)
        content = json.loads(raw.decode("utf-8"))
    except OSError as error:
        return ShardIndex(problem=f"It cannot be read: {error.strerror or error}.")
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
        return ShardIndex(problem=f"It is not valid JSON: {str(error)[:120]}.")
    listed = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(listed, dict) or not all(isinstance(shard, str) for shard in listed.values()):
        return ShardIndex(problem=_NO_MAP)
    metadata = content.get("metadata")
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    return ShardIndex(listed, total if type(total) is int else None)
