"""The command that removes a repository from the Hugging Face cache. It is shown, and never run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SPECIAL = set('"$`\\!%')
_FIRST_WITH_RM = Version("1.0")
"""huggingface_hub 1.0 has ``hf cache rm``; before, ``hf cache delete`` only opens a menu."""


def freeing_command(kind: str, repo_id: str, commits: Iterable[str], cache: Path | None) -> str:
    """Return the command for the installed huggingface_hub, made safe for a shell.

    The id comes from the name of a folder, which may be anything.

    Parameters
    ----------
    kind
        ``model``, ``dataset`` or ``space``.
    repo_id
        The id of the repository.
    commits
        The commits of all its revisions.
    cache
        The cache folder; None for the one that huggingface_hub takes by itself.
    """
    import huggingface_hub

    if Version(huggingface_hub.__version__) >= _FIRST_WITH_RM:
        place = f" --cache-dir {shlex.quote(str(cache))}" if cache else ""
        return f"hf cache rm {shlex.quote(f'{kind}/{repo_id}')}{place}"
    place = repr(str(cache)) if cache else ""
    listed = ", ".join(repr(commit) for commit in commits)
    program = (
        f"from huggingface_hub import scan_cache_dir; scan_cache_dir({place}).delete_revisions({listed}).execute()"
    )
    # Double quotes read better and work on Windows as well; they protect from fewer signs.
    quoted = shlex.quote(program) if _SPECIAL & set(program) else f'"{program}"'
    return f"python -c {quoted}"
