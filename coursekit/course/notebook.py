"""Make a notebook ready for one track of the course: check versions, quiet the log noise, seed."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from packaging.version import Version

from coursekit import frameworks
from coursekit.arguments import whole_number
from coursekit.course.missing_names import explain_missing_names
from coursekit.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OLDEST_TRANSFORMERS = Version("4.54.1")
_FIRST_WITHOUT_TENSORFLOW = Version("4.55")
"""transformers 4.55 to 4.57 cannot load a safetensors checkpoint into a TensorFlow model, and 5 has none."""

_INSTALL = {
    "pytorch": 'pip install "transformers>=4.54.1" torch',
    "tensorflow": 'pip install "transformers>=4.54.1,<4.55" tensorflow tf-keras h5py',
}
_QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "GRPC_VERBOSITY": "NONE",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_SYMLINKS_WARNING": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def setup(framework: str, *, seed: int = 0) -> None:
    """Prepare the notebook for the track of ``framework`` and say so in one line.

    Check that the installed versions can run the track, tell transformers to leave the other framework alone
    (importing both takes twice as long), silence logs and progress bars that would cover the lesson, and seed Python,
    NumPy and the framework, so that random weights are the same each time.

    Parameters
    ----------
    framework
        ``"pytorch"`` or ``"tensorflow"``.
    seed
        Where the random numbers start.

    Raises
    ------
    CourseError
        When the name is unknown, the seed is no number, the kernel was made ready for the other track, or the installed
        versions cannot run this one; the error has the line that installs the right ones. Nothing is changed then.
    """
    chosen = frameworks.get(framework)
    seed = whole_number(seed, "seed", least=0, most=2**32 - 1)  # what NumPy takes
    imported_before = "transformers" in sys.modules
    _check_versions(chosen, imported_before=imported_before)
    if imported_before:
        _check_kernel(chosen)
    for other in frameworks.FRAMEWORKS.values():
        os.environ[other.switch] = "1" if other is chosen else "0"
    if chosen.name == "tensorflow":
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    _quiet()
    _seed(chosen, seed)
    explain_missing_names()
    again = _state.get("track") == chosen.name
    _state["track"] = chosen.name
    if imported_before and not again:
        print(  # noqa: T201  (a notebook's reader is told on the page)
            "transformers was imported before ck.setup: what it has loaded stays loaded. "
            "Restart the kernel and run ck.setup first for a quick and quiet start."
        )
    print(f"Ready for the {chosen.label} track.")  # noqa: T201


_state: dict[str, str] = {}
"""The track that this kernel was made ready for."""


def _check_kernel(chosen: frameworks.Framework) -> None:
    """Raise a CourseError where transformers was imported without this framework: it looks for it only once."""
    from transformers import utils

    # transformers 5 has no TensorFlow, and the versions are checked before.
    there = getattr(utils, {"pytorch": "is_torch_available", "tensorflow": "is_tf_available"}[chosen.name], None)
    if there is None or there():
        return
    before = frameworks.get(_state["track"]).label if "track" in _state else "another framework"
    raise CourseError(
        f"This kernel was made ready for {before}, and one kernel has one track.",
        why=f"transformers looked for frameworks when it was imported, and left {chosen.label} out.",
        remedy=f"Restart the kernel (Kernel > Restart), and run ck.setup({chosen.name!r}) first.",
    )


def check(framework: str) -> None:
    """Raise the CourseError of :func:`setup` when the installed versions cannot run a track; change nothing."""
    _check_versions(frameworks.get(framework), imported_before="transformers" in sys.modules)


def _check_versions(chosen: frameworks.Framework, *, imported_before: bool) -> None:
    """Raise a CourseError when the installed packages cannot run the track."""
    needed = {"pytorch": ["torch"], "tensorflow": ["tensorflow", "tf-keras", "h5py"]}[chosen.name]
    missing = [package for package in ["transformers", *needed] if _version(package) is None]
    transformers = _version("transformers")
    if missing:
        what = f"The {chosen.label} track needs {' and '.join(missing)}, which this environment lacks."
        why = f'the extra "{chosen.name}" of coursekit-models brings what the track needs.'
    elif transformers is not None and transformers < _OLDEST_TRANSFORMERS:
        what = f"The course needs transformers {_OLDEST_TRANSFORMERS} or newer; {transformers} is installed."
        why = "the lessons were tried with these versions, and older ones answer differently."
    elif chosen.name == "tensorflow" and transformers is not None and transformers >= _FIRST_WITHOUT_TENSORFLOW:
        what = f"transformers {transformers} cannot run the TensorFlow track."
        why = (
            "transformers 5 has no TensorFlow classes such as TFBertModel, and 4.55 to 4.57 cannot load today's "
            "checkpoints into them; 4.54 is the last version that can."
        )
    else:
        return
    remedy = f"In a notebook cell: %{_INSTALL[chosen.name]}"
    if imported_before:
        remedy += (
            "\n  Then restart the runtime (Runtime > Restart session): transformers was already imported, and the "
            "old version stays in memory until then."
            if "google.colab" in sys.modules
            else "\n  Then restart the kernel: transformers was already imported, and the old version stays in memory."
        )
    raise CourseError(what, why=why, remedy=remedy)


def _version(package: str) -> Version | None:
    if package == "tensorflow":  # builds for other processors go by names of their own
        names = ["tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly"]
    else:
        names = [package]
    for name in names:
        try:
            return Version(version(name))
        except PackageNotFoundError:
            continue
    return None


def _quiet() -> None:
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    for name in ("tensorflow", "absl", "httpx", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Deprecation notes of the libraries are for their callers' authors, not for somebody reading a lesson.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)

    # A level that the reader chose counts after the lesson's first cell, which has no room for it.
    wanted = os.environ.get("TRANSFORMERS_VERBOSITY", "error")
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    try:
        from huggingface_hub.utils import disable_progress_bars
        from transformers.utils import logging as transformers_logging

        transformers_logging.get_verbosity()  # reads the variable, once
    finally:
        os.environ["TRANSFORMERS_VERBOSITY"] = wanted

    # The environment variables above come too late where these two were imported before.
    disable_progress_bars()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def _seed(chosen: frameworks.Framework, seed: int) -> None:
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (tf-keras draws from the global generator)
    with _silent_stderr():  # the framework is imported here, if it was not before
        chosen.seed(seed)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what is written to file descriptor 2: TensorFlow's C++ logs before any of its settings count."""
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
