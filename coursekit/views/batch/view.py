"""From sentences to the tensor: a batch as a grid that follows what you type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, reject_unknown
from coursekit.facts.batch.encoding import LONGEST, PADDINGS, Settings
from coursekit.facts.batch.facts import BatchFacts, batch_facts, tensor_inputs
from coursekit.facts.batch.sequences import checked, ids_from, is_text, pair_sign, pairs_from, sentences_from, to_lines
from coursekit.facts.batch.vocabulary import Vocabulary
from coursekit.text import visible
from coursekit.views.batch.html import batch_html, batch_summary, problem_html
from coursekit.views.page.view import LiveView, style

if TYPE_CHECKING:
    from coursekit.facts.batch.sequences import IdLists, Pairs, Sentences

_EDITABLE = 20_000
"""Characters up to which a batch stands in the text area; a browser edits no more without delay."""


class TensorBuilder(LiveView[BatchFacts]):
    """Show how sequences become the tensor that a model takes, and let you edit them.

    Parameters
    ----------
    sequences
        A list of sentences, of pairs of sentences (a question and a text), lists of ids (ragged or not), or an array
        or tensor of ids ``(batch, sequence)``.
    tokenizer
        The tokenizer of the model's checkpoint. Sentences need it; for ids it says what they stand for.
    config
        The model's config, or the model: an id or a length that it does not take is marked.
    other
        A second tokenizer, to read the same ids under its vocabulary too.
    framework
        ``"pytorch"`` or ``"tensorflow"``; without: that of the given tensor, else the one in use.
    padding
        ``"none"``, ``"longest"`` or ``"fixed"``.
    truncation
        Whether sequences longer than ``length`` are cut.
    length
        A number of tokens, for fixed padding and for truncation.

    Attributes
    ----------
    facts
        What is true of the batch as it stands, a :class:`~coursekit.facts.batch.facts.BatchFacts`.

    Raises
    ------
    CourseError
        When the sequences are not a batch or an argument does not exist.

    Examples
    --------
    >>> builder = ck.TensorBuilder(["Hello!", "Cool.", "Nice!"], tokenizer)  # doctest: +SKIP
    >>> output = model(**builder.inputs)  # doctest: +SKIP
    """

    def __init__(
        self,
        sequences: Any,
        tokenizer: Any = None,
        *,
        config: Any = None,
        other: Any = None,
        framework: str | None = None,
        padding: str = "none",
        truncation: bool = False,
        length: int = 16,
        **unknown: Any,
    ) -> None:
        known = ("sequences", "tokenizer", "config", "other", "framework", "padding", "truncation", "length")
        reject_unknown(unknown, known, where="ck.TensorBuilder")
        self._problem: CourseError | None = None
        self._options = {
            "tokenizer": Vocabulary.of(tokenizer),
            "config": config,
            "other": Vocabulary.of(other, argument="other"),
        }
        settings = Settings(padding, truncation, length)
        sequences = list(sequences) if isinstance(sequences, Iterator) else sequences  # it is read twice
        self.facts = batch_facts(sequences, **self._options, framework=framework, settings=settings)
        self._sequences: Sentences | Pairs | IdLists = checked(sequences)
        self._sign = pair_sign(self._sequences)

    @property
    def tensor(self) -> Any:
        """The input ids as the framework's own tensor, of shape ``(batch, sequence)``; made anew each time.

        Raises
        ------
        CourseError
            When the batch cannot be a tensor, with the reason.
        """
        return self.inputs["input_ids"]

    @property
    def inputs(self) -> dict[str, Any]:
        """The tensors for ``model(**builder.inputs)``, each of shape ``(batch, sequence)``; made anew each time.

        Raises
        ------
        CourseError
            When the batch cannot be a tensor, with the reason.
        """
        if self._problem is not None:
            raise self._problem
        return tensor_inputs(self.facts)

    def summary(self) -> str:
        """Return the shape, the type and the first rows, or why there is no tensor."""
        return batch_summary(self.facts)

    def static_html(self) -> str:
        """Return the batch as tables, with what is wrong and how to repair it."""
        return f"<style>{style('batch/view.css')}</style>{batch_html(self.facts)}"

    @cached_property
    def widget(self) -> Any:
        """The controls above the grid."""
        import ipywidgets as widgets

        settings = self.facts.settings
        lines = to_lines(self._sequences)
        what = (
            "Sentences, one on each line"
            if isinstance(self._sequences[0], str)
            else f"Pairs of sentences, one on each line, with {self._sign} between the two"
            if is_text(self._sequences)
            else "Ids, one sequence on each line"
        )
        self._text = widgets.Textarea(
            value=lines if len(lines) <= _EDITABLE else "",
            description=what,
            rows=min(8, max(3, len(self._sequences))),
            continuous_update=True,
            disabled=len(lines) > _EDITABLE,
            layout=widgets.Layout(width="auto", height="auto"),
        )
        self._padding = widgets.Dropdown(
            options=list(PADDINGS),
            value=settings.padding,
            description="Padding",
            layout=widgets.Layout(width="190px"),
        )
        self._truncation = widgets.Checkbox(
            value=settings.truncation,
            description="Truncation",
            indent=False,
            layout=widgets.Layout(width="auto", margin="2px 12px"),
        )
        self._length = widgets.BoundedIntText(
            value=settings.length, min=1, max=LONGEST, description="Length", layout=widgets.Layout(width="160px")
        )
        self._page = widgets.HTML(value=batch_html(self.facts, live=True))
        for control in (self._text, self._padding, self._truncation, self._length):
            control.observe(self._changed, names="value")
        row = widgets.HBox([self._padding, self._truncation, self._length], layout=widgets.Layout(flex_flow="row wrap"))
        look = widgets.HTML(value=f"<style>{style('page/style.css', 'batch/view.css')}</style>")
        box = widgets.VBox([look, self._text, row, self._page])
        box.add_class("ck-view").add_class("ck-builder")
        self._length.disabled = not settings.takes_length
        return box

    def _changed(self, _change: dict[str, Any]) -> None:
        settings = Settings(self._padding.value, self._truncation.value, self._length.value)
        self._length.disabled = not settings.takes_length
        try:
            sequences = self._sequences if self._text.disabled else self._edited()
            facts = batch_facts(sequences, **self._options, framework=self.facts.framework, settings=settings)
            page = batch_html(facts, live=True)
        except Exception as error:  # noqa: BLE001  (nobody sees what a callback raises, and old figures would stay)
            self._problem = error if isinstance(error, CourseError) else _unforeseen(error)
            self._page.value = problem_html(self._problem) + batch_html(self.facts, live=True)
            return
        self._problem = None
        self._sequences, self.facts = sequences, facts
        self._page.value = page

    def _edited(self) -> Sentences | Pairs | IdLists:
        """Return the batch that stands in the text area."""
        words = self._text.value
        if not is_text(self._sequences):
            return ids_from(words)
        return sentences_from(words) if isinstance(self._sequences[0], str) else pairs_from(words, self._sign)


def _unforeseen(error: Exception) -> CourseError:
    """Return an error of the tokenizer or of a framework as one that can be shown."""
    said = visible(f"{type(error).__name__}: {error}")[:300]
    return CourseError(
        f"This input made an error: {said}",
        why="the figures below are those of the input before, not of what stands above.",
        remedy="Change the input, or make the view again.",
    )
