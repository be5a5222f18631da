"""The way of the data through a model, as a picture can show it: stacks of blocks, blocks of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coursekit.facts.model.dimensions import Dimension

Dimensions = tuple["Dimension", ...]


class NotPlainError(Exception):
    """The data does not go straight, so a picture of blocks and steps would be wrong; the message says where."""


@dataclass(frozen=True)
class Step:
    """What happens inside a block, in order.

    Attributes
    ----------
    kind
        One of those in :mod:`~coursekit.facts.model.flow.kinds`, or ``apart``: weights that the layer uses between its
        steps.
    title
        What it is called in the picture.
    paths
        The modules that it is made of; where a module holds tensors beside modules, the tensors.
    parameters
        How many parameters they have, in one layer.
    shape
        What comes out, named; None when that was not seen.
    added
        Whether the input of an earlier step is added to what comes out, and of which one (its index; the block's own
        input is that of step 0); None when nothing is added.
    beside
        The index of the step that works on the same input, when this step does not take the output of the one before:
        a branch begins here.
    met
        Whether what comes out is added to what the branches beside it gave.
    """

    kind: str
    title: str
    paths: tuple[str, ...]
    parameters: int
    shape: Dimensions | None = None
    added: int | None = None
    beside: int | None = None
    met: bool = False


@dataclass(frozen=True)
class Block:
    """A block of the picture.

    Attributes
    ----------
    kind, title
        As in :class:`Step`; ``layers`` for a stack of layers.
    class_name
        The class of its module, or of one layer.
    paths
        Its modules; for layers, the first of them.
    repeat
        How many equal layers it stands for.
    repeat_name
        The formula over config attributes for that number, where it is known.
    calls
        How often the same module is called; more than once when layers share their weights.
    parameters
        Of all its layers together.
    shape
        What comes out, named.
    steps
        What happens inside of it, in one layer; empty where that does not go straight.
    unread
        Why a layer has no steps.
    takes
        What goes into a layer, named.
    """

    kind: str
    title: str
    class_name: str
    paths: tuple[str, ...]
    repeat: int
    repeat_name: str
    calls: Dimension | None
    parameters: int
    shape: Dimensions | None
    steps: tuple[Step, ...] = ()
    unread: str = ""
    takes: Dimensions | None = None


@dataclass(frozen=True)
class Output:
    """A named tensor that the model returns, and the index of the block that gives it."""

    name: str
    shape: Dimensions
    after: int


@dataclass(frozen=True)
class Stack:
    """One stack of layers with what stands before and behind it."""

    title: str
    input_name: str
    input_shape: Dimensions
    blocks: tuple[Block, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Flow:
    """The picture, or the reason why there is none.

    Attributes
    ----------
    stacks
        One, or an encoder and its decoder; empty when there is no picture.
    reason
        Why there is no picture.
    elsewhere
        Parameters that belong to no block.
    assumed
        Classes of modules whose output was taken to be shaped like their input, because which weights they use
        depends on the values.
    """

    stacks: tuple[Stack, ...] = ()
    reason: str = ""
    elsewhere: int = 0
    assumed: tuple[str, ...] = ()
