"""Browse a config, understand every attribute, and ask what another number would change."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit import frameworks
from coursekit.errors import CourseError, reject_unknown
from coursekit.facts.config.edits import code_of, edited
from coursekit.facts.config.facts import ConfigFacts, architecture_integers, config_facts, differences
from coursekit.facts.config.load import find_config
from coursekit.facts.model.size import SizeFacts, shaped_tensors, size_facts
from coursekit.views.config import drawing as draw
from coursekit.views.config.figures import beside, figures, memory
from coursekit.views.page.view import LiveView, style, text

if TYPE_CHECKING:
    from coursekit.facts.config.facts import Attribute
    from coursekit.facts.model.size import ShapedTensor

_OPTIONS = ("compare_to", "framework")


class Answer(NamedTuple):
    """What becomes of a config: how large its model is or why there is none, and what is wrong as HTML.

    Sizes and error are both None where counting would have to import a framework first.
    """

    sizes: SizeFacts | None
    error: CourseError | None
    notes: str


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
    changes
        The edits: new numbers by path.

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
        self._controls: Any = None

    @property
    def config(self) -> Any:
        """An independent copy of the config, with the edits that were made."""
        return edited(self._original, self._changes) if self._changes else deepcopy(self._original)

    @property
    def code(self) -> str:
        """The Python lines that make this config."""
        return code_of(self._original, self._changes)

    @property
    def changes(self) -> dict[str, int]:
        """The edits that were made: new numbers by path."""
        return dict(self._changes)

    def sizes(self) -> SizeFacts:
        """Return how large a model of the edited config is; see :func:`~coursekit.facts.model.size.size_facts`."""
        return size_facts(self.config, framework=self._framework)

    def edit(self, **numbers: int) -> ConfigBrowser:
        """Change numbers as the fields do, and return the browser.

        Names inside a nested config are given as a dictionary: ``edit(**{"text_config.hidden_size": 256})``.
        """
        shaping = {item.path: item.integer for item in self.facts.attributes if item.integer is not None}
        for path, value in numbers.items():
            if path in shaping and type(value) is not int:
                raise CourseError(
                    f"{path} cannot be {value!r}.",
                    why="it is a whole number that shapes the model.",
                    remedy=f"Give an int, such as {path}={shaping[path]}.",
                )
        changes = {**self._changes, **numbers}
        edited(self._original, changes)
        self._changes = {path: value for path, value in changes.items() if value != self._value(path)}
        if self._controls is not None:
            self._controls.show(self.changes)
        return self

    def reset(self) -> None:
        """Take back all edits."""
        self._changes = {}
        if self._controls is not None:
            self._controls.show({})

    def summary(self) -> str:
        """Return the config's name, its main numbers, what was changed and what is wrong, one line each."""
        facts = self.facts
        lines = [f"ConfigBrowser: {facts.class_name} ({facts.model_type})" + (f", {facts.source}" * bool(facts.source))]
        prefixes = ["", *(prefix for prefix, _ in facts.parts)]
        numbers = [item for prefix in prefixes[:3] for item in architecture_integers(facts, prefix, 6)]
        lines.append("  " + ", ".join(f"{item.path} {item.value}" for item in numbers[:8]))
        answer = self._answer(self.config)
        if (sizes := answer.sizes) is not None:
            lines.append(f"  {sizes.model}: {sizes.parameters:,} parameters, {memory(sizes.nbytes())} in float32")
        elif answer.error is not None and not facts.warnings:
            lines.append(f"  {answer.error.what}")
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
        return self._page(self.static_html())

    def static_html(self) -> str:
        """Return the body of the static face: sizes, differences and all attributes in their groups."""
        answer = self._answer(self.config)
        compared = self._comparison()
        # A comparison has the sizes of both; only edits add to it.
        own = self.figures(answer.sizes) if answer.sizes and (self._changes or not compared) else ""
        attributes = draw.attributes(self.facts)
        return f"{self._head()}{answer.notes}{own}{compared}<h4>Attributes</h4>{attributes}"

    @property
    def widget(self) -> Any:
        """The live face; made when it is first shown."""
        if self._controls is None:
            from coursekit.views.config.controls import ConfigControls

            self._controls = ConfigControls(self)
        return self._controls.root

    # What follows is for the controls.

    def answer(self, changes: dict[str, int]) -> Answer:
        """Take ``changes`` as the edits, unless the config's class refuses them, and say what becomes of the model."""
        try:
            changed = edited(self._original, changes)
        except CourseError as error:
            return Answer(None, error, draw.refusal(error))
        self._changes = dict(changes)
        return self._answer(changed, at_once=False)

    def figures(self, sizes: SizeFacts) -> str:
        """Return how large the model of the edited config is, beside the original where that can be built."""
        original = self._answer(self._original).sizes if self._changes else None
        return figures(sizes) if original is None else beside(original, sizes, ("Original", "Now"))

    def shaped(self, path: str) -> tuple[ShapedTensor, ...] | str:
        """Return the tensors that follow the number at ``path``, or a sentence that says why they are not known."""
        try:
            found = shaped_tensors(self._original, path, framework=self._framework)
        except CourseError as error:
            return error.what
        if found is None:
            return "No model could be built with another number here, so its tensors are not known."
        return found

    @property
    def counts_at_once(self) -> bool:
        """Whether sizes can be shown without importing a framework for them."""
        chosen = [frameworks.get(self._framework)] if self._framework else frameworks.available()
        return any(framework.imported for framework in chosen)

    def head(self) -> str:
        """Return style, heading, warnings and differences."""
        return self._page(self._head() + self._comparison())

    def numbers(self, prefix: str) -> tuple[Attribute, ...]:
        """Return the numbers that can be changed in one part of the config."""
        return architecture_integers(self.facts, prefix)

    def parts_with_numbers(self) -> list[tuple[str, str]]:
        """Return label and path of every part that has numbers to change."""
        return [
            (f"{prefix} ({name})" if prefix else name, prefix)
            for prefix, name in (("", self.facts.class_name), *self.facts.parts)
            if self.numbers(prefix)
        ]

    def _answer(self, config: Any, *, at_once: bool = True) -> Answer:
        """Return how large a model of ``config`` is; ``at_once``: only where that costs no import."""
        found = config_facts(config).warnings
        new = [warning for warning in found if warning not in self.facts.warnings]
        if at_once and not self.counts_at_once:
            return Answer(None, None, draw.warnings(new))
        try:
            sizes = size_facts(config, framework=self._framework)
        except CourseError as error:
            return Answer(None, error, draw.no_model(error, found, new))
        return Answer(sizes, None, draw.warnings(new))

    def _page(self, body: str) -> str:
        return f'<div class="ck-view"><style>{style("page/style.css", "config/view.css")}</style>{body}</div>'

    def _head(self) -> str:
        return draw.title(self.facts) + draw.warnings(self.facts.warnings)

    def _value(self, path: str) -> Any:
        value = self._original
        for name in path.split("."):
            value = getattr(value, name, None)
        return value

    def _comparison(self) -> str:
        if self._other is None:
            return ""
        names = _names(self._original, self._other)
        one, two = (self._answer(config).sizes for config in (self._original, self._other))
        sizes = beside(one, two, names) if one and two else ""
        return f"<h4>{text(names[0])} beside {text(names[1])}</h4>" + sizes + draw.differing(self.differences, *names)


def _names(first: Any, second: Any) -> tuple[str, str]:
    """Return what two configs are called beside each other: after their checkpoints, else after their classes."""
    sources = [str(vars(config).get("_name_or_path") or "").rpartition("/")[2] for config in (first, second)]
    one, two = (source or type(config).__name__ for source, config in zip(sources, (first, second), strict=True))
    return (one, two) if one != two else (f"{one} (this)", f"{two} (compare_to)")
