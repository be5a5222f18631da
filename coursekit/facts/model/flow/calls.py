"""The calls of a forward pass as a tree, and which of them a value was computed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from coursekit.frameworks.trace import Call, Value

Mark = TypeVar("Mark")


@dataclass
class NestedCall:
    """A call, and the calls that were made inside of it, in order."""

    call: Call
    below: list[NestedCall] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The path of the module that was called."""
        return self.call.path

    @property
    def name(self) -> str:
        """The last part of that path."""
        return self.call.path.rpartition(".")[2]


def nest(calls: Sequence[Call]) -> list[NestedCall]:
    """Return the calls of a trace as a tree."""
    top: list[NestedCall] = []
    open_calls: list[NestedCall] = []
    base = min((call.depth for call in calls), default=0)
    for call in calls:
        nested = NestedCall(call)
        del open_calls[call.depth - base :]
        (open_calls[-1].below if open_calls else top).append(nested)
        open_calls.append(nested)
    return top


class Sources(Generic[Mark]):
    """Which marked values others were computed from, without another marked value between.

    Parameters
    ----------
    origins
        As in :class:`~coursekit.frameworks.trace.Trace`.
    earlier
        Values with smaller numbers come from elsewhere, unless they are marked.
    """

    def __init__(self, origins: Mapping[int, tuple[int, ...]], earlier: int = 0) -> None:
        self.origins = origins
        self.earlier = earlier
        self.marks: dict[int, Mark] = {}

    def mark(self, values: Iterable[Value], mark: Mark) -> None:
        """Let ``values`` be a source of what is computed from them."""
        self.marks.update({value.number: mark for value in values})

    def of(self, *values: Value) -> frozenset[Mark]:
        """Return the marks that ``values`` were computed from."""
        found: set[Mark] = set()
        seen: set[int] = set()
        waiting = [value.number for value in values]
        while waiting:
            number = waiting.pop()
            if number in self.marks:
                found.add(self.marks[number])
            elif number not in seen and number >= self.earlier:
                waiting += self.origins.get(number, ())
            seen.add(number)
        return frozenset(found)
