"""Which tensors a config calls for, by the names under which a weight file keeps them.

The model is built as a plan: its own code decides, and no weight is allocated. The config comes from a file, so it may
say anything; what transformers cannot build is a :class:`NoBlueprintError` with the reason.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit import frameworks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST_LAYERS, _MOST_EXPERTS = 2000, 20_000
"""Larger models exist on paper only; a plan of a million layers would never be finished."""
_REPEATED = re.compile(r"(layers?|blocks?|experts?|stages?)$|^(n|num)_(layers?|blocks?|experts?)|^depths?$")
_OFF = {"0", "OFF", "NO", "FALSE"}


class NoBlueprintError(Exception):
    """No plan of the model can be made; the message is a sentence that says why."""


class Place(NamedTuple):
    """Where a tensor of a file belongs: in the tensors of these names, split or joined on its way there or as it is."""

    names: tuple[str, ...]
    reshaped: bool = False


@dataclass(frozen=True)
class Blueprint:
    """The tensors of one model class, sized by one config.

    Attributes
    ----------
    class_name
        The class of transformers, such as ``BertModel``.
    framework
        The name of its framework.
    shapes
        The shape of each tensor that is saved, in the order of the model.
    tied
        For a tensor that is the same as an earlier one: the name of that one. A file needs only one of them.
    buffers
        Names of tensors that the model makes anew; older files keep them, newer ones do not.
    optional
        Patterns of names that a file may lack.
    ignored
        Patterns of names that a file may have too many.
    base
        What the names of the base model begin with in a model with a head, such as ``bert``.
    has_base
        Whether the names of this model begin so.
    place
        Return where transformers puts a tensor of a file, by the tensor's name there.
    """

    class_name: str
    framework: str
    shapes: dict[str, tuple[int, ...]]
    tied: dict[str, str]
    buffers: frozenset[str]
    optional: tuple[str, ...]
    ignored: tuple[str, ...]
    base: str
    has_base: bool
    place: Callable[[str], Place] = field(default=lambda name: Place((name,)), compare=False)


def blueprint(settings: Mapping[str, Any], *, keras_names: bool) -> Blueprint:
    """Return what the content of a ``config.json`` calls for.

    Parameters
    ----------
    settings
        The content of ``config.json``. The class is the first of its ``architectures`` that transformers has, else the
        base model of its ``model_type``.
    keras_names
        Whether the file names its tensors as TensorFlow does; otherwise as PyTorch does, whichever framework is used.

    Raises
    ------
    NoBlueprintError
        When neither framework can plan the model, with the reason.
    """
    check_sizes(settings)
    framework = _usable(keras_names=keras_names)
    with quiet():
        try:
            config = _config(settings)
            model_class = _class(settings, framework)
            if framework.name == "pytorch":
                from coursekit.frameworks.pytorch_blueprint import draw

                return draw(config, model_class)
            from coursekit.frameworks.tensorflow_blueprint import draw as draw_tensorflow

            return draw_tensorflow(config, model_class, keras_names=keras_names)
        except NoBlueprintError:
            raise
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:240]
            raise NoBlueprintError(f"transformers cannot build a model from this config: {reason}") from error


def repeats(name: str) -> bool:
    """Tell whether a config's number of this name says how often something is built: layers, blocks, experts."""
    return _REPEATED.search(name) is not None


def check_sizes(settings: Mapping[str, Any]) -> None:
    """Raise :class:`NoBlueprintError` for a config of more layers than can be planned."""
    for key, value in settings.items():
        most = _MOST_EXPERTS if "expert" in str(key) else _MOST_LAYERS
        sizes = value if isinstance(value, list) else [value]
        for size in sizes:
            if isinstance(size, dict):
                check_sizes(size)
            elif isinstance(size, (int, float)) and size > most and repeats(str(key)):
                raise NoBlueprintError(f"{key} is {size:,}: a model of that many layers cannot be planned.")


def _usable(*, keras_names: bool) -> frameworks.Framework:
    """Return the framework that plans the model: the one in use where both can read the names."""
    wanted = ["tensorflow"] if keras_names else ["pytorch", "tensorflow"]
    installed = [framework for framework in frameworks.available() if framework.name in wanted]
    usable = [framework for framework in installed if os.environ.get(framework.switch, "").upper() not in _OFF]
    if not usable:
        label = frameworks.get(wanted[0]).label
        why = "ck.setup chose the other track in this notebook" if installed else "it is not installed"
        raise NoBlueprintError(f"{label} is needed to plan the model of these names, and {why}.")
    return next((framework for framework in usable if framework.imported), usable[0])


def _config(settings: Mapping[str, Any]) -> Any:
    from transformers import CONFIG_MAPPING

    model_type = settings.get("model_type")
    if not isinstance(model_type, str):
        raise NoBlueprintError("The config has no model_type, so nothing says which architecture it is for.")
    if model_type not in CONFIG_MAPPING:
        raise NoBlueprintError(f"This version of transformers has no architecture called {model_type!r}.")
    # Code that comes with a checkpoint is never run, and quantized weights have other names and shapes.
    plain = {key: value for key, value in settings.items() if key not in {"auto_map", "quantization_config"}}
    return CONFIG_MAPPING[model_type].from_dict(plain)


def _class(settings: Mapping[str, Any], framework: frameworks.Framework) -> Any:
    """Return the model class that saved the config, or the auto class of the base model."""
    import transformers

    names = settings.get("architectures")
    base = getattr(transformers, f"{framework.class_prefix}PreTrainedModel", None)
    if base is None:
        raise NoBlueprintError(f"transformers {transformers.__version__} has no classes for {framework.label}.")
    for name in names if isinstance(names, list) else []:
        found = getattr(transformers, f"{framework.class_prefix}{name}", None) if isinstance(name, str) else None
        if isinstance(found, type) and issubclass(found, base):
            return found
    return framework.auto_class()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from logging while it is asked for something that may not be there."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(before)
