"""Read what a PyTorch weight file holds without running what it says and without loading its numbers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEEPEST = 4  # dictionaries in dictionaries: a training checkpoint keeps its state dictionary one or two levels down


@dataclass(frozen=True)
class Entry:
    """One tensor of the file: its name, shape, dtype and bytes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int


class UnreadableError(Exception):
    """The file cannot be read safely; the message says why.

    Attributes
    ----------
    wanted
        What the file asks to call that is no part of a tensor, such as ``os.system``, or an empty string.
    """

    def __init__(self, message: str, wanted: str = "") -> None:
        super().__init__(message)
        self.wanted = wanted


def read_bin(path: Path) -> tuple[list[Entry], int]:
    """Return the tensors of a file in PyTorch's zip format, and how many other values lie beside them.

    ``torch.load`` reads it with ``weights_only=True``: its unpickler knows tensors and plain containers, and refuses
    all else before it does anything. Tensors are made on the ``meta`` device, and the file is mapped, not read.

    Raises
    ------
    UnreadableError
        When PyTorch refuses the file.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, weights_only=True, mmap=True, map_location="meta")
    except Exception as error:
        message = str(error).strip() or type(error).__name__
        asked = re.search(r"GLOBAL ([\w.]+)|function <[\w-]+ (?:function )?([\w.]+)", message)
        reason = message.rpartition("WeightsUnpickler error:")[2].strip().splitlines()[0]
        raise UnreadableError(reason[:200], next(filter(None, asked.groups()), "") if asked else "") from error
    entries, others = [], 0
    for name, value in _leaves(content, "", _DEEPEST):
        if isinstance(value, torch.Tensor):
            label = str(value.dtype).removeprefix("torch.")
            entries.append(Entry(name, tuple(value.shape), label, value.element_size() * value.nelement()))
        else:
            others += 1
    return entries, others


def _leaves(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and depth:
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}" if name else str(key), depth - 1)
    else:
        yield name or "(the whole file)", value
