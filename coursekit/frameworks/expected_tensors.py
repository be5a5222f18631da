"""Which tensors a model class of one config expects in a weight file, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(NamedTuple):
    """Where a tensor of a file belongs: in the tensors of these names, split or joined on its way there or as it is."""

    names: tuple[str, ...]
    reshaped: bool = False


@dataclass(frozen=True)
class ExpectedTensors:
    """The tensors of one model class, sized by one config.

    Attributes
    ----------
    class_name
        The class of transformers, such as ``BertModel``.
    framework
        The name of its framework.
    shapes
        The shape of each tensor that is saved, in the order of the model.
    tied
        For a tensor that is the same as an earlier one: the name of that one. A file needs only one of them.
    buffers
        Names of tensors that the model makes anew; older files keep them, newer ones do not.
    optional
        Patterns of names that a file may lack.
    ignored
        Patterns of names that a file may have too many.
    base
        What the names of the base model begin with in a model with a head, such as ``bert``.
    has_base
        Whether the names of this model begin so.
    place
        Return where transformers puts a tensor of a file, by the tensor's name there.
    """

    class_name: str
    framework: str
    shapes: dict[str, tuple[int, ...]]
    tied: dict[str, str]
    buffers: frozenset[str]
    optional: tuple[str, ...]
    ignored: tuple[str, ...]
    base: str
    has_base: bool
    place: Callable[[str], Place] = field(default=lambda name: Place((name,)), compare=False)
