"""The lessons under strict nbval: wall time beside the chapter's calls as one bare script, and ten runs in a row.

A notebook has a kernel to start, and the lessons do more than the chapter's calls, so the target is twice the script
plus the start of the kernels. `--flakiness` runs strict nbval ten times and counts the passes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row, main

ROOT = Path(__file__).parents[2]
LESSONS = 6
OFFLINE = {**os.environ, "COURSEKIT_CHECKPOINT": "offline", "HF_HUB_OFFLINE": "1"}
SCRIPTS = {
    # What the chapter's cells call, one lesson after the other, each in an interpreter of its own as its notebook is.
    "pytorch": [
        "from transformers import AutoModel, BertConfig, BertModel; print(BertModel(BertConfig()).num_parameters())",
        "from transformers import BertConfig, BertModel; a, b = BertModel(BertConfig()), BertModel(BertConfig())",
        "from transformers import BertModel; BertModel.from_pretrained({id!r})",
        "from transformers import AutoModel; AutoModel.from_pretrained({id!r}).save_pretrained({folder!r})",
        "import torch; from transformers import AutoModel as M; M.from_pretrained({id!r})(torch.tensor([[101, 102]]))",
        (
            "from transformers import AutoModel as M, AutoTokenizer as T; t = T.from_pretrained({id!r}); "
            "M.from_pretrained({id!r})(**t(['a', 'b c'], padding=True, return_tensors='pt'))"
        ),
    ],
}
SCRIPTS["tensorflow"] = [
    script.replace("BertModel", "TFBertModel")
    .replace("import AutoModel", "import TFAutoModel")
    .replace(" AutoModel.", " TFAutoModel.")
    .replace("import torch", "import tensorflow as tf")
    .replace("return_tensors='pt'", "return_tensors='tf'")
    .replace("torch.tensor", "tf.constant")
    .replace("print(TFBertModel(BertConfig()).num_parameters())", "TFBertModel(BertConfig()).build_in_name_scope()")
    .replace(
        "TFBertModel(BertConfig()), TFBertModel(BertConfig())",
        "[TFBertModel(BertConfig()).build_in_name_scope() for _ in range(2)]",
    )
    for script in SCRIPTS["pytorch"]
]


def seconds(command: list[str], **environment: str) -> tuple[float, int]:
    """Return the wall time of a command and its exit code."""
    start = time.perf_counter()
    code = subprocess.run(
        command,
        check=False,
        env={**OFFLINE, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    ).returncode
    return time.perf_counter() - start, code


def nbval(*paths: str) -> tuple[float, int]:
    """Run strict nbval as `make nbval` does."""
    sanitize = ["--nbval-sanitize-with", "notebooks/nbval_sanitize.cfg", "--nbval-cell-timeout", "300"]
    return seconds([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", *sanitize, *paths])


def speed() -> list[Row]:
    """Return the wall times of both tracks."""
    from coursekit.hub.offline import OFFLINE_ID

    kernel_code = "from jupyter_client.manager import start_new_kernel as s; m, c = s(); m.shutdown_kernel(now=True)"
    kernel = min(seconds([sys.executable, "-c", kernel_code])[0] for _ in range(3))
    rows = [Row("lessons: start of one kernel", kernel, "s")]
    for track, scripts in SCRIPTS.items():
        bare = 0.0
        switch = {"USE_TF": "0"} if track == "pytorch" else {"USE_TORCH": "0", "TF_USE_LEGACY_KERAS": "1"}
        for script in scripts:
            with tempfile.TemporaryDirectory() as folder:
                took, code = seconds([sys.executable, "-c", script.format(id=OFFLINE_ID, folder=folder)], **switch)
            assert code == 0, script
            bare += took
        took, code = nbval(f"notebooks/{track}")
        target = 2 * bare + LESSONS * kernel
        rows.append(Row(f"lessons under nbval, {track}", took, "s", target, f"{bare:.1f} s, the bare calls"))
        rows.append(Row(f"lessons under nbval, {track}: failed", code != 0, "runs", 0))
    return rows


def flakiness(runs: int = 10) -> bool:
    """Run strict nbval on all notebooks ``runs`` times; return whether every run passed."""
    codes = [nbval("notebooks/pytorch", "notebooks/tensorflow")[1] for _ in range(runs)]
    print(f"strict nbval on all notebooks: {codes.count(0)} of {runs} runs passed")
    return not any(codes)


if __name__ == "__main__":
    sys.exit(not flakiness() if "--flakiness" in sys.argv else main(speed))
