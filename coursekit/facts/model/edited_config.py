"""A config, the numbers that were changed in it, and what becomes of its model: the one owner of the edits."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.config.edits import code_of, edited
from coursekit.facts.config.facts import architecture_integers, config_facts
from coursekit.facts.model.size import SizeFacts, shaped_tensors, size_facts
from coursekit.frameworks.buildable import repeats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coursekit.facts.config.facts import Attribute, ConfigWarning
    from coursekit.facts.model.size import ShapedTensor

_LARGEST = 10**9


@dataclass(frozen=True)
class Outcome:
    """What becomes of a config.

    Attributes
    ----------
    sizes, error
        How large its model is, or why there is none; both None where counting would have to import a framework first.
    warnings
        All that is probably wrong with it.
    new
        Those among them that the config did not have before it was edited.
    """

    sizes: SizeFacts | None = None
    error: CourseError | None = None
    warnings: tuple[ConfigWarning, ...] = ()
    new: tuple[ConfigWarning, ...] = ()


class EditedConfig:
    """A config and the numbers that were changed in it.

    Parameters
    ----------
    original
        A config of transformers; it is never touched.
    framework
        ``pytorch`` or ``tensorflow``: whose model is counted. Without it, the one in use.

    Attributes
    ----------
    original
        The config before any edit.
    facts
        What it says.
    """

    def __init__(self, original: Any, framework: str | None) -> None:
        self.original = original
        self.facts = config_facts(original)
        self._framework = framework
        self._changes: dict[str, int] = {}
        self._refused: dict[str, int] = {}

    @property
    def changes(self) -> dict[str, int]:
        """The edits that were made: new numbers by path."""
        return dict(self._changes)

    @property
    def asked(self) -> dict[str, int]:
        """The edits, and numbers that were refused and may fit when others follow."""
        return {**self._changes, **self._refused}

    @property
    def config(self) -> Any:
        """An independent copy of the config, with the edits that were made."""
        return edited(self.original, self._changes) if self._changes else deepcopy(self.original)

    @property
    def code(self) -> str:
        """The Python lines that make this config."""
        return code_of(self.original, self._changes)

    def change(self, numbers: Mapping[str, int]) -> None:
        """Change numbers, by path, together with those that were refused before.

        Raises
        ------
        CourseError
            When a number is none that a model can have, or the config's class refuses all of them together. Then
            nothing is changed, and the numbers are remembered for the next change.
        """
        asked = {**self.asked, **numbers}
        wanted = {path: value for path, value in asked.items() if value != self._value(path)}
        try:
            for path, value in asked.items():
                self._check(path, value)
            edited(self.original, wanted)
        except CourseError:
            self._refused = {path: value for path, value in asked.items() if self._changes.get(path) != value}
            raise
        self._changes, self._refused = wanted, {}

    def replace(self, numbers: Mapping[str, int]) -> None:
        """Change numbers as a line of code does: all of them, or none and nothing is remembered; see :meth:`change`."""
        self._refused = {}
        try:
            self.change(numbers)
        finally:
            self._refused = {}

    def reset(self) -> None:
        """Take back all edits."""
        self._changes, self._refused = {}, {}

    def outcome(self, *, at_once: bool = False) -> Outcome:
        """Return what becomes of the edited config; ``at_once``: count only where that costs no import."""
        return self.outcome_of(self.config, at_once=at_once)

    def outcome_of(self, config: Any, *, at_once: bool = False) -> Outcome:
        """Return what becomes of another config, in the same way."""
        warnings = config_facts(config).warnings
        new = tuple(warning for warning in warnings if warning not in self.facts.warnings)
        if at_once and not self.counts_at_once:
            return Outcome(warnings=warnings, new=new)
        try:
            return Outcome(self.sizes(config), None, warnings, new)
        except CourseError as error:
            return Outcome(None, error, warnings, new)

    def sizes(self, config: Any = None) -> SizeFacts:
        """Return how large the model is, of the edited config or of another."""
        return size_facts(self.config if config is None else config, framework=self._framework)

    def shaped(self, path: str) -> tuple[ShapedTensor, ...] | str:
        """Return the tensors that follow the number at ``path``, or a sentence that says why they are not known."""
        try:
            found = shaped_tensors(self.original, path, framework=self._framework)
        except CourseError as error:
            return error.what
        if found is None:
            return "No model could be built with another number here, so its tensors are not known."
        return found

    @property
    def counts_at_once(self) -> bool:
        """Whether sizes can be counted without importing a framework for them."""
        chosen = [frameworks.get(self._framework)] if self._framework else frameworks.available()
        return any(framework.imported for framework in chosen)

    def numbers(self, prefix: str) -> tuple[Attribute, ...]:
        """Return the numbers that can be changed in one part of the config."""
        return architecture_integers(self.facts, prefix)

    def parts(self) -> list[tuple[str, str]]:
        """Return label and path of every part that has numbers to change."""
        return [
            (f"{prefix} ({name})" if prefix else name, prefix)
            for prefix, name in (("", self.facts.class_name), *self.facts.parts)
            if self.numbers(prefix)
        ]

    def _check(self, path: str, value: Any) -> None:
        """Refuse what is no whole number, or one that no dimension of a model can be."""
        known = next((item for item in self.facts.attributes if item.path == path), None)
        if known is None or known.integer is None:  # a choice, or a misspelt name: its class says what it thinks
            return
        if type(value) is not int:
            raise CourseError(
                f"{path} cannot be {value!r}.",
                why="it is a whole number that shapes the model.",
                remedy=f"Give an int, such as {path}={known.integer}.",
            )
        least = 0 if repeats(known.name) else 1
        if not least <= value <= _LARGEST:
            raise CourseError(
                f"{path} cannot be {value:,}." if abs(value) <= 10 * _LARGEST else f"{path} cannot be that large.",
                why=f"it counts what a model is built of, from {least} up to {_LARGEST:,}.",
                remedy=f"Take a number between them, such as {known.integer:,}.",
            )

    def _value(self, path: str) -> Any:
        value = self.original
        for name in path.split("."):
            value = getattr(value, name, None)
        return value
