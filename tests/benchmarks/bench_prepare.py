"""How long ``prepare`` takes when there is nothing to do, and how long ``ck.checkpoint`` decides without network."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

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


def main() -> int:
    again = statistics.median(run("-m", "coursekit", "prepare")[0] for _ in range(RUNS))
    peer = statistics.median(run("-c", PEER_PREPARE)[0] for _ in range(RUNS))
    unreachable = NOWHERE | {"HF_ENDPOINT": "http://hub.invalid"}
    decision = statistics.median(float(run("-c", SWALLOWED, **unreachable)[1]) for _ in range(RUNS))
    peer_decision = float(run("-c", PEER_DECISION, **NOWHERE)[1])
    rows = [
        ("prepare, nothing to do (s)", again, 1.0, peer, "snapshot_download, local only"),
        ("ck.checkpoint, no network (s)", decision, 3.0, peer_decision, "hf_hub_download until it gives up"),
    ]
    print(f"{'figure':<32}{'here':>8}{'target':>8}{'peer':>8}  peer is")
    for name, here, target, other, what in rows:
        print(f"{name:<32}{here:>8.2f}{target:>8.2f}{other:>8.2f}  {what}")
    return int(any(here > target for _, here, target, _, _ in rows))


if __name__ == "__main__":
    sys.exit(main())
