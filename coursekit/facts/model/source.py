"""What somebody gave to be mapped: a model, a config, or the id or folder of a checkpoint."""

from __future__ import annotations

from typing import Any

from coursekit import frameworks
from coursekit.errors import CourseError
from coursekit.facts.model.attempt import reason


def resolve(source: Any) -> tuple[Any, Any]:
    """Return the model, if ``source`` is one, and the config."""
    if isinstance(source, type) and (hasattr(source, "model_type") or hasattr(source, "config_class")):
        kind = "config" if hasattr(source, "model_type") else "model"
        raise CourseError(
            f"{source.__name__} is a class, not a {kind}.",
            why="a class says how to build something; the sizes stand in an instance.",
            remedy=f"Make one: {source.__name__}()" if kind == "config" else f"Make one: {source.__name__}(config)",
        )
    if not isinstance(source, type) and frameworks.of(source) is not None and not _is_tensor(source):
        config = getattr(source, "config", None)
        return source, config if _is_config(config) else None
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        return None, _read_config(str(source))
    if not isinstance(source, type) and _is_config(source):
        return None, source
    given = "None" if source is None else f"A thing of the class {type(source).__name__}"
    raise CourseError(
        f"{given} is neither a config nor a model.",
        why="the map is drawn from the sizes in a config, or from the tensors of a model.",
        remedy="Give a config such as BertConfig(), a model, or the id of a checkpoint.",
    )


def _is_config(value: object) -> bool:
    return hasattr(value, "to_dict") and hasattr(value, "model_type")


def _is_tensor(value: object) -> bool:
    framework = frameworks.of(value)
    return framework is not None and framework.is_tensor(value)


def _read_config(checkpoint: str) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(checkpoint, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise CourseError(
            f"No config was found for {checkpoint!r}.",
            why=f"transformers says: {reason(error)}",
            remedy="Check the spelling; without a network, use a checkpoint that is in the cache or in a folder.",
        ) from error
