"""The stacks of layers that a pass went through: one, or an encoder and a decoder."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coursekit.frameworks.recording import ModuleCall, Recording


@dataclass(frozen=True)
class LayerCall:
    """One layer: its path, and the values that enter and leave it."""

    path: str
    enters: int
    leaves: int


@dataclass(frozen=True)
class Stack:
    """A stack: its layers, and its name where there are two."""

    name: str
    layers: tuple[LayerCall, ...]


def find_stacks(recording: Recording) -> list[Stack]:
    """Return the stacks in the order of their first calls: lists of modules of one class that follow each other."""
    lists: dict[str, list[ModuleCall]] = defaultdict(list)
    for call in recording.calls:
        holder, _, name = call.path.rpartition(".")
        if not name.isdecimal() or not call.inputs or not call.outputs:
            continue
        if any(holder.startswith(f"{other}.") for other in lists if _inside(call, lists[other])):
            continue  # a list inside of a layer
        lists[holder].append(call)
    found = [stack for holder, calls in lists.items() if (stack := _layers(recording, calls)) and holder is not None]
    if not found:
        return []
    names = [""] if len(found) == 1 else ["encoder", "decoder"]
    # The two deepest, in the order in which they ran.
    best = sorted(sorted(found, key=len, reverse=True)[: len(names)], key=lambda layers: layers[0].enters)
    widths = {recording.shapes[layers[0].enters][-1:] for layers in best}
    if len(best) > 1 and (len(widths) > 1 or "decoder_input_ids" not in recording.inputs):
        best, names = best[-1:] if len(best[-1]) >= len(best[0]) else best[:1], [""]
    return [Stack(name, tuple(layers)) for name, layers in zip(names, best, strict=False)]


def _inside(call: ModuleCall, layers: list[ModuleCall]) -> bool:
    return any(other.first <= call.first and call.last <= other.last for other in layers)


def _layers(recording: Recording, calls: list[ModuleCall]) -> list[LayerCall]:
    layers = []
    for call in calls:
        shape = recording.shapes[call.outputs[0]]
        same = [number for number in call.inputs if recording.shapes[number] == shape and number != call.outputs[0]]
        if len(shape) == 3 and same:  # noqa: PLR2004  (batch, tokens, width)
            layers.append(LayerCall(call.path, same[0], call.outputs[0]))
    return layers if len(layers) == len(calls) else []
