"""How every benchmark here times something in its own process."""

from __future__ import annotations

import gc
import statistics
import time


def milliseconds(action, runs=9):
    """Return the median of some runs; one before them, which imports and fills caches, is not counted."""
    action()
    times = []
    for _ in range(runs):
        gc.collect()
        begin = time.perf_counter()
        action()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)
