"""Measure ForwardPass: time, size of the page, beside BertViz and CircuitsVis; ``--sweep`` tries all architectures.

The sentence has 12 tokens and the model is the offline BERT. The sweep shrinks the config of every architecture that
transformers knows (see ``tests/tiny.py``) and counts whose passes are shown whole; every line that a view offers is
then executed, so that none is shown wrong.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("USE_TF", "0")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
import transformers
from timing import milliseconds
from tiny import VOCABULARY, tiny_config
from transformers import AutoModel, AutoTokenizer

import coursekit as ck
from coursekit.errors import CourseError
from coursekit.facts.forward.facts import forward_facts
from coursekit.facts.forward.graph import difference

TEXT = "The bank of the river was full of boats."


def figures() -> int:
    """Print times and sizes, and return how many targets are missed."""
    checkpoint = ck.checkpoint("bert-base-cased")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModel.from_pretrained(checkpoint)
    inputs = tokenizer(TEXT, return_tensors="pt")
    missed = 0

    def row(what, figure, target, unit):
        nonlocal missed
        bad = target is not None and figure > target
        missed += bad
        stated = "" if target is None else f"at most {target:g}"
        print(f"{what:<56}{figure:>10.1f} {unit:<4}{stated:<14}{'MISSED' if bad else ''}")

    def run():
        with torch.no_grad():
            return model(**inputs)

    alone = milliseconds(run)
    row("the pass itself, 12 tokens", alone, None, "ms")
    row(
        "ForwardPass built, above the pass",
        milliseconds(lambda: ck.ForwardPass(model, inputs, tokenizer)) - alone,
        150,
        "ms",
    )
    view = ck.ForwardPass(model, inputs, tokenizer)
    row("its page made", milliseconds(view.to_html), None, "ms")
    row("its page", len(view.to_html().encode()) / 1e3, 700, "kB")
    big = AutoModel.from_config(transformers.BertConfig()).eval()
    long = {"input_ids": torch.arange(1000, 1128)[None]}
    row("128 tokens × 12 layers × 768: page", len(ck.ForwardPass(big, long).to_html().encode()) / 1e6, 3, "MB")
    peers(model, inputs, tokenizer, row)
    return missed


def peers(model, inputs, tokenizer, row) -> None:
    """Print what each peer that is installed takes for the same sentence."""
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    try:
        from bertviz.neuron_view import show
        from bertviz.transformers_neuron_view import BertModel

        config = model.config
        old = BertModel.from_pretrained(None, config=config, state_dict=model.state_dict())
        took = milliseconds(lambda: show(old, "bert", tokenizer, TEXT, html_action="return"), 3)
        page = show(old, "bert", tokenizer, TEXT, html_action="return").data
        row("BertViz neuron_view: page (queries, keys, products)", len(page.encode()) / 1e3, None, "kB")
        row("BertViz neuron_view: built", took, None, "ms")
    except Exception as error:  # noqa: BLE001  (it is old, and says in its own ways what it lacks)
        print(f"BertViz neuron_view does not run here: {type(error).__name__}: {str(error)[:90]}")
    try:
        from circuitsvis.attention import attention_heads
    except ImportError:
        print("CircuitsVis is not installed: pip install circuitsvis==1.43.3")
        return
    view = forward_facts(model, inputs)
    weights = np.concatenate([step.weights for step in view.steps if step.kind == "attention"])
    row(
        "CircuitsVis: page (attention weights alone)",
        len(str(attention_heads(weights, tokens)).encode()) / 1e3,
        None,
        "kB",
    )


def right(facts, model) -> bool:
    """Execute every line that a pass offers and tell whether all give the numbers that are shown."""
    held = {name: value.detach().float().numpy() for name, value in model.named_parameters(remove_duplicate=False)}

    class View:
        weight = staticmethod(held.__getitem__)

    for step in facts.steps:
        token = 0 if step.rows else min(2, len(step.after) - 1)
        rows = {f"ROW{at}": part.indices[token] for at, part in enumerate(getattr(step, "parts", ())) if part.indices}
        for line in () if step.closed else step.lines:
            names = {"np": np, "math": math, "s": step, "view": View}
            code, gives = line.code, line.gives
            for name, value in {**rows, "TOKEN": token, "HEAD": 0, "ROW": token}.items():
                code, gives = code.replace(name, str(value)), gives.replace(name, str(value))
            *statements, last = code.split("; ")
            exec("\n".join(statements), names)
            found, shown = (np.atleast_1d(eval(text, names)) for text in (last, gives))
            if difference(found, shown) > 2e-3:
                return False
    return True


def attempt(name: str) -> tuple[str, str]:  # noqa: PLR0911  (one for each outcome)
    """Return how the pass of one architecture came out: ``whole``, ``in part``, ``refused``, ``wrong``, or nothing."""
    config_class = transformers.CONFIG_MAPPING[name]
    config, problem = tiny_config(config_class, AutoModel)
    if config is None:
        return "", problem
    try:
        torch.manual_seed(0)
        model = AutoModel.from_config(config).eval()
        inputs = _inputs(model)
        with torch.no_grad():
            model(**inputs)
    except Exception as error:  # noqa: BLE001  (models raise whatever they like)
        return "", f"{type(error).__name__}: {str(error)[:60]}"
    try:
        facts = forward_facts(model, inputs)
        if not right(facts, model):
            return "wrong", ""
    except CourseError as error:
        return "refused", error.what[:70]
    except Exception as error:  # noqa: BLE001  (that is what is counted)
        return "error", f"{type(error).__name__}: {str(error)[:60]}"
    if facts.whole:
        return "whole", ""
    first = facts.closed[0] if facts.closed else facts.steps[0]
    return "in part", f"{first.name}: {first.closed}"[:80]


def _inputs(model):
    main = model.main_input_name
    if main == "pixel_values":
        config = model.config
        size = getattr(config, "image_size", 224) or 224
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        return {main: torch.randn(1, getattr(config, "num_channels", 3), height, width)}
    if main != "input_ids":
        raise ValueError(f"what it takes as {main} is not known here")
    inputs = {main: torch.arange(3, 10)[None] % VOCABULARY}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.arange(3, 8)[None]
    return inputs


def sweep() -> int:
    """Print the table over all architectures, and return whether its targets are missed."""
    found = {}
    for name in transformers.CONFIG_MAPPING:
        try:
            result, said = attempt(name)
        except Exception as error:  # noqa: BLE001  (configs without defaults)
            result, said = "", f"{type(error).__name__}: {str(error)[:60]}"
        if result:
            found[name] = result
        print(f"{name:<34}{result or 'not run':<10}{said}", flush=True)
    counts = Counter(found.values())
    share = counts["whole"] / max(1, len(found))
    print(f"\n{len(found)} architectures run: {dict(counts)}; {share:.0%} whole, wrong: {counts['wrong']}")
    return share < 0.7 or counts["wrong"] > 0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweep", action="store_true")
    return sweep() if parser.parse_args().sweep else figures()


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
