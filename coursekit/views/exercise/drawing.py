"""The pieces of HTML that tasks, quizzes and predictions share."""

from __future__ import annotations

from coursekit.views.page.view import style, text

RESULTS = {"right": "Right", "wrong": "Not right", "not yet": "Not yet", "close": "Close", "off": "Off"}


def look() -> str:
    """Return the style of this folder's widgets, which bring no page of their own."""
    return f"<style>{style('page/style.css', 'exercise/view.css')}</style>"


def own_look() -> str:
    """Return the style that the static faces of this folder add to the common one."""
    return f"<style>{style('exercise/view.css')}</style>"


def folded(summary: str, html: str) -> str:
    """Return ``html`` behind a line that opens it; this works without script, on GitHub too."""
    return f'<details class="ck-fold"><summary>{text(summary)}</summary>{html}</details>'


def code(lines: str) -> str:
    """Return lines of Python as a block."""
    return f'<pre class="ck-code" tabindex="0"><code>{text(lines.rstrip())}</code></pre>'


def mark(result: str) -> str:
    """Return the word for a result, coloured; the colour says nothing that the word does not."""
    return f'<b class="ck-result ck-result-{text(result.replace(" ", "-"))}">{text(RESULTS[result])}</b>'


def live(html: str) -> str:
    """Return ``html`` as a region whose changes a screen reader says."""
    return f'<div role="status">{html}</div>'
