"""A config browser, used as a learner uses it, in JupyterLab and as an exported page."""

import re

import pytest
from lab import new_page, serious_violations

CELLS = [
    "import os; os.environ['USE_TF'] = '0'\nimport coursekit as ck\nfrom transformers import BertConfig, BertModel",
    "browser = ck.ConfigBrowser(BertConfig(num_hidden_layers=2, hiden_size=3), framework='pytorch')\nbrowser",
]
COUNT = "print(BertModel(browser.config).num_parameters())"


@pytest.fixture(scope="module")
def live(browser, lab):
    """A notebook that shows the browser, for all tests of this module."""
    from lab import Watch

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
    output.get_by_text("in the original").wait_for()

    assert parameters(output) > before
    assert parameters(output) == int(live.kernel(COUNT))
    assert "num_hidden_layers=3" in output.locator("textarea").input_value()
    picture(output, "config_browser_live")


def test_an_impossible_combination_is_explained_and_reset_takes_it_back(live, picture):
    output = live.output(1)

    field(output, "num_attention_heads").focus()
    live.page.keyboard.press("ArrowDown")
    output.get_by_text("cannot be shared evenly").wait_for()
    picture(output, "config_browser_impossible")

    output.get_by_role("button", name="Reset").focus()
    live.page.keyboard.press("Enter")
    output.locator(".ck-figure").first.wait_for()

    assert parameters(output) == int(live.kernel(COUNT))
    assert output.get_by_text("cannot be shared evenly").count() == 0


def test_search_finds_words_of_the_documentation_and_opens_the_attribute(live):
    output = live.output(1)

    output.get_by_placeholder("a name or words").focus()
    live.page.keyboard.type("dropout ratio")
    output.get_by_text("attention_probs_dropout_prob = 0.1").wait_for(state="attached")
    output.get_by_role("heading", name="attention_probs_dropout_prob").wait_for()
    assert not output.locator("option", has_text="vocab_size").count()

    live.page.keyboard.press("Control+A")
    live.page.keyboard.type("intermediate_size")
    output.get_by_role("heading", name="intermediate_size").wait_for()
    output.get_by_role("button", name="Which tensors").press("Enter")
    output.get_by_text(re.compile("tensors follow this number, in: layers")).wait_for()
    assert "3,072 × 768" in output.locator(".ck-tensors").inner_text()


def test_the_misspelt_attribute_is_named(live):
    assert "Did you mean hidden_size?" in live.output(1).inner_text()


def test_axe_finds_nothing_serious(live):
    assert serious_violations(live.page, ".ck-browser") == []


@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 1180), (False, 420)])
def test_the_exported_page_shows_every_attribute(exported, picture, dark, width):
    from transformers import BertConfig, DistilBertConfig

    from coursekit.views.config_browser import ConfigBrowser

    view = ConfigBrowser(BertConfig(hidden_size=100), compare_to=DistilBertConfig())
    page = exported(view.to_html(), dark=dark, width=width)

    assert page.get_by_role("heading", name="BertConfig").is_visible()
    assert "cannot be shared evenly" in page.inner_text("body")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    assert serious_violations(page, ".ck-view") == []
    picture(page, f"config_browser_static_{'dark' if dark else 'light'}_{width}")
