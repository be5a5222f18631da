"""Every fuzz target holds for a few seconds; ``make fuzz MINUTES=30`` goes on for longer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_every_target_holds(tmp_path):
    pytest.importorskip("h5py", reason="one target writes HDF5 files")
    pytest.importorskip("resource", reason="a process is given little memory as POSIX does it")
    command = [sys.executable, str(Path(__file__).parent), "--examples", "25", "--seed", "7"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, cwd=tmp_path)

    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
