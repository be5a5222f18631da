"""The one error that learners meet, and the check that finds their typing mistakes.

A learner cannot do much with a traceback from inside a library. A :class:`CourseError` therefore always says three
things: what is wrong, why that matters, and what to do now.
"""

from __future__ import annotations

from traceback import format_exception
from typing import TYPE_CHECKING

from coursekit.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable


class CourseError(Exception):
    """Say what is wrong, why it matters and what to do.

    Parameters
    ----------
    what
        What is wrong, as one sentence.
    why
        Why it matters: what cannot work because of it.
    remedy
        What to do now; the exact line to type where there is one.
    """

    def __init__(self, what: str, *, why: str, remedy: str) -> None:
        super().__init__(what, why, remedy)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return visible(f"{self.what}\n  Why it matters: {self.why}\n  What to do: {self.remedy}")

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback: the three lines, and how to see where they come from."""
        lines = [f"CourseError: {self}"]
        if self.__cause__ is not None:
            lines.append("  (What the library said: import sys; print(sys.last_value.details()))")
        return lines

    def details(self) -> str:
        """Return the whole traceback, that of the library's own error included."""
        return visible("".join(format_exception(type(self), self, self.__traceback__)))

    def __reduce__(self) -> tuple[object, ...]:
        # Exception pickles by positional arguments, and two of ours are keyword-only.
        return _rebuild, (self.what, self.why, self.remedy)


def _rebuild(what: str, why: str, remedy: str) -> CourseError:
    return CourseError(what, why=why, remedy=remedy)


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word that ``word`` was probably meant to be, or None when none is so close (from 0 to 1)."""
    from difflib import get_close_matches  # here, since `import coursekit` would pay for it every time

    words = list(known)
    by_lower_case = {other.lower(): other for other in words}
    matches = get_close_matches(word.lower(), by_lower_case, n=1, cutoff=cutoff)
    return by_lower_case[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` with a leading space, or an empty string when nothing is close."""
    match = nearest(word, known)
    return f" Did you mean {match!r}?" if match else ""


def reject_unknown(given: Iterable[str], known: Iterable[str], *, where: str) -> None:
    """Raise a :class:`CourseError` for the first keyword argument in ``given`` that ``where`` does not know."""
    names = list(known)
    for name in given:
        if name not in names:
            takes = f"it takes {', '.join(names)}" if names else "it takes no keyword arguments"
            raise CourseError(
                f"{where} does not know the argument {name!r}.{did_you_mean(name, names)}",
                why=f"an argument that is silently ignored would not do what you expect; {takes}.",
                remedy=f"Remove {name!r} or correct its spelling.",
            )
