"""What happened in one call of a model, step by step, with the model's own numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.forward.embeddings import embeddings
from coursekit.facts.forward.equations import lengths
from coursekit.facts.forward.graph import ClosedError, Graph
from coursekit.facts.forward.heads import chain, final_norm, head_step
from coursekit.facts.forward.inputs import Given, read_inputs
from coursekit.facts.forward.layer import LayerReader, Place
from coursekit.facts.forward.lens import Lens, lens
from coursekit.facts.forward.stacks import Stack, find_stacks
from coursekit.facts.forward.steps import HeadStep, Step

if TYPE_CHECKING:
    from coursekit.facts.output.tokens import Token

_WAYS = ("attention", "cross-attention", "feed-forward", "add", "norm", "add and norm", "embeddings", "pooler", "head")


@dataclass(frozen=True, eq=False)
class ForwardFacts:
    """One pass of one sequence.

    Attributes
    ----------
    model_class, framework
        The class of the model, and ``pytorch`` or ``tensorflow``.
    tokens
        The tokens by stack: one entry with the name ``""``, or ``encoder`` and ``decoder``.
    sequence, batch
        Which sequence of the batch it is, and how many there were.
    steps
        The steps in order.
    lens
        What the head would say after each layer, where there is one over the vocabulary.
    sizes
        Config attributes that name the sizes of vectors, by size: ``{384: "hidden_size"}``.
    notes
        What is to be said of the whole pass.
    dtype
        The type of the model's numbers.
    words
        The tokens of the ids that the head finds best, by id; None without a tokenizer.
    """

    model_class: str
    framework: str
    tokens: dict[str, tuple[Token, ...]]
    sequence: int
    batch: int
    steps: tuple[Step, ...]
    lens: Lens | None
    sizes: dict[int, str]
    notes: tuple[str, ...]
    dtype: str
    words: dict[int, str] | None = None

    @property
    def difference(self) -> float:
        """The largest difference between the model's numbers and those computed in NumPy, of what is shown."""
        return max((step.difference for step in self.steps if not step.closed), default=0.0)

    @property
    def closed(self) -> tuple[Step, ...]:
        """The steps whose inside is not shown."""
        return tuple(step for step in self.steps if step.closed)

    @property
    def whole(self) -> bool:
        """Whether every step is shown, and there are steps of attention and feed-forward in layers."""
        kinds = {step.kind for step in self.steps if step.layer is not None}
        return not self.closed and "attention" in kinds

    def find(self, step: str | int) -> int:
        """Return the index of a step that is called by its name or index.

        Raises
        ------
        CourseError
            When there is none.
        """
        names = [each.name for each in self.steps]
        if isinstance(step, (int, np.integer)) and not isinstance(step, bool) and -len(names) <= step < len(names):
            return int(step) % len(names)
        word = " ".join(str(step).lower().split())
        if isinstance(step, str) and word in names:
            return names.index(word)
        raise CourseError(
            f"There is no step called {step!r}.{did_you_mean(str(step), names)}",
            why=f"this pass has {len(names)} steps, from {names[0]!r} to {names[-1]!r}.",
            remedy=f"Give a name such as {names[min(1, len(names) - 1)]!r}, or an index from 0 to {len(names) - 1}.",
        )

    def __getitem__(self, step: str | int) -> Step:
        """Return a step by its name or index."""
        return self.steps[self.find(step)]


def forward_facts(
    model: Any, inputs: Any, tokenizer: Any = None, *, sequence: int = 0, name: str = "model"
) -> ForwardFacts:
    """Run ``model`` once and return what happened.

    Parameters
    ----------
    model
        A model of transformers, in PyTorch or TensorFlow; it is afterwards as before.
    inputs
        What the model is called with: the dict of inputs, or ids of shape ``(batch, sequence)``.
    tokenizer
        Names the ids.
    sequence
        The index of the sequence in the batch.
    name
        What the model is called in errors.

    Raises
    ------
    CourseError
        When model and inputs are none, do not fit each other, or the pass fails.
    """
    given = read_inputs(model, inputs, tokenizer, sequence=sequence, name=name)
    recording = given.record()
    graph = Graph(recording)
    stacks = find_stacks(recording)
    steps, notes, last = _read(graph, stacks, given)
    found = None
    head = next((step for step in steps if isinstance(step, HeadStep) and step.vocabulary), None)
    if head is not None:
        found = lens(graph, head, recording.outputs[head.output], last, steps)
    tokens = given.tokens([len(step.after) for step in steps if step.layer is not None] or [len(steps[0].after)], steps)
    words = None
    if found is not None and given.vocabulary is not None:
        ids = tuple(sorted({int(each) for each in found.ids.reshape(-1)}))
        words = {id_: word or f"#{id_}" for id_, word in zip(ids, given.vocabulary.readable(ids), strict=True)}
    return ForwardFacts(
        given.model_class,
        given.framework,
        tokens,
        given.sequence,
        given.batch,
        tuple(steps),
        found,
        given.sizes,
        (*given.notes, *notes),
        recording.dtype,
        words,
    )


def _read(graph: Graph, stacks: list[Stack], given: Given) -> tuple[list[Step], list[str], dict[str, int]]:
    steps: list[Step] = []
    last: dict[str, int] = {}
    for stack in stacks:
        prefix = f"{stack.name} " if stack.name else ""
        steps.append(embeddings(graph, stack.layers[0].enters, stack.name, prefix))
        for number, layer in enumerate(stack.layers, 1):
            place = Place(number, stack.name, prefix)
            try:
                steps += LayerReader(graph, place, layer.enters).read(layer.leaves)
            except (ClosedError, ValueError, IndexError) as error:
                steps.append(_closed_layer(graph, place, layer, str(error)))
        last[stack.name] = graph.plain(stack.layers[-1].leaves)
        steps += _behind(graph, stack, prefix, last[stack.name], given)
    if not stacks:
        raise CourseError(
            f"{given.model_class} calls no stack of numbered layers.",
            why="the view follows a token from layer to layer.",
            remedy="Use a Transformer model of transformers, such as BertModel; ck.ModelMap shows any model.",
        )
    return steps, [], last


def _closed_layer(graph: Graph, place: Place, layer: Any, reason: str) -> Step:
    before, after = graph.rows(layer.enters), graph.rows(layer.leaves)
    change = lengths(after - before, before) if before.shape == after.shape else np.zeros(len(after), np.float32)
    name = f"{place.prefix}layer {place.layer}"
    return Step(name, "layer", "Layer", place.layer, place.stack, (layer.path,), before, after, change, closed=reason)


def _behind(graph: Graph, stack: Stack, prefix: str, last: int, given: Given) -> list[Step]:
    """Return the steps behind the layers: a last norm, the hidden state that the model gives, poolers and heads."""
    steps: list[Step] = []
    known = {last}
    outputs = {name: number for name, number in graph.recording.outputs.items() if graph.comes_from(number, last)}
    other = "encoder_" if stack.name == "encoder" else ""
    outputs = {name: number for name, number in outputs.items() if not other or name.startswith(other)}
    state = last
    for number in outputs.values():
        try:
            _, links, _, _ = chain(graph, number, known)
        except ClosedError:
            continue
        if links and links[0].kind == "norm" and state == last:
            steps.append(final_norm(graph, links[0], stack.name, prefix))
            state = links[0].output
            known.add(state)
    if graph.shape(state)[-1:] and "logits" not in outputs:
        vectors = graph.rows(state)
        steps.append(
            Step(
                f"{prefix}last hidden state",
                "result",
                "Last hidden state",
                None,
                stack.name,
                (),
                vectors,
                vectors,
                np.zeros(len(vectors), np.float32),
            )
        )
    for name, number in outputs.items():
        if graph.plain(number) in known or "last_hidden_state" in name or len(graph.shape(number)) < 2:  # noqa: PLR2004
            continue
        try:
            steps.append(head_step(graph, name, number, known, given.config, stack.name, prefix))
        except (ClosedError, ValueError) as error:
            after = graph.rows(number)
            title = "Pooler" if "pooler" in name else "Head"
            rows = None if len(after) == len(graph.rows(last)) else (0,) * len(after)
            step = HeadStep(
                f"{prefix}{title.lower()}{'' if title == 'Pooler' or name == 'logits' else f' {name}'}",
                title.lower(), title, None, stack.name, (), graph.rows(state), after, rows=rows, closed=str(error),
                output=name,
            )  # fmt: skip
            steps.append(replace(step, vocabulary=after.shape[-1] == getattr(given.config, "vocab_size", None)))
    return steps
