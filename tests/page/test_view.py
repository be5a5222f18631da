"""What all views share: three faces, escaped text, and a table that reads well without style."""

from dataclasses import dataclass

import numpy as np
import pytest

from coursekit.views.page.colours import STEPS, diverging, sequential
from coursekit.views.page.view import Html, LiveView, View, style, table, text

EVIL = "<img src=x onerror=\"alert('x')\">&"


@dataclass(frozen=True)
class Facts:
    name: str


class Plain(View[Facts]):
    def __init__(self, facts):
        self.facts = facts

    def summary(self):
        return f"Plain: {self.facts.name}"

    def static_html(self):
        return table(["name", "size"], [[self.facts.name, 3]], caption=self.facts.name, numeric=["size"])


class Live(Plain, LiveView[Facts]):
    class Widget:
        model_id = "abc"

    widget = Widget()


def test_text_is_escaped_in_html_and_in_attributes():
    html = Plain(Facts(EVIL)).to_html()

    assert "<img" not in html
    assert html.count("&lt;img") == 2
    assert not set(text(EVIL)) & {"<", ">", '"', "'"}


def test_the_bundle_of_a_view_has_text_and_html():
    view = Plain(Facts("x"))

    assert view._repr_mimebundle_() == {"text/plain": "Plain: x", "text/html": view.to_html()}
    assert repr(view) == "Plain: x"


def test_a_live_view_names_its_widget_beside_the_static_face():
    bundle = Live(Facts("x"))._repr_mimebundle_()

    reference = {"version_major": 2, "version_minor": 0, "model_id": "abc"}
    assert bundle.pop("application/vnd.jupyter.widget-view+json") == reference
    assert set(bundle) == {"text/plain", "text/html"}


def test_a_table_has_a_caption_and_heads_for_rows_and_columns():
    html = table(["name", "size"], [["a", 1], ["b", 2]], caption="Two", numeric=["size"])

    assert "<caption>Two</caption>" in html
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 2
    assert '<td class="ck-number" align="right">2</td>' in html


def test_a_cell_that_is_html_already_is_not_escaped_again():
    html = table(["name", "size"], [[Html("<b>a</b>"), "<b>"]], caption="One")

    assert '<th scope="row"><b>a</b></th><td>&lt;b&gt;</td>' in html


def test_styles_load_nothing_from_elsewhere():
    sheet = style("page/style.css")

    assert "@import" not in sheet
    assert "url(" not in sheet


def lightness(rgb):
    """Return the lightness of OKLab: its first row, from sRGB by way of the cone responses."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    return np.cbrt(linear @ cones.T) @ [0.2104542553, 0.7936177850, -0.0040720468]


def test_equal_steps_of_the_diverging_scale_look_equally_large():
    light = lightness(diverging() / 255)
    middle = STEPS // 2

    assert light.argmax() == middle
    for side in (light[: middle + 1], light[middle:]):
        straight = np.linspace(side[0], side[-1], len(side))
        assert np.abs(side - straight).max() < 0.01


def test_the_sequential_scale_only_grows_lighter():
    assert (np.diff(lightness(sequential() / 255)) > -0.002).all()
    with pytest.raises(ValueError, match="read-only"):
        sequential()[0] = 0
