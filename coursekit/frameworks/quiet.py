"""Keep what this thread logs and warns of to itself; what other threads say is shown as ever.

Levels and filters of the whole process stay as they are. What is added to them asks which thread speaks.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS = ("transformers", "tensorflow", "")
"""Whose handlers write what is said; the last is the root."""


class _Here:
    """Says of everything that this thread logs or warns of that it is meant, until it is switched off."""

    def __init__(self) -> None:
        self.thread = get_ident()
        self.active = True

    def match(self, _text: str) -> bool:
        """Tell whether a warning is meant; ``warnings`` asks so for its text."""
        return self.active and get_ident() == self.thread

    def filter(self, _record: logging.LogRecord) -> bool:
        """Tell whether a record is to be shown; ``logging`` asks so."""
        return not self.match("")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what transformers, PyTorch and TensorFlow say in this thread from being shown."""
    import transformers.utils.logging

    transformers.utils.logging.get_verbosity()  # makes transformers' own handler, if nothing was logged yet
    here = _Here()
    handlers = [handler for name in _LOGGERS for handler in logging.getLogger(name).handlers]
    for handler in handlers:
        handler.addFilter(here.filter)
    # warnings.catch_warnings would exchange the list for all threads. Whoever copies the list meanwhile copies an entry
    # that is off afterwards.
    entry: Any = ("ignore", here, Warning, None, 0)
    filters: Any = warnings.filters  # a list
    filters.insert(0, entry)
    try:
        yield
    finally:
        here.active = False
        current: Any = warnings.filters
        for found in (filters, current):
            if entry in found:
                found.remove(entry)
        for handler in handlers:
            handler.removeFilter(here.filter)
