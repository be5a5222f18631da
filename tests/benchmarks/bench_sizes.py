"""Sizes without building a model, beside torchinfo on a built one; and, with ``--sweep``, every architecture.

``python tests/benchmarks/bench_sizes.py [--sweep]``
"""

from __future__ import annotations

import importlib.util
import os
import resource
import sys
import warnings

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


def main():
    """Print the table; tell whether every target was met."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a few configs ask the Hub for their defaults, for half a minute
    warnings.simplefilter("ignore")
    rows = []
    if importlib.util.find_spec("torch"):
        count("pytorch")
        before = peak()
        ours = milliseconds(lambda: count("pytorch"), 15)
        rows.append(("size_facts(BertConfig()), PyTorch", ours, 20.0, "ms"))
        rows.append(("memory that it takes at its peak", peak() - before, 20.0, "MB"))
        if importlib.util.find_spec("torchinfo"):
            peer = milliseconds(built, 3)
            print(f"torchinfo on a built model: {peer:.0f} ms, {peer / ours:.0f} times as long (target 50)")
            rows.append(("time, as a share of torchinfo's", 100 * ours / peer, 2.0, "%"))
    if importlib.util.find_spec("tf_keras") and os.environ.get("USE_TF") != "0":
        count("tensorflow")
        rows.append(("size_facts(BertConfig()), TensorFlow", milliseconds(lambda: count("tensorflow")), 150.0, "ms"))
    for name, figure, target, unit in rows:
        print(f"{name:40} {figure:8.1f} {unit}   target {target:g} {unit}")
    met = all(figure <= target for _, figure, target, _ in rows)
    return (sweep() if "--sweep" in sys.argv else True) and met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
