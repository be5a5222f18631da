"""How long ``prepare`` takes when there is nothing to do, and how long ``ck.checkpoint`` decides without network."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from table import Row, main

RUNS = 5
ID = "sentence-transformers/all-MiniLM-L6-v2"
NOWHERE = {"HF_ENDPOINT": "http://127.0.0.1:9", "COURSEKIT_CHECKPOINT": "", "HF_HUB_OFFLINE": "0"}
# A name server that never answers: the slowest way to have no network.
SWALLOWED = """
import socket, threading, time
socket.getaddrinfo = lambda *_, **__: threading.Event().wait(600)
import coursekit as ck
begun = time.perf_counter()
ck.checkpoint("bert-base-cased")
print(time.perf_counter() - begun)
"""
PEER_PREPARE = f"import huggingface_hub as h; h.snapshot_download({ID!r}, local_files_only=True)"
PEER_DECISION = """
import time, huggingface_hub as h
begun = time.perf_counter()
try:
    h.hf_hub_download("bert-base-cased", "config.json")
except Exception:
    print(time.perf_counter() - begun)
"""


def run(*arguments: str, **variables: str) -> tuple[float, str]:
    """Run Python; return the seconds that it took and the last line that it printed."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=os.environ | variables, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - begun, done.stdout.splitlines()[-1] if done.stdout else ""


def measure() -> list[Row]:
    """Return the seconds of both, and of what the Hub's client does in the same place."""
    again = statistics.median(run("-m", "coursekit", "prepare")[0] for _ in range(RUNS))
    peer = statistics.median(run("-c", PEER_PREPARE)[0] for _ in range(RUNS))
    unreachable = NOWHERE | {"HF_ENDPOINT": "http://hub.invalid"}
    decision = statistics.median(float(run("-c", SWALLOWED, **unreachable)[1]) for _ in range(RUNS))
    peer_decision = float(run("-c", PEER_DECISION, **NOWHERE)[1])
    return [
        Row("prepare: nothing to do", again, "s", 1, f"{peer:.2f} s, snapshot_download from the cache"),
        Row("ck.checkpoint: no network", decision, "s", 3, f"{peer_decision:.1f} s, hf_hub_download until it gives up"),
    ]


if __name__ == "__main__":
    sys.exit(main(measure))
