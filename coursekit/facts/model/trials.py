"""One trial: a config with some numbers changed, the empty model built from it, and all of it that has a size."""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from coursekit.frameworks.trace import RESIDUAL, CannotTraceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from coursekit.frameworks import Framework
    from coursekit.frameworks.trace import Lengths, Shape, Trace

T = TypeVar("T")

Key = tuple[str, ...]
"""``("weight", name)``, ``("list", path)``, ``("calls", path)``, ``("out", path, "1", "0")``, ``("input", name)`` …"""


_DESCRIPTIVE = {
    "_name_or_path", "architectures", "auto_map", "dtype", "finetuning_task", "id2label", "label2id", "model_type",
    "problem_type", "quantization_config", "task_specific_params", "tokenizer_class", "torch_dtype",
    "transformers_version", "transformers_weights",
}  # fmt: skip
_LONGEST_LIST = 16

UNLIKELY = re.compile(
    r"(_id|_ids|_index|_idx|dropout|dropout_prob|drop_rate|drop_path_rate|_pdrop|_prob|layerdrop|eps|epsilon|_range|_std"
    r"|_factor|theta|temperature|penalty|weight_decay|_weight|_coef|_coeff|_cost|_scale|_scaling|seed|threshold)$"
    r"|^(max_length|min_length|num_beams|num_beam_groups|top_k|top_p|typical_p|no_repeat_ngram_size|chunk_size_.*"
    r"|encoder_no_repeat_ngram_size|num_return_sequences|mask_time_.*|mask_feature_.*|output_.*|return_dict.*|use_cache"
    r"|torchscript|tf_legacy_loss|use_bfloat16|remove_invalid_values|early_stopping|do_sample|gradient_checkpointing)$"
)
"""Attributes that seldom shape a tensor. Only the order of experiments follows from this, never a result."""


def flat(config: Any) -> dict[str, Any]:
    """Return every attribute of a config by its path, such as ``text_config.hidden_size`` or ``hidden_sizes[1]``."""
    found: dict[str, Any] = {}

    def walk(path: str, value: Any) -> None:
        if hasattr(value, "to_dict") and hasattr(value, "model_type"):
            for name, listed in value.to_dict().items():
                if name not in _DESCRIPTIVE:
                    # What differs from layer to layer (Gemma 4) is listed and may not be asked for.
                    item, error = attempt(partial(getattr, value, name, listed))
                    walk(f"{path}.{name}" if path else name, listed if error else item)
        elif isinstance(value, dict) and value and all(isinstance(name, str) and name.isidentifier() for name in value):
            for name, item in value.items():
                walk(f"{path}.{name}", item)
        elif _is_numbers(value):
            for index, item in enumerate(value):
                walk(f"{path}[{index}]", item)
        else:
            found[path] = value

    walk("", config)
    return found


def _is_numbers(value: Any) -> bool:
    """Tell whether a value is a short list of numbers, or of such lists."""
    return (
        isinstance(value, (list, tuple))
        and 0 < len(value) <= _LONGEST_LIST
        and all(type(item) in {int, float} or _is_numbers(item) for item in value)
    )


def changed(config: Any, changes: dict[str, Any]) -> Any:
    """Return a copy of ``config`` with these attributes set; the paths are those of :func:`flat`."""
    copied = copy.deepcopy(config)
    for path, value in changes.items():
        _updated(copied, re.findall(r"[^.\[\]]+", path), value)
    return copied


def _updated(holder: Any, steps: list[str], value: Any) -> Any:
    """Return ``holder`` with one item set, which some steps lead to; a config is changed itself."""
    if not steps:
        return value
    step, *below = steps
    if isinstance(holder, dict):
        return {**holder, step: _updated(holder[step], below, value)}
    if isinstance(holder, (list, tuple)):
        items = list(holder)
        items[int(step)] = _updated(items[int(step)], below, value)
        return type(holder)(items)
    setattr(holder, step, _updated(getattr(holder, step), below, value))
    return holder


def alternatives(value: Any) -> list[Any]:
    """Return other values to try for an attribute, those that models accept most readily first."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, float):
        return [value / 2] if 0 < value < 1 else [value * 2] if value else [0.5]
    if not isinstance(value, int):
        return []
    if value < 0:
        return [value - 1]
    # Twice and half keep what has to divide; one more does where they do not.
    return [value + 1, value + 2] if value <= 1 else [2 * value, value // 2, value + 1]


def attempt(action: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Return what ``action`` gives and None, or None and its error; an alarm goes through.

    A model may refuse to be built or called in as many ways as there are models, and each is an answer.
    """
    try:
        return action(), None
    except TimeoutError:  # the caller's own alarm
        raise
    except Exception as error:  # noqa: BLE001  (said above)
        return None, error


def reason(error: BaseException) -> str:
    """Return what an error says as one short line."""
    if isinstance(error, CannotTraceError):
        return str(error)
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    words = " ".join(lines[:3])[:240]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


class Measure(Protocol):
    """What builds an empty model for a config and measures it."""

    def __call__(self, config: Any, lengths: Lengths | None, *, origins: bool = False) -> Measured:
        """Return the sizes of the model; with ``lengths``, those of a forward pass, on request with its origins."""


@dataclass(frozen=True)
class Measured:
    """An empty model that was built for one config: its weights and the paths of its modules, or a forward pass."""

    weights: Mapping[str, Shape] = field(default_factory=dict)
    paths: Sequence[str] = ()
    trace: Trace | None = None

    def sizes(self) -> dict[Key, Shape]:
        """Return everything that has a size: what flows if there is a trace, else weights and lists of modules."""
        if self.trace:
            return flow_sizes(self.trace)
        found: dict[Key, Shape] = {("weight", name): shape for name, shape in self.weights.items()}
        found.update({("list", path): (length,) for path, length in lists(self.paths).items()})
        return found


def measure_with(framework: Framework, model_class: Any = None) -> Measure:
    """Return what measures the empty models of ``framework``: of a model class, else of the auto class."""

    def measure(config: Any, lengths: Lengths | None, *, origins: bool = False) -> Measured:
        built = framework.empty_model(config, model_class)
        if lengths:
            return Measured(trace=framework.trace(built, lengths, origins=origins))
        return Measured(framework.shapes(built), framework.paths(built))

    return measure


def lists(paths: Iterable[str]) -> dict[str, int]:
    """Return how many numbered children each path has: ``encoder.layer`` has 12."""
    parents = (path.rpartition(".") for path in paths)
    return dict(Counter(parent for parent, _, name in parents if name.isdecimal()))


def flow_sizes(trace: Trace) -> dict[Key, Shape]:
    """Return the shapes that flow: into and out of the model, and out of each module in its last call."""
    found: dict[Key, Shape] = {("input", name): shape for name, shape in trace.inputs.items()}
    found.update({("output", name): value.shape for name, value in trace.outputs.items()})
    seen: Counter[str] = Counter()
    for call in trace.calls:
        if call.path == RESIDUAL:
            continue
        seen[call.path] += 1
        for side, values in (("in", call.inputs), ("out", call.outputs)):
            here = (side, call.path, str(seen[call.path]))
            found.update({(*here, str(index)): value.shape for index, value in enumerate(values[:2])})
    found.update({("calls", path): (count,) for path, count in seen.items()})
    return found
