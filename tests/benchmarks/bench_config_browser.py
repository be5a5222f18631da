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
    """Open every config class that has defaults; print the total, the worst case and the growth in memory."""
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
    print(
        f"{len(times)} config classes of transformers {transformers.__version__}: "
        f"{sum(time for time, _ in times):.0f} ms in all, worst {max(times)[0]:.0f} ms ({max(times)[1]}), "
        f"memory grew by {grown:.0f} MB, {len(failed)} failed"
    )
    print("\n".join(failed))
    return 100 * found / described, failed


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


def main():
    """Print the table; tell whether every target was met."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a few configs ask the Hub for their defaults, for half a minute
    warnings.simplefilter("ignore")
    milliseconds, size = bert()
    share, failed = everything()
    rows = [
        ("config_facts(BertConfig())", milliseconds, 5, "ms"),
        ("static HTML of a BERT config", size / 1000, 60, "kB"),
        ("attributes without their documentation", 100 - share, 2, "%"),
    ]
    if "--no-lab" not in sys.argv:
        rows.append(("from a moved number to new figures", live(), 150, "ms"))
    for name, figure, target, unit in rows:
        print(f"{name:40} {figure:8.1f} {unit}   target {target} {unit}")
    return not failed and all(figure <= target for _, figure, target, _ in rows)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
