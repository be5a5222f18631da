"""What can be compared: a model (out of its wrappers), a state dictionary, or the weights in a folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.files.formats.mapped import open_tensors
from coursekit.facts.files.formats.weight_file import SAFETENSORS, TORCH_PICKLE, TORCH_ZIP
from coursekit.facts.files.locate import WEIGHT_FILE, locate
from coursekit.facts.files.weight_sets import WeightSet, read_weight_sets
from coursekit.frameworks.pytorch import weights as pytorch_weights
from coursekit.text import visible

if TYPE_CHECKING:
    from coursekit.frameworks import Framework, Parameter

_REMEDY = "Make the model first: BertModel(config), or BertModel.from_pretrained(checkpoint)."


@dataclass(frozen=True)
class Subject:
    """The weights of one model, wherever they come from.

    Attributes
    ----------
    framework
        Whose names they have.
    class_name
        The class of the model, or what it is instead: ``state dictionary``, or the name of a file.
    parameters
        The tensors by the name that they have in every model of its class.
    model
        The model; None where there are weights only.
    notes
        What was done to get at them, as sentences.
    """

    framework: Framework
    class_name: str
    parameters: dict[str, Parameter]
    model: Any = None
    notes: tuple[str, ...] = ()


def subject_of(label: str, value: Any) -> Subject:
    """Return the weights of what was given under the name ``label``.

    Parameters
    ----------
    label
        What the reader called it.
    value
        A model, bare or wrapped; a state dictionary; a folder, a weight file, or an id in the cache.

    Raises
    ------
    CourseError
        When it is none of these, has no weights yet, or has numbers that cannot be read as weights.
    """
    if isinstance(value, (str, os.PathLike)) and not isinstance(value, type):
        return _stored(label, value)
    if isinstance(value, Mapping) and value:
        return _state(label, value)
    framework = frameworks.of(value)
    if framework is None or not framework.is_model(value):
        raise CourseError(
            f"{label} is not a model, but a {type(value).__name__}.",
            why="only a model, its state dictionary or a folder has weights; a config is what a model is made from.",
            remedy=_REMEDY,
        )
    return _pytorch(label, value) if framework.name == "pytorch" else _tensorflow(label, value, framework)


def _pytorch(label: str, value: Any) -> Subject:
    framework = frameworks.get("pytorch")
    model, wrappers = pytorch_weights.unwrapped(value)
    named = list(model.named_parameters(remove_duplicate=False))
    _require_readable(label, named)
    if packed := pytorch_weights.packed_module(model):
        raise _packed(label, f"{packed} of torch.ao.quantization")
    if not named:
        raise CourseError(
            f"{label} has no weights.",
            why=f"its class {type(model).__name__} has no parameters, so there is nothing to look at.",
            remedy=_REMEDY,
        )
    parameters = {one.name: one for one in framework.parameters(model)}
    notes = [f"{label} was taken out of {' and '.join(wrappers)}."] if wrappers else []
    if any("lora_" in name or "base_layer" in name or "ia3_" in name for name in parameters):
        plain = {name: pytorch_weights.plain_name(name) for name in parameters}
        added = sum(one.count for name, one in parameters.items() if plain[name] is None)
        parameters = {new: replace(parameters[old], name=new) for old, new in plain.items() if new is not None}
        notes.append(f"The {added:,} parameters that PEFT added to {label} are left out.")
    return Subject(framework, type(model).__name__, parameters, model, tuple(notes))


def _require_readable(label: str, named: list[tuple[str, Any]]) -> None:
    problem = pytorch_weights.why_unreadable(named)
    if problem is None:
        return
    name, reason = problem
    if "meta" in reason or "lazy" in reason or "FakeTensor" in reason:
        remedy = (
            "Build or load the model outside of torch.device('meta'), without offloading, and call it once if lazy."
        )
        raise CourseError(
            f"{label} has no weights yet: {name} {reason}.", why="there is nothing to count.", remedy=remedy
        )
    raise CourseError(
        f"{name} of {label} {reason}.",
        why="a histogram of it would show something else than the model's weights.",
        remedy="Compare a model with plain weights: load it without quantization, or make the tensor dense and real.",
    )


def _packed(label: str, how: str) -> CourseError:
    return CourseError(
        f"The weights of {label} are packed ({how}).",
        why="packed numbers are no weights, and a histogram of them would mislead.",
        remedy="Load the model without quantization; ck.CheckpointInspector shows what packed files hold.",
    )


def _tensorflow(label: str, model: Any, framework: Framework) -> Subject:
    try:
        parameters = framework.parameters(model)
        if not parameters:
            raise ValueError  # noqa: TRY301  (TensorFlow has two ways to say the same)
        parameters[0].part(0, 1) if parameters[0].shape else parameters[0].read()
    except ValueError as error:
        raise CourseError(
            f"{label} has no weights yet.",
            why="TensorFlow makes the weights when a model is first called.",
            remedy="Call the model once, for example: model(model.dummy_inputs)",
        ) from error
    # Each TensorFlow model puts its own name before its weights: tf_bert_model, tf_bert_model_1, ...
    named: dict[str, Parameter] = {}
    for parameter in parameters:
        name = plain = parameter.name.removeprefix(f"{model.name}/")
        number = 1
        while name in named:  # Keras lets two weights have one name
            number += 1
            name = f"{plain} ({number})"
        named[name] = replace(parameter, name=name)
    return Subject(framework, type(model).__name__, named, model)


def _state(label: str, state: Mapping[Any, Any], name: str = "state dictionary") -> Subject:
    framework = frameworks.get("pytorch")
    tensors = [(str(key), value) for key, value in state.items() if framework.is_tensor(value)]
    if not tensors:
        raise CourseError(
            f"{label} is a {type(state).__name__} without tensors.",
            why="a state dictionary maps names to tensors; this one has none.",
            remedy="Give model.state_dict(), or the model itself.",
        )
    _require_readable(label, tensors)
    return Subject(framework, name, {one.name: one for one in framework.state(tensors)})


def _stored(label: str, value: str | os.PathLike[str]) -> Subject:
    source = locate(value)
    if source.folder is None:
        raise CourseError(
            f"{source}. {label} needs weights that lie on this machine.",
            why="a comparison reads numbers; it downloads nothing.",
            remedy=_REMEDY,
        )
    only = source.file if source.given == WEIGHT_FILE else None
    sets = read_weight_sets(source.folder, only, list(source.sizes))
    found = next((one for one in sets if one.tensors), None)
    if found is None:
        raise CourseError(
            f"{label} names {source.shown!r}, where no weights can be read.",
            why="only a file with weights has something to compare.",
            remedy=f"Look what is there: ck.CheckpointInspector({source.shown!r})",
        )
    problem = next((finding.what for finding in found.findings if finding.severity == "error"), "")
    if problem:
        raise CourseError(
            f"{found.name} of {label} is broken: {problem}",
            why="its numbers cannot be trusted.",
            remedy="Download or save it again.",
        )
    return _of_files(label, source.folder, found)


def _of_files(label: str, folder: Any, found: WeightSet) -> Subject:
    if any(tensor.dtype in {"uint32", "int32", "uint8", "int8"} and len(tensor.shape) > 1 for tensor in found.tensors):
        raise _packed(label, "as its types of numbers tell")
    note = f"{label} was read from {visible(found.name)}."
    kinds = {file.format for file in found.files}
    if kinds == {SAFETENSORS} and not found.keras_names:
        parameters: dict[str, Parameter] = {}
        for file in found.files:
            parameters |= open_tensors(folder / file.name, file.tensors)
        return Subject(frameworks.get("pytorch"), found.name, parameters, None, (note,))
    if kinds <= {TORCH_ZIP, TORCH_PICKLE} and frameworks.get("pytorch") in frameworks.available():
        state: dict[str, Any] = {}
        for file in found.files:
            state |= pytorch_weights.load_state(folder / file.name, is_zip=file.format == TORCH_ZIP)
        return replace(_state(label, state, found.name), notes=(note,))
    raise CourseError(
        f"{found.name} of {label} is not compared from its file.",
        why=f"the numbers of {' and '.join(sorted(kinds))} are read by the framework that wrote them.",
        remedy="Load it: TFBertModel.from_pretrained(folder), and give the model.",
    )
