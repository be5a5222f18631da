"""Several views on one page, as in a lesson."""

import coursekit as ck
from coursekit.views.page.view import asset

BESIDE = '<div class="ck-view"><div class="ck-grid ck-tabs ck-note" data-test>beside</div></div>'


def box(page):
    return page.evaluate(
        """() => {
            const style = getComputedStyle(document.querySelector('[data-test]'));
            return ['display', 'height', 'overflow', 'borderTopWidth', 'position'].map((name) => style[name]);
        }"""
    )


def test_the_style_of_an_explorer_touches_nothing_beside_it(exported, tmp_path):
    alone = box(exported(BESIDE + f"<style>{asset('page/style.css')}</style>"))

    page = exported(BESIDE + ck.CacheBrowser(tmp_path).to_html())

    assert page.locator("ck-cache-browser").evaluate("view => Boolean(view.shadowRoot)")
    assert box(page) == alone


def test_the_style_of_an_explorer_reaches_into_it(exported, tmp_path):
    page = exported(ck.CacheBrowser(tmp_path).to_html())

    own = page.locator("ck-cache-browser").evaluate("view => view.shadowRoot.querySelectorAll('style').length")
    rules = page.locator("ck-cache-browser").evaluate(
        "view => [...view.shadowRoot.styleSheets].map((sheet) => sheet.cssRules.length)"
    )

    assert own == 2
    assert min(rules) > 5
