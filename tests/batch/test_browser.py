"""The builder in a real JupyterLab, and its static face as an exported page."""

from __future__ import annotations

import pytest
from lab import Notebook, new_page, serious_violations
from playwright.sync_api import expect

import coursekit as ck

RAGGED = ["Hello!", "Models take a batch.", "<b>Nice</b> <img src=x onerror=alert(1)> 🤗 مرحبا"]

CELLS = [
    """import os
os.environ["USE_TF"] = "0"
import coursekit as ck, torch
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(ck.checkpoint("bert-base-cased"))""",
    """builder = ck.TensorBuilder(["Hello!", "Cool.", "Nice!"], tokenizer)
builder""",
    "ck.TensorBuilder([[101, 7592, 999, 102], [101, 30522, 102]], tokenizer)",
    "ck.TensorBuilder(['the model reads a batch of sentences ' * 9] * 20, tokenizer)",
]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1180, 420])
def test_the_exported_page_is_readable_for_everybody(exported, picture, tokenizer, dark, width):
    builder = ck.TensorBuilder(RAGGED, tokenizer, framework="pytorch")
    page = exported(builder.to_html(), dark=dark, width=width)

    assert serious_violations(page, ".ck-view") == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, f"tensor-builder-exported-{'dark' if dark else 'light'}-{width}")


def test_the_exported_table_has_the_batch_row_by_row(exported, tokenizer):
    page = exported(ck.TensorBuilder(RAGGED, tokenizer, framework="pytorch", padding="longest").to_html())
    table = page.get_by_role("table", name="The batch")
    encoded = tokenizer(RAGGED, padding=True)

    for index, ids in enumerate(encoded["input_ids"]):
        cells = table.get_by_role("row").nth(index + 1).get_by_role("cell")
        lines = [text.split("\n") for text in cells.all_inner_texts()[1:]]
        assert [line[1] for line in lines] == [str(number) for number in ids]
        assert [line[2] for line in lines] == [str(bit) for bit in encoded["attention_mask"][index]]


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The cells above, run once; the tests go through them in order."""
    from lab import Watch

    watch = Watch()
    page = new_page(browser, watch)
    yield lab.run(page, CELLS, name="tensor_builder")
    page.context.close()
    watch.check()


def grid(notebook: Notebook, cell: int):
    return notebook.output(cell).get_by_role("table", name="The batch")


def test_the_grid_follows_the_keyboard_and_the_kernel_has_the_tensor(notebook):
    output = notebook.output(1)
    expect(grid(notebook, 1).get_by_role("row")).to_have_count(4)
    expect(output).to_contain_text("(3, 4)")

    area = output.get_by_label("Sentences")
    area.click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.type(" <b>Models</b> take a batch.")
    expect(output).to_contain_text("expected sequence of length 4 at dim 1 (got 1")
    expect(grid(notebook, 1)).to_contain_text("missing")
    expect(output.locator(".ck-grid b", has_text="Models")).to_have_count(0)  # a sentence is text, not HTML
    assert "ragged" in notebook.kernel("try: builder.tensor\nexcept ck.CourseError as error: print(error)")

    padding = output.get_by_label("Padding")
    padding.focus()
    notebook.page.keyboard.type("longest")
    expect(grid(notebook, 1)).to_contain_text("[PAD]")
    expect(output).not_to_contain_text("ragged")
    shown = grid(notebook, 1).get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
    ids = notebook.kernel("print(*builder.tensor[0].tolist())").split()
    assert [cell.split("\n")[1] for cell in shown[1:]] == ids
    same = "tokenizer(list(builder._sequences), padding=True, return_tensors='pt')['input_ids']"
    assert notebook.kernel(f"print(torch.equal(builder.tensor, {same}))").strip() == "True"

    output.get_by_label("Truncation").check()
    output.get_by_label("Length").fill("5")
    notebook.page.keyboard.press("Enter")
    expect(output).to_contain_text("(3, 5)")
    assert notebook.kernel("print(*builder.inputs['attention_mask'].shape)").strip() == "3 5"


def test_ids_outside_the_vocabulary_show_the_models_error(notebook):
    expect(notebook.output(2)).to_contain_text("IndexError: index out of range in self")
    expect(notebook.output(2).locator(".ck-outside").first).to_contain_text("30522")


def test_a_wide_grid_scrolls_with_the_keyboard_and_keeps_its_columns_in_line(notebook):
    region = notebook.output(3).get_by_role("region", name="The batch")
    region.scroll_into_view_if_needed()
    assert region.evaluate("(region) => region.clientWidth < region.scrollWidth && region.clientWidth < innerWidth")
    region.focus()
    notebook.page.keyboard.press("End")
    region.evaluate("(region) => { region.scrollLeft = 1e6; }")
    notebook.page.wait_for_timeout(300)

    lefts = region.evaluate(
        """(region) => {
            const rows = [...region.querySelectorAll('[role=row]')];
            const last = (row) => [...row.querySelectorAll('.ck-block > div')].at(-1);
            return [rows[0], ...rows.slice(-3)].map((row) => Math.round(last(row).getBoundingClientRect().left));
        }"""
    )
    assert len(set(lefts)) == 1


def test_a_narrow_window_keeps_every_number_above_its_column(notebook):
    notebook.page.set_viewport_size({"width": 520, "height": 900})
    try:
        middles = grid(notebook, 1).evaluate(
            """(table) => [...table.querySelectorAll('[role=row]')].map((row) =>
                [...row.querySelectorAll('.ck-block > div')].map((cell) => {
                    const place = cell.getBoundingClientRect();
                    return Math.round(place.left + place.width / 2);
                }))"""
        )
    finally:
        notebook.page.set_viewport_size({"width": 1180, "height": 900})
    assert len(middles) > 1
    assert all(row == middles[0] for row in middles)


def test_the_live_face_has_no_serious_barrier(notebook, picture):
    for cell in (1, 2):
        notebook.output(cell).scroll_into_view_if_needed()
    notebook.page.evaluate(
        "document.querySelectorAll('.ck-view').forEach((view, index) => view.setAttribute('data-view', index))"
    )
    assert serious_violations(notebook.page, '[data-view="0"]') == []
    notebook.output(1).scroll_into_view_if_needed()
    picture(notebook.page, "tensor-builder-lab-light")
