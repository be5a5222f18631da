"""The layers of a TensorFlow model, and a symbolic forward pass inside a graph that computes shapes only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.anatomy import (
    RESIDUAL,
    Call,
    CannotTraceError,
    Lengths,
    Module,
    Shape,
    Trace,
    Value,
    first_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def build(config: Any, model_class: Any) -> Any:
    """Return the model with its variables planned: names and shapes, no memory."""
    from coursekit.frameworks.tensorflow_plan import placeholders

    with placeholders():
        model = _new(config, model_class)
        model.build_in_name_scope()
    return model


def _new(config: Any, model_class: Any) -> Any:
    from transformers import TFAutoModel

    return model_class(config) if model_class else TFAutoModel.from_config(config)


def dotted(name: str) -> str:
    """Return a weight's name as a path without the model's own: ``bert.encoder.layer.0.output.dense.kernel``."""
    return _path(name.removesuffix(":0").partition("/")[2] or name)


def _path(name: str) -> str:
    # transformers numbers the layers of a list as layer_._0
    return re.sub(r"_\._(\d+)", r".\1", name).replace("/", ".")


def _layers(model: Any) -> dict[str, Any]:
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
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", type(layer).__name__).lower()
    return name if re.fullmatch(rf"{re.escape(name)}(_\d+)?", layer.name) and not layer.weights else ""


def modules(model: Any) -> list[Module]:
    """Return every layer, and the lists and scopes that stand between layers and weights."""
    layers = _layers(model)
    wanted = dict.fromkeys(["", *paths(model)])
    about = {
        path: (type(layer).__name__, first_sentence(type(layer).__dict__.get("__doc__")))
        for path, layer in layers.items()
    }
    about[""] = (type(model).__name__, first_sentence(type(model).__dict__.get("__doc__")))
    return [Module(path, *about.get(path, ("", ""))) for path in wanted]


def paths(model: Any) -> list[str]:
    """Return the paths of :func:`modules`."""
    found: dict[str, None] = {"": None}
    names = [*_layers(model), *(dotted(weight.name).rpartition(".")[0] for weight in model.weights)]
    for name in names:
        parts = name.split(".") if name else []
        found.update({".".join(parts[:end]): None for end in range(1, len(parts) + 1)})
    return list(found)


def weights(model: Any) -> dict[str, Shape]:
    """Return the shape of every weight by its path."""
    return {dotted(weight.name): tuple(weight.shape) for weight in model.weights}


def devices(model: Any) -> dict[str, str]:
    """Return the device of every weight by its path, as ``CPU:0``; nothing for planned ones."""
    named = ((dotted(weight.name), getattr(weight, "device", "") or "") for weight in model.weights)
    return {path: device.rpartition("device:")[2] for path, device in named}


def trace(model: Any, lengths: Lengths, *, origins: bool) -> Trace:
    """Call a new model of the same class and config symbolically and return what was called.

    Raises
    ------
    CannotTraceError
        When what the model takes is not known here, or the call fails.
    """
    import tensorflow as tf

    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(
        "CRITICAL"
    )  # a graph that is never run leaves its assertions unused, and TensorFlow says so at length
    try:
        with tf.Graph().as_default() as graph:
            fresh = type(model)(model.config)
            inputs = _inputs(fresh, lengths)
            fresh.build_in_name_scope()
            recorder = _Recorder(fresh, graph)
            with recorder.recording():
                result = _called(fresh, inputs)
    except (CannotTraceError, TimeoutError):
        raise
    except Exception as error:
        line = str(error).strip().split("\n", maxsplit=1)[0][:200]
        raise CannotTraceError(f"{type(error).__name__}: {line}") from error
    finally:
        logger.setLevel(level)
    named = {name: value for name, value in result.items() if isinstance(value, tf.Tensor)}
    recorder.number()
    return Trace(
        inputs={name: tuple(value.shape) for name, value in inputs.items() if name != "attention_mask"},
        outputs={name: recorder.value(tensor) for name, tensor in named.items()},
        calls=tuple(recorder.calls(additions=origins)),
        origins=recorder.origins() if origins else {},
    )


def _called(model: Any, inputs: dict[str, Any]) -> Any:
    """Return what ``model`` gives, without rewriting its code for the branches of a graph, which takes seconds."""
    import tensorflow as tf

    return tf.autograph.experimental.do_not_convert(model)(inputs, training=False)


def _inputs(model: Any, lengths: Lengths) -> dict[str, Any]:
    import tensorflow as tf

    main = getattr(model, "main_input_name", "input_ids")
    config = model.config
    if main == "input_ids":
        inputs = {"input_ids": tf.zeros((lengths.batch, lengths.sequence), tf.int32)}
    elif main == "pixel_values" and isinstance(getattr(config, "image_size", None), int):
        size = config.image_size
        inputs = {"pixel_values": tf.zeros((lengths.batch, getattr(config, "num_channels", 3), size, size))}
    else:
        raise CannotTraceError(f"what {type(model).__name__} takes as {main} is not known here")
    if getattr(config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = tf.zeros((lengths.batch, lengths.target_sequence), tf.int32)
    return inputs


class _Recorder:
    """Notes each call of a layer, and at which operation of the graph it began and ended."""

    def __init__(self, model: Any, graph: Any) -> None:
        self.graph = graph
        self.known = {id(layer): path for path, layer in _layers(model).items()}
        self.found: list[list[Any]] = []  # path, depth, inputs, outputs, first operation, last operation
        self.depth = 0

    @contextmanager
    def recording(self) -> Iterator[None]:
        from tf_keras.src.engine import base_layer, base_layer_v1

        kinds = (base_layer.Layer, base_layer_v1.Layer)  # inside a graph Keras swaps the first for the second
        originals = [kind.__call__ for kind in kinds]
        recorder = self

        def watched(original: Any) -> Any:
            return lambda layer, *arguments, **keywords: call(original, layer, *arguments, **keywords)

        def call(original: Any, layer: Any, *arguments: Any, **keywords: Any) -> Any:
            path = recorder.known.get(id(layer))
            if path is None:
                return original(layer, *arguments, **keywords)
            entry = [path, recorder.depth, list(_tensors([arguments, keywords])), [], recorder.graph.version]
            recorder.found.append(entry)
            recorder.depth += 1
            result = original(layer, *arguments, **keywords)
            recorder.depth -= 1
            entry[3] = list(_tensors([result]))
            entry.append(recorder.graph.version)
            return result

        for kind, original in zip(kinds, originals, strict=True):
            kind.__call__ = watched(original)
        try:
            yield
        finally:
            for kind, original in zip(kinds, originals, strict=True):
                kind.__call__ = original

    def number(self) -> None:
        """Give every tensor of the finished graph a number, in the order of the operations that make them."""
        self.numbers: dict[int, int] = {}  # by id: a tensor lives as long as its graph
        self.before = [0]  # how many tensors the first so many operations make
        for operation in self.graph.get_operations():
            for tensor in operation.outputs:
                self.numbers[id(tensor)] = len(self.numbers)
            self.before.append(len(self.numbers))

    def value(self, tensor: Any) -> Value:
        return Value(tuple(tensor.shape), self.numbers[id(tensor)])

    def calls(self, *, additions: bool) -> Iterator[Call]:
        events = []
        for index, (path, depth, inputs, outputs, start, _) in enumerate(self.found):
            values = [tuple(map(self.value, tensors)) for tensors in (inputs, outputs)]
            events.append((start, index, Call(path, depth, values[0], values[1], self.before[start])))
        if additions:
            events += list(self._additions())
        for _, _, call in sorted(events, key=lambda event: event[:2]):
            yield call

    def _additions(self) -> Iterator[tuple[int, int, Call]]:
        spans = [(entry[4], entry[5], entry[1]) for entry in self.found]
        for position, operation in enumerate(self.graph.get_operations(), start=1):
            tensors = [*operation.inputs, *operation.outputs]
            if operation.type in {"AddV2", "Add"} and len({tuple(each.shape) for each in tensors}) == 1:
                depth = max((level + 1 for start, end, level in spans if start < position <= end), default=0)
                values = [self.value(each) for each in tensors]
                call = Call(RESIDUAL, depth, tuple(values[:2]), (values[2],), self.before[position])
                yield position - 1, len(self.found), call

    def origins(self) -> dict[int, tuple[int, ...]]:
        """Return what each tensor of the graph was computed from."""
        return {
            self.numbers[id(output)]: tuple(self.numbers[id(tensor)] for tensor in operation.inputs)
            for operation in self.graph.get_operations()
            for output in operation.outputs
        }


def _tensors(found: Any) -> Iterator[Any]:
    """Yield the tensors of known rank in nested lists and dictionaries."""
    import tensorflow as tf

    for item in found:  # in the order of the call; tf.nest would sort by name
        if isinstance(item, tf.Tensor):
            if item.shape.rank is not None:
                yield item
        elif isinstance(item, Mapping):
            yield from _tensors(item.values())
        elif isinstance(item, (list, tuple)):
            yield from _tensors(item)
