"""Find the config that is meant: an object, a model, a checkpoint's id or folder, a config.json, or a model type."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import Any

from coursekit.errors import CourseError, did_you_mean
from coursekit.facts.config.facts import is_config
from coursekit.facts.files.config_json import read_json


def find_config(source: Any) -> Any:
    """Return an independent config for ``source``; nothing of a checkpoint is executed.

    Parameters
    ----------
    source
        A config, a config class, a model, the path of a checkpoint's folder or of its ``config.json``, a model type
        such as ``gpt2``, or the id of a checkpoint. An id is looked for in the cache before the Hub is asked.

    Raises
    ------
    CourseError
        When there is no such config, or its architecture is not in the installed transformers.
    """
    if isinstance(source, type):
        if hasattr(source, "attribute_map") and hasattr(source, "model_type"):
            return _default(source)
    elif is_config(source):
        return _copy(source)
    elif is_config(getattr(source, "config", None)):
        return _copy(source.config)
    elif isinstance(source, (str, os.PathLike)):
        return _named(source)
    raise CourseError(
        f"An object of type {type(source).__name__} has no config.",
        why="the browser shows the attributes of a config.",
        remedy='Give a config such as BertConfig(), a model, or a name such as "bert" or "bert-base-cased".',
    )


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


def _named(source: str | os.PathLike[str]) -> Any:
    from transformers import CONFIG_MAPPING

    name = os.fspath(source)
    path = Path(name).expanduser()
    # os.path tells False of a name that no file can have; Path.is_dir raises.
    if os.path.isdir(path):  # noqa: PTH112
        return _from_file(path / "config.json")
    if os.path.exists(path) or path.suffix == ".json":  # noqa: PTH110
        return _from_file(path)
    if name in CONFIG_MAPPING:
        return _default(CONFIG_MAPPING[name])
    return _from_hub(name)


def _default(cls: Any) -> Any:
    try:
        return cls()
    except Exception as error:
        reason = " ".join(str(error).split())[:240].rstrip(".")
        raise CourseError(
            f"{cls.__name__} has no defaults: {reason}.",
            why="it is put together from other configs, or needs a library that is not installed.",
            remedy=f"Build the {cls.__name__} with the arguments that it asks for, and give that.",
        ) from error


def _from_file(path: Path) -> Any:
    if not os.path.exists(path):  # noqa: PTH110  (as above)
        raise CourseError(
            f"There is no {path.name} in {path.parent.name or 'this folder'!r}.",
            why="a checkpoint's config stands in that file.",
            remedy="Give a folder that save_pretrained wrote, or the path of a config.json.",
        )
    content, findings = read_json(path)
    if content is None:
        raise _unreadable(path.name, findings[0].what)
    return _from_dict(content, path.name)


def _unreadable(name: str, reason: str) -> CourseError:
    return CourseError(
        f"{name} is no config: {reason.rstrip('.')}.",
        why="a config is a JSON object of names and values.",
        remedy="Write it again with config.save_pretrained(folder).",
    )


def _from_dict(content: dict[str, Any], name: str) -> Any:
    from transformers import CONFIG_MAPPING

    model_type = content.get("model_type")
    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING:
        said = f"says model_type {model_type!r}" if model_type else "names no model_type"
        hint = did_you_mean(model_type, list(CONFIG_MAPPING.keys())) if isinstance(model_type, str) else ""
        raise CourseError(
            f"{name} {said}, which the installed transformers does not have.{hint}",
            why="it decides which config class reads the file; code that comes with a checkpoint is not run.",
            remedy="Correct the model_type, or install a version of transformers that has this architecture.",
        )
    try:
        return CONFIG_MAPPING[model_type].from_dict(content)
    except Exception as error:
        raise _unreadable(name, " ".join(str(error).split())[:240]) from error


def _from_hub(name: str) -> Any:
    from transformers import CONFIG_MAPPING, PretrainedConfig

    for offline in (True, False):
        try:
            content, _ = PretrainedConfig.get_config_dict(name, local_files_only=offline)
        except Exception as error:
            if offline:
                continue
            raise CourseError(
                f"There is no config for {name!r}: it is no model type, file or folder, and neither the cache nor the "
                f"Hub has it.{did_you_mean(name, list(CONFIG_MAPPING.keys()))}",
                why="the config tells which attributes there are.",
                remedy="Check the spelling and the network, or give a config object.",
            ) from error
        if content:
            config = _from_dict(content, name)
            config._name_or_path = name  # noqa: SLF001  (where transformers keeps it)
            return config
    raise CourseError(
        f"{name!r} has no config.json.",
        why="the config tells which attributes there are.",
        remedy="Take a checkpoint of a transformers model.",
    )
