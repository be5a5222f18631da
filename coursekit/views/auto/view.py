"""From a checkpoint's name to a model: the steps of ``AutoModel.from_pretrained``, none of which loads a weight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.arguments import words
from coursekit.errors import CourseError, reject_unknown
from coursekit.facts.auto.steps import DONE, FAILED, Step, TraceFacts
from coursekit.facts.auto.trace import trace_facts
from coursekit.facts.files.tensor_names import shape_text
from coursekit.views.page.explorer import Explorer
from coursekit.views.page.units import bytes_text
from coursekit.views.page.view import table, text

if TYPE_CHECKING:
    import os

_MARKS = {DONE: "✓", FAILED: "✗"}
_REASON = 700
"""Characters of an error that are shown: transformers lists all its model types in some."""


class AutoModelTrace(Explorer[TraceFacts]):
    """How ``AutoModel.from_pretrained(checkpoint)`` gets from a name to a model.

    Parameters
    ----------
    checkpoint
        A folder that ``save_pretrained`` wrote, or an id on the Hub.
    task
        Follow the auto class of a task instead, such as ``"sequence-classification"``.
    framework
        ``"pytorch"`` or ``"tensorflow"``; without it, the one in use.
    subfolder, revision, variant
        As in ``from_pretrained``.

    Raises
    ------
    CourseError
        When there is no such folder, the id is malformed or unknown to the Hub, or the task or the framework is
        unknown. Whatever goes wrong later is shown as the step that fails.
    """

    tag = "ck-auto-model-trace"
    stem = "auto/view"

    def __init__(
        self,
        checkpoint: str | os.PathLike[str],
        *,
        task: str = "",
        framework: str = "",
        subfolder: str = "",
        revision: str = "",
        variant: str = "",
        **unknown: object,
    ) -> None:
        if unknown.pop("gguf_file", None):
            raise CourseError(
                "AutoModelTrace does not follow gguf_file=.",
                why="transformers then reads the config from the GGUF file as well, and takes none of these steps.",
                remedy="See what the file is: ck.CheckpointInspector(folder, gguf_file=...).",
            )
        options = ("task", "framework", "subfolder", "revision", "variant")
        reject_unknown(unknown, options, where="ck.AutoModelTrace")
        chosen = frameworks.get(framework) if framework else None
        self.facts = trace_facts(
            checkpoint,
            task=words(task, "task", example="masked-lm"),
            framework=chosen,
            subfolder=words(subfolder, "subfolder", example="text_encoder"),
            revision=words(revision, "revision", example="main"),
            variant=words(variant, "variant", example="fp16"),
        )

    def summary(self) -> str:
        """Return the call, one line for each step that was reached, and what comes out."""
        lines = [self._call()]
        for number, step in enumerate(self.facts.steps, start=1):
            if step.state in _MARKS:
                lines.append(f"{number}. {step.title}: {'FAILS, ' if step.state == FAILED else ''}{step.answer}")
        return "\n".join(lines)

    @property
    def label(self) -> str:
        """The call, for screen readers."""
        return f"The steps of {self._call()}"

    def _call(self) -> str:
        return f'{self.facts.auto_class}.from_pretrained("{self.facts.checkpoint}")'

    def static_html(self) -> str:
        """Return the steps as a numbered list, then the weight files and the newly initialized tensors as tables."""
        facts = self.facts
        items = "".join(f"<li>{_static_step(step)}</li>" for step in facts.steps)
        html = f"<h3><code>{text(self._call())}</code></h3><p>{text(self._outcome())}</p><ol>{items}</ol>"
        if facts.files:
            rows = [(file.name, bytes_text(file.nbytes), file.role, file.why) for file in facts.files]
            html += table(
                ("File", "Size", "What becomes of it", "Why"), rows, caption="Weight files", numeric=("Size",)
            )
        if facts.fresh:
            tensors = [(one.name, shape_text(one.shape), _origin(one.tied_to)) for one in facts.fresh]
            html += table(("Tensor", "Shape", "Where its numbers come from"), tensors, caption="Newly initialized")
        return html

    def _outcome(self) -> str:
        facts = self.facts
        if facts.failed is not None:
            place = facts.steps.index(facts.failed) + 1
            return f"Step {place} fails: {facts.failed.title[0].lower()}{facts.failed.title[1:]}. There is no model."
        new = sum(one.tied_to is None for one in facts.fresh)
        start = f"The result is a {facts.model_class}"
        if facts.fit is None or not facts.fit.compared:
            return f"{start}. Nothing was loaded to find this out."
        if new:
            return f"{start}, and {new} of its tensors are newly initialized: train it before you use it."
        return f"{start}, all of it from the checkpoint."

    def payload(self) -> dict[str, Any]:
        """Return the steps, the mapping, the config and the files."""
        facts = self.facts
        return {
            "call": self._call(),
            "outcome": self._outcome(),
            "auto": facts.auto_class,
            "framework": facts.framework,
            "modelType": facts.model_type,
            "configClass": facts.config_class,
            "modelClass": facts.model_class,
            "steps": [
                {
                    "title": step.title,
                    "state": step.state,
                    "answer": step.answer,
                    "notes": list(step.notes),
                    "reason": _cut(step.reason),
                }
                for step in facts.steps
            ],
            "rows": [[model_type, " or ".join(names)] for model_type, names in facts.rows],
            "settings": [[name, _cut(json.dumps(value, ensure_ascii=False), 200)] for name, value in facts.settings],
            "files": [[file.name, bytes_text(file.nbytes), file.role, file.why] for file in facts.files],
            "fresh": [[one.name, shape_text(one.shape), _origin(one.tied_to)] for one in facts.fresh],
            "surplus": list(facts.fit.surplus) if facts.fit else [],
        }


def _static_step(step: Step) -> str:
    mark = _MARKS.get(step.state)
    if mark is None:
        return f"{text(step.title)}: not reached"
    parts = [f"<strong>{text(step.title)}: {mark} {text(step.answer)}</strong>", *map(text, step.notes)]
    if step.reason:
        parts.append(f"transformers says: <code>{text(_cut(step.reason))}</code>")
    return "<br>".join(parts)


def _cut(words: str, length: int = _REASON) -> str:
    return words if len(words) <= length else words[:length].rstrip() + " …"


def _origin(tied_to: str | None) -> str:
    return f"the same tensor as {tied_to}" if tied_to else "new, not from the checkpoint"
