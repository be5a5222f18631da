"""The pieces of a config browser's page as HTML: heading, warnings, attributes, tensors, differences."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from coursekit.errors import CourseError
from coursekit.facts.config.groups import ORDER
from coursekit.facts.model.size import PARTS
from coursekit.views.page.view import Html, table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coursekit.facts.config.facts import Attribute, ConfigFacts, ConfigWarning, Difference
    from coursekit.facts.model.edited_config import Outcome
    from coursekit.facts.model.size import ShapedTensor

_SHOWN_TENSORS = 40
_OPEN_GROUPS = ORDER[:3]
_FEW = 12  # differences that fit on the page without folding
_FIRST_WORDS = 160  # characters of a description that are shown before it is opened
_NUMBERED = re.compile(r"(?<=[._/])\d+(?=[./])")


def title(facts: ConfigFacts) -> str:
    """Return the heading: which config this is."""
    source = f" from {text(facts.source)}" if facts.source else ""
    return (
        f'<div class="ck-title"><h3>{text(facts.class_name)}</h3>'
        f'<span class="ck-muted">model type <code>{text(facts.model_type)}</code>{source}</span></div>'
    )


def section(name: str, hint: str) -> str:
    """Return the heading of a section of the live face; both texts are ours, and may hold marks."""
    return f'<div class="ck-view"><h4>{name}</h4><p class="ck-muted">{hint}</p></div>'


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


def notes(outcome: Outcome) -> str:
    """Return what is wrong with an edited config."""
    if outcome.error is None:
        return warnings(outcome.new)
    return no_model(outcome.error, outcome.warnings, outcome.new)


def failure(error: BaseException) -> str:
    """Return the note about an error that nobody foresaw, in place of figures that would be those of other numbers."""
    if isinstance(error, CourseError):
        return refusal(error)
    said = " ".join(str(error).split())[:240]
    words = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return (
        '<div class="ck-note ck-error" role="alert"><b>This could not be worked out, so nothing is shown here.</b><br>'
        f"{text(words)}</div>"
    )


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


def shaped(number: Attribute, tensors: tuple[ShapedTensor, ...] | str) -> str:
    """Return what one number is and which tensors follow it; a sentence in place of ``tensors`` says why not."""
    if isinstance(tensors, str):
        found = f'<p class="ck-note">{text(tensors)}</p>'
    elif not tensors:
        found = '<p class="ck-note">No tensor: every weight keeps its shape when this number changes.</p>'
    else:
        found = _tensors(tensors)
    words = f"<p>{text(number.documentation)}</p>" if number.documentation else ""
    return f"<h5><code>{text(number.path)}</code> = {text(number.value)}</h5>{words}{found}"


def _tensors(tensors: tuple[ShapedTensor, ...]) -> str:
    """Return the tensors as a table; those of all layers, which differ in the layer's number alone, are one row."""
    alike: Counter[tuple[str, tuple[int, ...], tuple[int, ...]]] = Counter()
    for tensor in tensors:
        alike[_NUMBERED.sub("*", tensor.name), tensor.shape, tensor.axes] += tensor.count
    total = sum(alike.values())
    where = ", ".join(label.lower() for part, label in PARTS if any(tensor.part == part for tensor in tensors))
    if any(tensor.axes for tensor in tensors):
        lead = f"{total:,} tensors have it as a dimension" if total > 1 else "One tensor has it as a dimension"
    else:
        lead = f"It decides how many tensors there are: with another number, some of these {total:,} come or go"
    rows = [
        (Html(f"<code>{text(name)}</code>"), f"{count:,} ×" if count > 1 else "", _shape(shape, axes))
        for (name, shape, axes), count in list(alike.items())[:_SHOWN_TENSORS]
    ]
    star = " The * stands for the number of a layer." if any("*" in name for name, _, _ in alike) else ""
    more = f" Here are {len(rows)} of {len(alike):,} kinds." if len(alike) > len(rows) else ""
    lines = table(("Tensor", "How many", "Shape"), rows, caption="Tensors", numeric=("How many",))
    return f'<p>{lead}, in: {where}.{star}{more}</p><div class="ck-uncaptioned">{lines}</div>'


def _shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> Html:
    """Return a shape with the dimensions in bold that follow the number."""
    sizes = [f"<b>{size:,}</b>" if axis in axes else f"{size:,}" for axis, size in enumerate(shape)]
    return Html(" × ".join(sizes) or "one number")


def attributes(
    facts: ConfigFacts, shown: Sequence[Attribute] | None = None, words: Sequence[str] = (), *, unfold: bool = False
) -> str:
    """Return attributes in their groups, as tables whose last cell opens to the whole description.

    Parameters
    ----------
    facts
        What the config says.
    shown
        The attributes to show; without it, all of them.
    words
        Words to mark in names and descriptions.
    unfold
        Whether all groups are open, and not only those that shape the model.
    """
    by_place: dict[tuple[str, str], list[Attribute]] = {}
    for item in facts.attributes if shown is None else shown:
        by_place.setdefault((item.path.rpartition(".")[0], item.group), []).append(item)
    html = ""
    for prefix, class_name in (("", facts.class_name), *facts.parts):
        groups = [(group, by_place[prefix, group]) for group in ORDER if (prefix, group) in by_place]
        if prefix and groups:
            html += f"<h5><code>{text(prefix)}</code>, a {text(class_name)}</h5>"
        for group, items in groups:
            changed = sum(item.changed for item in items)
            count = f"{len(items)}" + (f", {changed} changed" if changed else "")
            opened = unfold or group in (_OPEN_GROUPS[:1] if prefix else _OPEN_GROUPS)
            html += _group(group, count, _rows(group, items, words), opened=opened)
    return html


def _group(name: str, count: str, rows: str, *, opened: bool) -> str:
    return (
        f'<details class="ck-group ck-uncaptioned"{" open" if opened else ""}><summary>{text(name)} '
        f'<span class="ck-muted">({count})</span></summary>{rows}</details>'
    )


def _rows(group: str, items: Sequence[Attribute], words: Sequence[str]) -> str:
    rows = [
        (
            Html(f"<code>{_marked(item.name, words)}</code>"),
            Html(f"<b>{text(item.value)}</b>" if item.changed else text(item.value)),
            _default(item),
            _description(item, words),
        )
        for item in items
    ]
    return table(("Attribute", "Value", "Default", "What it is"), rows, caption=group)


def _default(item: Attribute) -> Html:
    if not item.changed:
        return Html('<span class="ck-muted">the same</span>')
    return Html(f'{text(item.default or "none")} <span class="ck-changed">changed</span>')


def _description(item: Attribute, words: Sequence[str]) -> Html:
    """Return the first sentence, which opens to the rest and to the type; open where a word of a search is in it."""
    whole = item.documentation
    if not whole:
        return Html('<span class="ck-muted">The installed transformers does not describe it.</span>')
    first = whole if len(whole) <= _FIRST_WORDS else _beginning(whole)
    rest = f"<p>{_marked(whole[len(first) :].strip(), words)}</p>" if len(first) < len(whole) else ""
    kind = f'<p class="ck-muted">{text(item.type)}</p>' if item.type else ""
    if not rest + kind:
        return Html(_marked(whole, words))
    opened = " open" if any(word in whole[len(first) :].lower() for word in words) else ""
    more = "" if first == whole or first.endswith(".") else " …"
    return Html(f"<details{opened}><summary>{_marked(first, words)}{more}</summary>{rest}{kind}</details>")


def _beginning(whole: str) -> str:
    """Return the first sentence, or as many words as there is room for."""
    sentence = whole[: whole.find(". ") + 1]
    return sentence if 0 < len(sentence) <= _FIRST_WORDS else whole[:_FIRST_WORDS].rpartition(" ")[0]


def _marked(sentence: str, words: Sequence[str]) -> str:
    """Return ``sentence`` escaped, with ``words`` marked."""
    if not words:
        return text(sentence)
    pieces = re.split(f"({'|'.join(map(re.escape, words))})", sentence, flags=re.IGNORECASE)
    # What was split at stands at the odd places.
    return "".join(f"<mark>{text(piece)}</mark>" if place % 2 else text(piece) for place, piece in enumerate(pieces))


def differing(found: Sequence[Difference], first: str, second: str) -> str:
    """Return the differences of two configs as one table, in groups."""
    if not found:
        return f"<p>{text(first)} and {text(second)} have the same attributes with the same values.</p>"
    columns = ("Attribute", first, second)
    html = f"<p>{len(found)} attributes differ.</p>" if len(found) > 1 else "<p>One attribute differs.</p>"
    for group in ORDER:
        rows = [
            (Html(f"<code>{text(item.path)}</code>"), _side(item.first), _side(item.second))
            for item in found
            if item.group == group
        ]
        if rows:
            opened = group in _OPEN_GROUPS or len(found) <= _FEW
            html += _group(group, f"{len(rows)}", table(columns, rows, caption=group), opened=opened)
    return html


def _side(value: str | None) -> str:
    return Html('<span class="ck-muted">not there</span>') if value is None else value
