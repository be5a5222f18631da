"""Browse a config, understand every attribute, and ask what another number would change."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError, reject_unknown
from coursekit.facts.config import ConfigFacts, architecture_integers, config_facts, differences
from coursekit.facts.config_source import find_config
from coursekit.facts.edits import code_of, edited
from coursekit.facts.sizes import SizeFacts, shaped_tensors, size_facts
from coursekit.views import config_drawing as draw
from coursekit.views.view import LiveView, style

if TYPE_CHECKING:
    from coursekit.facts.config import Attribute

_STEPS = ((20_000, 1000), (2_000, 256), (200, 64), (64, 8))
_HEAVY = 100_000
_OPTIONS = ("compare_to", "framework")


class ConfigBrowser(LiveView[ConfigFacts]):
    """Browse a config: every attribute with its documentation, and the sizes that other numbers would give.

    Parameters
    ----------
    source
        A config, a model, the id or folder of a checkpoint, the path of a ``config.json``, or a model type (``gpt2``).
    compare_to
        A second config, in any of these forms: the browser then shows the differences.
    framework
        ``pytorch`` or ``tensorflow``: whose model is counted. Without it, the one in use.

    Attributes
    ----------
    facts
        What the config says, before any edit.
    config
        An independent copy of the config with the edits that were made.
    code
        The Python lines that make this config.

    Raises
    ------
    CourseError
        When there is no such config or no such option.
    """

    def __init__(self, source: Any, *, compare_to: Any = None, framework: str | None = None, **unknown: Any) -> None:
        reject_unknown(unknown, _OPTIONS, where="ConfigBrowser")
        self._framework = frameworks.get(framework).name if framework else None
        self._original = find_config(source)
        self._other = None if compare_to is None else find_config(compare_to)
        self.facts = config_facts(self._original)
        self.differences = () if self._other is None else differences(self._original, self._other)
        self._changes: dict[str, int] = {}
        self._widget: Any = None

    @property
    def config(self) -> Any:
        """An independent copy of the config, with the edits that were made."""
        return edited(self._original, self._changes) if self._changes else deepcopy(self._original)

    @property
    def code(self) -> str:
        """The Python lines that make this config."""
        return code_of(self._original, self._changes)

    def sizes(self) -> SizeFacts:
        """Return how large a model of the edited config is; see :func:`~coursekit.facts.sizes.size_facts`."""
        return size_facts(self.config, framework=self._framework)

    def edit(self, **numbers: int) -> ConfigBrowser:
        """Change numbers as the fields do, and return the browser.

        Names inside a nested config are given as a dictionary: ``edit(**{"text_config.hidden_size": 256})``.
        """
        changes = {**self._changes, **numbers}
        edited(self._original, changes)
        self._changes = {path: value for path, value in changes.items() if value != self._value(path)}
        if self._widget is not None:
            self._controls.show(self._changes)
        return self

    def reset(self) -> None:
        """Take back all edits."""
        self._changes = {}
        if self._widget is not None:
            self._controls.show({})

    def summary(self) -> str:
        """Return the config's name, its main numbers, what was changed and what is wrong, one line each."""
        facts = self.facts
        lines = [f"ConfigBrowser: {facts.class_name} ({facts.model_type})" + (f", {facts.source}" * bool(facts.source))]
        numbers = [item for prefix in self._prefixes()[:3] for item in architecture_integers(facts, prefix, 6)]
        lines.append("  " + ", ".join(f"{item.path} {item.value}" for item in numbers[:8]))
        if (sizes := self._known_sizes()) is not None:
            lines.append(f"  {sizes.model}: {sizes.parameters:,} parameters, {draw.memory(sizes.nbytes())} in float32")
        changed = [f"{item.path} {item.value}" for item in facts.changed if item.path != "name_or_path"]
        if changed:
            more = f" and {len(changed) - 8} more" if len(changed) > 8 else ""  # noqa: PLR2004  (one readable line)
            lines.append(f"  changed from the defaults: {', '.join(changed[:8])}{more}")
        if self._changes:
            lines.append(f"  edited: {', '.join(f'{path} {value}' for path, value in self._changes.items())}")
        lines += [f"  warning: {warning.what}" for warning in facts.warnings]
        if self._other is not None:
            lines.append(f"  {len(self.differences)} attributes differ from the {type(self._other).__name__}")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the whole view as HTML that needs no kernel and no network."""
        sheet = style("style.css", "config_browser.css")
        return f'<div class="ck-view"><style>{sheet}</style>{self.static_html()}</div>'

    def static_html(self) -> str:
        """Return the body of the static face: sizes, differences and all attributes in their groups."""
        sizes = self._known_sizes()
        html = draw.title(self.facts) + draw.warnings(self.facts.warnings) + self._figures(sizes)
        return html + self._differing() + "<h4>Attributes</h4>" + draw.attributes(self.facts)

    @property
    def widget(self) -> Any:
        """The live face; made when it is first shown."""
        if self._widget is None:
            from coursekit.views.config_controls import ConfigControls

            self._controls = ConfigControls(self)
            self._widget = self._controls.root
        return self._widget

    # What follows is for the controls.

    def answer(self, changes: dict[str, int]) -> str:
        """Take ``changes`` as the edits, and return the figures or the reason why they cannot be."""
        try:
            changed = edited(self._original, changes)
        except CourseError as error:
            return draw.refusal(error)
        self._changes = dict(changes)
        found = config_facts(changed).warnings
        new = [warning for warning in found if warning not in self.facts.warnings]
        try:
            sizes = size_facts(changed, framework=self._framework)
        except CourseError as error:
            return draw.no_model(error, found, new)
        return draw.warnings(new) + self._figures(sizes)

    def shaped(self, path: str) -> Any:
        """Return the tensors that follow the number at ``path``, or a sentence that says why they are not known."""
        try:
            found = shaped_tensors(self.config, path, framework=self._framework)
        except CourseError as error:
            return error.what
        return (
            "No model could be built with another number here, so its tensors are not known."
            if found is None
            else found
        )

    @property
    def counts_at_once(self) -> bool:
        """Whether sizes can be shown without importing a framework for them."""
        chosen = [frameworks.get(self._framework)] if self._framework else frameworks.available()
        return any(framework.imported for framework in chosen)

    def head(self) -> str:
        """Return style, heading, warnings and differences."""
        sheet = style("style.css", "config_browser.css")
        body = draw.title(self.facts) + draw.warnings(self.facts.warnings) + self._differing()
        return f'<div class="ck-view"><style>{sheet}</style>{body}</div>'

    def numbers(self, prefix: str) -> tuple[Attribute, ...]:
        """Return the numbers that can be changed in one part of the config."""
        return architecture_integers(self.facts, prefix)

    def _prefixes(self) -> list[str]:
        return ["", *(prefix for prefix, _ in self.facts.parts)]

    def parts_with_numbers(self) -> list[tuple[str, str]]:
        """Return label and path of every part that has numbers to change."""
        return [
            (f"{prefix} ({name})" if prefix else name, prefix)
            for prefix, name in (("", self.facts.class_name), *self.facts.parts)
            if self.numbers(prefix)
        ]

    def _value(self, path: str) -> Any:
        value = self._original
        for name in path.split("."):
            value = getattr(value, name, None)
        return value

    def _known_sizes(self) -> SizeFacts | None:
        if not self.counts_at_once:
            return None
        try:
            return self.sizes()
        except CourseError:
            return None

    def _figures(self, sizes: SizeFacts | None) -> str:
        original = None
        if self._changes and sizes is not None:
            try:
                original = size_facts(self._original, framework=self._framework)
            except CourseError:
                original = None
        return draw.figures(sizes, original, edited=bool(self._changes))

    def _differing(self) -> str:
        if self._other is None:
            return ""
        names = type(self._original).__name__, type(self._other).__name__
        return "<h4>Differences</h4>" + draw.differing(self.differences, *names)


def field_range(value: int) -> tuple[int, int, int]:
    """Return smallest value, largest value and step of a field that starts at ``value``; it lies on a step."""
    step = next((step for least, step in _STEPS if value > least), 1)
    lowest = value % step or step
    return lowest, value + step * max(-(-value * (1 if value > _HEAVY else 3) // step), 4), step
