"""What is worth saying about a file: one finding for each thing that is wrong or that surprises."""

from __future__ import annotations

from dataclasses import dataclass

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


def by_severity(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the worst first, in their order otherwise, none twice."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: SEVERITIES.index(finding.severity)))
