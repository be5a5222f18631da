"""What is true of the weights of one to three models of the same architecture, tensor by tensor."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import isqrt
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError
from coursekit.facts.files.tensor_names import group_of, shape_text
from coursekit.facts.weights.statistics import tensor_statistics
from coursekit.facts.weights.subjects import Subject, subject_of

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
    notes
        What was done to get at the weights, such as taking a model out of a wrapper, as sentences.
    """

    labels: tuple[str, ...]
    classes: tuple[str, ...]
    framework: str
    parameters: int
    tensors: tuple[ComparedTensor, ...]
    tied: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def weight_facts(models: Mapping[str, Any]) -> WeightFacts:
    """Compare the weights of one to three models.

    Parameters
    ----------
    models
        The models by the label that each is shown with: bare or wrapped, state dictionaries, or folders of weights.

    Raises
    ------
    CourseError
        When there are too few or too many models, one is no model or has no weights yet, or they are not of the same
        architecture: other classes of tensors, names or shapes. The error lists the first differences.
    """
    subjects = _subjects(models)
    framework = next(iter(subjects.values())).framework
    found = {label: subject.parameters for label, subject in subjects.items()}
    _require_same(subjects, found)
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
    initializers = _initializers(framework, subjects)
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
        classes=tuple(subject.class_name for subject in subjects.values()),
        framework=framework.label,
        parameters=total,
        tensors=tensors,
        tied=tuple(tied.items()),
        notes=tuple(note for subject in subjects.values() for note in subject.notes),
    )


def _subjects(models: Mapping[str, Any]) -> dict[str, Subject]:
    if not 1 <= len(models) <= MOST:
        raise CourseError(
            "There is no model to look at." if not models else f"{len(models)} models are too many to compare at once.",
            why=f"the weights of one to {MOST} models are drawn over each other.",
            remedy="Give each model a name: ck.WeightComparison(random=model_a, pretrained=model_b)",
        )
    subjects = {label: subject_of(label, model) for label, model in models.items()}
    if len({subject.framework for subject in subjects.values()}) > 1:
        raise CourseError(
            "The models are of two frameworks: "
            + ", ".join(f"{label} of {subject.framework.label}" for label, subject in subjects.items())
            + ".",
            why="each framework has its own names and shapes for the weights.",
            remedy="Compare models of one framework.",
        )
    return _without_buffers(subjects)


def _without_buffers(subjects: dict[str, Subject]) -> dict[str, Subject]:
    """Return the subjects without the whole numbers of state dictionaries, such as positions, that no model trains."""
    kept = {}
    for label, subject in subjects.items():
        others = [other for name, other in subjects.items() if name != label]
        own = {
            name: parameter
            for name, parameter in subject.parameters.items()
            if subject.model is not None
            or "float" in parameter.dtype
            or (others and all(name in other.parameters for other in others))
        }
        kept[label] = replace(subject, parameters=own)
    return kept


def _require_same(subjects: Mapping[str, Subject], found: Mapping[str, dict[str, Parameter]]) -> None:
    """Raise a CourseError unless all models have the tensors of the first, in the same shapes."""
    first, *others = found
    for other in others:
        differences = list(_differences(first, found[first], other, found[other]))
        types = [_model_type(subjects[label]) for label in (first, other)]
        if types[0] != types[1] and subjects[first].model is not None and subjects[other].model is not None:
            differences.insert(0, f"{first} has the model type {types[0]!r}, {other} {types[1]!r}")
        if differences:
            more = f"\n  ... and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
            raise CourseError(
                f"{first} ({subjects[first].class_name}) and {other} ({subjects[other].class_name}) are not of the "
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


def _model_type(subject: Subject) -> str | None:
    return getattr(getattr(subject.model, "config", None), "model_type", None)


def _initializers(framework: Framework, subjects: Mapping[str, Subject]) -> list[dict[str, Initializer]]:
    """Return each model's initializers by plain name; models of the same class and config are asked once."""
    known: dict[str, dict[str, Initializer]] = {}
    keys = []
    for subject in subjects.values():
        model = subject.model
        if model is None:
            keys.append("")
            known[""] = {}
            continue
        config: Any = getattr(model, "config", None)
        settings = config.to_diff_dict() if hasattr(config, "to_diff_dict") else {}
        settings = {name: value for name, value in settings.items() if not name.startswith("_")}
        key = type(model).__qualname__ + json.dumps(settings, sort_keys=True, default=str)
        keys.append(key)
        if key not in known:
            outer = f"{model.name}/" if framework.name == "tensorflow" else ""
            known[key] = {name.removeprefix(outer): value for name, value in framework.initializers(model).items()}
    return [known[key] for key in keys]
