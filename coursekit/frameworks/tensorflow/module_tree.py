"""The layers of a TensorFlow model and the shapes of its weights."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from coursekit.frameworks.module_tree import Module, first_sentence


def path_of(name: str) -> str:
    """Return a weight's name as a path without the model's own: ``bert.encoder.layer.0.output.dense.kernel``."""
    return _path(name.removesuffix(":0").partition("/")[2] or name)


def _path(name: str) -> str:
    # transformers numbers the layers of a list as layer_._0
    return re.sub(r"_\._(\d+)", r".\1", name).replace("/", ".")


def layers(model: Any) -> dict[str, Any]:
    """Return the layers of a model by path, parents first."""
    found: dict[str, Any] = {}

    def walk(layer: Any, prefix: str) -> None:
        automatic: Counter[str] = Counter()
        for child in layer._flatten_layers(recursive=False, include_self=False):  # noqa: SLF001  (Keras has no public way)
            name = _path(child.name)
            plain = _automatic(child)
            if plain:
                name = f"{plain}_{automatic[plain]}" if automatic[plain] else plain
                automatic[plain] += 1
            path = prefix + name
            found[path] = child
            walk(child, f"{path}.")

    walk(model, "")
    return found


def _automatic(layer: Any) -> str:
    """Return what Keras calls every layer of this kind, such as ``dropout`` for ``dropout_37``, else nothing.

    Keras counts such layers through the whole program, so that equal layers would seem to differ. A layer with weights
    keeps its number, which stands in the names of the weights too.
    """
    from tf_keras.src.utils.generic_utils import to_snake_case  # there is no public way to Keras' own names

    name = to_snake_case(type(layer).__name__)
    return name if re.fullmatch(rf"{re.escape(name)}(_\d+)?", layer.name) and not layer.weights else ""


def modules(model: Any) -> list[Module]:
    """Return every layer, and the lists and scopes that stand between layers and weights."""
    wanted = dict.fromkeys(["", *paths(model)])
    about = {
        path: (type(layer).__name__, first_sentence(type(layer).__dict__.get("__doc__")))
        for path, layer in layers(model).items()
    }
    about[""] = (type(model).__name__, first_sentence(type(model).__dict__.get("__doc__")))
    return [Module(path, *about.get(path, ("", ""))) for path in wanted]


def paths(model: Any) -> list[str]:
    """Return the paths of :func:`modules`."""
    found: dict[str, None] = {"": None}
    names = [*layers(model), *(path_of(weight.name).rpartition(".")[0] for weight in model.weights)]
    for name in names:
        parts = name.split(".") if name else []
        found.update({".".join(parts[:end]): None for end in range(1, len(parts) + 1)})
    return list(found)


def shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight by its path."""
    return {path_of(weight.name): tuple(weight.shape) for weight in model.weights}


def devices(model: Any) -> dict[str, str]:
    """Return the device of every weight by its path, as ``CPU:0``; nothing for those of an empty model."""
    named = ((path_of(weight.name), getattr(weight, "device", "") or "") for weight in model.weights)
    return {path: device.rpartition("device:")[2] for path, device in named}
