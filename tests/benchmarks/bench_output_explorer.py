"""How large and how fast OutputExplorer is, beside BertViz and CircuitsVis; run it as a script.

The text has 128 tokens and the model 6 layers of 12 heads: 1,179,648 attention weights. Sizes are those of the whole
HTML of an output: payload, script, style and static face; BertViz and CircuitsVis load theirs from a CDN, uncounted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("USE_TF", "0")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from table import Row, main
from timing import milliseconds
from transformers import AutoModel, AutoTokenizer

import coursekit as ck

RUNS = 9
TEXT = """The Transformer architecture was introduced in June 2017. The focus of the original research was on
translation tasks. This was followed by the introduction of several influential models: GPT, the first pretrained
Transformer model, used for fine-tuning on various tasks; BERT, another large pretrained model, this one designed to
produce better summaries of sentences; GPT-2, an improved and bigger version of GPT that was not immediately publicly
released due to ethical concerns; DistilBERT, a distilled version of BERT that is 60 % faster, 40 % lighter in memory,
and still retains 97 % of its performance; BART and T5, two large pretrained models using the same architecture."""


def timed(action, runs=RUNS):
    """Return the median time in milliseconds, and what came out."""
    return milliseconds(action, runs), action()


def peers(output, tokens):
    """Return the name, the time and the HTML of each peer that is installed."""
    found = []
    attention = [layer.detach() for layer in output.attentions]
    try:
        from bertviz import head_view

        found.append(("BertViz", *timed(lambda: head_view(attention, tokens, html_action="return").data, 3)))
    except ImportError:
        print("BertViz is not installed: make bench brings it")
    try:
        from circuitsvis.attention import attention_heads

        heads = torch.cat([layer[0] for layer in attention]).numpy()  # (layers × heads, query, key)
        found.append(("CircuitsVis", *timed(lambda: str(attention_heads(heads, tokens)), 3)))
    except ImportError:
        print("CircuitsVis is not installed: make bench brings it")
    return found


JUPYTER = [
    """import os; os.environ["USE_TF"] = "0"
import torch
from transformers import AutoModel, AutoTokenizer
import coursekit as ck
checkpoint = ck.checkpoint("bert-base-cased")
tokenizer = AutoTokenizer.from_pretrained(checkpoint)
model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")
inputs = tokenizer(TEXT, return_tensors="pt", truncation=True, max_length=128)
with torch.no_grad():
    output = model(**inputs, output_attentions=True)""",
    'ck.OutputExplorer(output, inputs, tokenizer, picture="attention")',
]
DRAWN = """async () => {
    const app = window.jupyterapp;
    const notebook = app.shell.currentWidget.content;
    notebook.activeCellIndex = 1;
    await app.commands.execute('notebook:clear-cell-output');
    const start = performance.now();
    app.commands.execute('notebook:run-cell');
    for (;;) {
        await new Promise((done) => requestAnimationFrame(done));
        const element = notebook.widgets[1].node.querySelector('ck-output-explorer');
        if (element?.shadowRoot?.querySelector('.ck-head canvas')) break;
    }
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - start;
}"""


def in_jupyterlab():
    """Return the least time from running the cell to the drawn picture, in milliseconds, and the median."""
    from lab import CHROMIUM_FLAGS, Lab, Watch, chromium, new_page
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as temporary, sync_playwright() as playwright:
        lab = Lab.start(Path(temporary))
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            page = new_page(browser, Watch())
            lab.run(page, [f"TEXT = {TEXT!r}\n{JUPYTER[0]}", JUPYTER[1]])
            times = [page.evaluate(DRAWN) for _ in range(RUNS)]
        finally:
            browser.close()
            lab.stop()
    return min(times), float(np.median(times))


def measure():
    """Return the figures of the view and of its peers."""
    checkpoint = ck.checkpoint("bert-base-cased")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager")
    inputs = tokenizer(TEXT, return_tensors="pt", truncation=True, max_length=128)
    with torch.no_grad():
        output = model(**inputs, output_attentions=True)
    weights = sum(layer.numel() for layer in output.attentions)
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    print(f"{weights:,} attention weights of {len(tokens)} tokens")
    rows = []

    def row(what, figure, target, unit):
        rows.append(Row(f"OutputExplorer: {what}", figure, unit, target, "; ".join(beside.get(what, ()))))

    beside = {"HTML of each weight": [], "built": []}
    for name, took, page in peers(output, tokens):
        beside["HTML of each weight"].append(f"{len(page.encode()) / weights:.0f} byte, {name}")
        beside["built"].append(f"{took:.0f} ms, {name}")

    build, html = timed(lambda: ck.OutputExplorer(output, inputs, tokenizer).to_html())
    row("HTML of each weight", len(html.encode()) / weights, 0.8, "byte")
    row("built", build, 150, "ms")

    random = np.random.default_rng(0)
    long = tuple(random.dirichlet(np.full(512, 0.05), (1, 12, 512)).astype(np.float32) for _ in range(12))
    build, html = timed(lambda: ck.OutputExplorer({"attentions": long}).to_html(), 3)
    row("512 tokens, 12 layers, 12 heads: HTML", len(html.encode()) / 1e6, 2, "MB")
    row("512 tokens, 12 layers, 12 heads: built", build, None, "ms")

    least, median = in_jupyterlab()
    row("cell run to picture drawn in JupyterLab, least", least, 1000, "ms")
    row("the same, median", median, None, "ms")
    return rows


if __name__ == "__main__":
    sys.exit(main(measure))
