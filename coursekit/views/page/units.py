"""How sizes are written for a reader."""

from __future__ import annotations

_STEP = 1000


def bytes_text(nbytes: float) -> str:
    """Return a size as disks and the Hub write it, in steps of 1000: ``612 bytes``, ``466 kB``, ``437.9 MB``."""
    if nbytes < _STEP:
        return f"{int(nbytes)} byte{'' if nbytes == 1 else 's'}"
    units = ["TB", "GB", "MB", "kB"]
    unit = ""
    while nbytes >= _STEP and units:
        nbytes, unit = nbytes / _STEP, units.pop()
    whole = unit == "kB" and nbytes >= 10  # noqa: PLR2004  (two digits say enough)
    return f"{nbytes:.{0 if whole else 1}f} {unit}"
