"""What the content of a ``config.json`` expects in a weight file.

The model is built empty: its own code decides, and no weight is allocated. The content comes from a file, so it may say
anything; what transformers cannot build is a :class:`NoModelError` with the reason.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from coursekit import frameworks
from coursekit.frameworks.buildable import NoModelError, check_buildable
from coursekit.frameworks.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coursekit.frameworks.expected_tensors import ExpectedTensors

_OFF = {"0", "OFF", "NO", "FALSE"}


def expected_tensors(settings: Mapping[str, Any], *, keras_names: bool) -> ExpectedTensors:
    """Return which tensors the content of a ``config.json`` expects.

    Parameters
    ----------
    settings
        The content of ``config.json``. The class is the first of its ``architectures`` that transformers has, else the
        base model of its ``model_type``.
    keras_names
        Whether the file names its tensors as TensorFlow does; otherwise as PyTorch does, whichever framework is used.

    Raises
    ------
    NoModelError
        When neither framework can build the model, with the reason.
    """
    check_buildable(settings)
    framework = _usable(keras_names=keras_names)
    with quiet():
        try:
            config = _config(settings)
            model_class = _class(settings, framework)
            return framework.expected_tensors(config, model_class, keras_names=keras_names)
        except NoModelError:
            raise
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:240]
            raise NoModelError(f"transformers cannot build a model from this config: {reason}") from error


def _usable(*, keras_names: bool) -> frameworks.Framework:
    """Return the framework that builds the model: the one in use where both can read the names."""
    wanted = ["tensorflow"] if keras_names else ["pytorch", "tensorflow"]
    installed = [framework for framework in frameworks.available() if framework.name in wanted]
    usable = [framework for framework in installed if os.environ.get(framework.switch, "").upper() not in _OFF]
    if not usable:
        label = frameworks.get(wanted[0]).label
        why = "ck.setup chose the other track in this notebook" if installed else "it is not installed"
        raise NoModelError(f"{label} is needed to build the model of these names, and {why}.")
    return next((framework for framework in usable if framework.imported), usable[0])


def _config(settings: Mapping[str, Any]) -> Any:
    from transformers import CONFIG_MAPPING

    model_type = settings.get("model_type")
    if not isinstance(model_type, str):
        raise NoModelError("The config has no model_type, so nothing says which architecture it is for.")
    if model_type not in CONFIG_MAPPING:
        raise NoModelError(f"This version of transformers has no architecture called {model_type!r}.")
    # Code that comes with a checkpoint is never run, and quantized weights have other names and shapes.
    plain = {key: value for key, value in settings.items() if key not in {"auto_map", "quantization_config"}}
    return CONFIG_MAPPING[model_type].from_dict(plain)


def _class(settings: Mapping[str, Any], framework: frameworks.Framework) -> Any:
    """Return the model class that saved the config, or the auto class of the base model."""
    import transformers

    names = settings.get("architectures")
    base = getattr(transformers, f"{framework.class_prefix}PreTrainedModel", None)
    if base is None:
        raise NoModelError(f"transformers {transformers.__version__} has no classes for {framework.label}.")
    for name in names if isinstance(names, list) else []:
        found = getattr(transformers, f"{framework.class_prefix}{name}", None) if isinstance(name, str) else None
        if isinstance(found, type) and issubclass(found, base):
            return found
    return framework.auto_class()
