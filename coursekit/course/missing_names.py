"""A hint in place of a bare NameError: cells of a lesson build on cells further up."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

from coursekit.errors import did_you_mean

if TYPE_CHECKING:
    from types import TracebackType

_REMEDY = {
    True: "In the menu: Runtime > Run before. Then run this cell again.",
    False: "In the menu: Run > Run All Above Selected Cell. Then run this cell again.",
}


def explain_missing_names() -> None:
    """Let IPython add a hint to a NameError of a cell; do nothing outside of IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        shell.set_custom_exc((NameError,), _show)


def _show(shell: Any, kind: type, error: NameError, trace: TracebackType, tb_offset: int | None = None) -> None:
    """Show the traceback as IPython would, with the hint below the message.

    IPython makes this function a method of its shell, and calls it with what it caught.
    """
    if _raised_in_cell(trace, shell.user_ns):
        error.args = (f"{error.args[0] if error.args else error}{hint(error.name or '', shell.user_ns)}",)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def _raised_in_cell(trace: TracebackType, names: dict[str, Any]) -> bool:
    """Say whether the innermost line is the reader's own, not one of a library."""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_globals is names


def hint(name: str, names: dict[str, Any]) -> str:
    """Return what to do about a name that has no value yet, as lines to be put below the error's own.

    Parameters
    ----------
    name
        The name that Python did not find.
    names
        The names that the notebook knows, to find typing mistakes.
    """
    known = [other for other in names if not other.startswith("_")] + dir(builtins)
    if similar := did_you_mean(name, known) if name else "":
        return f".{similar}\n  If not: {_MEANING}\n  {_remedy()}"
    return f".\n  {_MEANING}\n  {_remedy()}"


_MEANING = "A cell further up gives this name its value, and it has not been run since the kernel started."


def _remedy() -> str:
    return _REMEDY["google.colab" in sys.modules]
