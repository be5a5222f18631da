"""Browse a config, understand every attribute, and ask what another number would change."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError, reject_unknown
from coursekit.facts.config.facts import ConfigFacts, architecture_integers, differences
from coursekit.facts.config.load import find_config
from coursekit.facts.model.edited_config import EditedConfig
from coursekit.views.config import drawing as draw
from coursekit.views.config.figures import beside, memory, original_and_now
from coursekit.views.page.view import LiveView, style, text

if TYPE_CHECKING:
    from coursekit.facts.model.size import SizeFacts
    from coursekit.views.config.controls import ConfigControls

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
    changes
        The edits: new numbers by path.

    Raises
    ------
    CourseError
        When there is no such config or no such option.
    """

    def __init__(self, source: Any, *, compare_to: Any = None, framework: str | None = None, **unknown: Any) -> None:
        reject_unknown(unknown, _OPTIONS, where="ConfigBrowser")
        name = None if framework is None else frameworks.get(framework).name
        try:
            self._edits = EditedConfig(find_config(source), name)
            self._other = None if compare_to is None else find_config(compare_to)
            self.differences = () if self._other is None else differences(self._edits.original, self._other)
        except RecursionError as error:
            raise CourseError(
                "The config is nested too deep to be read.",
                why="its attributes are settings inside of settings without an end in sight.",
                remedy="Remove the attribute that holds them.",
            ) from error
        self.facts = self._edits.facts
        self._controls: ConfigControls | None = None

    @property
    def config(self) -> Any:
        """An independent copy of the config, with the edits that were made."""
        return self._edits.config

    @property
    def code(self) -> str:
        """The Python lines that make this config."""
        return self._edits.code

    @property
    def changes(self) -> dict[str, int]:
        """The edits that were made: new numbers by path."""
        return self._edits.changes

    def sizes(self) -> SizeFacts:
        """Return how large a model of the edited config is; see :func:`~coursekit.facts.model.size.size_facts`."""
        return self._edits.sizes()

    def edit(self, **numbers: int) -> ConfigBrowser:
        """Change numbers as the fields do, and return the browser.

        Names inside a nested config are given as a dictionary: ``edit(**{"text_config.hidden_size": 256})``.

        Raises
        ------
        CourseError
            When there is no such attribute, or no model can have such a number; then nothing is changed.
        """
        self._edits.replace(numbers)
        if self._controls is not None:
            self._controls.show(next(reversed(numbers), ""))
        return self

    def reset(self) -> None:
        """Take back all edits."""
        self._edits.reset()
        if self._controls is not None:
            self._controls.show()

    def summary(self) -> str:
        """Return the config's name, its main numbers, what was changed and what is wrong, one line each."""
        facts = self.facts
        lines = [f"ConfigBrowser: {facts.class_name} ({facts.model_type})" + (f", {facts.source}" * bool(facts.source))]
        prefixes = ["", *(prefix for prefix, _ in facts.parts)]
        numbers = [item for prefix in prefixes[:3] for item in architecture_integers(facts, prefix, 6)]
        lines.append("  " + ", ".join(f"{item.path} {item.value}" for item in numbers[:8]))
        outcome = self._edits.outcome(at_once=True)
        if (sizes := outcome.sizes) is not None:
            lines.append(f"  {sizes.model}: {sizes.parameters:,} parameters, {memory(sizes.nbytes())} in float32")
        elif outcome.error is not None and not facts.warnings:
            lines.append(f"  {outcome.error.what}")
        changed = [f"{item.path} {item.value}" for item in facts.changed if item.path != "name_or_path"]
        if changed:
            more = f" and {len(changed) - 8} more" if len(changed) > 8 else ""  # noqa: PLR2004  (one readable line)
            lines.append(f"  changed from the defaults: {', '.join(changed[:8])}{more}")
        if self.changes:
            lines.append(f"  edited: {', '.join(f'{path} {value}' for path, value in self.changes.items())}")
        lines += [f"  warning: {warning.what}" for warning in facts.warnings]
        if self._other is not None:
            lines.append(f"  {len(self.differences)} attributes differ from the {type(self._other).__name__}")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the whole view as HTML that needs no kernel and no network."""
        return self._page(self.static_html())

    def static_html(self) -> str:
        """Return the body of the static face: sizes, differences and all attributes in their groups."""
        outcome = self._edits.outcome(at_once=True)
        compared = self._comparison()
        # A comparison has the sizes of both; only edits add to it.
        own = original_and_now(self._edits, outcome.sizes) if outcome.sizes and (self.changes or not compared) else ""
        attributes = draw.attributes(self.facts)
        return f"{self._head()}{draw.notes(outcome)}{own}{compared}<h4>Attributes</h4>{attributes}"

    @cached_property
    def widget(self) -> Any:
        """The live face; made when it is first shown, and again after :meth:`close`."""
        from coursekit.views.config.controls import ConfigControls

        self._controls = ConfigControls(self._edits, self._page(self._head() + self._comparison()))
        return self._controls.root

    def close(self) -> None:
        """Close the live face; see :meth:`LiveView.close`. The edits stay."""
        self._controls = None
        super().close()

    def _page(self, body: str) -> str:
        return f'<div class="ck-view"><style>{style("page/style.css", "config/view.css")}</style>{body}</div>'

    def _head(self) -> str:
        return draw.title(self.facts) + draw.warnings(self.facts.warnings)

    def _comparison(self) -> str:
        if self._other is None:
            return ""
        both = (self._edits.original, self._other)
        names = _names(*both)
        one, two = (self._edits.outcome_of(config, at_once=True).sizes for config in both)
        sizes = beside(one, two, names) if one and two else ""
        return f"<h4>{text(names[0])} beside {text(names[1])}</h4>" + sizes + draw.differing(self.differences, *names)


def _names(first: Any, second: Any) -> tuple[str, str]:
    """Return what two configs are called beside each other: after their checkpoints, else after their classes."""
    sources = [str(vars(config).get("_name_or_path") or "").rpartition("/")[2] for config in (first, second)]
    one, two = (source or type(config).__name__ for source, config in zip(sources, (first, second), strict=True))
    return (one, two) if one != two else (f"{one} (this)", f"{two} (compare_to)")
