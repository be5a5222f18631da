"""The config of what somebody named: an object, its class, or the ``config.json`` of a checkpoint.

The file is read as data and bounded before any class of transformers sees it. Code that comes with a checkpoint is
never run.
"""

from __future__ import annotations

import json
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.files.json import read_json
from coursekit.facts.files.locate import (
    CONFIG,
    CONFIG_CLASS,
    CONFIG_FILE,
    CONFIG_NAME,
    HUB,
    MODEL,
    MODEL_CLASS,
    MODEL_TYPE,
    Source,
    is_config,
    locate,
    on_hub,
)
from coursekit.frameworks.buildable import NoModelError, check_buildable
from coursekit.hub import lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 240  # characters of what a library says
_SECONDS = 3  # for a file of some hundred bytes, from a Hub that has just answered


def find_config(value: Any) -> Any:
    """Return an independent config for ``value``.

    Parameters
    ----------
    value
        Whatever :func:`~coursekit.facts.files.locate.locate` knows: a config, a model, the class of one, a model type
        such as ``gpt2``, a checkpoint's id or folder, its ``config.json`` or one of its weight files.

    Raises
    ------
    CourseError
        When there is no such config, or its architecture is not in the installed transformers.
    """
    return config_of(locate(value))


def config_of(source: Source) -> Any:
    """Return an independent config for what was located; see :func:`find_config`.

    Raises
    ------
    CourseError
        When it has none, or none that the installed transformers can read.
    """
    if source.given == CONFIG:
        return _copy(source.value)
    if source.given == MODEL:
        if is_config(getattr(source.value, "config", None)):
            return _copy(source.value.config)
        raise CourseError(
            f"This {source.shown} has no config.",
            why="the attributes are those of a config of transformers.",
            remedy="Give a model of transformers, or a config.",
        )
    if source.given in {CONFIG_CLASS, MODEL_CLASS}:
        return _default(source.value if source.given == CONFIG_CLASS else source.value.config_class)
    if source.given == MODEL_TYPE:
        from transformers import CONFIG_MAPPING

        return _default(CONFIG_MAPPING[source.shown])
    return _read(source)


def _copy(config: Any) -> Any:
    if _circular(config, frozenset()):
        raise CourseError(
            f"This {type(config).__name__} contains itself.",
            why="its attributes would have no end.",
            remedy="Remove the attribute that leads back to the config, or to a list or dictionary around it.",
        )
    return deepcopy(config)


def _circular(value: Any, around: frozenset[int]) -> bool:
    inner = vars(value) if is_config(value) else value
    items = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, (list, tuple)) else ()
    held = around | {id(value)}
    return any(id(item) in held or _circular(item, held) for item in items if _holds(item))


def _holds(value: Any) -> bool:
    return is_config(value) or isinstance(value, (dict, list, tuple))


def _default(cls: Any) -> Any:
    try:
        return cls()
    except Exception as error:
        raise CourseError(
            f"{cls.__name__} has no defaults: {said(error)}.",
            why="it is put together from other configs, or needs a library that is not installed.",
            remedy=f"Build the {cls.__name__} with the arguments that it asks for, and give that.",
        ) from error


def said(error: Exception) -> str:
    """Return what a library says in an error: on one line, without the full stop at its end."""
    return (" ".join(str(error).split()) or type(error).__name__)[:_LONGEST].rstrip(".")


def _read(source: Source) -> Any:
    path = source.file if source.given == CONFIG_FILE and source.file else None
    if path is None and source.folder is not None and CONFIG_NAME in source.sizes:
        path = source.folder / CONFIG_NAME
    if path is not None:
        settings, findings = read_json(path)
        if settings is None:
            raise _unreadable(path.name, findings[0].what, findings[0].remedy)
        return config_from(settings, source, name=path.name)
    if source.folder is not None and source.file is not None:
        raise CourseError(
            f"{source}, and no {CONFIG_NAME} lies beside it.",
            why=f"the sizes and choices of a model stand in {CONFIG_NAME}; a weight file has only names and shapes.",
            remedy=f"Put the checkpoint's {CONFIG_NAME} beside it, or give the config itself.",
        )
    if source.folder is not None:
        raise CourseError(
            f"There is no {CONFIG_NAME} in {source.shown!r}.",
            why="a checkpoint's config stands in that file.",
            remedy="Name a folder that save_pretrained wrote, or the path of a config.json.",
        )
    return _from_hub(source)


def _from_hub(source: Source) -> Any:
    from transformers import CONFIG_MAPPING

    there = on_hub(source)
    content = read_config(there) if there.kind == HUB else None
    if content is None:
        raise CourseError(
            f"There is no config for {source.shown!r}: it is no model type, file or folder, it is not in the cache, "
            f"and the Hub does not answer.{did_you_mean(source.shown, list(CONFIG_MAPPING.keys()))}",
            why="the config tells which attributes there are.",
            remedy="Check the spelling and the network, or give a config object.",
        )
    try:
        settings = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unreadable(CONFIG_NAME, f"It is not valid JSON: {said(error)}") from error
    if not isinstance(settings, dict):
        raise _unreadable(CONFIG_NAME, "Its JSON is no object")
    config = config_from(settings, there, name=CONFIG_NAME)
    config._name_or_path = source.shown  # noqa: SLF001  (where transformers keeps it)
    return config


def read_config(source: Source) -> bytes | None:
    """Return the bytes of ``config.json``, or None where there is none; from the Hub nothing is put in the cache."""
    if source.folder is not None:
        path = source.folder / CONFIG_NAME
        return path.read_bytes() if path.is_file() else None
    if source.kind != HUB or CONFIG_NAME not in source.sizes:
        return None
    from huggingface_hub import hf_hub_download

    with tempfile.TemporaryDirectory() as folder:

        def content() -> bytes:
            path = hf_hub_download(
                source.checkpoint,
                CONFIG_NAME,
                subfolder=source.subfolder or None,
                revision=source.commit,
                cache_dir=folder,
            )
            return Path(path).read_bytes()

        read: bytes | None = lookup.within(content, seconds=_SECONDS)
        return read


def config_from(settings: Mapping[str, Any], source: Source, *, name: str) -> Any:
    """Return the config that a JSON object describes, as ``AutoConfig.from_pretrained`` does.

    Parameters
    ----------
    settings
        The content of ``config.json``.
    source
        Where it comes from. Where it has no ``model_type``, transformers 4 looks for one in the checkpoint's name.
    name
        What the file is called, for errors.

    Raises
    ------
    CourseError
        When the installed transformers has no such architecture, lacks a library, or refuses the values.
    """
    from transformers import CONFIG_MAPPING, AutoConfig

    try:
        check_buildable(settings)
    except NoModelError as error:
        raise CourseError(
            f"{name} describes no model that can be built: {str(error).rstrip('.')}.",
            why="each layer, label and setting takes memory before a single number is loaded.",
            remedy="Correct the number in the file; the largest models have some hundred layers.",
        ) from error
    model_type = settings.get("model_type")
    known = isinstance(model_type, str) and model_type in CONFIG_MAPPING
    try:
        if known:
            config = CONFIG_MAPPING[model_type].from_dict(dict(settings))
        elif model_type is None and source.checkpoint and source.kind != HUB and name == CONFIG_NAME:
            config = AutoConfig.from_pretrained(source.checkpoint, local_files_only=True, trust_remote_code=False)
        else:
            config = None
    except ImportError as error:
        raise CourseError(
            f"{name} needs a library that is not installed: {said(error)}.",
            why=f"the config class of {model_type!r} asks for it before it reads a value.",
            remedy="Install that library in this environment, and restart the kernel.",
        ) from error
    except Exception as error:
        if known:
            raise _unreadable(name, said(error)) from error
        raise unknown_architecture(settings, name) from error
    if config is None:
        raise unknown_architecture(settings, name)
    if source.checkpoint and source.kind != HUB and not source.file:
        config._name_or_path = source.shown  # noqa: SLF001  (where transformers keeps it)
    return config


def unknown_architecture(settings: Mapping[str, Any], name: str) -> CourseError:
    """Return the error about a ``model_type`` that the installed transformers does not have."""
    import transformers

    model_type, saved_by = settings.get("model_type"), settings.get("transformers_version")
    installed = transformers.__version__
    why = "it decides which config class reads the file; code that comes with a checkpoint is not run."
    if model_type is None:
        return CourseError(
            f"{name} names no model_type.",
            why=why,
            remedy='Add the line that its architecture writes, such as "model_type": "bert".',
        )
    hint = did_you_mean(model_type, list(transformers.CONFIG_MAPPING.keys())) if isinstance(model_type, str) else ""
    if _newer(saved_by, installed):
        hint = f" It was saved by transformers {saved_by}, and {installed} is installed."
        remedy = f'Upgrade: pip install "transformers>={saved_by}" (its TensorFlow classes end with 4.54).'
    else:
        remedy = "Correct the model_type, or install a version of transformers that has this architecture."
    return CourseError(
        f"{name} says model_type {_short(model_type)}, which the installed transformers does not have.{hint}",
        why=why,
        remedy=remedy,
    )


def _newer(saved_by: Any, installed: str) -> bool:
    try:
        return Version(saved_by) > Version(installed)
    except (InvalidVersion, TypeError):
        return False


def _short(value: Any) -> str:
    return repr(value) if isinstance(value, str) and len(value) < _LONGEST else f"a {type(value).__name__}"


def _unreadable(name: str, reason: str, remedy: str = "") -> CourseError:
    return CourseError(
        f"{name} is no config: {reason.rstrip('.')}.",
        why="a config is a JSON object of names and values.",
        remedy=remedy or "Write it again with config.save_pretrained(folder).",
    )
