"""Keep this thread's log lines to itself; those of other threads are shown as ever."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS = ("transformers", "tensorflow", "")
"""Whose handlers write what is said; the last is the root."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what transformers and TensorFlow log in this thread from being shown.

    Levels stay as they are: they hold for all threads. A handler asks the filter, which only knows this one.
    """
    import transformers.utils.logging

    transformers.utils.logging.get_verbosity()  # makes transformers' own handler, if nothing was logged yet
    mine = get_ident()

    def others(_record: logging.LogRecord) -> bool:
        return get_ident() != mine

    handlers = [handler for name in _LOGGERS for handler in logging.getLogger(name).handlers]
    for handler in handlers:
        handler.addFilter(others)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(others)
