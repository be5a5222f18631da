"""What is true of the weights of one to three models of the same architecture, tensor by tensor."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import isqrt
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.files.tensor_names import group_of, shape_text
from coursekit.facts.weights.statistics import tensor_statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coursekit.facts.weights.differences import TensorDifference
    from coursekit.facts.weights.statistics import TensorStatistics
    from coursekit.frameworks import Framework, Parameter
    from coursekit.frameworks.initializers import Initializer

MOST = 3
"""More models than this are more lines than an eye can follow in one histogram."""
SIDE = 64
"""Blocks along each side of a picture, at most."""
_PICTURE_BUDGET = 720_000
"""Picture elements of all matrices and models together; each takes a byte in the page, before base64."""
_SHOWN = 6
"""Differences that an error lists."""


@dataclass(frozen=True)
class ComparedTensor:
    """One tensor in all models.

    Attributes
    ----------
    name
        Its name in the model, without the name that TensorFlow puts before all of them.
    group
        The part of the model that it belongs to, such as ``encoder.layer.0``.
    shape, count, share
        Its dimensions, how many numbers it holds, and which part of all numbers that is.
    dtypes
        The type of its numbers in each model.
    low, high
        The range of its histograms.
    statistics
        What its numbers are in each model.
    differences
        How far each two models are apart, in the order (0, 1), (0, 2), (1, 2).
    initializers
        What a new model of each model's config draws it from; None where that has no name.
    """

    name: str
    group: str
    shape: tuple[int, ...]
    count: int
    share: float
    dtypes: tuple[str, ...]
    low: float
    high: float
    statistics: tuple[TensorStatistics, ...]
    differences: tuple[TensorDifference, ...]
    initializers: tuple[Initializer | None, ...]


@dataclass(frozen=True)
class WeightFacts:
    """The weights of one to three models of the same architecture.

    Attributes
    ----------
    labels
        What the models are called, in the order in which they were given.
    classes
        The class of each model.
    framework
        How the framework calls itself.
    parameters
        How many numbers each model holds; a tensor that is used twice counts once.
    tensors
        The tensors in the model's own order.
    tied
        The names that stand for an earlier tensor, and the name of that tensor.
    """

    labels: tuple[str, ...]
    classes: tuple[str, ...]
    framework: str
    parameters: int
    tensors: tuple[ComparedTensor, ...]
    tied: tuple[tuple[str, str], ...]


def weight_facts(models: Mapping[str, Any]) -> WeightFacts:
    """Compare the weights of one to three models.

    Parameters
    ----------
    models
        The models by the label that each is shown with.

    Raises
    ------
    CourseError
        When there are too few or too many models, one is no model or has no weights yet, or they are not of the same
        architecture: other classes of tensors, names or shapes. The error lists the first differences.
    """
    framework = _framework(models)
    found = {label: _parameters(framework, label, model) for label, model in models.items()}
    _require_same(models, found)
    names = list(next(iter(found.values())))
    tied = {
        name: first.pop()
        for name in names
        if len(first := {parameters[name].tied_to or name for parameters in found.values()}) == 1 and name not in first
    }
    rows = [[parameters[name] for parameters in found.values()] for name in names if name not in tied]
    total = sum(row[0].count for row in rows)
    matrices = sum(len(row[0].shape) > 1 for row in rows)
    side = min(SIDE, isqrt(_PICTURE_BUDGET // (max(matrices, 1) * len(models))))
    initializers = _initializers(framework, models)
    # NumPy lets the other core work while it counts.
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as workers:
        results = list(workers.map(lambda row: tensor_statistics(row, side=max(side, 1)), rows))
    tensors = tuple(
        ComparedTensor(
            name=row[0].name,
            group=group_of(row[0].name),
            shape=row[0].shape,
            count=row[0].count,
            share=row[0].count / total if total else 0.0,
            dtypes=tuple(parameter.dtype for parameter in row),
            low=result.low,
            high=result.high,
            statistics=result.statistics,
            differences=result.differences,
            initializers=tuple(known.get(row[0].name) for known in initializers),
        )
        for row, result in zip(rows, results, strict=True)
    )
    return WeightFacts(
        labels=tuple(models),
        classes=tuple(type(model).__name__ for model in models.values()),
        framework=framework.label,
        parameters=total,
        tensors=tensors,
        tied=tuple(tied.items()),
    )


def _framework(models: Mapping[str, Any]) -> Framework:
    if not 1 <= len(models) <= MOST:
        raise CourseError(
            "There is no model to look at." if not models else f"{len(models)} models are too many to compare at once.",
            why=f"the weights of one to {MOST} models are drawn over each other.",
            remedy="Give each model a name: ck.WeightComparison(random=model_a, pretrained=model_b)",
        )
    chosen: dict[str, Framework] = {}
    for label, model in models.items():
        framework = frameworks.of(model)
        if framework is None or not framework.is_model(model):
            raise CourseError(
                f"{label} is not a model, but a {type(model).__name__}.",
                why="only a model has weights; a config or a checkpoint's name is what a model is made from.",
                remedy="Make the model first: BertModel(config), or BertModel.from_pretrained(checkpoint).",
            )
        chosen[label] = framework
    if len(set(chosen.values())) > 1:
        raise CourseError(
            "The models are of two frameworks: "
            + ", ".join(f"{label} of {framework.label}" for label, framework in chosen.items())
            + ".",
            why="each framework has its own names and shapes for the weights.",
            remedy="Compare models of one framework.",
        )
    return next(iter(chosen.values()))


def _parameters(framework: Framework, label: str, model: Any) -> dict[str, Parameter]:
    """Return a model's parameters by the name that they have in every model of its class."""
    try:
        parameters = framework.parameters(model)
        if not parameters:
            raise ValueError  # noqa: TRY301  (TensorFlow has two ways to say the same)
        parameters[0].part(0, 1) if parameters[0].shape else parameters[0].read()
    except ValueError as error:
        raise CourseError(
            f"{label} has no weights yet.",
            why="a planned model knows shapes only, and TensorFlow makes the weights when a model is first called.",
            remedy="Call the model once, for example: model(model.dummy_inputs)"
            if framework.name == "tensorflow"
            else "Build or load the model outside of torch.device('meta').",
        ) from error
    # Each TensorFlow model puts its own name before its weights: tf_bert_model, tf_bert_model_1, ...
    outer = f"{model.name}/" if framework.name == "tensorflow" else ""
    named: dict[str, Parameter] = {}
    for parameter in parameters:
        name = plain = parameter.name.removeprefix(outer)
        number = 1
        while name in named:  # Keras lets two weights have one name
            number += 1
            name = f"{plain} ({number})"
        named[name] = replace(parameter, name=name)
    return named


def _require_same(models: Mapping[str, Any], found: Mapping[str, dict[str, Parameter]]) -> None:
    """Raise a CourseError unless all models have the tensors of the first, in the same shapes."""
    first, *others = found
    for other in others:
        differences = list(_differences(first, found[first], other, found[other]))
        types = [getattr(getattr(models[label], "config", None), "model_type", None) for label in (first, other)]
        if types[0] != types[1]:
            differences.insert(0, f"{first} has the model type {types[0]!r}, {other} {types[1]!r}")
        if differences:
            more = f"\n  ... and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
            raise CourseError(
                f"{first} ({type(models[first]).__name__}) and {other} ({type(models[other]).__name__}) are not of the "
                "same architecture:\n  " + "\n  ".join(differences[:_SHOWN]) + more,
                why="weights can be compared one by one only where both models have the same tensors.",
                remedy="Build both models from the same config and with the same class.",
            )


def _differences(first: str, one: dict[str, Parameter], other: str, two: dict[str, Parameter]) -> Iterable[str]:
    for name, parameter in one.items():
        if name not in two:
            yield f"only {first} has {name}"
        elif parameter.shape != two[name].shape:
            yield f"{name} is {shape_text(parameter.shape)} in {first} and {shape_text(two[name].shape)} in {other}"
    yield from (f"only {other} has {name}" for name in two if name not in one)


def _initializers(framework: Framework, models: Mapping[str, Any]) -> list[dict[str, Initializer]]:
    """Return each model's initializers by plain name; models of the same class and config are asked once."""
    known: dict[str, dict[str, Initializer]] = {}
    keys = []
    for model in models.values():
        config: Any = getattr(model, "config", None)
        settings = config.to_diff_dict() if hasattr(config, "to_diff_dict") else {}
        settings = {name: value for name, value in settings.items() if not name.startswith("_")}
        key = type(model).__qualname__ + json.dumps(settings, sort_keys=True, default=str)
        keys.append(key)
        if key not in known:
            outer = f"{model.name}/" if framework.name == "tensorflow" else ""
            known[key] = {name.removeprefix(outer): value for name, value in framework.initializers(model).items()}
    return [known[key] for key in keys]
