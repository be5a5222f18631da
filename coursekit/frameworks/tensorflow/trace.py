"""A symbolic forward pass through an empty TensorFlow model, which computes shapes only."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from coursekit.frameworks.tensorflow.empty_model import placeholders
from coursekit.frameworks.tensorflow.module_tree import layers
from coursekit.frameworks.trace import RESIDUAL, Call, CannotTraceError, Lengths, Trace, Value

if TYPE_CHECKING:
    from collections.abc import Iterator


def trace(model: Any, lengths: Lengths, *, origins: bool) -> Trace:
    """Call an empty model symbolically and return what was called.

    Raises
    ------
    CannotTraceError
        When what the model takes is not known here, or the call fails.
    """
    import tensorflow as tf

    try:
        with placeholders(inside_function=True) as graph:
            inputs = _inputs(model, lengths)
            recorder = _Recorder(model, graph)
            with recorder.recording():
                result = _called(model, inputs)
    except (CannotTraceError, TimeoutError):
        raise
    except Exception as error:
        line = str(error).strip().split("\n", maxsplit=1)[0][:200]
        raise CannotTraceError(f"{type(error).__name__}: {line}") from error
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
        # A layer that stands in two places is known by the last.
        self.layers = dict({id(layer): (path, layer) for path, layer in layers(model).items()}.values())
        self.found: list[list[Any]] = []  # path, depth, inputs, outputs, first operation, last operation
        self.depth = 0

    @contextmanager
    def recording(self) -> Iterator[None]:
        classes = {path: type(layer) for path, layer in self.layers.items()}
        for path, layer in self.layers.items():
            object.__setattr__(layer, "__class__", self._recorded(path, classes[path]))
        try:
            yield
        finally:
            for path, layer in self.layers.items():
                object.__setattr__(layer, "__class__", classes[path])

    def _recorded(self, path: str, cls: Any) -> Any:
        """Return ``cls`` under its own name, for one layer whose calls are noted; other layers keep ``cls``."""

        def call(layer: Any, *arguments: Any, **keywords: Any) -> Any:
            entry = [path, self.depth, list(_tensors([arguments, keywords])), [], self.graph.version]
            self.found.append(entry)
            self.depth += 1
            result = cls.__call__(layer, *arguments, **keywords)
            self.depth -= 1
            entry[3] = list(_tensors([result]))
            entry.append(self.graph.version)
            return result

        names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
        return type(cls)(cls.__name__, (cls,), {**names, "__call__": call})

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
