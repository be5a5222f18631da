"""What a learner handed in, read into plain facts: whatever it is, and without ever raising."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from coursekit import frameworks

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 90
"""Characters of a description; what is longer is cut."""
_MOST = 20_000
"""Elements of a list, a tensor or a mapping that are read; larger ones have a shape, but no items."""
_FEW = 12
"""Elements up to which an array is told by its values and not by its shape."""
_DEEPEST = 6
_ROWS = 2
"""Rows of each weight tensor that tell two models apart."""


@dataclass(frozen=True)
class Answer:
    """A value, as far as a rule may ask about it. What does not apply is None or empty.

    Attributes
    ----------
    kind
        ``nothing`` (the three dots of a starter, or None), ``number``, ``truth``, ``text``, ``list``, ``mapping``,
        ``tensor``, ``array``, ``config``, ``model``, ``class``, ``function`` or ``other``.
    described
        The value in a few words, the same on every machine: never an address, never longer than a line.
    number, truth, text
        A whole or decimal number, a truth value, a text.
    items
        A list, tuple, set, tensor or array as nested Python lists.
    shape, dtype, framework
        Of a tensor, an array or (``framework`` only) a model.
    class_name
        The name of the value's class, or its own where it is a class or a function.
    config
        The attributes of a config, or of a model's config.
    parameters
        How many numbers a model holds; None before its weights were made.
    digest
        A fingerprint of a model's weights: equal for models with equal numbers.
    fields
        The values of a mapping by key.
    members
        The values of a list, tuple or set.
    same
        Which of the members are one and the same object as an earlier member.
    """

    kind: str
    described: str
    number: float | None = None
    truth: bool | None = None
    text: str | None = None
    items: list[Any] | None = None
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    framework: str = ""
    class_name: str = ""
    config: SimpleNamespace | None = None
    parameters: int | None = None
    digest: str = ""
    fields: dict[str, Answer] = field(default_factory=dict)
    members: tuple[Answer, ...] = ()
    same: bool = False

    @property
    def plain(self) -> Any:
        """The value as a rule compares it: a number, a truth value, a text, nested lists or a mapping's keys."""
        for value in (self.truth, self.number, self.text, self.items):
            if value is not None:
                return value
        return list(self.fields) if self.kind == "mapping" else None


def read(value: object) -> Answer:
    """Return the facts of ``value``; a value that cannot be read is of the kind ``other``."""
    try:
        return _read(value, 0)
    except Exception:  # noqa: BLE001  (a learner's object may raise anything at all when it is looked at)
        return Answer("other", f"a value of the type {short(type(value).__name__)}")


def _read(value: object, depth: int) -> Answer:
    import numpy as np

    if (answer := _simple(value)) is not None:
        return answer
    framework = frameworks.of(value)
    if framework is not None:
        return _model(value, framework) if framework.is_model(value) else _tensor(value, framework)
    if isinstance(value, np.ndarray):
        return _array(value, "array", "", "a NumPy array")
    if (config := _config(value)) is not None:
        name = type(value).__name__
        return Answer("config", f"a {short(name)}", class_name=name, config=config)
    return _collection(value, depth)


def _simple(value: object) -> Answer | None:
    """Return the facts of a single number, truth value, text or class, or of nothing; None for all else."""
    import numpy as np

    name = type(value).__name__
    answer = None
    if value is None or value is Ellipsis:
        answer = Answer("nothing", "nothing yet" if value is Ellipsis else "None", class_name=name)
    elif isinstance(value, (bool, np.bool_)):
        answer = Answer("truth", str(bool(value)), truth=bool(value), class_name=name)
    elif isinstance(value, (int, np.integer)):
        answer = Answer("number", short(f"{int(value):,}"), number=int(value), class_name=name)
    elif isinstance(value, (float, np.floating)):
        answer = Answer("number", _decimal(float(value)), number=float(value), class_name=name)
    elif isinstance(value, str):
        answer = Answer("text", short(repr(str(value))), text=str(value), class_name=name)
    elif isinstance(value, type):
        answer = Answer("class", f"the class {short(value.__name__)}", class_name=value.__name__)
    elif isinstance(value, ModuleType):
        answer = Answer("other", f"the module {short(value.__name__)}", class_name=name)
    return answer


def _collection(value: Any, depth: int) -> Answer:
    """Return the facts of what holds other values, and of everything that is left."""
    name = type(value).__name__
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        names = list(value.keys())[:_MOST]
        fields = {str(key): _member(value[key], depth) for key in names} if depth < _DEEPEST else {}
        keys = ", ".join(list(fields)[:4]) + (", …" if len(fields) > 4 else "")  # noqa: PLR2004  (as many as fit)
        return Answer("mapping", short(f"a {name} with {keys}" if keys else f"an empty {name}"), fields=fields)
    if isinstance(value, (set, frozenset)):
        return _list(sorted(value, key=repr), depth)  # a set has no order, and an answer has one description
    if isinstance(value, (list, tuple)):
        return _list(list(value), depth)
    if callable(value):
        own = str(getattr(value, "__name__", name))
        return Answer("function", short(f"the function {own}"), class_name=own)
    return Answer("other", f"a value of the type {short(name)}", class_name=name)


def _member(value: object, depth: int) -> Answer:
    try:
        return _read(value, depth + 1)
    except Exception:  # noqa: BLE001  (as in read)
        return Answer("other", f"a value of the type {short(type(value).__name__)}")


def _list(values: list[Any], depth: int) -> Answer:
    if depth >= _DEEPEST or len(values) > _MOST:
        return Answer("list", f"{len(values):,} items")
    members = [_member(value, depth) for value in values]
    seen: set[int] = set()
    for index, value in enumerate(values):
        if id(value) in seen:
            members[index] = _marked(members[index])
        seen.add(id(value))
    items = [member.plain for member in members]
    inside = ", ".join(member.described for member in members[: _ROWS * 3])
    more = ", …" if len(members) > _ROWS * 3 else ""
    return Answer("list", short(f"[{inside}{more}]"), items=items, members=tuple(members))


def _marked(answer: Answer) -> Answer:
    from dataclasses import replace

    return replace(answer, same=True)


def _tensor(value: Any, framework: frameworks.Framework) -> Answer:
    return _array(framework.to_numpy(value), "tensor", framework.name, f"a {framework.label} tensor")


def _array(array: Any, kind: str, framework: str, called: str) -> Answer:
    """Return the facts of an array; one without dimensions is also a number."""
    shape = tuple(int(length) for length in array.shape)
    items = array.tolist() if array.ndim > 0 and array.size <= _MOST else None
    if array.ndim == 0:
        inner = _read(array.item(), 0)
        return Answer(
            inner.kind if inner.kind in {"number", "truth"} else kind,
            inner.described,
            number=inner.number,
            truth=inner.truth,
            shape=(),
            dtype=str(array.dtype),
            framework=framework,
            class_name=called,
        )
    few = items is not None and array.size <= _FEW
    described = f"{called} {_read(items, 0).described}" if few else f"{called} of shape {shape}, {array.dtype}"
    return Answer(
        kind,
        short(described),
        items=items,
        shape=shape,
        dtype=str(array.dtype),
        framework=framework,
        class_name=called,
    )


def _model(model: Any, framework: frameworks.Framework) -> Answer:
    name = type(model).__name__
    try:
        weights = [each for each in framework.parameters(model) if each.tied_to is None]
    except ValueError:  # TensorFlow makes the weights at the first call
        weights = []
    count = sum(weight.count for weight in weights) if weights else None
    held = f" with {count:,} parameters" if count is not None else " without weights yet"
    return Answer(
        "model",
        short(f"a {name}{held}"),
        framework=framework.name,
        class_name=name,
        config=_config(getattr(model, "config", None)),
        parameters=count,
        digest=_digest(weights) if weights else "",
    )


def _digest(weights: Iterable[frameworks.Parameter]) -> str:
    made = sha256()
    for weight in weights:
        try:
            made.update(weight.part(0, _ROWS).tobytes() if weight.shape else weight.read().tobytes())
        except ValueError:  # a model of shapes alone has no numbers to compare
            return ""
    return made.hexdigest()


def _config(value: object) -> SimpleNamespace | None:
    transformers = sys.modules.get("transformers")
    if transformers is None or not isinstance(value, transformers.PretrainedConfig):
        return None
    attributes = dict(value.to_dict())
    # An architecture may have a name of its own for what all call hidden_size.
    attributes |= {name: getattr(value, name, None) for name in value.attribute_map}
    return SimpleNamespace(**attributes)


def _decimal(value: float) -> str:
    if not isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"  # noqa: PLR2004  (beyond it floats count in steps)


def short(words: str) -> str:
    """Return words as one line, cut where it gets too long."""
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
