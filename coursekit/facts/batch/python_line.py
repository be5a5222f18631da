"""The line of Python that makes the same tensor without this course."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit.facts.batch.encoding import PADDINGS
from coursekit.facts.batch.sequences import is_text

if TYPE_CHECKING:
    from coursekit.facts.batch.encoding import Settings
    from coursekit.facts.batch.sequences import IdLists, Pairs, Sentences
    from coursekit.frameworks import Framework


def one_line(
    given: Sentences | Pairs | IdLists, tokenizer: Any, room: Framework, settings: Settings, padding: int | None
) -> str:
    """Return the line of Python that makes the same tensor of ``sentences`` or of ``ids``.

    Parameters
    ----------
    given
        The sequences, checked.
    tokenizer, room, settings
        What turns them to rows, the framework whose tensor it is, and how.
    padding
        The id that fills short rows.
    """
    kind = f'return_tensors="{room.return_tensors}"'
    pads = settings.padding != "none"
    how = f"padding={PADDINGS[settings.padding]!r}, ".replace("'", '"') if pads else ""
    length = f"max_length={settings.length}, "
    fixed = settings.padding == "fixed"
    if is_text(given):
        what = "sentences" if isinstance(given[0], str) else "pairs"
        cut = "truncation=True, " if settings.truncation else ""
        return f"tokenizer({what}, {how}{cut}{length if cut or fixed else ''}{kind})"
    cut_left = getattr(tokenizer, "truncation_side", "right") == "left"
    end = f"-{settings.length}:" if cut_left else f":{settings.length}"
    cut = f"[row[{end}] for row in ids]" if settings.truncation else "ids"
    if pads and tokenizer is not None:
        return f'tokenizer.pad({{"input_ids": {cut}}}, {how}{length if fixed else ""}{kind})'
    if pads:
        width = settings.length if fixed else f"max(map(len, {cut}))"
        return f"{room.tensor_call}([row + [{padding or 0}] * ({width} - len(row)) for row in {cut}])"
    return f"{room.tensor_call}({cut})"
