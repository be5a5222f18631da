"""How fast the grid of ``ck.TensorBuilder`` follows a key press in JupyterLab: 32 sentences of 64 tokens.

The peer is the plain way to do the same job: a text area, the tokenizer, and a table with one cell for each token, each
id and each bit of the mask in an ``ipywidgets.HTML``.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab import CHROMIUM_FLAGS, Lab, Watch, chromium, new_page
from playwright.sync_api import sync_playwright
from table import Row, main

TARGET = 150
"""Milliseconds, median, from the key press to the new grid on the screen."""
PRESSES = 15

SETUP = """
import os
os.environ["USE_TF"] = "0"
import random, torch, coursekit as ck
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(ck.checkpoint("bert-base-cased"))
words = "the model reads a batch of sentences and returns hidden states for every token in it".split()
draw = random.Random(0)
sentences = [" ".join(draw.choices(words, k=62)) for _ in range(32)]
"""
BUILDER = "builder = ck.TensorBuilder(sentences, tokenizer, padding='longest')\nbuilder"
PEER = """
import ipywidgets
from html import escape
box = ipywidgets.Textarea(value="\\n".join(sentences))
page = ipywidgets.HTML()
def draw_again(change):
    batch = tokenizer(box.value.split("\\n"), padding=True)
    rows = []
    for ids, mask in zip(batch["input_ids"], batch["attention_mask"]):
        for row in (tokenizer.convert_ids_to_tokens(ids), ids, mask):
            rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>")
    page.value = f"<table>{''.join(rows)}</table>"
draw_again(None)
box.observe(draw_again, names="value")
ipywidgets.VBox([box, page])
"""

WATCH = """(area) => {
    const cell = area.closest('.jp-Cell-outputArea');
    window.times = [];
    let start = null;
    area.addEventListener('keydown', () => { start = performance.now(); }, true);
    new MutationObserver(() => {
        if (start === null || !cell.querySelector('[role=table], table')) return;
        const from = start;
        start = null;
        // After the next frame the new table is laid out and painted.
        requestAnimationFrame(() => setTimeout(() => window.times.push(performance.now() - from)));
    }).observe(cell, {childList: true, subtree: true});
}"""


def latencies(page, output) -> list[float]:
    """Return the milliseconds from each of some key presses to the grid that shows it."""
    area = output.locator("textarea")
    area.evaluate(WATCH)
    area.click()
    page.keyboard.press("Control+End")
    page.wait_for_timeout(300)
    page.evaluate("window.times.length = 0")
    draw = random.Random(1)
    for count in range(PRESSES):
        page.keyboard.press(draw.choice("abcdefgh"))
        page.wait_for_function("(count) => window.times.length > count", arg=count)
        page.wait_for_timeout(120)
    times: list[float] = page.evaluate("window.times")
    return times[2:]  # the first ones warm up


def measure() -> list[Row]:
    """Return the time from a key press to the new grid, 32 sentences of 64 tokens, in JupyterLab."""
    os.environ["COURSEKIT_CHECKPOINT"] = "offline"
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        lab = Lab.start(Path(folder))
        try:
            page = new_page(browser, Watch())
            notebook = lab.run(page, [SETUP, BUILDER, PEER])
            ours = latencies(page, notebook.output(1))
            peer = latencies(page, notebook.output(2))
        finally:
            lab.stop()
            browser.close()
    beside = "ms, text area, tokenizer, plain table"
    return [
        Row("TensorBuilder: key press to grid", statistics.median(ours), "ms", TARGET,
            f"{statistics.median(peer):.0f} {beside}"),
        Row("TensorBuilder: the slowest key press", max(ours), "ms", None, f"{max(peer):.0f} {beside}"),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(measure))
