"""What is probably wrong with a config: names that it does not know, and numbers that contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.errors import nearest
from coursekit.facts.config.groups import ORDER, Attribute, architecture_rank, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKENS = ("pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "decoder_start_token_id")
_LAYERS = architecture_rank("num_hidden_layers")
_MOST_UNKNOWN = 20  # names that are each worth a line and a search for what was meant


@dataclass(frozen=True)
class ConfigWarning:
    """One thing that is probably wrong with a config.

    Attributes
    ----------
    paths
        The attributes that it is about.
    what
        What is wrong, and what to do, in one or two sentences.
    """

    paths: tuple[str, ...]
    what: str


def config_warnings(
    config: Any, prefix: str, attributes: Mapping[str, Attribute], known: frozenset[str]
) -> Iterator[ConfigWarning]:
    """Yield what is probably wrong with one config, without the configs inside it.

    Parameters
    ----------
    config
        A config of transformers.
    prefix
        Its path in the config around it, or an empty string.
    attributes
        Its attributes by name. Only what somebody changed is worth a warning: defaults were chosen by the authors.
    known
        All names that mean something to its class.
    """
    checks = _Checks(config, f"{prefix}." if prefix else "", attributes)
    yield from _unknown(type(config).__name__, attributes, known)
    yield from checks.too_small()
    yield from checks.heads()
    yield from checks.shared_heads()
    yield from checks.tokens()
    yield from checks.layer_types()
    yield from checks.labels()


def _unknown(class_name: str, attributes: Mapping[str, Attribute], known: frozenset[str]) -> Iterator[ConfigWarning]:
    unknown = [attribute for attribute in attributes.values() if attribute.group == ORDER[-1]]
    for attribute in unknown[:_MOST_UNKNOWN]:
        meant = nearest(attribute.name, sorted(known))
        hint = f" Did you mean {meant}?" if meant else ""
        yield ConfigWarning(
            (attribute.path,),
            f"{class_name} has no attribute {attribute.name!r} of its own. The value is kept without an error, and "
            f"most likely nothing reads it.{hint}",
        )
    if len(unknown) > _MOST_UNKNOWN:
        rest = len(unknown) - _MOST_UNKNOWN
        first = f"{unknown[_MOST_UNKNOWN].path} …"
        yield ConfigWarning((first,), f"{class_name} has {rest:,} more attributes that are not its own.")


class _Checks:
    """The checks of one config, with its numbers under the names that all architectures share."""

    def __init__(self, config: Any, lead: str, attributes: Mapping[str, Attribute]) -> None:
        self.config, self.lead, self.attributes = config, lead, attributes
        self.own_names = mapping(type(config), "attribute_map")

    def number(self, name: str) -> tuple[str, int] | None:
        own = self.own_names.get(name, name)
        value = vars(self.config).get(own)
        return (own, value) if type(value) is int else None

    def touched(self, *names: str) -> bool:
        return any(name in self.attributes and self.attributes[name].changed for name in names)

    def about(self, *names: str) -> tuple[str, ...]:
        return tuple(self.lead + name for name in names)

    def too_small(self) -> Iterator[ConfigWarning]:
        for attribute in self.attributes.values():
            value = vars(self.config).get(attribute.name)
            least = 0 if architecture_rank(attribute.name) == _LAYERS else 1
            if type(value) is int and value < least and attribute.changed and attribute.group in ORDER[:2]:
                yield ConfigWarning((attribute.path,), f"{attribute.name} is {value}, but must be at least {least}.")

    def heads(self) -> Iterator[ConfigWarning]:
        width, heads = self.number("hidden_size"), self.number("num_attention_heads")
        if not width or not heads or self.number("head_dim") or self.number("d_kv"):
            return
        if self.touched(width[0], heads[0]) and width[1] > 0 and heads[1] > 0 and width[1] % heads[1]:
            below, above = width[1] // heads[1] * heads[1], -(-width[1] // heads[1]) * heads[1]
            yield ConfigWarning(
                self.about(width[0], heads[0]),
                f"{width[0]} ({width[1]}) cannot be shared evenly among {heads[1]} heads ({heads[0]}): each head takes "
                f"an equal slice of it. Take {f'{below} or ' if below else ''}{above}, or another number of heads.",
            )

    def shared_heads(self) -> Iterator[ConfigWarning]:
        heads, groups = self.number("num_attention_heads"), self.number("num_key_value_heads")
        if heads and groups and self.touched(heads[0], groups[0]) and groups[1] > 0 and heads[1] % groups[1]:
            yield ConfigWarning(
                self.about(heads[0], groups[0]),
                f"{heads[0]} ({heads[1]}) is not a multiple of {groups[0]} ({groups[1]}), so the heads cannot share "
                "keys and values evenly.",
            )

    def tokens(self) -> Iterator[ConfigWarning]:
        vocabulary = self.number("vocab_size")
        for token in map(self.number, _TOKENS):
            if vocabulary and token and token[1] >= vocabulary[1] and self.touched(vocabulary[0], token[0]):
                yield ConfigWarning(
                    self.about(token[0], vocabulary[0]),
                    f"{token[0]} ({token[1]}) is no token of the vocabulary: with {vocabulary[0]} {vocabulary[1]} the "
                    f"IDs end at {vocabulary[1] - 1}.",
                )

    def layer_types(self) -> Iterator[ConfigWarning]:
        layers, types = self.number("num_hidden_layers"), vars(self.config).get("layer_types")
        if not layers or not isinstance(types, (list, tuple)) or len(types) == layers[1]:
            return
        if self.touched(layers[0], "layer_types"):
            yield ConfigWarning(
                self.about("layer_types", layers[0]),
                f"layer_types names {len(types)} layers, but {layers[0]} is {layers[1]}.",
            )

    def labels(self) -> Iterator[ConfigWarning]:
        labels, numbers = vars(self.config).get("id2label"), vars(self.config).get("label2id")
        if not isinstance(labels, dict) or not isinstance(numbers, dict) or not self.touched("id2label", "label2id"):
            return
        if {str(key) for key in labels} != {str(value) for value in numbers.values()}:
            yield ConfigWarning(
                self.about("id2label", "label2id"),
                f"id2label has {len(labels):,} labels, and label2id does not lead back to the same ones.",
            )
