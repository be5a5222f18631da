"""Run every benchmark in a process of its own and print one table; green where every target is held.

``python tests/benchmarks/run.py [model output …]`` runs those whose file names hold one of the words.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from table import Row, table

HERE = Path(__file__).parent


def measure(program: Path) -> list[Row] | None:
    """Return the rows of one benchmark, or None where it ended before it had any."""
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        subprocess.run([sys.executable, str(program), "--rows", str(rows)], check=False)
        return [Row(**row) for row in json.loads(rows.read_text("utf-8"))] if rows.exists() else None


def main() -> int:
    """Run, print, and return the exit status: 1 where a target is missed or a benchmark failed."""
    found: list[Row] = []
    failed: list[str] = []
    words = sys.argv[1:] or [""]
    for program in sorted(HERE.glob("bench_*.py")):
        if any(word in program.stem for word in words):
            print(f"== {program.stem}", flush=True)
            rows = measure(program)
            found += rows or []
            failed += [] if rows else [program.name]
    print(f"\n{table(found)}\n")
    missed = [row.name for row in found if not row.held]
    print(f"{sum(row.target is not None for row in found)} targets, {len(missed)} missed{': ' if missed else '.'}"
          f"{'; '.join(missed)}")  # fmt: skip
    if failed:
        print(f"Ended in an error, see above: {', '.join(failed)}")
    return int(bool(missed or failed))


if __name__ == "__main__":
    sys.exit(main())
