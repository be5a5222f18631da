"""ForwardPass: one call of a model, watched step by step with its own numbers."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit import frameworks
from coursekit.errors import CourseError, did_you_mean, reject_unknown
from coursekit.facts.forward.facts import ForwardFacts, forward_facts
from coursekit.facts.forward.steps import AttentionStep
from coursekit.views.forward.payload import Kept, limits, run_payload
from coursekit.views.forward.plot import plot
from coursekit.views.forward.static import static_face
from coursekit.views.page.colours import diverging, sequential
from coursekit.views.page.explorer import Explorer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from coursekit.facts.forward.steps import Step

_OPTIONS = ("model", "inputs", "tokenizer", "sequence", "step", "token", "head", "tokens")


@dataclass(frozen=True, eq=False)
class PassFacts:
    """One pass, or several side by side.

    Attributes
    ----------
    runs
        The passes by name.
    """

    runs: dict[str, ForwardFacts]


class ForwardPass(Explorer[PassFacts]):
    """Watch one call of a model happen, step by step, with the numbers of a chosen token.

    Parameters
    ----------
    model
        A Transformer model of transformers, in PyTorch or TensorFlow. It is run once, without dropout and without
        gradients; its mode, hooks, weights and the random state are afterwards as before.
    inputs
        What the model is called with: the dict that the tokenizer returned, or ids of shape ``(batch, sequence)``.
    tokenizer
        Names the ids.
    sequence
        The index of the sequence in the batch.
    step
        The step to open first: its name, such as ``"layer 3 attention"``, or its index.
    token
        The index of the token to follow first; the second one by default.
    head
        The attention head to open first, from 0.
    tokens
        Which tokens of a long text the page follows, as a list of indices.
    **runs
        Two models or two inputs side by side, each as a pair: ``random=(a, inputs), pretrained=(b, inputs)``.

    Raises
    ------
    CourseError
        When model and inputs are none, do not fit each other, or a choice names what is not there.

    Examples
    --------
    >>> view = ck.ForwardPass(model, inputs, tokenizer, step="layer 3 attention")  # doctest: +SKIP
    >>> view.step("layer 3 attention").weights[0, 1]  # of head 0, for token 1  # doctest: +SKIP
    """

    tag = "ck-forward-pass"
    stem = "forward/view"

    def __init__(
        self,
        model: Any = None,
        inputs: Any = None,
        tokenizer: Any = None,
        *,
        sequence: int = 0,
        step: str | int | None = None,
        token: int | None = None,
        head: int = 0,
        tokens: Any = None,
        **runs: Any,
    ) -> None:
        pairs = _pairs(model, inputs, runs)
        self._models = {name: weakref.ref(pair[0]) for name, pair in pairs.items() if _is_model(pair[0])}
        passes = {
            name: forward_facts(*pair, tokenizer, sequence=sequence, name="model" if len(pairs) == 1 else name)
            for name, pair in pairs.items()
        }
        self.facts = PassFacts(passes)
        first = next(iter(passes.values()))
        self._step = 1 if step is None else first.find(step)
        self._token = _token(first, token, self._step)
        self._head = _head(first, head)
        self._kept = {name: Kept(facts, tokens, len(passes)) for name, facts in passes.items()}

    def step(self, step: str | int, run: str | None = None) -> Step:
        """Return a step with its arrays; what the lines of NumPy in the view call ``s``.

        Parameters
        ----------
        step
            Its name, such as ``"layer 3 attention"``, or its index.
        run
            Which pass, where there are several; the first by default.
        """
        return self._run(run)[step]

    def weight(self, name: str, run: str | None = None) -> Any:
        """Return a weight of the model as NumPy, read from the model itself.

        Raises
        ------
        CourseError
            When there is no such weight, or the model is gone.
        """
        self._run(run)
        held = self._models[run or next(iter(self._models))]()
        if held is None:
            raise CourseError(
                "The model is gone.",
                why="the view reads weights from the model itself and keeps no copy.",
                remedy="Keep the model in a variable, and build the view again.",
            )
        framework = frameworks.of(held)
        assert framework is not None  # noqa: S101  (forward_facts has checked it)
        names = framework.recording().weight_names(held)
        if name not in names:
            raise CourseError(
                f"The model has no weight {name!r}.{did_you_mean(name, names)}",
                why="a weight is read by its name.",
                remedy=f"Use a name such as {next(iter(names))!r}.",
            )
        return np.asarray(names[name](), np.float32)

    def _run(self, run: str | None) -> ForwardFacts:
        runs = self.facts.runs
        if run is not None and run not in runs:
            raise CourseError(
                f"There is no pass called {run!r}.{did_you_mean(str(run), runs)}",
                why=f"the view shows {' and '.join(runs)}.",
                remedy=f"Use run={next(iter(runs))!r}.",
            )
        return runs[run] if run is not None else next(iter(runs.values()))

    @property
    def title(self) -> str:
        """What is shown, as a heading."""
        first = next(iter(self.facts.runs.values()))
        tokens = sum(map(len, first.tokens.values()))
        where = f"{tokens} token{'s' * (tokens != 1)} through {first.model_class}"
        if len(self.facts.runs) > 1:
            return f"One forward pass, side by side: {' and '.join(self.facts.runs)}"
        return f"One forward pass: {where}"

    def summary(self) -> str:
        """Return the steps and what was compared, in a few lines that are the same on every machine."""
        lines = [self.title]
        for name, facts in self.facts.runs.items():
            prefix = f"{name}: " if len(self.facts.runs) > 1 else ""
            layers = len({(step.stack, step.layer) for step in facts.steps if step.layer is not None})
            lines.append(
                f"  {prefix}{len(facts.steps)} steps, {layers} layers; of {facts.model_class} in {facts.framework}"
            )
            shown = len(facts.steps) - len(facts.closed)
            lines.append(f"  {prefix}{shown} of {len(facts.steps)} steps shown whole, equal to the model's own numbers")
            lines += [f"  {prefix}closed: {step.name} ({step.closed})" for step in facts.closed[:3]]
        return "\n".join(lines)

    def static_html(self) -> str:
        """Return the pass of the chosen token in small tables."""
        return static_face(self.title, self.facts.runs, token=self._token, head=self._head, step=self._step)

    def plot(self, step: str | int | None = None, *, token: int | None = None, head: int | None = None) -> Figure:
        """Return one step as a matplotlib ``Figure``, the passes side by side.

        Parameters
        ----------
        step
            Its name or index; the one that the view opens by default.
        token, head
            What is chosen; that of the view by default.

        Raises
        ------
        CourseError
            When there is no such step, token or head.
        """
        first = next(iter(self.facts.runs.values()))
        index = self._step if step is None else first.find(step)
        chosen = self._token if token is None else _token(first, token, index)
        return plot(
            self.facts.runs,
            first.steps[index].name,
            token=chosen,
            head=self._head if head is None else _head(first, head),
        )

    def payload(self) -> dict[str, Any]:
        """Return what the script draws."""
        runs = self.facts.runs
        return {
            "title": self.title,
            "step": next(iter(runs.values())).steps[self._step].name,
            "token": self._token,
            "head": self._head,
            "colours": {"sequential": sequential(), "diverging": diverging()},
            "limits": limits(tuple(runs.values())),
            "runs": [run_payload(name, facts, self._kept[name]) for name, facts in runs.items()],
        }


def _is_model(model: Any) -> bool:
    framework = frameworks.of(model)
    return framework is not None and framework.is_model(model)


def _pairs(model: Any, inputs: Any, runs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    pairs: dict[str, tuple[Any, Any]] = {}
    if model is not None:
        if inputs is None:
            raise CourseError(
                "There are no inputs to run the model on.",
                why="the view shows what one call of the model does with a text.",
                remedy='Pass them: ck.ForwardPass(model, tokenizer("Hello!", return_tensors="pt"), tokenizer).',
            )
        pairs["pass"] = (model, inputs)
    reject_unknown(
        (name for name, pair in runs.items() if not (isinstance(pair, tuple) and len(pair) == 2)),  # noqa: PLR2004
        _OPTIONS,
        where="ForwardPass",
    )
    pairs.update(runs)
    if not pairs:
        raise CourseError(
            "There is no model to run.",
            why="the view runs a model once and shows what happens.",
            remedy="Pass it with its inputs: ck.ForwardPass(model, inputs, tokenizer).",
        )
    return pairs


def _token(facts: ForwardFacts, token: Any, step: int) -> int:
    stack = facts.steps[step].stack
    count = len(facts.tokens[stack])
    if token is None:
        return min(1, count - 1)
    if isinstance(token, bool) or not isinstance(token, (int, np.integer)) or not -count <= token < count:
        raise CourseError(
            f"token={token!r} is none of the {count} tokens.",
            why="the view follows one token, by its index.",
            remedy=f"Choose a number from 0 to {count - 1}.",
        )
    return int(token) % count


def _head(facts: ForwardFacts, head: Any) -> int:
    count = max(
        (len(s.weights) for s in facts.steps if isinstance(s, AttentionStep) and s.weights is not None), default=1
    )
    if isinstance(head, bool) or not isinstance(head, (int, np.integer)) or not 0 <= head < count:
        raise CourseError(
            f"head={head!r} is none of the {count} heads.",
            why="heads are counted from 0.",
            remedy=f"Choose a number from 0 to {count - 1}.",
        )
    return int(head)
