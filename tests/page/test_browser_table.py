"""The shared table finds, sorts and scrolls ten thousand rows, with the mouse and with the keyboard alone."""

from __future__ import annotations

import pytest
from lab import serious_violations

from coursekit.views.page.explorer import Explorer

COUNT = 10_000


class Probe(Explorer[int]):
    """A page with the table and nothing else; its script is below."""

    tag = "ck-table-probe"
    stem = "page/table_probe"

    def __init__(self, count, *, grouped=False, **script):
        self.count = count
        self.grouped = grouped
        self.script = script

    def summary(self):
        return "A table"

    def static_html(self):
        return ""

    def payload(self):
        sizes = [None if i % 10 == 9 else (i * 7919) % self.count for i in range(self.count)]
        return {
            "grouped": self.grouped,
            "rows": [
                {"name": f"layer.{i}.weight" if i % 2 else f"layer.{i}.bias", "size": size, "layer": i // 10}
                for i, size in enumerate(sizes)
            ],
        }


SCRIPT = """
import { h } from "./dom.js";
import { define } from "./explorer.js";
import { grouped } from "./numbers/format.js";
import { virtualTable } from "./parts/table.js";
define("ck-table-probe", (data, root, signal) => {
    const table = virtualTable({
      label: "Probe",
      noun: ["tensor", "tensors"],
      columns: [
        { title: "Name", width: "minmax(10em, 2fr)", value: (row) => row.name, mono: true },
        { title: "Size", width: "8em", numeric: true, value: (row) => row.size,
          show: (row) => row.size === null ? "unknown" : grouped(row.size) },
      ],
      rows: data.rows,
      group: data.grouped ? (row) => `Layer ${row.layer}` : undefined,
      onselect: (row) => { chosen.textContent = row.name; },
      signal,
    });
    const chosen = h("output", { class: "chosen", role: "status" });
    root.append(table.element, chosen);
});
"""


@pytest.fixture
def table(exported, monkeypatch):
    from coursekit.views.page import explorer

    real = explorer.asset
    monkeypatch.setattr(explorer, "asset", lambda name: SCRIPT if name == "page/table_probe.js" else real(name))

    def show(count=COUNT, **options):
        page = exported(f"<main>{Probe(count, grouped=options.pop('grouped', False)).to_html()}</main>", **options)
        page.wait_for_selector("ck-table-probe .ck-grid-row")
        return page

    return show


def names(page):
    """The names in sight, from top to bottom."""
    return page.locator("ck-table-probe").evaluate(
        """(view) => {
            const grid = view.shadowRoot.querySelector('[role=grid]');
            const top = grid.getBoundingClientRect().top + grid.querySelector('.ck-grid-head').offsetHeight;
            const bottom = grid.getBoundingClientRect().bottom;
            return [...grid.querySelectorAll('.ck-grid-body > [role=row]')]
                .map((row) => ({ row, box: row.getBoundingClientRect() }))
                .filter(({ box }) => box.bottom > top + 2 && box.top < bottom - 2)
                .sort((a, b) => a.box.top - b.box.top)
                .map(({ row }) => row.firstChild.textContent);
        }"""
    )


def test_only_rows_in_sight_are_drawn_and_all_are_announced(table):
    page = table()

    assert page.get_by_role("grid").get_attribute("aria-rowcount") == str(COUNT + 1)
    assert page.locator("ck-table-probe [role=row]").count() < 60
    page.get_by_role("grid").evaluate("(grid) => { grid.scrollTop = 30 * 5000; }")
    page.wait_for_function(
        "() => document.querySelector('ck-table-probe').shadowRoot.querySelector('[aria-rowindex=\"5002\"]')"
    )
    assert names(page)[0] == "layer.5000.bias"
    assert page.locator("ck-table-probe [role=row]").count() < 60


def test_the_search_wants_all_words_and_says_how_many_it_found(table):
    page = table()

    page.get_by_role("searchbox").fill("layer.123 WEIGHT")

    expected = [f"layer.{i}.weight" for i in range(COUNT) if str(i).startswith("123") and i % 2]
    assert page.get_by_role("status").first.inner_text() == f"{len(expected)} of 10,000 tensors"
    assert names(page) == expected
    page.get_by_role("searchbox").fill("no such thing")
    assert page.get_by_text("No tensor has all of these words.").is_visible()
    page.get_by_role("searchbox").press("Escape")
    assert page.get_by_role("status").first.inner_text() == "10,000 tensors"


def test_sorting_goes_down_up_and_back_with_unknown_sizes_last(table):
    page = table(count=100)
    by_size = page.get_by_role("button", name="Size")
    header = page.get_by_role("columnheader", name="Size")
    data = {row["name"]: row["size"] for row in Probe(100).payload()["rows"]}
    largest = sorted((n for n in data if data[n] is not None), key=lambda n: -data[n])

    by_size.click()
    assert header.get_attribute("aria-sort") == "descending"
    assert names(page)[:5] == largest[:5]
    by_size.click()
    assert header.get_attribute("aria-sort") == "ascending"
    assert names(page)[:5] == largest[::-1][:5]
    by_size.click()
    assert header.get_attribute("aria-sort") == "none"
    assert names(page)[:2] == ["layer.0.bias", "layer.1.weight"]
    page.get_by_role("button", name="Name").click()
    assert names(page)[2:4] == ["layer.2.bias", "layer.3.weight"]


def test_the_keyboard_alone_reaches_every_row(table):
    page = table()
    chosen = page.locator("ck-table-probe .chosen")

    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    assert chosen.inner_text() == "layer.0.bias"
    page.keyboard.press("ArrowDown")
    assert chosen.inner_text() == "layer.1.weight"
    page.keyboard.press("End")
    assert chosen.inner_text() == "layer.9999.weight"
    assert names(page)[-1] == "layer.9999.weight"
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    assert chosen.inner_text() in names(page)
    page.keyboard.press("Home")
    assert chosen.inner_text() == "layer.0.bias"
    assert names(page)[0] == "layer.0.bias"
    # The mouse wheel takes the row out of sight; the keys still go on from it.
    page.get_by_role("grid").evaluate("(grid) => { grid.scrollTop = 90000; }")
    page.wait_for_timeout(100)
    page.keyboard.press("ArrowDown")
    assert chosen.inner_text() == "layer.1.weight"
    assert "layer.1.weight" in names(page)


def test_a_click_chooses_and_groups_have_headings_until_sorted(table):
    page = table(count=50, grouped=True)

    assert names(page)[:2] == ["Layer 0", "layer.0.bias"]
    page.get_by_role("gridcell", name="layer.3.weight").click()
    row = page.locator("ck-table-probe [aria-selected=true]")
    assert row.locator("[role=gridcell]").first.inner_text() == "layer.3.weight"
    assert page.locator("ck-table-probe .chosen").inner_text() == "layer.3.weight"
    page.keyboard.press("Home")
    assert page.locator("ck-table-probe .chosen").inner_text() == "layer.0.bias"
    page.get_by_role("button", name="Size").click()
    assert page.locator("ck-table-probe .ck-grid-heading").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_serious_for_axe(table, dark, picture):
    page = table(dark=dark, grouped=True)
    page.get_by_role("gridcell", name="layer.3.weight").click()
    picture(page, f"table-{'dark' if dark else 'light'}")

    assert serious_violations(page, "ck-table-probe") == []
