"""Try random and damaged input on every reader: ``python tests/fuzz --minutes 30``, or ``--examples 50`` once round.

Each target runs in a process of its own with little memory. What fails is printed by hypothesis, smallest first, and
kept in ``.hypothesis``, so that the next run begins with it.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import sys
import time
from pathlib import Path

MEMORY = 2_000_000_000  # bytes of address space beyond what the imports take
ROUND = 500  # examples in one round of a long run


def targets():
    """Return every target by name, of all modules of this folder that have some."""
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parent)]
    found = {}
    for path in sorted(here.glob("*targets.py")):
        found |= importlib.import_module(path.stem).TARGETS
    return found


def run(target, examples, seed):
    """Try one target in this process, which is a child's."""
    import resource

    from hypothesis import HealthCheck, settings
    from hypothesis import seed as seeded

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
    seeded(seed)(settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(target))()


def tried(name, target, examples, seed, seconds):
    """Return whether a target held in a process of its own."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(target, examples, seed))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        print(f"{name}: no end after {seconds:.0f} s (seed {seed})")
        return False
    if process.exitcode:
        print(f"{name}: failed with {process.exitcode} (seed {seed})")
    return not process.exitcode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="how long to go on")
    parser.add_argument("--examples", type=int, default=ROUND, help="of each target in one round")
    parser.add_argument("--only", default="", help="the name of one target")
    parser.add_argument("--seed", type=int, default=None, help="for the same examples again")
    chosen = parser.parse_args()
    found = {name: target for name, target in targets().items() if chosen.only in {"", name}}
    end = time.monotonic() + 60 * chosen.minutes
    seed = chosen.seed if chosen.seed is not None else int(time.time())
    count, failed = 0, set()
    while found:
        for name, target in found.items():
            seconds = 120 + chosen.examples
            failed |= set() if tried(name, target, chosen.examples, seed, seconds) else {name}
            count += chosen.examples
        seed += 1
        if time.monotonic() >= end:
            break
    print(f"{count:,} inputs to {len(found)} targets; failed: {', '.join(sorted(failed)) or 'none'}")
    return bool(failed) or not found


if __name__ == "__main__":
    sys.exit(main())
