"""The steps from a checkpoint's name to a model, as they are told: what was found, where it fails, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.facts.auto.weight_choice import Fresh, WeightChoice
    from coursekit.facts.checkpoint.fit import Fit
    from coursekit.facts.files.locate import Source

DONE, FAILED, OPEN = "done", "failed", "not reached"
TITLES = (
    "Find config.json",
    "Read its model_type",
    "Take the config class",
    "Look up the model class",
    "Choose the weight file",
    "Match the tensors",
)


@dataclass(frozen=True)
class Step:
    """One step from a name to a model.

    Attributes
    ----------
    title
        What is done, as an order.
    state
        ``done``, ``failed`` or ``not reached``.
    answer
        The result in a few words; empty when the step was not reached.
    notes
        Sentences that explain the result.
    reason
        Where the step fails: what transformers says, in its own words.
    """

    title: str
    state: str = OPEN
    answer: str = ""
    notes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class TraceFacts:
    """The way from a name to a model.

    Attributes
    ----------
    checkpoint
        What is given to ``from_pretrained``, without the folders of this machine that lead to it.
    task
        The task that the auto class is for, such as ``sequence-classification``; empty for the base model.
    framework, auto_class
        How the framework calls itself, and the auto class, such as ``TFAutoModel``.
    source
        Where the files are.
    steps
        The steps in order; after one that failed, none is reached.
    model_type, config_class, model_class
        What the steps found; empty where they did not get there.
    settings
        The content of ``config.json``; empty where it cannot be read.
    rows
        The auto class's mapping: model types and the classes that they get.
    files
        The weight files and what becomes of each.
    fit
        How the tensors of the weight file fit the model class; None when they were not compared.
    fresh
        The tensors that would be newly initialized.
    """

    checkpoint: str
    task: str
    framework: str
    auto_class: str
    source: Source
    steps: tuple[Step, ...]
    model_type: str = ""
    config_class: str = ""
    model_class: str = ""
    settings: tuple[tuple[str, Any], ...] = ()
    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    files: tuple[WeightChoice, ...] = ()
    fit: Fit | None = None
    fresh: tuple[Fresh, ...] = ()

    @property
    def failed(self) -> Step | None:
        """The step that fails, or None."""
        return next((step for step in self.steps if step.state == FAILED), None)
