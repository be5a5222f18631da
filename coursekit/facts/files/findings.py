"""What is worth saying about a file: one finding for each thing that is wrong or that surprises."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursekit.text import visible

if TYPE_CHECKING:
    from pathlib import Path

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
"""From the worst to the mildest."""


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should know about a file.

    Attributes
    ----------
    severity
        ``error`` (it cannot be used as it is), ``warning`` (it can, but not as one expects) or ``note``.
    where
        The name of the file, or an empty string when it is about several.
    what
        What was found, as one sentence.
    remedy
        What to do or to know, as one sentence, or an empty string.
    """

    severity: str
    where: str
    what: str
    remedy: str = ""

    def __post_init__(self) -> None:
        for field in ("where", "what", "remedy"):  # they repeat names from outside
            object.__setattr__(self, field, visible(getattr(self, field)))


def by_severity(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the worst first, in their order otherwise, none twice."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: SEVERITIES.index(finding.severity)))


def regular_file_problem(path: Path, *, largest: int | None = None) -> Finding | None:
    """Return what keeps ``path`` from being read as a file, or None.

    It is looked at before anything is opened: to open a pipe, for example, would be to wait forever.

    Parameters
    ----------
    path
        What is to be read.
    largest
        The most bytes that it may have.
    """
    remedy = ""
    try:
        status = path.stat()
    except FileNotFoundError:
        what = "There is no such file."
        if path.is_symlink():
            what = "It points to a file that is not there; the download was not finished, or its content was deleted."
            remedy = "Load the checkpoint again where there is a network."
        return Finding(ERROR, path.name, what, remedy)
    except OSError as error:
        return Finding(ERROR, path.name, f"It cannot be read: {error.strerror or error}.")
    if stat.S_ISDIR(status.st_mode):
        what, remedy = "This is a folder; a file is expected under this name.", "Rename or remove it."
    elif not stat.S_ISREG(status.st_mode):
        what = "This is not an ordinary file, so it was not opened."
    elif largest is not None and status.st_size > largest:
        what = f"The file is larger than {largest // 1_000_000} MB; it was not read."
    else:
        return None
    return Finding(ERROR, path.name, what, remedy)
