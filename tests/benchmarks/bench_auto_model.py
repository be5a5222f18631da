"""Following AutoModel's way, beside going it; and, with ``--sweep``, every architecture that can be made small.

``python tests/benchmarks/bench_auto_model.py [--sweep]``

The checkpoint is a BERT of the default size (440 MB). Somebody who wants to know the class, the file and the missing
tensors would otherwise load the model with ``output_loading_info=True``, or build it and ask torchinfo.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("USE_TF", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import transformers
from table import Row, main
from timing import milliseconds
from tiny import tiny_config
from transformers import CONFIG_MAPPING, AutoModel, AutoModelForSequenceClassification, BertConfig, BertModel

from coursekit import frameworks
from coursekit.facts.auto.trace import trace_facts
from coursekit.views.auto.view import AutoModelTrace

PYTORCH = frameworks.get("pytorch")
TASK = "sequence-classification"


def bytes_read():
    """Return the bytes that this process has asked the kernel for so far."""
    lines = Path("/proc/self/io").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


def measure():
    """Return time and bytes of the trace and of its peers."""
    rows = []
    with TemporaryDirectory() as folder:
        BertModel(BertConfig()).save_pretrained(folder)
        ours = milliseconds(lambda: trace_facts(folder, task=TASK, framework=PYTORCH), 9)
        before = bytes_read()
        trace_facts(folder, task=TASK, framework=PYTORCH)
        read = (bytes_read() - before) / 1e6
        loading = milliseconds(
            lambda: AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True), 3
        )
        view = AutoModelTrace(folder, task=TASK, framework="pytorch")
        rows.append(Row("AutoModelTrace: facts of 440 MB", ours, "ms", 50, f"{loading:.0f} ms, from_pretrained"))
        rows.append(Row("AutoModelTrace: read of 440 MB", read, "MB", 1))
        rows.append(Row("AutoModelTrace: page", len(view.to_html().encode()) / 1e3, "kB", 150))
        if importlib.util.find_spec("torchinfo"):
            import torchinfo

            peer = milliseconds(lambda: torchinfo.summary(AutoModel.from_pretrained(folder), verbose=0), 3)
            rows.append(
                Row(
                    "AutoModelTrace: share of torchinfo's time",
                    100 * ours / peer,
                    "%",
                    100,
                    f"{peer:.0f} ms, torchinfo",
                )
            )
    return rows


def differences(config):
    """Save a model of ``config``, load it, and return where the trace says something else than transformers."""
    with TemporaryDirectory() as folder:
        AutoModel.from_config(config).save_pretrained(folder)
        loaded, report = AutoModel.from_pretrained(folder, output_loading_info=True)
        facts = trace_facts(folder, framework=PYTORCH)
    if facts.failed or not facts.fit.compared:
        return [facts.failed.answer if facts.failed else facts.fit.reason]
    pairs = {
        "class": (facts.model_class, type(loaded).__name__),
        "config": (facts.config_class, type(loaded.config).__name__),
        "newly initialized": ({fresh.name for fresh in facts.fresh}, set(report["missing_keys"])),
        "unused": (set(facts.fit.surplus), set(report["unexpected_keys"])),
    }
    return [f"{name}: {ours} instead of {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs]


def sweep():
    """Compare the trace with from_pretrained for every architecture that can be made small here."""
    transformers.logging.set_verbosity_error()
    equal, wrong, left_out = 0, [], []
    for model_type in AutoModel._model_mapping._model_mapping:
        try:
            config, problem = tiny_config(CONFIG_MAPPING[model_type], AutoModel)
            found = differences(config) if config is not None else None
        except Exception as error:  # noqa: BLE001  (some cannot be saved or loaded by transformers itself)
            found, problem = None, f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
        if found is None:
            left_out.append(f"{model_type}: {problem}")
        elif found:
            wrong.append(f"{model_type}: {'; '.join(found)[:300]}")
        else:
            equal += 1
    print(f"transformers {transformers.__version__}: {equal} architectures as from_pretrained has them, "
          f"{len(wrong)} otherwise, {len(left_out)} that cannot be made small here")  # fmt: skip
    print("\n".join([*(f"  WRONG {line}" for line in wrong), *(f"  left out: {line}" for line in left_out)]))
    return not wrong


if __name__ == "__main__":
    sys.exit(not sweep() if "--sweep" in sys.argv else main(measure))
