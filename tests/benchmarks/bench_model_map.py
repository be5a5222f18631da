"""Measure ModelMap: time, size of the page, and coverage of all architectures (``--sweep``, a quarter of an hour)."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import table
from table import Row
from timing import milliseconds

os.environ.setdefault("USE_TF", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
LIMIT = 150
"""Seconds of work for one architecture of the sweep."""
ENOUGH = 0.9
NO_NUMBER = {"not set", "not a number", "a choice, not a number"}
"""Why an attribute of the config is not tried where the architecture has no say in it."""


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


def measure_large(name: str) -> list[Row]:
    """Return rows about one large config, the median of three processes of their own."""
    command = [sys.executable, __file__, "--large", name]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)]
    seconds, peak, html = (statistics.median(float(run[index]) for run in runs) for index in range(3))
    return [
        Row(f"ModelMap of {name}: opened", seconds, "s", 5),
        Row(f"ModelMap of {name}: peak memory of the process", peak, "MB", 1000),
        Row(f"ModelMap of {name}: HTML", html, "kB", 2000),
    ]


def figures() -> list[Row]:
    """Return times and sizes."""
    # First, while this process is small: the system counts what a process had when it started another as that one's.
    rows_of_large = [row for name in ("llama", "deepseek") for row in measure_large(name)]

    import torchinfo
    from transformers import BertConfig, BertModel

    from coursekit import ModelMap
    from coursekit.facts.model.facts import model_facts

    config = BertConfig()
    with_names = milliseconds(lambda: model_facts(config), 5) / 1000
    without = milliseconds(lambda: model_facts(config, names=False), 5) / 1000
    peer = milliseconds(lambda: torchinfo.summary(BertModel(config), verbose=0), 3) / 1000
    page = len(ModelMap(config).to_html()) / 1000
    return [
        Row("ModelMap of BERT: facts with names", with_names, "s", 0.5, f"{peer:.2f} s, torchinfo"),
        Row("ModelMap of BERT: facts without names", without, "s", 0.06, f"{peer:.2f} s, torchinfo"),
        Row("ModelMap of BERT: HTML", page, "kB", 150),
        *rows_of_large,
    ]


def coverage(facts) -> float:
    """Return the share of weight dimensions that are named; those of size 1 have nothing to follow."""
    shapes = ((tensor.shape, times) for node, times in facts.tree.walk() for tensor in node.tensors)
    sizes = [(dimension, times) for shape, times in shapes for dimension in shape]
    to_name = sum(times for dimension, times in sizes if dimension.name or dimension.size != 1)
    return sum(times for dimension, times in sizes if dimension.name) / max(1, to_name)


def sketched(flow) -> str:
    """Return a picture as a line, to be looked through: ``embeddings [attention+ norm feed-forward+ norm] head``."""

    def one(step) -> str:
        added = "" if step.added is None else f"+{step.added}"
        beside = "" if step.beside is None else f"|{step.beside}"
        return f"{step.kind}{added}{beside}"

    def inside(block) -> str:
        return f"[{block.unread or ' '.join(map(one, block.steps))}]" if block.kind == "layers" else block.kind

    return " // ".join(" ".join(map(inside, stack.blocks)) for stack in flow.stacks)


def examine(model_type: str) -> dict[str, object]:
    """Return what became of one architecture at its defaults."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    from coursekit.errors import CourseError
    from coursekit.facts.model.facts import model_facts

    try:
        config = CONFIG_MAPPING[model_type]()
    except Exception as error:  # noqa: BLE001  (each library has its own)
        return {"outcome": "no defaults", "why": f"{type(error).__name__}: {error}"}
    if type(config) not in MODEL_MAPPING:
        return {"outcome": "no base model"}
    try:
        facts = model_facts(config)
    except CourseError as error:
        return {"outcome": "refused", "why": error.why}
    flow = facts.flow
    shown = sum(block.parameters for stack in flow.stacks for block in stack.blocks)
    return {
        "outcome": "built",
        "named": coverage(facts),
        "all tried": all(each.kind != "untested" or each.note in NO_NUMBER for each in facts.attributes),
        "picture": sketched(flow),
        "in the picture": shown / max(1, facts.parameters),
        "why": facts.unnamed or flow.reason,
    }


def sweep(part: int, parts: int, into: Path | None) -> None:
    """Examine every architecture; of each ``parts`` only the one numbered ``part``.

    What is found is added to the file ``into``, line by line, and what stands there already is not examined again: a
    sweep can be interrupted, and several parts can share one file.
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    def stop(*_: object) -> None:
        raise TimeoutError

    import torch  # noqa: F401  (the import is not what is measured)
    import transformers.modeling_utils  # noqa: F401

    lines = into.read_text("utf-8").splitlines() if into and into.exists() else []
    found = {one["model"]: one for one in map(json.loads, lines)}
    signal.signal(signal.SIGPROF, stop)  # counts the work of this process, not the time
    for model_type in list(CONFIG_MAPPING)[part::parts]:
        if model_type in found:
            continue
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            one = examine(model_type)
        except TimeoutError:
            one = {"outcome": "too slow", "why": f"more than {LIMIT} s"}
        except Exception as error:  # noqa: BLE001  (the sweep counts what fails)
            one = {"outcome": "failed", "why": f"{type(error).__name__}: {error}"}
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        one = found[model_type] = {"model": model_type, "seconds": time.process_time() - start, **one}
        named = f"{one['named']:6.1%}" if "named" in one else ""
        line = f"{model_type:32} {one['outcome']:14}{named:8}{one['seconds']:5.1f} s  {one.get('why') or ''}"
        print(line.partition("\n")[0][:150], flush=True)
        if into:
            with into.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
        gc.collect()
    report(list(found.values()))


def report(found: list[dict]) -> None:
    """Print the closing table of a sweep."""
    import transformers

    outcomes = Counter(one["outcome"] for one in found)
    built = [one for one in found if one["outcome"] == "built"]
    buildable = len(found) - outcomes["no defaults"] - outcomes["no base model"] - outcomes["refused"]
    named = [one for one in built if one["named"] >= ENOUGH]
    rows = [
        ("architectures", len(found), ""),
        ("  without defaults or an optional library", outcomes["no defaults"], ""),
        ("  without a base model", outcomes["no base model"], ""),
        ("  refused by their own code", outcomes["refused"], ""),
        ("  can be built", buildable, ""),
        ("tree and sizes", len(built), "all"),
        ("names for 90 % of the dimensions", len(named), "95 %"),
        (
            "  or no number of the config moves the others",
            sum(o["named"] >= ENOUGH or o["all tried"] for o in built),
            "",
        ),
        ("a picture of the way of the data", sum(bool(one["picture"]) for one in built), ""),
        ("the tree and a reason instead", sum(not one["picture"] for one in built), ""),
        ("seconds of work, median", round(statistics.median(one["seconds"] for one in built), 2), ""),
        (
            "seconds of work, 95 of 100 in",
            round(sorted(one["seconds"] for one in built)[int(0.95 * len(built))], 2),
            "",
        ),
    ]
    print(f"\ntransformers {transformers.__version__}")
    for position, (name, value, target) in enumerate(rows):
        share = f"{value / buildable:8.1%}" if position > 4 and isinstance(value, int) else ""
        print(f"{name:45}{value:8}{share:>9}{target:>8}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), metavar=("PART", "PARTS"), help="a sample only")
    parser.add_argument("--into", type=Path, help="a file that collects what a sweep finds, so that it can go on later")
    parser.add_argument("--large", choices=("llama", "deepseek"))
    arguments, _ = parser.parse_known_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    if arguments.large:
        large(arguments.large)
        return 0
    if arguments.sweep:
        sweep(*arguments.part, arguments.into)
        return 0
    return table.main(figures)


if __name__ == "__main__":
    raise SystemExit(main())
