"""Which tensors a PyTorch model expects in a weight file: those of its state dictionary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.expected_tensors import ExpectedTensors, Place
from coursekit.frameworks.pytorch.empty_model import empty_model

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def expected_tensors(config: Any, model_class: Any) -> ExpectedTensors:
    """Return what ``model_class`` (a model class or an auto class) expects for ``config``."""
    model = empty_model(config, model_class)
    state = model.state_dict(keep_vars=True)
    first_names: dict[int, str] = {}
    tied = {}
    for name, value in state.items():
        first = first_names.setdefault(id(value), name)
        if first != name:
            tied[name] = first
    base = str(getattr(model, "base_model_prefix", ""))
    return ExpectedTensors(
        class_name=type(model).__name__,
        framework="pytorch",
        shapes={name: tuple(value.shape) for name, value in state.items()},
        tied=tied,
        buffers=frozenset(name for name, _ in model.named_buffers()) - state.keys(),
        optional=tuple(getattr(model, "_keys_to_ignore_on_load_missing", None) or ()),
        ignored=tuple(getattr(model, "_keys_to_ignore_on_load_unexpected", None) or ()),
        base=base,
        has_base=bool(base) and hasattr(model, base),
        place=_placing(model, state.keys()),
    )


def _placing(model: Any, own: Collection[str]) -> Callable[[str], Place]:
    """Return how transformers renames, splits and joins what older versions saved, before it looks for its place."""
    try:
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import WeightRenaming, rename_source_key
    except ImportError:  # transformers 4
        return _placing_of_4(model)
    rules = get_model_conversion_mapping(model)
    renamings = [rule for rule in rules if isinstance(rule, WeightRenaming)]
    converters = [rule for rule in rules if not isinstance(rule, WeightRenaming)]

    def place(name: str) -> Place:
        renamed, source = rename_source_key(name, renamings, converters)
        if renamed not in own and name in own:
            return Place((name,))
        first, *others = next((rule.target_patterns for rule in converters if source in rule.source_patterns), ("",))
        return Place((renamed, *(renamed.replace(first, other) for other in others)), reshaped=source is not None)

    return place


def _placing_of_4(model: Any) -> Callable[[str], Place]:
    """Return the renaming of ``_get_key_renaming_mapping`` in transformers 4.54's ``modeling_utils.py``."""
    from transformers.modeling_utils import VLMS

    classes = [parent.__name__.lower() for parent in type(model).__mro__]
    sees = any(name in parent for parent in classes for name in VLMS)  # models for pictures and text were regrouped
    rules = model._checkpoint_conversion_mapping if sees else {}  # noqa: SLF001  (where transformers keeps it)

    def place(name: str) -> Place:
        name, _ = model._fix_state_dict_key_on_load(name)  # noqa: SLF001  (its own hook)
        for pattern, replacement in rules.items():
            name, changed = re.subn(pattern, replacement, name)
            if changed:
                break
        return Place((name,))

    return place
