"""Views that carry everything in the page: a custom element, its script and style inline, the data beside it.

They need no kernel, no comm, no CDN and no labextension, so they work in JupyterLab, in Colab's iframe for each cell
and in an exported page. The light DOM of the element is the static face: it stays when scripts do not run.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from abc import abstractmethod
from functools import cache
from posixpath import dirname, join, normpath
from typing import Any, ClassVar

import numpy as np

from coursekit.views.page.view import FactsT, View, asset, encodable, has_asset, style, text


class Explorer(View[FactsT]):
    """A self-contained view.

    Class attributes
    ----------------
    tag
        The name of the custom element, such as ``ck-model-map``.
    stem
        The stem of the script and of the style that lie beside the view's module. What the script imports comes with
        it, and with each script the style of the same stem, if there is one.
    """

    tag: ClassVar[str]
    stem: ClassVar[str]

    @abstractmethod
    def payload(self) -> dict[str, Any]:
        """Return what the script draws: what JSON can say, and NumPy arrays, which arrive as typed arrays."""

    def to_html(self) -> str:
        """Return the whole view as one piece of HTML that needs no kernel and no network."""
        scripts = modules(f"{self.stem}.js")
        sheets = [sheet for name in scripts if has_asset(sheet := name.removesuffix(".js") + ".css")]
        # Payload and script are attributes: where a page keeps the text of a view without its tags, as converters to
        # Markdown do, nobody has to read them.
        return (
            f'<div class="ck-view"><style>{style("page/style.css")}</style>'
            # Nested in the element's name: a page may show several views, and each has classes of its own.
            f'<style class="ck-own">{self.tag} {{\n{style(*sheets)}\n}}</style>'
            f'<{self.tag} role="group" aria-label="{text(self.label)}" '
            f'data-payload="{pack(self.payload())}" data-script="{packed(scripts)}">{self.static_html()}</{self.tag}>'
            f"<script>{asset('page/start.js').replace('ck-view', self.tag)}</script></div>"
        )

    @property
    def label(self) -> str:
        """What the view is, for screen readers."""
        return self.summary().splitlines()[0]


@cache
def modules(name: str) -> tuple[str, ...]:
    """Return the names of a script and of all that it imports, each after those that it needs itself."""
    found: list[str] = []
    for path in _IMPORT.findall(asset(name)):
        needed = normpath(join(dirname(name), path))
        found += [each for each in modules(needed) if each not in found]
    return (*found, name)


@cache
def joined(names: tuple[str, ...]) -> str:
    """Return scripts as one that needs no other: what joins them is left out, and all else stays as it is written.

    ``tests/page/test_scripts.py`` holds what this relies on: imports and exports stand at the beginning of a line, in
    the one form that is taken out here, and no two scripts of a view give the same name to different things.
    """
    scripts = (re.sub(r"^export ", "", _IMPORT.sub("", asset(name)), flags=re.MULTILINE) for name in names)
    return f'(() => {{ "use strict";\n{"".join(scripts)}}})();\n'


@cache
def packed(names: tuple[str, ...]) -> str:
    """Return :func:`joined` scripts deflated, in base64, as ``start.js`` takes them."""
    return base64.b64encode(zlib.compress(joined(names).encode(), 9)).decode("ascii")


_IMPORT = re.compile(r'^import \{[^}]*\} from "([^"]+)";\n', re.MULTILINE)
"""An import of a script, as the formatter writes it."""


def pack(data: dict[str, Any]) -> str:
    """Return ``data`` as text for the page: JSON and arrays behind each other, deflated, in base64.

    The layout, read by ``unpack.js``: the length of the JSON in four bytes (little endian), the JSON
    padded with spaces to a multiple of eight, then the arrays, each padded to a multiple of eight. In the JSON an array
    is ``{"$array": [offset in bytes, dtype, shape]}``.
    """
    blocks: list[bytes] = []
    offset = 0

    def plain(value: Any) -> Any:
        nonlocal offset
        if isinstance(value, np.generic):
            return value.item()
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{type(value).__name__} cannot be sent to a page")
        array = np.ascontiguousarray(value)
        block = array.astype(array.dtype.newbyteorder("<")).tobytes()
        reference = {"$array": [offset, array.dtype.name, list(array.shape)]}
        blocks.append(block + bytes(-len(block) % 8))
        offset += len(blocks[-1])
        return reference

    words = json.dumps(data, default=plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    head = encodable(words).encode()
    head += b" " * (-(len(head) + 4) % 8)
    raw = len(head).to_bytes(4, "little") + head + b"".join(blocks)
    # In large arrays only runs are looked for: a search for repeats among a million numbers takes several times as long
    # and finds no more. Short blocks (memory level 7) have codes of their own for each part of an array.
    strategy = (7, zlib.Z_RLE) if offset > _LARGE else (9, zlib.Z_DEFAULT_STRATEGY)
    deflate = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, *strategy)
    return base64.b64encode(deflate.compress(raw) + deflate.flush()).decode("ascii")


_LARGE = 2**18
"""Bytes of arrays."""
