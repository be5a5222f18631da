"""A folder for what a lesson writes, so that nothing of the reader's is touched."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

_made: list[Path] = []


def scratch_folder() -> Path:
    """Return an empty folder that belongs to this kernel alone.

    Called again, it empties the folder and returns it again, so that a lesson that is run twice takes its space on
    the disk once. The folder goes away with the kernel. The working directory stays as it is.

    Returns
    -------
    Path
        An absolute path, to be used as ``folder / "name"``.
    """
    if _made and _made[0].is_dir():
        for entry in _made[0].iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        return _made[0]
    _made[:] = [Path(tempfile.mkdtemp(prefix="coursekit-"))]
    atexit.register(remove_scratch_folder)
    return _made[0]


def remove_scratch_folder() -> None:
    """Remove the folder of :func:`scratch_folder`, if there is one; a later call makes a new one."""
    atexit.unregister(remove_scratch_folder)
    while _made:
        shutil.rmtree(_made.pop(), ignore_errors=True)
