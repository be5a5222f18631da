"""What comparing two BERT-base models costs, beside what somebody would write without coursekit.

Each figure is measured in a process of its own. Memory is what the process took above the models, at its peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from table import Row, main

RUNS = 3
_STATUS = Path("/proc/self/status")
_MARK = Path("/proc/self/clear_refs")


def _peak() -> float:
    """Return the most memory that this process has held since the mark, in MB."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def _forget() -> float:
    """Start to measure the peak anew, and return the memory held now."""
    _MARK.write_text("5")  # Linux: resets VmHWM
    return _peak()


def _models(framework: str, dtype: str):
    from transformers import BertConfig

    if framework == "tensorflow":
        from transformers import TFBertModel

        models = [TFBertModel(BertConfig()) for _ in range(2)]
        for model in models:
            model.build_in_name_scope()
        return models
    import torch
    from transformers import BertModel

    return [BertModel(BertConfig()).to(getattr(torch, dtype)) for _ in range(2)]


def _ours(one, other):
    from coursekit.views.weights.view import WeightComparison

    return WeightComparison(one=one, other=other)


def _torch_alone(one, other):
    """Count with torch: mean, std, extremes, a histogram of 64 bins, the largest difference."""
    import torch

    rows = []
    with torch.no_grad():
        for (name, a), (_, b) in zip(one.named_parameters(), other.named_parameters(), strict=True):
            figures = [(x.mean().item(), x.std().item(), x.min().item(), x.max().item()) for x in (a, b)]
            low, high = min(f[2] for f in figures), max(f[3] for f in figures)
            bars = [torch.histc(x.float(), 64, low, high or 1) for x in (a, b)]
            rows.append((name, figures, bars, (a - b).abs().max().item()))
    return rows


def _numpy_alone(one, other):
    """Count with NumPy, as notebooks do: one flat array of each tensor, ``np.histogram``."""
    import numpy as np

    rows = []
    for (name, a), (_, b) in zip(one.named_parameters(), other.named_parameters(), strict=True):
        x, y = (value.detach().float().numpy().ravel() for value in (a, b))
        rows.append((name, x.mean(), x.std(), np.histogram(x, 64), np.histogram(y, 64), np.abs(x - y).max()))
    return rows


def _child(what: str, framework: str, dtype: str) -> None:
    models = _models(framework, dtype)
    work = {"ours": _ours, "torch": _torch_alone, "numpy": _numpy_alone}[what]
    work(*_tiny(framework, dtype))  # imports and first calls
    held = _forget()
    seconds, processor = [], []
    for _ in range(RUNS):
        start, used = time.perf_counter(), time.process_time()
        result = work(*models)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    found = {"seconds": min(seconds), "processor": min(processor), "memory": _peak() - held}
    if what == "ours":
        found["html"] = len(result.to_html().encode()) / 1e6
    print(json.dumps(found))


def _tiny(framework: str, dtype: str):
    from transformers import BertConfig

    config = BertConfig(num_hidden_layers=1, hidden_size=48, num_attention_heads=4, vocab_size=99)
    if framework == "tensorflow":
        from transformers import TFBertModel

        models = [TFBertModel(config) for _ in range(2)]
        for model in models:
            model.build_in_name_scope()
        return models
    import torch
    from transformers import BertModel

    return [BertModel(config).to(getattr(torch, dtype)) for _ in range(2)]


def measure(what: str, framework: str = "pytorch", dtype: str = "float32") -> dict[str, float]:
    """Measure in a process of its own."""
    off = {"pytorch": "USE_TF", "tensorflow": "USE_TORCH"}[framework]
    environment = {**os.environ, off: "0", "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, __file__, "--child", what, framework, dtype]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def figures() -> list[Row]:
    """Return time, memory and size of comparing two models of 440 MB, with what plain code takes for it."""
    peers = {"NumPy": measure("numpy"), "torch": measure("torch")}
    beside = {
        figure: "; ".join(f"{found[figure]:.{digits}f} {unit}, {name} alone" for name, found in peers.items())
        for figure, digits, unit in (("seconds", 2, "s"), ("memory", 0, "MB"))
    }
    rows = []
    for framework, dtype, largest in (
        ("pytorch", "float32", 93.8),
        ("pytorch", "bfloat16", 46.9),
        ("tensorflow", "float32", 93.8),
    ):
        found = measure("ours", framework, dtype)
        name = f"WeightComparison, {framework} {dtype}"
        rows += [
            Row(f"{name}: made", found["seconds"], "s", 3, beside["seconds"]),
            Row(f"{name}: processor time", found["processor"], "s"),
            Row(f"{name}: memory above the models", found["memory"], "MB", largest + 50, beside["memory"]),
            Row(f"{name}: HTML", found["html"], "MB", 1.5),
        ]
    return rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(*sys.argv[2:])
    else:
        sys.exit(main(figures))
