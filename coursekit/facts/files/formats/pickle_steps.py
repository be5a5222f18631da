"""Follow the steps of a pickle without doing them.

A pickle is a program for a small stack machine. ``pickletools`` of the standard library cuts it into steps without
doing any of them; here each step is written down instead of done, and what it would call is handed to the reader of a
format as a name and its arguments. So a file costs at most what its own bytes and steps are worth: no array that it
asks for is ever made, and nothing that it names is imported.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BytesIO

MOST_STEPS = 3_000_000
"""Steps that are followed; a tensor takes some forty."""


class PickleProblemError(Exception):
    """The pickle cannot be followed to its end; the message says why.

    Attributes
    ----------
    wanted
        What it asks to call that is no part of a tensor, such as ``os.system``, or an empty string.
    """

    def __init__(self, message: str, wanted: str = "") -> None:
        super().__init__(message)
        self.wanted = wanted


class Name(NamedTuple):
    """A class or function that the pickle names."""

    path: str


@dataclass(eq=False)
class Entries:
    """A dictionary; its keys may be anything, so they are not hashed."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Other:
    """A value that is no tensor and no container."""


_MARK = object()
_OTHER = Other()


def follow(
    content: BytesIO,
    *,
    name: Callable[[str, str], Name],
    persistent: Callable[[Any], Any],
    call: Callable[[Any, Any], Any],
) -> Any:
    """Follow one pickle from where ``content`` stands, to its end, and return what it would make, as notes.

    Parameters
    ----------
    content
        The file, or its beginning.
    name
        Return a class or function of a module by both names, or raise for one that may not be named.
    persistent
        Return a note of what lies outside of the pickle under an identity.
    call
        Return a note of what a named function would make of its arguments.

    Raises
    ------
    PickleProblemError
        When it is damaged, asks for more than it may, or has more than ``MOST_STEPS`` steps.
    """
    machine = _Machine(name, persistent, call)
    try:
        for steps, (opcode, argument, _) in enumerate(pickletools.genops(content)):
            if steps > MOST_STEPS:
                raise PickleProblemError(f"it has more than {MOST_STEPS:,} steps")  # noqa: TRY301  (ends the same way)
            if opcode.name == "STOP":
                return machine.stack.pop()
            machine.do(opcode.name, argument)
    except PickleProblemError:
        raise
    except Exception as error:  # a damaged pickle leads to errors of every kind
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise PickleProblemError(f"the pickle in it is damaged: {reason}") from error
    raise PickleProblemError("the pickle in it has no end")


class _Machine:
    """The stack and the memory of a pickle, holding notes in place of objects."""

    def __init__(
        self, name: Callable[[str, str], Name], persistent: Callable[[Any], Any], call: Callable[[Any, Any], Any]
    ) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.name, self.persistent, self.call = name, persistent, call

    def do(self, step: str, argument: Any) -> None:
        """Write down one step."""
        if step in _CONSTANTS:
            self.stack.append(_CONSTANTS[step])
        elif step in _ARGUMENTS:
            self.stack.append(argument)
        elif step in _STEPS:
            _STEPS[step](self, argument)
        elif step not in {"PROTO", "FRAME"}:
            raise PickleProblemError(f"its pickle takes a step that no weight file needs ({step})")

    def to_mark(self) -> list[Any]:
        """Take what lies above the last mark off the stack, and the mark."""
        items = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def put(self, argument: int | None) -> None:
        self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]

    def tuple_of(self, size: int) -> None:
        items = [self.stack.pop() for _ in range(size)]
        self.stack.append(tuple(reversed(items)))

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Entries):
            target.pairs += zip(items[::2], items[1::2], strict=True)

    def extend(self, items: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(items)

    def dictionary(self, items: list[Any]) -> None:
        self.stack.append(Entries())
        self.set_items(items)

    def named(self, argument: str | None) -> None:
        if argument is None:
            word, module = self.stack.pop(), self.stack.pop()
            if not (isinstance(word, str) and isinstance(module, str)):
                raise PickleProblemError("it names a function by what is no text")
        else:
            module, _, word = argument.partition(" ")
        self.stack.append(self.name(module, word))

    def called(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Name):
            raise PickleProblemError("it calls what is no function")
        self.stack.append(self.call(function, arguments))


_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda machine, key: machine.stack.append(machine.memo[key])),
    "MARK": lambda machine, _: machine.stack.append(_MARK),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.to_mark(),
    "EMPTY_DICT": lambda machine, _: machine.stack.append(Entries()),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.to_mark())),
    "LIST": lambda machine, _: machine.stack.append(machine.to_mark()),
    "DICT": lambda machine, _: machine.dictionary(machine.to_mark()),
    "SETITEMS": lambda machine, _: machine.set_items(machine.to_mark()),
    "SETITEM": lambda machine, _: machine.set_items([machine.stack.pop(), machine.stack.pop()][::-1]),
    "APPEND": lambda machine, _: machine.extend([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.to_mark()),
    "ADDITEMS": lambda machine, _: machine.extend(machine.to_mark()),
    "FROZENSET": lambda machine, _: machine.stack.append([machine.to_mark(), _OTHER][1]),
    "GLOBAL": _Machine.named,
    "STACK_GLOBAL": _Machine.named,
    "BINPERSID": lambda machine, _: machine.stack.append(machine.persistent(machine.stack.pop())),
    "REDUCE": lambda machine, _: machine.called(),
    "NEWOBJ": lambda machine, _: machine.called(),
    "BUILD": lambda machine, _: machine.stack.pop(),
}
_CONSTANTS: dict[str, Any] = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
    "EMPTY_SET": _OTHER,
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"), _OTHER),
}
_ARGUMENTS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"),
}
