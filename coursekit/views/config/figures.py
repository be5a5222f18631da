"""How large a model is, alone or beside another one: parameters, parts and memory, as bars and as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursekit.facts.model.size import DTYPES, PARTS
from coursekit.views.page.view import Html, table, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from coursekit.facts.model.edited_config import EditedConfig
    from coursekit.facts.model.size import SizeFacts

_MEGA, _GIGA = 10**6, 10**9


def memory(nbytes: int) -> str:
    """Return a number of bytes in MB or GB, where 1 MB is a million bytes."""
    if nbytes >= _GIGA:
        return f"{nbytes / _GIGA:,.2f} GB"
    return f"{nbytes / _MEGA:,.1f} MB" if nbytes >= _MEGA else f"{nbytes / 1000:,.1f} kB"


def figures(sizes: SizeFacts) -> str:
    """Return how large one model is."""
    columns, rows = _parts({"Parameters": sizes})
    memories = [(dtype, f"{each}", memory(sizes.nbytes(dtype))) for dtype, each in DTYPES.items()]
    return (
        f'<div class="ck-figures">{_headline(f"{sizes.parameters:,}", f"parameters in {sizes.model}")}</div>'
        + _bars({"": sizes})
        + '<div class="ck-tables">'
        + table(columns, rows, caption="Where the parameters are", numeric=columns[1:])
        + table(
            ("Type", "Bytes each", "Memory"),
            memories,
            caption="Memory of the weights",
            numeric=("Bytes each", "Memory"),
        )
        + "</div>"
    )


def original_and_now(edits: EditedConfig, sizes: SizeFacts) -> str:
    """Return how large the model of the edited config is, beside the original where that can be built."""
    original = edits.outcome_of(edits.original, at_once=True).sizes if edits.changes else None
    return figures(sizes) if original is None else beside(original, sizes, ("Original", "Now"))


def beside(first: SizeFacts, second: SizeFacts, names: tuple[str, str]) -> str:
    """Return how large two models are, beside each other, and the differences from the first to the second.

    Parameters
    ----------
    first, second
        The sizes of both, of one framework.
    names
        What the two are called on the page.
    """
    both = dict(zip(names, (first, second), strict=True))
    columns, rows = _parts(both)
    for dtype in DTYPES:
        one, two = first.nbytes(dtype), second.nbytes(dtype)
        rows.append((f"Memory in {dtype}", memory(one), memory(two), _signed(two - one, memory)))
    change = second.parameters - first.parameters
    alike = first.model == second.model
    labels = [name if alike else f"{name}, a {sizes.model}" for name, sizes in both.items()]
    step = f"{_signed(change)} parameters" if change else "no difference"
    html = _headline(f"{first.parameters:,}", labels[0], "ck-first") + _headline(f"{second.parameters:,}", labels[1])
    html += _headline(_times(second.parameters / max(first.parameters, 1)), step)
    caption = "Each part with its share, and the memory of the weights"
    return (
        f'<p class="ck-muted">Parameters{f" in {text(first.model)}" if alike else ""}</p>'
        f'<div class="ck-figures">{html}</div>'
        + _bars(both)
        + f'<div class="ck-beside">{table(columns, rows, caption=caption, numeric=columns[1:])}</div>'
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.2f} ×" if ratio >= 0.1 else f"{ratio:.2g} ×"  # noqa: PLR2004  (two digits that say something)


def _signed(change: int, written: Callable[[int], str] = "{:,}".format) -> str:
    if not change:
        return "0"
    return f"{'+' if change > 0 else '−'}{written(abs(change))}"  # noqa: RUF001  (the real minus sign, as wide as a plus)


def _headline(number: str, label: str, extra: str = "") -> str:
    return f'<div class="ck-figure {extra}"><b>{number}</b> <span class="ck-muted">{text(label)}</span></div>'


def _bars(models: dict[str, SizeFacts]) -> str:
    """Return one bar for each model, all of one scale; the table says the same to those who cannot see them.

    Style writes the names, so that none stays behind alone where style is stripped.
    """
    widest = max(*(sizes.parameters for sizes in models.values()), 1)
    html = ""
    for name, sizes in models.items():
        pieces = "".join(
            f'<span class="ck-part-{part}" style="width:{count / widest:.4%}"></span>'
            for part, count in sizes.parts.items()
        )
        html += f'<span class="ck-bar-name" data-name="{text(name)}"></span><div class="ck-bar">{pieces}</div>'
    return f'<div class="ck-bars{"" if len(models) > 1 else " ck-one"}" aria-hidden="true">{html}</div>'


def _parts(models: dict[str, SizeFacts]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return columns and rows: each part with its parameters and its share, and the sum."""
    sides = list(models.values())
    counts = [sizes.parts for sizes in sides]
    rows: list[tuple[str, ...]] = []
    for part, label in PARTS:
        if any(part in count for count in counts):
            swatch = Html(f'<span class="ck-swatch ck-part-{part}" aria-hidden="true"></span>{text(label)}')
            numbers = [count.get(part, 0) for count in counts]
            rows.append((swatch, *map(_shared, numbers, sides), *_difference(numbers)))
    totals = [sizes.parameters for sizes in sides]
    rows.append(tuple(Html(f"<b>{cell}</b>") for cell in ("All", *map("{:,}".format, totals), *_difference(totals))))
    return ["Part", *models, *(["Difference"] if len(sides) > 1 else [])], rows


def _shared(count: int, sizes: SizeFacts) -> Html:
    share = f"{count / max(sizes.parameters, 1):.1%}"
    return Html(f'{count:,} <span class="ck-share">({share})</span>')


def _difference(numbers: list[int]) -> list[str]:
    return [_signed(numbers[1] - numbers[0])] if len(numbers) > 1 else []
