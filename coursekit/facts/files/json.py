"""Files of JSON, read as data: an object of a bounded size, or what is wrong with the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coursekit.facts.files.findings import ERROR, Finding, regular_file_problem

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 16_000_000
"""Bytes; no config is that long, and JSON takes many times its size in memory."""
_MARKS = {b"\xef\xbb\xbf": "a byte order mark", b"\xff\xfe": "the mark of UTF-16", b"\xfe\xff": "the mark of UTF-16"}


def read_json(path: Path) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
    """Return the JSON object in the file at ``path``, or None and what is wrong with it."""

    def failed(what: str, remedy: str = "") -> tuple[None, tuple[Finding, ...]]:
        return None, (Finding(ERROR, path.name, what, remedy),)

    if problem := regular_file_problem(path, largest=LARGEST):
        return None, (problem,)
    try:
        content = path.read_bytes()
        mark = next((words for start, words in _MARKS.items() if content.startswith(start)), "")
        if mark:
            again = "Save it as UTF-8 without a mark; many editors on Windows add one."
            return failed(
                f"It is not valid JSON: it begins with {mark}, and transformers reads UTF-8 without one.", again
            )
        value = json.loads(content.decode("utf-8"))
    except OSError as error:
        return failed(f"It cannot be read: {error.strerror or error}.", "Check who may read it.")
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
        return failed(f"It is not valid JSON: {str(error)[:120]}.", "Correct it there, or save the model again.")
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "null", bool: "true or false"}.get(type(value), "a number")
        return failed(f"Its JSON is {kind}, and it must be an object: {{…}}.", "Save the model again.")
    return value, ()
