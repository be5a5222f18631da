"""`import coursekit` beside an empty interpreter: at most 50 ms more."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from table import Row, main

RUNS = 21
TARGET = 50  # milliseconds


def milliseconds(code: str) -> float:
    """Return the median time of a fresh interpreter that runs ``code``."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def measure() -> list[Row]:
    """Return what the import adds to the start of an interpreter."""
    empty = milliseconds("")
    more = milliseconds("import coursekit") - empty
    return [Row("import coursekit: added to an interpreter's start", more, "ms", TARGET, f"{empty:.0f} ms, the start")]


if __name__ == "__main__":
    sys.exit(main(measure))
