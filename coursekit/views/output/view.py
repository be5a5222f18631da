"""OutputExplorer: what a model returned, from the shapes of its fields to every attention weight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError, nearest, reject_unknown
from coursekit.facts.output.facts import OutputFacts, RunFacts
from coursekit.facts.output.page_budget import Choice
from coursekit.facts.output.quantization import Quantized, quantize
from coursekit.facts.output.run import all_sides
from coursekit.facts.output.values import is_array, is_output
from coursekit.text import visible
from coursekit.views.output.layers import plot_layers
from coursekit.views.output.plot import NEEDS, plot
from coursekit.views.output.static import short, size, static_face, two_decimals
from coursekit.views.page.colours import diverging, sequential
from coursekit.views.page.explorer import Explorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from coursekit.facts.output.fields import FieldFacts
    from coursekit.facts.output.tokens import Token

_OPTIONS = (
    "input_ids",
    "tokenizer",
    "attention_mask",
    "config",
    "sequences",
    "layers",
    "heads",
    "picture",
    "side",
    "step",
)
_EXACT = 60_000
"""Numbers up to which the page holds them exactly: a lesson's output in about 250 kB."""
_FEW = 4_096
"""Numbers of one picture up to which they are exact beside larger ones: what a lesson prints, its picture says too."""
_PICTURES = tuple(name for name in NEEDS if name != "head")
_SIDES = {"": "", "encoder": "Encoder", "decoder": "Decoder", "cross": "Decoder looking at the encoder"}


class OutputExplorer(Explorer[OutputFacts]):
    """Show one output of a model, or several on the same input side by side.

    Parameters
    ----------
    output
        What ``model(**inputs)`` returned, in PyTorch or TensorFlow; also a tuple or NumPy arrays.
    input_ids
        What the model was given: ids of shape ``(batch, sequence)``, or the whole dict of inputs.
    tokenizer
        Names the ids.
    attention_mask
        Shape ``(batch, sequence)``: 1 for real tokens. Taken from the dict of inputs where one is given.
    config
        The model's config, or the model: it names labels and checks where the sizes come from.
    sequences, layers, heads
        Which ones the pictures show, as lists of numbers: indices of sequences and heads (from 0), numbers of layers
        (from 1). The default is as many as the page has room for.
    picture
        The picture to open first: ``hidden``, ``tokens``, ``sequences``, ``map``, ``attention`` or ``logits``.
    side
        Of a model with an encoder and a decoder, which one comes first: ``encoder``, ``decoder``, or ``cross`` for what
        the decoder takes from the encoder; of an output of outputs, the name of one of them.
    step
        Of what ``generate(…, return_dict_in_generate=True)`` returned: the step, from 0.
    **runs
        More outputs on the same input, by name: ``OutputExplorer(random=a, pretrained=b, input_ids=inputs)``.

    Raises
    ------
    CourseError
        When something is not an output, or outputs, ids and choices do not fit each other.
    """

    tag = "ck-output-explorer"
    stem = "output/view"

    def __init__(
        self,
        output: Any = None,
        input_ids: Any = None,
        tokenizer: Any = None,
        *,
        attention_mask: Any = None,
        config: Any = None,
        sequences: Any = None,
        layers: Any = None,
        heads: Any = None,
        picture: str = "hidden",
        side: str | None = None,
        step: int | None = None,
        **runs: Any,
    ) -> None:
        named = {} if output is None else {"output": output}
        reject_unknown(
            (name for name, value in runs.items() if _is_misspelt(name, value)), _OPTIONS, where="OutputExplorer"
        )
        named.update({visible(name): value for name, value in runs.items()})
        if not named:
            raise CourseError(
                "There is no output to explore.",
                why="the view shows what a model returned.",
                remedy="Pass it: ck.OutputExplorer(output, inputs, tokenizer).",
            )
        reject_unknown([str(picture)], _PICTURES, where="OutputExplorer(picture=…)")
        self._picture = picture
        self._all = all_sides(
            named,
            input_ids,
            tokenizer,
            attention_mask=attention_mask,
            config=config,
            choice=Choice(sequences, layers, heads),
            side=side,
            step=step,
        )
        self.facts = self._all[0]

    @property
    def title(self) -> str:
        """What is shown, as a heading."""
        many = len(self.facts.runs) > 1
        what = f"Outputs of {len(self.facts.runs)} runs" if many else f"Output: {self.facts.runs[0].kind}"
        return f"{what}, {self._size}"

    @property
    def heading(self) -> str:
        """The same without the name of the class, which stands above the fields."""
        runs = [run.name for run in self.facts.runs]
        what = f"Outputs of {' and '.join(runs)}" if len(runs) > 1 else "Output of the model"
        return f"{what}: {self._size}"

    @property
    def _size(self) -> str:
        return size(self.facts)

    def summary(self) -> str:
        """Return the shapes of the fields and, for a batch, which sequences are most alike."""
        lines = [self.title]
        for run in self.facts.runs:
            prefix = f"{run.name}: " if len(self.facts.runs) > 1 else ""
            lines += [f"  {prefix}{field.name} {_shape(field)}" for field in run.fields]
            if (alike := _most_alike(run, self.facts.numbers)) is not None:
                a, b, value = alike
                lines.append(f"  {prefix}sequences most alike: {a} and {b} ({value})")
        missing = {one.name: one.line for run in self.facts.runs for one in run.missing}
        lines += [f"  {'not here' if line else 'not of this model'}: {name}" for name, line in missing.items()]
        lines += [f"  {note}" for note in self.facts.part.notes[: len(self.facts.sides) > 1 or self.facts.steps > 0]]
        return "\n".join(lines)

    def static_html(self) -> str:
        """Return tables of fields, axes, tokens and similarities, and images of hidden states and attention."""
        return static_face(self._all, self.heading)

    def plot(
        self,
        picture: str = "hidden",
        *,
        layer: int = -1,
        head: int = 0,
        sequence: int | None = None,
        tokens: Any = None,
    ) -> Figure:
        """Return one picture as a matplotlib ``Figure``.

        Parameters
        ----------
        picture
            ``hidden``, ``tokens``, ``sequences``, ``map``, ``attention`` (all heads), ``head``, ``logits``, or
            ``layers``: how similar some tokens are, layer by layer.
        layer
            The layer: 0 for the embeddings, -1 for the last.
        head
            The head, from 0, for ``head``.
        sequence
            The index of the sequence in the batch; the first shown by default.

        tokens
            For ``layers``: words, which stand for each place where they occur, or pairs of numbers of a sequence and of
            a position in it: ``tokens=["bank"]``, ``tokens=[(0, 6), (1, 5)]``.

        Raises
        ------
        CourseError
            When there is no such picture, layer, head, sequence or token.

        Examples
        --------
        >>> view.plot("layers", tokens=["bank"])  # doctest: +SKIP
        """
        if isinstance(picture, str) and picture == "layers":
            return plot_layers(self.facts, tokens)
        if tokens is not None:
            raise CourseError(
                f"The picture {str(picture)[:40]!r} takes no tokens.",
                why="only the picture of layers follows some tokens through the layers.",
                remedy='Use plot("layers", tokens=[…]), or remove tokens.',
            )
        return plot(self.facts, picture, layer=layer, head=head, sequence=sequence)

    @property
    def exact(self) -> bool:
        """Whether the page holds the numbers themselves; larger outputs have one byte for each, with a stated bound."""
        arrays = (array for run in self.facts.runs for array in (run.hidden, run.attention, run.token_similarity))
        return sum(array.size for array in arrays if array is not None) <= _EXACT

    def payload(self) -> dict[str, Any]:
        """Return what the script draws: one side of the outputs, and below ``others`` the further ones."""
        first, *others = (self._payload(facts) for facts in self._all)
        return {**first, "others": others}

    def _payload(self, facts: OutputFacts) -> dict[str, Any]:
        def listed(row: Sequence[Token]) -> list[list[Any]]:
            return [[token.text, token.kind, token.id] for token in row]

        slots = {index: slot for slot, index in enumerate(facts.part.sequences)}
        reach = max((_reach(run) for run in facts.runs), default=0.0)
        return {
            "title": self.heading if facts is self.facts else "",
            "side": _SIDES.get(facts.side, facts.side.replace("_", " ")),
            "unit": facts.unit,
            "paths": _paths(facts),
            "numbers": list(facts.numbers),
            "signs": list(facts.signs),
            "sequences": [
                {
                    "label": short(row),
                    "tokens": listed(row) if index in slots else None,
                    "keys": listed(facts.keys[index]) if index in slots and facts.keys is not None else None,
                }
                for index, row in enumerate(facts.sequences)
            ],
            "shown": list(facts.part.sequences),
            "tokens": [[slots[index], place] for index, place in facts.part.tokens],
            "block": facts.part.block,
            "notes": list(facts.part.notes),
            "limits": {
                "hidden": facts.hidden_limit,
                "attention": facts.attention_limit,
                "logits": facts.logits_limit,
                "map": reach,
            },
            "colours": {"sequential": sequential(), "diverging": diverging()},
            "picture": self._picture,
            "exact": self.exact,
            "runs": [_run(run, facts, reach, exact=self.exact) for run in facts.runs],
        }


def _paths(facts: OutputFacts) -> dict[str, str]:
    """Return where the numbers of the pictures stand in an output, as Python writes it."""
    side = facts.side
    prefix = f"{side}_" if side in {"encoder", "decoder"} else f"{side}." if side not in {"", "cross"} else ""
    step = f"[{facts.step}]" if facts.steps and side != "encoder" else ""
    own = "decoder_" if side == "cross" else prefix
    last = "last_hidden_state" if side in {"decoder", "cross"} else f"{prefix}last_hidden_state"
    attention = "cross_attentions" if side == "cross" else f"{prefix}attentions"
    return {"hidden": f"{own}hidden_states{step}", "last": last, "attention": f"{attention}{step}"}


def _is_misspelt(name: str, value: Any) -> bool:
    """Tell whether a keyword argument is not an output, or an argument whose name was mistyped.

    Integers and booleans are no output. A plain array of zeros and ones under a name such as ``attention_masks`` is a
    mask, whatever the type of its numbers.
    """
    if not is_output(value):
        return True
    alike = nearest(name, _OPTIONS, cutoff=_ALIKE) is not None
    return alike and is_array(value) and value.ndim <= len(("batch", "sequence"))


_ALIKE = 0.8


def _shape(field: FieldFacts) -> str:
    sizes = ", ".join(f"{size:,}" for size in field.shape)
    return f"({sizes}) {field.dtype}" if field.axes else f"{field.without_axes}, {field.dtype}"


def _most_alike(run: RunFacts, numbers: Sequence[int]) -> tuple[int, int, str] | None:
    """Return the pair of sequences with the highest similarity after the last layer, by two decimals."""
    if run.sequence_similarity is None or len(run.sequence_similarity[-1]) == 1:
        return None
    similar = run.sequence_similarity[-1]
    rows, columns = np.triu_indices(len(similar), 1)
    values = similar[rows, columns]
    if not np.isfinite(values).any():
        return None
    best = int(np.nanargmax(np.round(values, 2)))
    return numbers[int(rows[best])], numbers[int(columns[best])], two_decimals(values[best])


def _reach(run: RunFacts) -> float:
    """Return the largest distance from the middle of the map, the measure of both of its axes."""
    if run.projection is None or not np.isfinite(run.projection.points).any():
        return 0.0
    return float(np.nanmax(np.abs(run.projection.points)))


def _run(run: RunFacts, facts: OutputFacts, reach: float, *, exact: bool) -> dict[str, Any]:
    def lower(square: Any) -> Any:
        """Keep one half of a symmetric matrix, with its diagonal: ``(layers, n (n + 1) / 2)``."""
        rows, columns = np.tril_indices(square.shape[-1])
        return square[:, rows, columns]

    def numbers(values: Any, curve: str, limit: float) -> dict[str, Any] | None:
        return None if values is None else _packed(quantize(values, curve, limit, exact=exact or values.size <= _FEW))

    largest = 0.0 if run.hidden is None else float(np.abs(run.hidden[np.isfinite(run.hidden)]).max(initial=0))
    return {
        "name": run.name,
        "kind": run.kind,
        "fields": [
            {
                "name": field.name,
                "meaning": field.meaning,
                "axes": [[axis.name, axis.size, axis.origin] for axis in field.axes],
                "dtype": field.dtype,
                "withoutAxes": field.without_axes,
                "notFinite": field.not_finite,
            }
            for field in run.fields
        ],
        "missing": [{"name": one.name, "reason": one.reason, "line": one.line} for one in run.missing],
        "layers": list(run.layers),
        "hidden": numbers(run.hidden, "signed", largest),
        "tokens": None if run.token_similarity is None else numbers(lower(run.token_similarity), "linear", 1),
        "sequences": None if run.sequence_similarity is None else numbers(lower(run.sequence_similarity), "linear", 1),
        "map": None if run.projection is None else numbers(run.projection.points, "linear", reach),
        "explained": [0, 0] if run.projection is None else [round(share, 4) for share in run.projection.explained],
        "attention": numbers(run.attention, "share", facts.attention_limit),
        "attentionLayers": list(run.attention_layers),
        "heads": list(run.heads),
        "logits": numbers(run.logits, "signed", facts.logits_limit),
        "labels": [visible(label) for label in run.labels],
        "scores": run.scores,
        "words": None if run.words is None else run.words.ravel().tolist(),
    }


def _packed(numbers: Quantized) -> dict[str, Any]:
    return {"codes": numbers.codes, "curve": numbers.curve, "scale": numbers.scale}
