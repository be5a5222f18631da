"""Try what may fail in any way, because a model decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from coursekit.frameworks.trace import CannotTraceError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def attempt(action: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Return what ``action`` gives and None, or None and its error; an alarm goes through.

    A model may refuse to be built or called in as many ways as there are models, and each is an answer.
    """
    try:
        return action(), None
    except TimeoutError:  # the caller's own alarm
        raise
    except Exception as error:  # noqa: BLE001  (said above)
        return None, error


def reason(error: BaseException) -> str:
    """Return what an error says as one short line."""
    if isinstance(error, CannotTraceError):
        return str(error)
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    words = " ".join(lines[:3])[:240]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
