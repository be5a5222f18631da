"""One to three models, tensor by tensor: figures, histograms with the initializer's curve, pictures of the matrices."""

from __future__ import annotations

from itertools import groupby
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.files.tensor_names import shape_text
from coursekit.facts.weights.compare import ComparedTensor, WeightFacts, weight_facts
from coursekit.facts.weights.statistics import BINS
from coursekit.views.page.colours import diverging
from coursekit.views.page.explorer import Explorer
from coursekit.views.page.pixels import colour_indices, image
from coursekit.views.page.view import table, text
from coursekit.views.weights.plot import colour_limit, draw, initializer_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS = 65535
"""A bar of a histogram is sent as a whole number up to this, in parts of the highest bar."""
_PICTURE_PIXELS = 192


class WeightComparison(Explorer[WeightFacts]):
    """The weights of one to three models of the same architecture, side by side.

    Each keyword names a model: ``ck.WeightComparison(random=model_a, pretrained=model_b)``.

    Raises
    ------
    CourseError
        When there are no models or more than three, one has no weights yet, or they are not of the same architecture.
    """

    tag = "ck-weight-comparison"
    stem = "weights/view"

    def __init__(self, *unnamed: object, **models: Any) -> None:
        if unnamed:
            raise CourseError(
                "Each model needs a name.",
                why="the names tell the models apart in the histograms and pictures.",
                remedy="Give them as keywords: ck.WeightComparison(random=model_a, pretrained=model_b)",
            )
        self.facts = weight_facts(models)

    def summary(self) -> str:
        """Return what is compared, how many tensors are identical, and how widely the weights spread."""
        facts = self.facts
        lines = [f"{_listed(facts.labels)}: {self._about()}"]
        if len(facts.labels) > 1:
            same = sum(_identical(tensor) for tensor in facts.tensors)
            others = len(facts.tensors) - same
            lines.append(
                f"{same} tensor{' is' if same == 1 else 's are'} identical, {others} differ{'s' * (others == 1)}"
            )
        spreads = (f"{label} {_spread(facts.tensors, place):.3f}" for place, label in enumerate(facts.labels))
        lines.append(f"standard deviation of the matrices: {', '.join(spreads)}")
        broken = [
            tensor.name for tensor in facts.tensors if any(one.nans or one.infinities for one in tensor.statistics)
        ]
        lines += facts.notes
        if broken:
            lines.append(f"not all numbers are finite in {_listed(broken[:3])}" + (" and others" if broken[3:] else ""))
        return "\n".join(lines)

    def _about(self) -> str:
        facts = self.facts
        each = " each" if len(facts.labels) > 1 else ""
        return (
            f"{_counted(facts)} in {facts.framework}, {facts.parameters:,} parameters in {len(facts.tensors)} tensors"
            f"{each}"
        )

    def static_html(self) -> str:
        """Return the parts of the model as a table, and one matrix of each model as a picture."""
        facts = self.facts
        lines = [self._about(), *self.summary().splitlines()[1:]]
        several = len(facts.labels) > 1
        columns = ["Part", "Tensors", "Parameters", *(f"Std, {label}" for label in facts.labels)]
        columns += ["Identical tensors"] if several else []
        rows = []
        for group, members in groupby(facts.tensors, key=lambda tensor: tensor.group):
            tensors = list(members)
            row: list[object] = [group, len(tensors), f"{sum(tensor.count for tensor in tensors):,}"]
            row += [f"{_spread(tensors, place):.3f}" for place in range(len(facts.labels))]
            rows.append(row + [sum(_identical(tensor) for tensor in tensors)] * several)
        caption = (
            "The parts of the model, in the order in which it is built. Std: the standard deviation of its matrices"
        )
        body = table(columns, rows, caption=caption, numeric=columns[1:])
        return (
            f"<h3>Weights: {text(_listed(facts.labels))}</h3>"
            + "".join(f"<p>{text(_sentence(line))}</p>" for line in lines)
            + body
            + self._static_pictures()
        )

    def _static_pictures(self) -> str:
        tensor = _most_telling(self.facts.tensors)
        if tensor is None:
            return ""
        limit = colour_limit(tensor)
        pictures = []
        for label, numbers in zip(self.facts.labels, tensor.statistics, strict=True):
            if numbers.block_means is None:
                continue
            codes = colour_indices(numbers.block_means, limit, signed=True)
            cell = tuple(max(1, _PICTURE_PIXELS // size) for size in reversed(codes.shape))
            drawn = image(codes, signed=True, description=f"{tensor.name} of {label}", cell=(cell[0], cell[1]))
            pictures.append(f"<td><p>{text(label)}</p>{drawn}</td>")
        blocks = " × ".join(f"{size:,}" for size in _block(tensor))
        return (
            f"<h4>{text(tensor.name)}</h4><table><tr>{''.join(pictures)}</tr></table>"
            f"<p>Each square is the mean of {text(blocks)} weights; blue is below zero, orange above, in one scale.</p>"
        )

    def payload(self) -> dict[str, Any]:
        """Return figures, bars as shares of the highest one, and pictures as indices into the diverging scale."""
        facts = self.facts
        bars = np.zeros((len(facts.tensors), len(facts.labels), BINS), np.uint16)  # (tensors, models, bins)
        pictures: list[Any] = []
        offset = 0
        rows = []
        for place, tensor in enumerate(facts.tensors):
            for model, numbers in enumerate(tensor.statistics):
                highest = numbers.counts.max()
                bars[place, model] = np.rint(numbers.counts * (_LEVELS / highest)) if highest else 0
            picture = None
            if tensor.statistics[0].block_means is not None:
                limit = colour_limit(tensor)
                codes = [colour_indices(one.block_means, limit, signed=True) for one in tensor.statistics]  # type: ignore[arg-type]
                picture = [offset, *codes[0].shape, limit, *_block(tensor)]
                offset += sum(code.size for code in codes)
                pictures += [code.ravel() for code in codes]
            rows.append(self._row(tensor, picture))
        return {
            "title": f"Weights: {_listed(facts.labels)}",
            "summary": _sentence(self._about()),
            "words": self._words(),
            "labels": list(facts.labels),
            "rows": rows,
            "bars": bars,
            "pictures": np.concatenate(pictures) if pictures else np.zeros(0, np.uint8),
            "palette": diverging(),
        }

    def _words(self) -> str:
        words = "Share: of all parameters of the model. Std: standard deviation."
        if len(self.facts.labels) == 1:
            return words
        pairs = "the two models" if len(self.facts.labels) == 2 else "the two models that are furthest apart"  # noqa: PLR2004
        return f"{words} Difference: between {pairs}, as the root of the mean squared difference of their weights."

    def _row(self, tensor: ComparedTensor, picture: list[Any] | None) -> dict[str, Any]:
        return {
            "name": tensor.name,
            "group": tensor.group,
            "shape": shape_text(tensor.shape),
            "count": tensor.count,
            "share": tensor.share,
            "dtypes": tensor.dtypes,
            "also": [name for name, first in self.facts.tied if first == tensor.name],
            "low": tensor.low,
            "high": tensor.high,
            "numbers": [
                {
                    **{name: _finite(getattr(one, name)) for name in ("mean", "std", "smallest", "largest")},
                    "nans": one.nans,
                    "infinities": one.infinities,
                    "outside": one.below + one.above,
                    "highest": int(one.counts.max()) / tensor.count if tensor.count else 0,
                    "constant": one.constant,
                }
                for one in tensor.statistics
            ],
            "differences": [
                [pair.first, pair.second, pair.identical, *map(_finite, (pair.largest, pair.rms, pair.cosine))]
                for pair in tensor.differences
            ],
            "curves": [
                {
                    "text": initializer_text(one),
                    "kind": one.kind,
                    "center": one.center,
                    "spread": one.spread,
                    "cut": one.cut,
                }
                for one in dict.fromkeys(found for found in tensor.initializers if found is not None)
            ],
            "picture": picture,
        }

    def plot(self, tensor: str | None = None) -> Any:
        """Return a matplotlib ``Figure`` of one tensor: histograms, the initializer's curve, and pictures.

        Parameters
        ----------
        tensor
            The name of the tensor; without it, the position embeddings or the first matrix.

        Raises
        ------
        CourseError
            When no tensor has that name.
        """
        return draw(self.facts.labels, self._find(tensor))

    def _find(self, name: str | None) -> ComparedTensor:
        tensors = self.facts.tensors
        if name is None:
            return _most_telling(tensors) or tensors[0]
        found = next((tensor for tensor in tensors if tensor.name == name), None)
        if found is None:
            names = [tensor.name for tensor in tensors]
            raise CourseError(
                f"The models have no tensor {name!r}.{did_you_mean(name, names)}",
                why="a picture is drawn of one tensor.",
                remedy="Take a name from the list of the view, such as " + repr(names[0]),
            )
        return found


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _counted(facts: WeightFacts) -> str:
    kinds = list(dict.fromkeys(facts.classes))
    number = {1: "a", 2: "two", 3: "three"}[len(facts.classes)]
    return f"{number} {kinds[0]}" if len(kinds) == 1 else _listed(f"a {kind}" for kind in kinds)


def _identical(tensor: ComparedTensor) -> bool:
    return all(pair.identical for pair in tensor.differences)


def _spread(tensors: Iterable[ComparedTensor], place: int) -> float:
    """Return the standard deviation of all finite numbers of the matrices in one model.

    Biases and norms start at 0 and 1 in a new model; with them the figure would not be the initializer's.
    """
    count = total = squares = 0.0
    for tensor in tensors:
        if tensor.statistics[place].block_means is None:
            continue
        numbers = tensor.statistics[place]
        finite = tensor.count - numbers.nans - numbers.infinities
        if finite:
            count += finite
            total += finite * numbers.mean
            squares += finite * (numbers.std**2 + numbers.mean**2)
    return sqrt(max(squares / count - (total / count) ** 2, 0.0)) if count else 0.0


def _most_telling(tensors: Iterable[ComparedTensor]) -> ComparedTensor | None:
    """Return the position embeddings, whose bands tell a trained model from a new one, or the first matrix."""
    matrices = [tensor for tensor in tensors if tensor.statistics[0].block_means is not None]
    named = [
        tensor for tensor in matrices if "position_embeddings" in tensor.name or tensor.name.endswith("wpe.weight")
    ]
    return next(iter(named or matrices), None)


def _block(tensor: ComparedTensor) -> tuple[int, int]:
    """Return about how many rows and columns of a matrix stand in one square of its picture."""
    picture = tensor.statistics[0].block_means
    if picture is None:
        return 1, 1
    rows = tensor.shape[0]
    return round(rows / picture.shape[0]), round(tensor.count / rows / picture.shape[1])


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
