"""A small model of any architecture: its config shrunk by the names of its numbers until it can be built."""

from __future__ import annotations

from itertools import product
from typing import Any

MOST = 40_000_000
"""Parameters of a model that is saved and loaded in a test."""
NUMBERS = {
    "layers": {
        *("num_hidden_layers", "num_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers"),
        *("num_encoder_layers", "num_decoder_layers"),
    },
    "width": {"hidden_size", "d_model", "n_embd", "dim", "embed_dim"},
    "inner": {"intermediate_size", "d_ff", "encoder_ffn_dim", "decoder_ffn_dim", "ffn_dim", "hidden_dim"},
    "heads": {
        *("num_attention_heads", "num_key_value_heads", "num_heads", "n_head", "n_heads"),
        *("encoder_attention_heads", "decoder_attention_heads"),
    },
    "vocabulary": {"vocab_size"},
}
VOCABULARY = 199


def recipes():
    """Yield what to set the numbers to, from the smallest; None leaves them as they are."""
    for (width, heads), layers in product(((32, 2), (64, 4), (None, None)), (1, 2, None)):
        yield {"layers": layers, "width": width, "inner": width, "heads": heads, "vocabulary": VOCABULARY}


def changes(settings: dict[str, Any], recipe: dict[str, int | None]) -> dict[str, Any]:
    """Return what to change in a config's settings, those of configs inside of it included."""
    changed: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and name.endswith("config"):
            inner = changes(value, recipe)
            changed |= {name: {**value, **inner}} if inner else {}
        kind = next((kind for kind, names in NUMBERS.items() if name in names), None)
        if type(value) is int and kind and recipe[kind] is not None:
            changed[name] = min(value, recipe[kind])
        elif type(value) is int and name.endswith("_token_id") and value >= VOCABULARY:
            changed[name] = 1
    return changed


def tiny_config(config_class: Any, auto: Any) -> tuple[Any, str]:
    """Return a config whose model under ``auto`` is small, or None and why there is none."""
    import torch

    problem = ""
    for recipe in recipes():
        try:
            config = config_class(**changes(config_class().to_dict(), recipe))
            with torch.device("meta"):
                count = sum(parameter.numel() for parameter in auto.from_config(config).parameters())
        except Exception as error:  # noqa: BLE001  (models raise whatever they like)
            problem = problem or f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
        else:
            if count <= MOST:
                return config, ""
            problem = f"{count / 1e6:,.0f} million parameters"
    return None, problem
