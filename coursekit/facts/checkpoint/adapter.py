"""A folder that PEFT wrote: a few small matrices for a base model that lies elsewhere.

``adapter_config.json`` names the base model, the kind of adapter and what it is put on; its weights stand in
``adapter_model.safetensors`` under ``base_model.model.…``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.facts.files.findings import NOTE, WARNING, Finding
from coursekit.facts.files.json import read_json
from coursekit.facts.files.locate import CONFIG_NAME, locate
from coursekit.frameworks.buildable import NoModelError
from coursekit.frameworks.from_settings import expected_tensors
from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADAPTER_CONFIG = "adapter_config.json"
_LONGEST = 80  # characters of a name that is repeated
_MOST_TARGETS = 12


@dataclass(frozen=True)
class Adapter:
    """An adapter.

    Attributes
    ----------
    kind
        What PEFT calls it, such as ``LORA``.
    base
        The checkpoint that it is put on: the last part of a path, or an id.
    rank, alpha
        The rank of its matrices and the scale of their product; None where it has none.
    targets
        The modules that it is put on.
    task
        What it was trained for, as PEFT calls it, or an empty string.
    base_parameters
        How many parameters the base model has; None when it is not on this machine.
    """

    kind: str
    base: str
    rank: int | None
    alpha: float | None
    targets: tuple[str, ...]
    task: str
    base_parameters: int | None

    def sentence(self, parameters: int) -> str:
        """Return what the adapter is, as one sentence; ``parameters`` are its own."""
        name = {"LORA": "LoRA"}.get(self.kind, self.kind)
        rank = f" of rank {self.rank}" if self.rank is not None else ""
        targets = f" on {', '.join(self.targets)}" if self.targets else ""
        share = f"{parameters:,} trainable parameters"
        if self.base_parameters is None:
            share += "; their share cannot be told, as the base model is not on this machine"
        else:
            share += f", {parameters / (parameters + self.base_parameters):.2%} of all"
        return f"An adapter, {name}{rank}{targets}, for the base model {self.base}: {share}."


def read_adapter(folder: Path) -> tuple[Adapter | None, tuple[Finding, ...]]:
    """Return what ``adapter_config.json`` in ``folder`` says, or None, and what is worth knowing."""
    settings, problems = read_json(folder / ADAPTER_CONFIG)
    if settings is None:
        return None, problems
    base = settings.get("base_model_name_or_path")
    kind = settings.get("peft_type")
    if not isinstance(kind, str) or not kind:
        what = "It names no kind of adapter (peft_type), so PEFT cannot load it."
        return None, (Finding(WARNING, ADAPTER_CONFIG, what, "Save the adapter again with save_pretrained."),)
    rank, alpha = settings.get("r"), settings.get("lora_alpha")
    adapter = Adapter(
        kind=_short(kind),
        base=_short(base.replace("\\", "/").rstrip("/").rpartition("/")[2] if _is_path(base) else base)
        if isinstance(base, str) and base
        else "that it does not name",
        rank=rank if type(rank) is int else None,
        alpha=float(alpha) if isinstance(alpha, (int, float)) and abs(alpha) < 1e9 else None,  # noqa: PLR2004  (no real scale is near)
        targets=_targets(settings.get("target_modules")),
        task=_short(settings.get("task_type") or ""),
        base_parameters=_base_parameters(base) if isinstance(base, str) else None,
    )
    if find_spec("peft") is not None:
        what = "from_pretrained of the auto classes loads the base model and puts the adapter on it: peft is installed."
        return adapter, (Finding(NOTE, ADAPTER_CONFIG, what),)
    what = (
        "This folder holds an adapter, not a model; the peft package puts it on its base model, and is not installed."
    )
    return adapter, (Finding(WARNING, ADAPTER_CONFIG, what, "Install it: pip install peft"),)


def _is_path(base: Any) -> bool:
    return isinstance(base, str) and (base.startswith(("/", ".", "~")) or "\\" in base or base.count("/") > 1)


def _short(text: Any) -> str:
    words = visible(str(text))
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _targets(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_short(value),)
    if not isinstance(value, list):
        return ()
    names = sorted(_short(name) for name in value[:1000] if isinstance(name, str))
    return tuple(names[:_MOST_TARGETS]) + (("…",) if len(names) > _MOST_TARGETS else ())


def _base_parameters(base: str) -> int | None:
    """Return how many parameters the base model has, where its config lies on this machine."""
    try:
        folder = locate(base).folder
    except CourseError:
        return None
    settings = None if folder is None else read_json(folder / CONFIG_NAME)[0]
    return None if settings is None else _parameters(settings)


def _parameters(settings: Mapping[str, Any]) -> int | None:
    try:
        expected = expected_tensors(settings, keras_names=False)
    except NoModelError:
        return None
    return sum(prod(shape) for name, shape in expected.shapes.items() if name not in expected.tied)
