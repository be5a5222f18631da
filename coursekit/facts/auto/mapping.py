"""The auto classes of transformers: for which tasks there is one, and which model class each of their rows gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from coursekit.frameworks import Framework


def require_task(framework: Framework, task: str) -> None:
    """Raise a CourseError unless transformers has the framework's auto class for ``task``; an empty one is the base.

    Raises
    ------
    CourseError
        With the tasks that there are.
    """
    import transformers

    if isinstance(task, str) and hasattr(transformers, framework.auto_class_name(task)):
        return
    known = tasks(framework)  # asked last: transformers takes a while to list all that it has
    raise CourseError(
        f"transformers has no auto class for the task {task!r}.{did_you_mean(str(task), known)}",
        why=f"for each task there is a class such as {framework.auto_class_name('sequence-classification')}.",
        remedy=f"Use one of: {', '.join(known)}",
    )


def tasks(framework: Framework) -> list[str]:
    """Return the tasks that transformers has an auto class for, such as ``sequence-classification``.

    Raises
    ------
    CourseError
        When the installed transformers has no auto class for the framework.
    """
    import transformers

    start = f"{framework.auto_class_name()}For"
    names = [name.removeprefix(start) for name in dir(transformers) if name.startswith(start)]
    if not names:
        raise CourseError(
            f"transformers {transformers.__version__} has no {framework.auto_class_name()}.",
            why="version 5 dropped TensorFlow; 4.54.1 is the last that loads today's checkpoints into its classes.",
            remedy='Install it: pip install "transformers>=4.54.1,<4.55"',
        )
    words = {name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower() for name in names}
    return sorted(word for name, word in words.items() if framework.auto_class_name(word) == start + name)


def choose_class(mapping: Any, config: Any) -> Any:
    """Return the class that an auto mapping gives for ``config``.

    A row may name several classes; then the config's ``architectures`` decide, and else the first one is taken
    (``_get_model_class`` in transformers' ``auto_factory.py``).
    """
    row = mapping[type(config)]
    if not isinstance(row, (list, tuple)):
        return row
    by_name = {found.__name__: found for found in row}
    for architecture in getattr(config, "architectures", None) or []:
        for name in (architecture, f"TF{architecture}"):
            if name in by_name:
                return by_name[name]
    return row[0]


def mapping_of(auto: Any) -> Any:
    """Return the mapping of an auto class, from config classes to model classes."""
    # The public names of the mappings follow no rule; each auto class knows its own.
    return auto._model_mapping  # noqa: SLF001


def rows_of(auto: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the rows of an auto class's mapping, by name, so that no model is imported."""
    names = mapping_of(auto)._model_mapping  # noqa: SLF001  (its public face imports every model)
    return tuple(
        (model_type, tuple(row) if isinstance(row, (list, tuple)) else (row,)) for model_type, row in names.items()
    )
