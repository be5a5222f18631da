"""Sizes without building a model, beside torchinfo on a built one; and, with ``--sweep``, every architecture.

``python tests/benchmarks/bench_sizes.py [--sweep]``
"""

from __future__ import annotations

import importlib.util
import os
import resource
import sys
import warnings

from table import Row, main
from timing import milliseconds


def peak():
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def count(framework):
    """Count BERT's parameters anew: nothing that was kept helps."""
    from transformers import BertConfig

    from coursekit.facts.model import size

    size._cache.clear()
    return size.size_facts(BertConfig(), framework=framework)


def built():
    """Count as torchinfo does: build the model, then ask."""
    import torchinfo
    from transformers import BertConfig, BertModel

    return torchinfo.summary(BertModel(BertConfig()), verbose=0).total_params


def sweep():
    """Compare every architecture's count with its model built on the meta device."""
    import torch
    from transformers import CONFIG_MAPPING, AutoModel
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    from coursekit.errors import CourseError
    from coursekit.facts.model.size import size_facts

    same, refused, wrong = 0, 0, []
    for cls in dict.fromkeys(CONFIG_MAPPING[name] for name in MODEL_MAPPING_NAMES if name in CONFIG_MAPPING):
        try:
            config = cls()
        except Exception:  # noqa: BLE001  (models raise whatever they like)
            refused += 1
            continue
        try:
            with torch.device("meta"):
                exact = sum(parameter.numel() for parameter in AutoModel.from_config(cls()).parameters())
        except Exception:  # noqa: BLE001  (models raise whatever they like)
            exact = None
        try:
            ours = size_facts(config, framework="pytorch").parameters
        except CourseError:
            ours = None
        if exact is None and ours is None:
            refused += 1
        elif exact == ours:
            same += 1
        else:
            wrong.append(f"{cls.__name__} {exact} {ours}")
    print(f"architectures: {same} equal to the built model, {refused} refused with a reason, {len(wrong)} wrong")
    print("\n".join(wrong))
    return not wrong


def measure():
    """Return time and memory in both frameworks."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a few configs ask the Hub for their defaults, for half a minute
    warnings.simplefilter("ignore")
    rows = []
    if importlib.util.find_spec("torch"):
        count("pytorch")
        before = peak()
        ours = milliseconds(lambda: count("pytorch"), 15)
        rows.append(Row("size_facts of BERT: memory at its peak", peak() - before, "MB", 20))
        beside = ""
        if importlib.util.find_spec("torchinfo"):
            peer = milliseconds(built, 3)
            beside = f"{peer:.0f} ms, torchinfo on a built model"
            rows.append(Row("size_facts of BERT: share of torchinfo's time", 100 * ours / peer, "%", 2, beside))
        rows.append(Row("size_facts of BERT, PyTorch", ours, "ms", 20, beside))
    if importlib.util.find_spec("tf_keras") and os.environ.get("USE_TF") != "0":
        count("tensorflow")
        rows.append(Row("size_facts of BERT, TensorFlow", milliseconds(lambda: count("tensorflow")), "ms", 150))
    return rows


if __name__ == "__main__":
    sys.exit(not sweep() if "--sweep" in sys.argv else main(measure))
