"""A config browser, used as a learner uses it, in JupyterLab and as an exported page."""

import re

import pytest
from lab import Watch, new_page, serious_violations

CELLS = [
    "import os; os.environ['USE_TF'] = '0'\nimport coursekit as ck\nfrom transformers import BertConfig, BertModel",
    "browser = ck.ConfigBrowser(BertConfig(num_hidden_layers=2, hiden_size=3), framework='pytorch')\nbrowser",
]
COUNT = "print(BertModel(browser.config).num_parameters())"


@pytest.fixture(scope="module")
def live(browser, lab):
    """A notebook that shows the browser, for all tests of this module."""
    watch = Watch()
    page = new_page(browser, watch)
    notebook = lab.run(page, CELLS, name="config_browser")
    notebook.watch = watch
    yield notebook
    page.context.close()
    watch.check()


def parameters(output):
    return int(output.locator(".ck-figure b").first.inner_text().replace(",", ""))


def field(output, name):
    return output.get_by_role("spinbutton", name=name)


def test_a_number_moved_by_keyboard_shows_the_count_that_pytorch_gives(live, picture):
    output = live.output(1)
    before = parameters(output)

    field(output, "num_hidden_layers").focus()
    live.page.keyboard.press("ArrowUp")
    output.get_by_role("columnheader", name="Difference").wait_for()

    original, now = output.locator(".ck-figure b").all_inner_texts()[:2]
    assert int(original.replace(",", "")) == before < int(now.replace(",", ""))
    assert now == f"{int(live.kernel(COUNT)):,}"
    assert "num_hidden_layers=3" in output.locator("textarea").input_value()
    picture(output, "config_browser_live")


def test_the_arrow_keys_lead_from_one_width_that_can_be_built_to_the_next(live):
    output = live.output(1)

    field(output, "hidden_size").focus()
    live.page.keyboard.press("ArrowUp")
    live.page.wait_for_function(
        "() => document.querySelector('.ck-browser textarea').value.includes('hidden_size=864')"
    )
    output.locator(".ck-figure b", has_text=f"{int(live.kernel(COUNT)):,}").wait_for()
    assert output.get_by_text("cannot be shared evenly").count() == 0


def test_an_impossible_combination_is_explained_below_its_field_and_reset_takes_it_back(live, picture):
    output = live.output(1)
    heads = field(output, "num_attention_heads")
    figures = output.locator(".ck-figure b").all_inner_texts()

    heads.focus()
    live.page.keyboard.press("ArrowDown")
    note = output.get_by_text("cannot be shared evenly")
    note.wait_for()
    assert 0 < note.bounding_box()["y"] - heads.bounding_box()["y"] < 120
    assert output.locator(".ck-figure b").all_inner_texts() == figures  # the last good ones
    assert heads.evaluate("field => field === document.activeElement")
    assert serious_violations(live.page, ".ck-browser") == []
    picture(output, "config_browser_impossible")

    output.get_by_role("button", name="Reset").focus()
    live.page.keyboard.press("Enter")
    note.wait_for(state="hidden")
    output.get_by_role("columnheader", name="Difference").wait_for(state="detached")

    assert parameters(output) == int(live.kernel(COUNT))


def test_search_finds_words_of_the_documentation_and_a_row_opens_by_keyboard(live, picture):
    output = live.output(1)

    output.get_by_placeholder("a name or words").focus()
    live.page.keyboard.type("dropout ratio")
    row = output.get_by_role("row", name="attention_probs_dropout_prob")
    # The kernel answers every key: what is done before its last answer would be done to a page that is replaced.
    row.locator("mark", has_text=re.compile("^ratio$")).wait_for()
    assert output.get_by_role("row", name="vocab_size").count() == 0
    kind = row.get_by_text("defaults to 0.1")
    assert not kind.is_visible()
    row.locator("summary").focus()
    live.page.keyboard.press("Enter")
    kind.wait_for()
    picture(output, "config_browser_search")


def test_the_filter_leaves_what_was_changed(live):
    output = live.output(1)

    output.get_by_placeholder("a name or words").fill("")
    output.get_by_label("Only what was changed").focus()
    live.page.keyboard.press("Space")
    output.get_by_role("row", name="max_position_embeddings").wait_for(state="detached")
    output.get_by_text("2 of ").wait_for()
    assert "12 changed" in output.get_by_role("row", name="num_hidden_layers").inner_text().replace("\t", " ")
    live.page.keyboard.press("Space")
    output.get_by_role("row", name="max_position_embeddings").wait_for()


def test_a_number_is_followed_to_its_tensors(live, picture):
    output = live.output(1)

    output.get_by_label("Number:").select_option(label="intermediate_size = 3072")
    output.get_by_text("6 tensors have it as a dimension, in: layers").wait_for()
    assert "3,072 × 768" in output.get_by_role("row", name="intermediate.dense.weight").inner_text()
    picture(output, "config_browser_follow")


def test_the_misspelt_attribute_is_named(live):
    assert "Did you mean hidden_size?" in live.output(1).inner_text()


def test_axe_finds_nothing_serious(live):
    assert serious_violations(live.page, ".ck-browser") == []


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (False, 420)])
def test_the_exported_page_shows_every_attribute(exported, picture, dark, width):
    from transformers import BertConfig, DistilBertConfig

    from coursekit.views.config.view import ConfigBrowser

    view = ConfigBrowser(BertConfig(hidden_size=100), compare_to=DistilBertConfig())
    page = exported(view.to_html(), dark=dark, width=width)

    assert page.get_by_role("heading", name="BertConfig", exact=True).is_visible()
    assert "cannot be shared evenly" in page.inner_text("body")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    assert serious_violations(page, ".ck-view") == []
    picture(page, f"config_browser_static_{'dark' if dark else 'light'}_{width}")


def test_a_notebook_exported_by_nbconvert_shows_the_static_face_without_a_kernel(browser, tmp_path, picture):
    import nbformat
    from nbconvert import HTMLExporter
    from transformers import BertConfig

    from coursekit.views.config.view import ConfigBrowser

    bundle = ConfigBrowser(BertConfig(num_hidden_layers=6))._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)
    cell = nbformat.v4.new_code_cell("browser", outputs=[output], execution_count=1)
    html, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    path = tmp_path / "lesson.html"
    path.write_text(html, "utf-8")
    # nbconvert's own page asks for MathJax and RequireJS; here nothing is answered.
    page = new_page(browser, Watch())
    page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
    page.goto(path.as_uri())

    row = page.get_by_role("row", name="num_hidden_layers")
    assert "12 changed" in row.inner_text().replace("\t", " ")
    assert row.is_visible()
    picture(page, "config_browser_nbconvert")
    page.context.close()
