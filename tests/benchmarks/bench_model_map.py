"""Measure ModelMap: time, size of the page, and coverage of all architectures (``--sweep``, a quarter of an hour)."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter

os.environ.setdefault("USE_TF", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
LIMIT = 40
"""Seconds of work for one architecture of the sweep."""
ENOUGH = 0.9


def timed(action, repeats: int = 5) -> float:
    """Return the fastest of several runs in seconds, after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def large(name: str) -> None:
    """Open one large config in this process and print seconds, peak megabytes and kilobytes of HTML."""
    from transformers import DeepseekV3Config, LlamaConfig

    from coursekit import ModelMap

    configs = {
        "llama": lambda: LlamaConfig(
            hidden_size=8192,
            intermediate_size=28672,
            num_hidden_layers=80,
            num_attention_heads=64,
            num_key_value_heads=8,
        ),
        "deepseek": DeepseekV3Config,
    }
    import torch  # noqa: F401  (the import is not what is measured)
    from transformers import BertConfig

    ModelMap(BertConfig(num_hidden_layers=1))
    start = time.perf_counter()
    view = ModelMap(configs[name]())
    html = view.to_html()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(seconds, peak, len(html) / 1000)


def figures() -> bool:
    """Print the table of times and sizes and tell whether all targets are met."""
    import torchinfo
    from transformers import BertConfig, BertModel

    from coursekit import ModelMap
    from coursekit.facts.model import model_facts

    config = BertConfig()
    with_names = timed(lambda: model_facts(config))
    without = timed(lambda: model_facts(config, names=False))
    start = time.perf_counter()
    torchinfo.summary(BertModel(config), verbose=0)
    peer = time.perf_counter() - start
    page = len(ModelMap(config).to_html()) / 1000
    rows = [
        ("BERT from config, with names, s", with_names, 0.5, f"{peer:.2f}"),
        ("BERT from config, without names, s", without, 0.06, f"{peer:.2f}"),
        ("HTML of BERT, kB", page, 150, ""),
    ]
    for name in ("llama", "deepseek"):
        command = [sys.executable, __file__, "--large", name]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]
        seconds, peak, html = (min(float(run[index]) for run in runs) for index in range(3))
        rows += [
            (f"{name}: open, s", seconds, 5, ""),
            (f"{name}: peak memory of the process, MB", peak, 1000, ""),
            (f"{name}: HTML, kB", html, 2000, ""),
        ]
    print(f"{'figure':45}{'measured':>10}{'target':>10}{'torchinfo':>12}")
    for name, value, target, other in rows:
        print(f"{name:45}{value:10.3f}{target:10.2f}{other:>12}{'' if value <= target else '   MISSED'}")
    return all(value <= target for _, value, target, _ in rows)


def coverage(facts) -> float:
    """Return the share of weight dimensions that are named; those of size 1 have nothing to follow."""
    shapes = ((tensor.shape, times) for node, times in facts.tree.walk() for tensor in node.tensors)
    sizes = [(dimension, times) for shape, times in shapes for dimension in shape]
    to_name = sum(times for dimension, times in sizes if dimension.name or dimension.size != 1)
    return sum(times for dimension, times in sizes if dimension.name) / max(1, to_name)


def examine(model_type: str, counts: Counter[str]) -> str | None:
    """Return a line about one architecture, or None when it has no base model."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    from coursekit.errors import CourseError
    from coursekit.facts.model import model_facts

    start = time.process_time()
    try:
        config = CONFIG_MAPPING[model_type]()
        if type(config) not in MODEL_MAPPING:
            return None
        facts = model_facts(config)
    except CourseError as error:
        counts["not built"] += 1
        return f"{model_type:32} not built: {error.why[:110]}"
    share = coverage(facts)
    counts["built"] += 1
    counts["named at least 90 %"] += share >= ENOUGH
    counts["picture"] += bool(facts.flow.towers)
    shown = "picture" if facts.flow.towers else "tree   "
    reason = facts.unnamed or facts.flow.reason
    return f"{model_type:32} {share:6.1%} {shown} {time.process_time() - start:6.1f} s {reason[:110]}"


def sweep(part: int, parts: int) -> None:
    """Print how many architectures get a tree, names and a picture; of each ``parts`` the one numbered ``part``."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    def stop(*_: object) -> None:
        raise TimeoutError

    import torch  # noqa: F401  (the import is not what is measured)
    import transformers.modeling_utils  # noqa: F401

    signal.signal(signal.SIGPROF, stop)  # counts the work of this process, not the time
    counts: Counter[str] = Counter()
    for model_type in list(CONFIG_MAPPING)[part::parts]:
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            line = examine(model_type, counts)
        except TimeoutError:
            counts["took too long"] += 1
            line = f"{model_type:32} took more than {LIMIT} s"
        except Exception as error:  # noqa: BLE001  (the sweep counts what fails)
            counts["failed"] += 1
            line = f"{model_type:32} {type(error).__name__}: {str(error)[:100]}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if line:
            print(line, flush=True)
        gc.collect()
    print(dict(counts))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), metavar=("PART", "PARTS"), help="a sample only")
    parser.add_argument("--large", choices=("llama", "deepseek"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    if arguments.large:
        large(arguments.large)
        return 0
    if arguments.sweep:
        sweep(*arguments.part)
        return 0
    return 0 if figures() else 1


if __name__ == "__main__":
    raise SystemExit(main())
