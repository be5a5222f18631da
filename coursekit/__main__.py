"""The commands of the course: ``python -m coursekit prepare`` and ``python -m coursekit doctor``."""

from __future__ import annotations

import argparse
import io
import os
import platform
import shutil
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from coursekit import frameworks
from coursekit.course import checkpoint, notebook
from coursekit.errors import CourseError
from coursekit.hub import lookup, offline
from coursekit.hub.staging import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LESSONS_LOAD = "bert-base-cased"
_PACKAGES = (
    "coursekit-models",
    "transformers",
    "huggingface_hub",
    "torch",
    "tensorflow",
    "tf-keras",
    "numpy",
    "ipywidgets",
    "jupyterlab",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` name and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m coursekit", description="Prepare or check a machine for the course."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("prepare", help="put the offline BERT into the Hugging Face cache")
    command.add_argument("--hub", metavar="ID", help="put this checkpoint of the Hub there instead")
    commands.add_parser("doctor", help="tell what works on this machine and what to do about the rest")
    given = parser.parse_args(arguments)
    # A stopped process cleans up behind itself as after Ctrl-C.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    # Paths and messages may hold what a terminal has no letter for: it shows their codes instead.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = doctor() if given.command == "doctor" else prepare(given.hub)
        print(end="", flush=True)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        return 0
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Nothing was put in the cache.", file=sys.stderr)
        return 130
    return status


def _stop(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def prepare(model_id: str | None) -> int:
    """Put the offline BERT, or a checkpoint of the Hub, into the cache and say where it is."""
    if model_id is None:
        print(f"The offline BERT, {offline.OFFLINE_ID}, is ready in {offline.prepare()}")
    else:
        print(f"{model_id} is ready in {lookup.fetch(model_id)}")
    return 0


def doctor() -> int:
    """Print what works on this machine, each problem with its remedy; return 1 when no lesson can run."""
    print(f"Python {platform.python_version()} ({sys.executable})")
    for package in _PACKAGES:
        print(f"  {package} {_version(package)}")
    tracks = [_line(f"{it.label} track", lambda it=it: _track(it.name)) for it in frameworks.FRAMEWORKS.values()]  # type: ignore[misc]
    _line("Cache", _cache)
    _line("Offline BERT", _offline)
    _line("Hub", _hub)
    choice = _line(f'ck.checkpoint("{_LESSONS_LOAD}")', _choice)
    return 0 if any(tracks) and choice else 1


def _line(subject: str, examine: Callable[[], str]) -> bool:
    """Print what ``examine`` finds, or the error it raises with the remedy; return whether there was none."""
    problem = None
    try:
        found = examine()
    except CourseError as error:
        problem = error
    except OSError as error:
        problem = CourseError(
            f"{error.filename or 'A file'} cannot be read: {error.strerror or error}.",
            why="what is there cannot be told, nor used.",
            remedy="Set HF_HOME to a folder of your own, or make this one readable for you.",
        )
    except Exception as error:  # noqa: BLE001  (broken packages raise whatever they like, and the rest is still told)
        problem = CourseError(
            f"{type(error).__name__}: {' '.join(str(error).split())}",
            why="this could not be examined.",
            remedy="Make the environment anew (make clean, then make setup); if that does not help, report it.",
        )
    print(f"{subject}: {found if problem is None else f'PROBLEM. {problem}'}")
    return problem is None


def _track(name: str) -> str:
    notebook.check(name)
    return "works"


def _cache() -> str:
    cache = cache_folder()
    there = next(folder for folder in (cache, *cache.parents) if _is_there(folder))
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise CourseError(
            f"{cache} cannot be written.",
            why="checkpoints are kept there.",
            remedy="Set HF_HOME to a folder that you may write to.",
        )
    return f"{cache} ({shutil.disk_usage(there).free / 1e9:.1f} GB free)"


def _is_there(path: Path) -> bool:
    """Return whether something has this name, a link that leads nowhere too; what cannot even be asked is an error."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _offline() -> str:
    folder = offline.offline_folder()
    damaged = None if folder is None else offline.damaged_file(folder)
    if folder is None or damaged:
        raise CourseError(
            f"{damaged} is damaged." if damaged else "It is not in the cache.",
            why="without network, and in tests, the lessons load it.",
            remedy=f"Run `{offline.PREPARE}` where there is a network.",
        )
    return f"in the cache, every file intact ({offline.OFFLINE_ID})"


def _hub() -> str:
    from huggingface_hub import constants

    if lookup.is_offline():
        return "not asked, because HF_HUB_OFFLINE is set"
    if not lookup.gives(offline.OFFLINE_ID):
        raise CourseError(
            f"{constants.ENDPOINT} does not answer.",
            why="only checkpoints that are in the cache can be loaded.",
            remedy="Check the network and its proxy; without network, work with the offline BERT.",
        )
    return f"{constants.ENDPOINT} answers"


def _choice() -> str:
    choice = checkpoint.choose(_LESSONS_LOAD)
    return f"{choice.checkpoint}{' (cached)' if choice.cached else ''}. {choice.note}".rstrip(". ")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"


if __name__ == "__main__":
    sys.exit(main())
