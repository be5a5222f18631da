"""What of a model is compared when its config changes: everything that has a size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from coursekit.frameworks.trace import RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coursekit.frameworks.trace import Lengths, Shape, Trace

Key = tuple[str, ...]
"""``("weight", name)``, ``("list", path)``, ``("calls", path)``, ``("out", path, "1", "0")``, ``("input", name)`` …"""


class Sketcher(Protocol):
    """What builds a model for a config and measures it."""

    def __call__(self, config: Any, lengths: Lengths | None, *, origins: bool = False) -> Sketch:
        """Return the sketch of the model; with ``lengths``, that of a forward pass, on request with its origins."""


@dataclass(frozen=True)
class Sketch:
    """A model that was built for one config: its weights and the paths of its modules, or a forward pass."""

    weights: Mapping[str, Shape] = field(default_factory=dict)
    paths: Sequence[str] = ()
    trace: Trace | None = None

    def sizes(self) -> dict[Key, Shape]:
        """Return everything that has a size: what flows if there is a trace, else weights and lists of modules."""
        if self.trace:
            return flow_sizes(self.trace)
        found: dict[Key, Shape] = {("weight", name): shape for name, shape in self.weights.items()}
        found.update({("list", path): (length,) for path, length in lists(self.paths).items()})
        return found


def lists(paths: Iterable[str]) -> dict[str, int]:
    """Return how many numbered children each path has: ``encoder.layer`` has 12."""
    parents = (path.rpartition(".") for path in paths)
    return dict(Counter(parent for parent, _, name in parents if name.isdecimal()))


def flow_sizes(trace: Trace) -> dict[Key, Shape]:
    """Return the shapes that flow: into and out of the model, and out of each module in its last call."""
    found: dict[Key, Shape] = {("input", name): shape for name, shape in trace.inputs.items()}
    found.update({("output", name): value.shape for name, value in trace.outputs.items()})
    seen: Counter[str] = Counter()
    for call in trace.calls:
        if call.path == RESIDUAL:
            continue
        seen[call.path] += 1
        for side, values in (("in", call.inputs), ("out", call.outputs)):
            here = (side, call.path, str(seen[call.path]))
            found.update({(*here, str(index)): value.shape for index, value in enumerate(values[:2])})
    found.update({("calls", path): (count,) for path, count in seen.items()})
    return found
