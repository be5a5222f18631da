"""The only code that knows PyTorch or TensorFlow: one interface, and one folder per framework with the same files.

Facts ask :func:`of` which framework an object belongs to. The answer comes from what is already in ``sys.modules``: an
object of a framework cannot exist before that framework was imported, so asking never imports one.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from coursekit.errors import CourseError, did_you_mean
from coursekit.frameworks.base import Framework, Parameter
from coursekit.frameworks.pytorch import PyTorch
from coursekit.frameworks.tensorflow import TensorFlow

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FRAMEWORKS", "Framework", "Parameter", "available", "choose", "get", "of"]

FRAMEWORKS: dict[str, Framework] = {"pytorch": PyTorch(), "tensorflow": TensorFlow()}
_ALIASES = {"torch": "pytorch", "pt": "pytorch", "tf": "tensorflow", "keras": "tensorflow"}


def get(name: str) -> Framework:
    """Return the framework called ``name``.

    Raises
    ------
    CourseError
        When no framework has that name.
    """
    if isinstance(name, str) and name in FRAMEWORKS:
        return FRAMEWORKS[name]
    word = str(name)
    meant = _ALIASES.get(word.lower())
    hint = f" Did you mean {meant!r}?" if meant else did_you_mean(word, FRAMEWORKS)
    raise CourseError(
        f"There is no framework called {name!r}.{hint}",
        why="the course has one track for each framework that it knows.",
        remedy='Use "pytorch" or "tensorflow".',
    )


def of(value: object) -> Framework | None:
    """Return the framework that made ``value`` (a tensor or a model), or None when none did; import nothing."""
    return next((framework for framework in FRAMEWORKS.values() if framework.owns(value)), None)


def available() -> list[Framework]:
    """Return the frameworks that are installed, without importing them."""
    return [framework for framework in FRAMEWORKS.values() if find_spec(framework.module) is not None]


def choose(values: Iterable[object] = (), *, name: str | None = None) -> Framework:
    """Return the framework to work with: the one called ``name``.

    Without a name it is that of ``values``, else the one in use, else the one that is installed.

    Raises
    ------
    CourseError
        When no framework has that name, or it is not installed, or neither is.
    """
    if name is not None:
        named = get(name)
        if named not in available():
            raise CourseError(
                f"{named.label} is not installed.",
                why=f"framework={name!r} asks for {named.label}'s own tensors.",
                remedy=f"Leave framework out, or install {named.label}; ck.setup({name!r}) names the packages.",
            )
        return named
    for value in values:
        if (framework := of(value)) is not None:
            return framework
    installed = available()
    in_use = [framework for framework in installed if framework.imported]
    for framework in (*in_use, *installed):
        return framework
    raise CourseError(
        "Neither PyTorch nor TensorFlow is installed.",
        why="a model's tensors come from one of the two.",
        remedy='Install one of them: pip install torch   (or: pip install "transformers<4.55" tensorflow tf-keras)',
    )
