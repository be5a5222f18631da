"""How many fields of an output OutputExplorer names rightly: every architecture and head of the installed transformers.

For each head (auto class) and each architecture that has it, a model is built from a shrunken config and run twice. Its
own output says what is true: the name of each field. The view is then asked three times: with that output, with the
same values as a tuple without names and the model beside them, and with the tuple and the config alone.
``wrong`` has to be 0 everywhere; what cannot be known is called by its position, which counts as unknown.

``MINUTES=5 python tests/benchmarks/bench_heads.py`` stops after so many minutes and says how much it has seen.
"""

from __future__ import annotations

import collections
import inspect
import os
import random
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

os.environ.setdefault("USE_TF", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
import transformers
from tiny import changes, recipes

from coursekit.errors import CourseError
from coursekit.facts.output.given import given
from coursekit.facts.output.values import arrays_of, read_output

LEAST = 0.98
"""The share of fields named rightly that is promised for outputs, and for tuples with the model beside them."""
MOST_PARAMETERS = 8_000_000
WAYS = ("output", "tuple+model", "tuple+config")
BATCH, LENGTH, PICTURE = 2, 7, 32


def heads():
    """Yield the auto classes of transformers that make models, by name."""
    for name in sorted(dir(transformers)):
        if name.startswith("AutoModel") and getattr(getattr(transformers, name), "_model_mapping", None) is not None:
            yield name, getattr(transformers, name)


def tiny_model(config_class, auto):
    """Return a small model of this config under an auto class, or None."""
    for recipe in recipes():
        try:
            config = config_class(**(changes(config_class().to_dict(), recipe) | pictures(config_class())))
            config.pad_token_id = 0 if getattr(config, "pad_token_id", 0) is None else config.pad_token_id
            with torch.device("meta"):
                count = sum(parameter.numel() for parameter in auto.from_config(config).parameters())
            if count > MOST_PARAMETERS:
                continue
            return auto.from_config(config, attn_implementation="eager").eval()
        except Exception:  # noqa: BLE001  (not what this model takes)
            continue
    return None


def pictures(config):
    """Return a smaller image size where the config has one."""
    size = getattr(config, "image_size", None)
    return {"image_size": PICTURE} if isinstance(size, int) and size > PICTURE else {}


def inputs_of(model):
    """Yield inputs to try, from those that the signature names."""
    taken = inspect.signature(model.forward).parameters
    config = model.config
    vision = getattr(config, "vision_config", config)
    size = getattr(vision, "image_size", PICTURE)
    size = size if isinstance(size, int) else PICTURE
    bins = getattr(config, "num_mel_bins", None) or getattr(config, "feature_size", None) or 80
    frames = 2 * getattr(config, "max_source_positions", 50)
    ids = torch.arange(3, 3 + BATCH * LENGTH).reshape(BATCH, LENGTH)
    offered = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "decoder_input_ids": ids[:, :3],
        "pixel_values": torch.randn(BATCH, getattr(vision, "num_channels", 3), size, size),
        "input_values": torch.randn(BATCH, 4000),
        "input_features": torch.randn(BATCH, bins, frames),
    }
    main = {
        name: offered[name] for name in ("input_ids", "pixel_values", "input_values", "input_features") if name in taken
    }
    decoder = {"decoder_input_ids": offered["decoder_input_ids"]} if "decoder_input_ids" in taken else {}
    yield main | decoder
    for name, value in main.items():
        yield {name: value} | decoder
    if "input_ids" in main:  # several answers to choose from
        yield {"input_ids": ids.unsqueeze(1).expand(-1, 3, -1)}


def run(model):
    """Return inputs, the output with names and the tuple without; None where the model does not run on any of them."""
    taken = inspect.signature(model.forward).parameters
    free = any(one.kind is one.VAR_KEYWORD for one in taken.values())
    asked = {name: True for name in ("output_hidden_states", "output_attentions") if name in taken or free}
    for inputs in inputs_of(model):
        try:
            with torch.no_grad():
                torch.manual_seed(0)
                named = model(**inputs, **asked, return_dict=True)
                torch.manual_seed(0)
                plain = model(**inputs, **asked, return_dict=False)
        except Exception:  # noqa: BLE001  (not what this model takes)
            continue
        if isinstance(named, dict) and isinstance(plain, tuple):
            return inputs, named, plain
    return None


def same(one, other):
    """Tell whether two fields that were read hold equal numbers."""
    left, right = list(arrays_of(one)), list(arrays_of(other))
    return (
        bool(left)
        and len(left) == len(right)
        and all(
            a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
            for a, b in zip(left, right, strict=True)
        )
    )


def count(told, truth):
    """Return how many names are right, unknown and wrong; values that the output itself does not name are left out."""
    tally = collections.Counter()
    for name, value in told.items():
        true = {key for key, field in truth.items() if same(field, value)}
        true |= {key.rpartition(".")[0] for key in true if ".self_attention" in key or ".cross_attention" in key}
        if true:
            tally["right" if name in true else "unknown" if name.startswith("array ") else "wrong"] += 1
    return tally


def main() -> int:
    """Measure, print a line for each head, and return how many promises are broken."""
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    end = time.monotonic() + 60 * float(os.environ.get("MINUTES", "90"))
    pairs = [(head, auto, config) for head, auto in heads() for config in auto._model_mapping]
    random.Random(0).shuffle(pairs)  # what a time box leaves out is then of no particular kind
    tables, skipped, wrong, classes = {}, 0, [], set()
    for head, auto, config_class in pairs:
        if time.monotonic() > end:
            break
        model = tiny_model(config_class, auto)
        if model is None or type(model) in classes or (found := run(model)) is None:
            skipped += model is None or type(model) not in classes
            continue
        classes.add(type(model))
        table = tables.setdefault(head, {way: collections.Counter() for way in WAYS} | {"models": 0})
        table["models"] += 1
        wrong += judge(model, *found, table)
    print(f"transformers {transformers.__version__}: {len(pairs)} architectures and heads, {len(classes)} models ran,")
    print(f"{skipped} could not be built small or run with these inputs\n{'share of names that are right':44}", end="")
    print("".join(f"{way:>15}" for way in ("models", *WAYS)))
    for head, table in sorted(tables.items()):
        print(f"{head:44}{table['models']:15}{''.join(f'{share(table[way]):15.1%}' for way in WAYS)}")
    broken = 0
    for way in WAYS:
        tally = sum((table[way] for table in tables.values()), collections.Counter())
        missed = (way != WAYS[2] and share(tally) < LEAST) or tally["wrong"] > 0
        broken += missed
        print(
            f"{way:14}{sum(tally.values()):6} fields: {tally['right']} right ({share(tally):.2%}), "
            f"{tally['unknown']} unknown, {tally['wrong']} wrong{'  MISSED' if missed else ''}"
        )
    print(*wrong[:60], sep="\n")
    return broken


def judge(model, inputs, named, plain, table):
    """Add to a table how many names are right; return lines on those that are wrong or unknown."""
    try:
        beside = given(inputs, None, model), given(inputs, None, model), given(inputs, None, model.config)
        told = [read_output(output, "output", one) for output, one in zip((named, plain, plain), beside, strict=True)]
    except CourseError as error:
        table[WAYS[0]]["wrong"] += 1
        return [f"{type(model).__name__}: {error.what}"]
    lines = []
    for way, one in zip(WAYS, told, strict=True):
        tally = count(one.values, told[0].values)
        table[way] += tally
        if tally["wrong"] or (tally["unknown"] and way != WAYS[2]):
            lines.append(f"{type(model).__name__} ({way}): {', '.join(one.values)}; true: {', '.join(told[0].values)}")
    return lines


def share(tally):
    """Return the share of names that are right."""
    return tally["right"] / max(1, sum(tally.values()))


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
