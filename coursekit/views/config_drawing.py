"""The pieces of a config browser's page as HTML: figures, one attribute, warnings, differences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coursekit.facts.attributes import ORDER
from coursekit.facts.parts import PARTS
from coursekit.facts.sizes import DTYPES
from coursekit.views.view import table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coursekit.errors import CourseError
    from coursekit.facts.config import Attribute, ConfigFacts, ConfigWarning, Difference
    from coursekit.facts.sizes import SizeFacts, TensorSize

_SHOWN_TENSORS = 40
_OPEN_GROUPS = ORDER[:3]
_MEGA, _GIGA = 10**6, 10**9


def memory(nbytes: int) -> str:
    """Return a number of bytes in MB or GB, where 1 MB is a million bytes."""
    if nbytes >= _GIGA:
        return f"{nbytes / _GIGA:,.2f} GB"
    return f"{nbytes / _MEGA:,.1f} MB" if nbytes >= _MEGA else f"{nbytes / 1000:,.1f} kB"


def title(facts: ConfigFacts) -> str:
    """Return the heading: which config this is."""
    source = f" from {text(facts.source)}" if facts.source else ""
    return (
        f'<div class="ck-title"><h3>{text(facts.class_name)}</h3>'
        f'<span class="ck-muted">model type <code>{text(facts.model_type)}</code>{source}</span></div>'
    )


def warnings(found: Iterable[ConfigWarning]) -> str:
    """Return what is probably wrong, one note each."""
    return "".join(
        f'<div class="ck-note ck-warning" role="note"><b>{text(", ".join(warning.paths))}</b>: '
        f"{text(warning.what)}</div>"
        for warning in found
    )


def refusal(error: CourseError) -> str:
    """Return why no model can be built."""
    return f'<div class="ck-note ck-error" role="note"><b>{text(error.what)}</b><br>{text(error.remedy)}</div>'


def no_model(error: CourseError, found: Sequence[ConfigWarning], new: Sequence[ConfigWarning]) -> str:
    """Return why no model can be built; what a warning says already is not said again.

    ``found`` are all warnings, and ``new`` are those among them that do not stand above.
    """
    reason = error.what.partition(": ")
    same = [warning for warning in found if _numbers(reason[2]) and _numbers(reason[2]) <= _numbers(warning.what)]
    html = warnings(warning for warning in new if warning not in same)
    if not same:
        return html + refusal(error)
    words = " ".join(text(warning.what) for warning in same if warning in new) or "The reason stands above."
    return html + f'<div class="ck-note ck-error" role="note"><b>{text(reason[0])}.</b><br>{words}</div>'


def _numbers(sentence: str) -> set[str]:
    return set(re.findall(r"\d+", sentence))


def figures(now: SizeFacts | None, original: SizeFacts | None, *, edited: bool) -> str:
    """Return parameters, memory and parts, now and in the original."""
    if now is None:
        return ""
    beside = original if edited and original is not None else None
    html = f'<div class="ck-figures">{_figure(f"{now.parameters:,}", f"parameters in {now.model}")}'
    if beside is not None:
        html += _figure(f"{beside.parameters:,}", "in the original", "ck-original")
        ratio = now.parameters / max(beside.parameters, 1)
        change = now.parameters - beside.parameters
        html += _figure(f"{ratio:.2f} ×", f"{change:+,}" if change else "the same as the original")
    html += "</div>" + _bars(now, beside)
    names = dict(PARTS)
    rows = []
    for part in (name for name, _ in PARTS if name in now.parts or (beside and name in beside.parts)):
        count = now.parts.get(part, 0)
        row = [names[part], f"{count:,}", f"{count / max(now.parameters, 1):.1%}"]
        rows.append((part, row + ([f"{beside.parts.get(part, 0):,}"] if beside else [])))
    columns = ["Part", "Parameters", "Share", *(["Original"] if beside else [])]
    html += _part_table(columns, rows)
    sizes = [
        [dtype, f"{size}", memory(now.nbytes(dtype)), *([memory(beside.nbytes(dtype))] if beside else [])]
        for dtype, size in DTYPES.items()
    ]
    columns = ["Type", "Bytes each", "Memory", *(["Original"] if beside else [])]
    return html + table(columns, sizes, caption="Memory of the weights alone", numeric=columns[1:])


def _figure(number: str, label: str, extra: str = "") -> str:
    return f'<div class="ck-figure {extra}"><b>{text(number)}</b><span class="ck-muted">{text(label)}</span></div>'


def _bars(now: SizeFacts, original: SizeFacts | None) -> str:
    """Return a bar for each model; both have the same scale."""
    widest = max(now.parameters, original.parameters if original else 0, 1)
    html = ""
    for facts, extra in ((now, ""), (original, "ck-original")):
        if facts is not None:
            pieces = "".join(
                f'<span class="ck-part-{part}" style="width:{count / widest:.4%}"></span>'
                for part, count in facts.parts.items()
            )
            html += f'<div class="ck-bar {extra}">{pieces}</div>'
    return f'<div class="ck-bars" aria-hidden="true">{html}</div>'


def _part_table(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    html = table(columns, [row for _, row in rows], caption="Where the parameters are", numeric=columns[1:])
    names = dict(PARTS)
    for part, _ in rows:
        row_head = f'<th scope="row">{text(names[part])}'
        swatch = f'<th scope="row"><span class="ck-swatch ck-part-{part}" aria-hidden="true"></span>{text(names[part])}'
        html = html.replace(row_head, swatch)
    return html


def attribute(shown: Attribute, tensors: tuple[TensorSize, ...] | str | None = None) -> str:
    """Return one attribute in full; ``tensors`` are those that it shapes, or a sentence in their place."""
    value = f'<span class="ck-value">{text(shown.value)}</span>'
    default = f"the default is {shown.default}" if shown.default else "there is no default"
    state = f'<span class="ck-changed">changed</span>, {text(default)}' if shown.changed else "the default"
    kind = f'<p class="ck-muted">{text(shown.type)}</p>' if shown.type else ""
    words = shown.documentation or "The installed transformers does not describe this attribute."
    html = (
        f'<div class="ck-detail"><h4>{text(shown.path)}</h4><p>{value} <span class="ck-muted">({state})</span></p>'
        f"<p>{text(words)}</p>{kind}"
        f'<p class="ck-muted">Group: {text(shown.group)}</p>'
    )
    return html + _tensors(tensors) + "</div>"


def _tensors(tensors: tuple[TensorSize, ...] | str | None) -> str:
    if tensors is None or isinstance(tensors, str):
        return f'<p class="ck-note">{text(tensors)}</p>' if tensors else ""
    if not tensors:
        return '<p class="ck-note">It shapes no tensor: every weight keeps its shape when this number changes.</p>'
    names = dict(PARTS)
    where = ", ".join(names[part].lower() for part, _ in PARTS if any(tensor.part == part for tensor in tensors))
    rows = [(tensor.name, " × ".join(f"{size:,}" for size in tensor.shape)) for tensor in tensors[:_SHOWN_TENSORS]]
    more = len(tensors) - len(rows)
    caption = f"{len(tensors):,} tensors follow this number, in: {where}" + (f"; the first {len(rows)}" if more else "")
    return f'<div class="ck-tensors" tabindex="0">{table(("Tensor", "Shape"), rows, caption=caption)}</div>'


def attributes(facts: ConfigFacts) -> str:
    """Return all attributes in their groups, as tables."""
    html = ""
    for prefix, class_name in (("", facts.class_name), *facts.parts):
        own = [item for item in facts.attributes if item.path.rpartition(".")[0] == prefix]
        if prefix:
            html += f"<h4>{text(prefix)} ({text(class_name)})</h4>"
        for group in ORDER:
            rows = [(item.name, item.value, _default(item), item.documentation) for item in own if item.group == group]
            if rows:
                shown = " open" if group in _OPEN_GROUPS and not prefix else ""
                html += (
                    f"<details{shown}><summary>{text(group)} ({len(rows)})</summary>"
                    + table(("Attribute", "Value", "Default", "What it is"), rows, caption=group)
                    + "</details>"
                )
    return html


def _default(item: Attribute) -> str:
    if not item.changed:
        return "the same"
    return f"{item.default or 'none'} (changed)"


def differing(found: Sequence[Difference], first: str, second: str) -> str:
    """Return the differences of two configs as one table."""
    if not found:
        return f"<p>{text(first)} and {text(second)} have the same attributes with the same values.</p>"
    rows = [
        (item.path, *("not there" if side is None else side for side in (item.first, item.second))) for item in found
    ]
    one, two = (first, second) if first != second else (f"{first} (this)", f"{second} (compare_to)")
    return table(("Attribute", one, two), rows, caption=f"{len(found)} attributes differ")
