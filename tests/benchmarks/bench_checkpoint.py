"""How fast the inspector is, beside what a user would do otherwise; run it as a script.

The checkpoints are a BERT of the default size (440 MB) saved both ways, and 10,000 tensors in 100 shards. The first
inspection of a process imports transformers, which every lesson has done before; it is not counted. Memory is what the
process grows by, and bytes are those that the kernel says it read.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("USE_TF", "0")

import numpy as np
import torch
from safetensors.numpy import save_file
from timing import milliseconds
from transformers import BertConfig, BertModel

from coursekit.facts.checkpoint.inspect import checkpoint_facts
from coursekit.facts.files.formats.weight_file import read_weight_file
from coursekit.views.checkpoint.view import CheckpointInspector


def resident():
    """Return the memory of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


def bytes_read():
    """Return the bytes that this process has asked the kernel for so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


def grown(action):
    """Return the MB that the process holds more while the result of ``action`` is alive."""
    gc.collect()
    before = resident()
    result = action()
    after = resident()
    del result
    return after - before


def save_shards(folder, shards=100, tensors=100):
    """Write an index and its shards, with a config that no plan is made from."""
    import json

    folder.mkdir()
    places = {}
    for shard in range(shards):
        name = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        content = {f"layers.{shard}.part.{i}.weight": np.zeros((4, 4), "float16") for i in range(tensors)}
        save_file(content, folder / name)
        places.update(dict.fromkeys(content, name))
    index = {"metadata": {"total_size": shards * tensors * 32}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps({"model_type": "made-up-for-the-benchmark"}))


def main():
    """Measure, print, and return the number of targets missed."""
    rows = []

    def row(what, figure, target, unit, *, beside=""):
        rows.append((figure <= target, f"{what:<58}{figure:>9.1f} {unit:<3}{target:>8} {unit:<4}{beside}"))

    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        model = BertModel(BertConfig())
        model.save_pretrained(root / "safe")
        (root / "bin").mkdir()
        model.config.save_pretrained(root / "bin")
        torch.save(model.state_dict(), root / "bin" / "pytorch_model.bin")
        del model
        save_shards(root / "shards")
        checkpoint_facts(root / "safe")
        checkpoint_facts(root / "bin")  # whatever is imported is imported now

        safe, binary = root / "safe", root / "bin" / "pytorch_model.bin"
        loading = milliseconds(lambda: BertModel.from_pretrained(safe), 3)
        torch_load = milliseconds(lambda: torch.load(binary, weights_only=True), 3)
        load_grown = grown(lambda: torch.load(binary, weights_only=True))
        start = bytes_read()
        torch.load(binary, weights_only=True)
        load_read = (bytes_read() - start) / 1e6

        weights = safe / "model.safetensors"
        row("440 MB safetensors: the tensors", milliseconds(lambda: read_weight_file(weights)), 30, "ms",
            beside=f"loading the model: {loading:.0f} ms")  # fmt: skip
        row("440 MB safetensors: all facts, the fit included", milliseconds(lambda: checkpoint_facts(safe)), 30, "ms",
            beside=f"loading the model: {loading:.0f} ms")  # fmt: skip
        start = bytes_read()
        checkpoint_facts(safe)
        row("440 MB safetensors: read", (bytes_read() - start) / 1e6, 1, "MB", beside=f"torch.load: {load_read:.0f} MB")
        row("440 MB safetensors: memory", grown(lambda: checkpoint_facts(safe)), 20, "MB",
            beside=f"torch.load: {load_grown:.0f} MB")  # fmt: skip
        row("440 MB .bin: the tensors", milliseconds(lambda: read_weight_file(binary)), 60, "ms",
            beside=f"torch.load: {torch_load:.0f} ms")  # fmt: skip
        row("440 MB .bin: all facts, the fit included", milliseconds(lambda: checkpoint_facts(root / "bin")), 60, "ms",
            beside=f"torch.load: {torch_load:.0f} ms")  # fmt: skip
        shards = root / "shards"
        row("10,000 tensors in 100 shards: all facts", milliseconds(lambda: checkpoint_facts(shards), 5), 1000, "ms",
            beside=f"loading the model: {loading:.0f} ms (BERT)")  # fmt: skip
        inspector = CheckpointInspector(shards)
        row("10,000 tensors in 100 shards: the page", milliseconds(inspector.to_html, 3), 1000, "ms",
            beside=f"size: {len(inspector.to_html()) / 1e6:.2f} MB of HTML")  # fmt: skip
        rows += scrolling(inspector)
    for met, line in rows:
        print(line, "" if met else "  MISSED")
    return sum(not met for met, _ in rows)


def scrolling(inspector):
    """Scroll the table of 10,000 tensors in Chromium, frame by frame; a frame may take 50 ms to look fluent."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from lab import CHROMIUM_FLAGS, chromium

    program = """async () => {
        const view = document.querySelector('ck-checkpoint-inspector').shadowRoot;
        const grid = view.querySelector('[role=grid]');
        const frame = () => new Promise(requestAnimationFrame);
        const times = [];
        for (let i = 0; i < 120; i += 1) {
            const start = performance.now();
            grid.scrollTop += 2500;
            await frame();
            await frame();
            times.push((performance.now() - start) / 2);
        }
        const search = view.querySelector('input');
        const start = performance.now();
        search.value = 'layers.57 weight';
        search.dispatchEvent(new Event('input'));
        const found = performance.now() - start;
        const sorting = performance.now();
        view.querySelectorAll('.ck-grid-sort')[0].click();
        times.sort((a, b) => a - b);
        return {frame: times[Math.floor(times.length * 0.95)], search: found, sort: performance.now() - sorting};
    }"""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "page.html"
        page.write_text(f"<!doctype html><meta charset=utf-8>{inspector.to_html()}", encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        tab = browser.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_selector("ck-checkpoint-inspector .ck-grid-row")
        figures = tab.evaluate(program)
        browser.close()
    targets = {
        "frame": (50, "a frame while scrolling, 95 % are faster"),
        "search": (200, "a search"),
        "sort": (300, "a sort"),
    }
    return [
        (figures[key] <= target, f"{'10,000 tensors: ' + what:<58}{figures[key]:>9.1f} ms {target:>8} ms")
        for key, (target, what) in targets.items()
    ]


if __name__ == "__main__":
    sys.exit(bool(main()))
