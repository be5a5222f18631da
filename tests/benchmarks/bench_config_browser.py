"""How long a config takes to read, all configs in sequence, the size of the page, and the answer to a moved number.

``python tests/benchmarks/bench_config_browser.py`` (the last figure needs JupyterLab and Chromium)
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, main
from timing import milliseconds

MOVES = 20
WATCH = """(field) => new Promise((done) => {
    const shown = () => document.querySelector('.ck-browser .ck-figure:not(.ck-first) b')?.textContent;
    const figure = shown();
    const begin = performance.now();
    const check = () => {
        const now = shown();
        if (now && now !== figure) done(performance.now() - begin); else requestAnimationFrame(check);
    };
    field.stepUp();
    field.dispatchEvent(new Event('input', {bubbles: true}));
    field.dispatchEvent(new Event('change', {bubbles: true}));
    requestAnimationFrame(check);
})"""


def bert():
    """Return the median time of ``config_facts`` in milliseconds, and the bytes of the static page."""
    from transformers import BertConfig

    from coursekit.facts.config.facts import config_facts
    from coursekit.views.config.view import ConfigBrowser

    taken = milliseconds(lambda: config_facts(BertConfig()), 30)
    return taken, len(ConfigBrowser(BertConfig()).to_html().encode())


def everything():
    """Open every config class that has defaults; return the total, the worst case and the growth in memory."""
    import transformers

    from coursekit.facts.config.facts import config_facts

    times, described, found, failed = [], 0, 0, []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for cls in dict.fromkeys(transformers.CONFIG_MAPPING.values()):
        try:
            config = cls()
        except Exception:  # noqa: BLE001  (composite configs raise whatever they like)
            continue
        begin = time.perf_counter()
        try:
            facts = config_facts(config)
        except Exception as error:  # noqa: BLE001  (every failure is counted and shown)
            failed.append(f"{cls.__name__}: {error}")
            continue
        times.append(((time.perf_counter() - begin) * 1000, cls.__name__))
        names = [item for item in facts.attributes if "." not in item.path and f"{item.name} (`" in (cls.__doc__ or "")]
        described += len(names)
        found += sum(bool(item.documentation) for item in names)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print("\n".join(failed))
    return [
        Row("ConfigBrowser: attributes without their documentation", 100 * (1 - found / described), "%", 2),
        Row(f"ConfigBrowser: {len(times)} config classes that fail", len(failed), "", 0),
        Row("ConfigBrowser: all classes", sum(took for took, _ in times), "ms"),
        Row(f"ConfigBrowser: the slowest class, {max(times)[1]}", max(times)[0], "ms"),
        Row("ConfigBrowser: memory that all of them leave", grown, "MB"),
    ]


def live():
    """Return the median time in JupyterLab from a moved number to the new figures, in milliseconds."""
    from lab import CHROMIUM_FLAGS, Lab, Watch, chromium, new_page
    from playwright.sync_api import sync_playwright

    cells = [
        "import os; os.environ['USE_TF'] = '0'\nimport coursekit as ck",
        "ck.ConfigBrowser('bert', framework='pytorch')",
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        lab = Lab.start(Path(folder))
        try:
            output = lab.run(new_page(browser, Watch()), cells).output(1)
            output.locator(".ck-figure").first.wait_for()
            field = output.get_by_role("spinbutton", name="vocab_size", exact=True)
            times = [field.evaluate(WATCH) for _ in range(MOVES)]
        finally:
            lab.stop()
            browser.close()
    return statistics.median(times)


def measure():
    """Return all figures."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a few configs ask the Hub for their defaults, for half a minute
    warnings.simplefilter("ignore")
    taken, size = bert()
    rows = [
        Row("ConfigBrowser: facts of BERT's config", taken, "ms", 5),
        Row("ConfigBrowser: static page of BERT's config", size / 1000, "kB", 60),
        *everything(),
    ]
    if "--no-lab" not in sys.argv:
        rows.append(Row("ConfigBrowser: from a moved number to new figures", live(), "ms", 150))
    return rows


if __name__ == "__main__":
    sys.exit(main(measure))
