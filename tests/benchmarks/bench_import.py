"""`import coursekit` beside an empty interpreter: at most 50 ms more."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

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


empty = milliseconds("")
ours = milliseconds("import coursekit")
print(f"empty interpreter   {empty:6.1f} ms")
print(f"import coursekit    {ours:6.1f} ms   {ours - empty:5.1f} ms more, target at most {TARGET} ms")
sys.exit(ours - empty > TARGET)
