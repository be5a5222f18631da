"""The attributes of a config, in groups that mean something, and their values as short plain text."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from reprlib import Repr
from typing import Any


@dataclass(frozen=True)
class Attribute:
    """One attribute of a config.

    Attributes
    ----------
    path
        Where it stands: its name, behind the names of the configs around it (``text_config.hidden_size``).
    name
        Its name.
    group
        Its group, one of ``ORDER``.
    value, default
        Both as short text; ``default`` is empty when the class has none.
    changed
        Whether the value differs from the default.
    type
        What the documentation says of its type, such as ``int, optional, defaults to 12``.
    documentation
        What the installed transformers says of it, or an empty string.
    integer
        Its value when it is a whole number that shapes the model, else None.
    """

    path: str
    name: str
    group: str
    value: str
    default: str
    changed: bool
    type: str
    documentation: str
    integer: int | None


GROUPS: tuple[tuple[str, str], ...] = (
    (
        "Metadata",
        r"^(name_or_path|architectures|auto_map|transformers_version|dtype|torch_dtype|model_type|quantization_config)$",
    ),
    ("Tokens", r"_token(_id|_index|_idx)?(s)?$|_token_ids$|^tokenizer_class$|^prefix$|^bad_words_ids$"),
    (
        "Text generation",
        (
            r"^(max|min)_length$|^do_sample$|^early_stopping$|^num_beam|_penalty$|^temperature$|^top_[kp]$|^typical_p$"
            r"|no_repeat_ngram_size$|^num_return_sequences$|^output_scores$|^return_dict_in_generate$"
            r"|^remove_invalid_values$|suppress_tokens$"
        ),
    ),
    (
        "Outputs and labels",
        (
            r"^output_|^return_|^use_cache$|label|^problem_type$|^task_specific_params$|^finetuning_task$|^num_choices$"
            r"|_loss|loss_"
        ),
    ),
    ("Regularization", r"drop|noise|initializer|init_|_init|jitter|^apply_spec_augment$|^mask_(time|feature)_|_std$"),
    (
        "Vocabulary and positions",
        r"vocab|position|rope|rotary|^n_ctx$|max_seq|context_length|sliding_window|relative_attention",
    ),
    ("Attention", r"attention(?!_heads)|attn|window|is_decoder|causal|^qk_|_qk|query|pruned_heads"),
    ("Activation and normalization", r"act$|activation|norm|eps$|epsilon|hidden_act|gelu|glu"),
    (
        "Size of the model",
        (
            r"hidden|size|dim|layers?(_|$)|heads?(_|$)|^d_|intermediate|depth|width|channels|experts|kernel|stride|blocks"
            r"|^n_(embd|layer|head|inner)|ratio|filters|num_|rank"
        ),
    ),
)
"""Groups and what the names of their attributes look like; the first that fits takes the attribute."""

ORDER: tuple[str, ...] = (
    "Size of the model",
    "Vocabulary and positions",
    "Attention",
    "Activation and normalization",
    "Regularization",
    "Tokens",
    "Outputs and labels",
    "Text generation",
    "Metadata",
    "Everything else",
    "Not known to this architecture",
)
"""The groups as they are shown: what shapes the model stands first."""

_LIMIT = 90
_RULES = tuple((group, re.compile(pattern)) for group, pattern in GROUPS)
# Names that the rules would put elsewhere.
_EXCEPTIONS = {
    "chunk_size_feed_forward": "Everything else",  # how a layer is computed, not how large it is
    "image_size": "Size of the model",
    "num_attention_heads": "Size of the model",
}


def group_of(name: str) -> str:
    """Return the group of an attribute, judged by its name."""
    if name in _EXCEPTIONS:
        return _EXCEPTIONS[name]
    return next((group for group, pattern in _RULES if pattern.search(name)), "Everything else")


class _Short(Repr):
    """A representation that never grows long, never runs a foreign ``__repr__`` and shows no address."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxdict = 4
        self.maxstring = self.maxother = _LIMIT
        self.maxlevel = 3

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002  (reprlib's protocol)
        if isinstance(x, (bool, int, float, complex, type(None), bytes)):
            return self.repr_str(repr(x), 0)[1:-1]
        if callable(x):
            return getattr(x, "__name__", type(x).__name__) + "()"
        # A dtype of torch, TensorFlow or NumPy names itself; anything else is named by its class.
        return str(x) if "dtype" in type(x).__name__.lower() else f"{type(x).__name__} object"


_SHORT = _Short()


def short(value: Any) -> str:
    """Return ``value`` as one line of at most about a hundred characters, safe for values of any kind and size."""
    if isinstance(value, enum.Enum):
        return short(value.value)
    if hasattr(value, "model_type") and hasattr(value, "to_dict"):
        return f"{type(value).__name__} (see its own part)"
    shown = " ".join(_SHORT.repr(value).split())
    if len(shown) > _LIMIT:
        shown = shown[: _LIMIT - 1] + "…"
    if isinstance(value, (list, tuple, set, dict)) and len(value) > 4:  # noqa: PLR2004  (as many as are shown)
        shown += f" ({len(value):,} entries)"
    return shown


_FIRST = (
    ("hidden_size", "d_model", "n_embd", "dim", "embed_dim"),
    ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"),
    ("num_decoder_layers", "decoder_layers"),
    ("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads"),
    ("num_key_value_heads", "decoder_attention_heads"),
    ("intermediate_size", "d_ff", "n_inner", "hidden_dim", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim"),
    ("vocab_size", "max_position_embeddings", "n_positions", "type_vocab_size"),
)
_PLACES = {name: place for place, names in enumerate(_FIRST) for name in names}


def architecture_rank(name: str) -> int:
    """Return the place of a number's name among those that shape a model; the best known stand first."""
    return _PLACES.get(name, len(_FIRST))


def mapping(cls: type, name: str) -> dict[str, Any]:
    """Return a dictionary that a config class has under ``name``; an empty one when it has none."""
    value = getattr(cls, name, None)  # a few classes have a property of that name
    return value if isinstance(value, dict) else {}
