"""The blueprint of a PyTorch model, from its state dictionary on the ``meta`` device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.frameworks.blueprint import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable


def draw(config: Any, model_class: Any) -> Blueprint:
    """Return the blueprint of ``model_class`` (a model class or an auto class) for ``config``."""
    import torch

    with torch.device("meta"), _without_initializing():
        model = model_class.from_config(config) if hasattr(model_class, "from_config") else model_class(config)
        model.tie_weights()  # transformers leaves that out where it does not initialize
    state = model.state_dict(keep_vars=True)
    first_names: dict[int, str] = {}
    tied = {}
    for name, value in state.items():
        first = first_names.setdefault(id(value), name)
        if first != name:
            tied[name] = first
    base = str(getattr(model, "base_model_prefix", ""))
    return Blueprint(
        class_name=type(model).__name__,
        framework="pytorch",
        shapes={name: tuple(value.shape) for name, value in state.items()},
        tied=tied,
        buffers=frozenset(name for name, _ in model.named_buffers()) - state.keys(),
        optional=tuple(getattr(model, "_keys_to_ignore_on_load_missing", None) or ()),
        ignored=tuple(getattr(model, "_keys_to_ignore_on_load_unexpected", None) or ()),
        base=base,
        has_base=bool(base) and hasattr(model, base),
        rename=_renaming(model),
    )


def _renaming(model: Any) -> Callable[[str], str]:
    """Return how transformers 5 renames what older versions saved, before it looks for the tensor's place."""
    try:
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import WeightRenaming, rename_source_key
    except ImportError:  # transformers 4 renames very little, and checkpoint_fit knows it
        return str
    rules = [rule for rule in get_model_conversion_mapping(model) if isinstance(rule, WeightRenaming)]
    return lambda name: str(rename_source_key(name, rules, [])[0])


def _without_initializing() -> Any:
    """Return the context in which transformers draws no random numbers: on ``meta`` they would have nowhere to go."""
    try:
        from transformers.initialization import no_init_weights
    except ImportError:  # transformers 4
        from transformers.modeling_utils import no_init_weights
    return no_init_weights()
