"""What a pickle of ``torch.save`` asks for: tensors, the storages that hold their numbers, and plain values.

The functions that make tensors, and the names that a weight file may use, are those that
``torch/_weights_only_unpickler.py`` allows; anything else ends the reading, as it does in
``torch.load(weights_only=True)``.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from coursekit.facts.files.formats import pickle_steps
from coursekit.facts.files.formats.pickle_steps import Entries, Name, Other, PickleProblemError
from coursekit.facts.files.stored import LARGEST, count_of

if TYPE_CHECKING:
    from io import BytesIO

LONGEST = 32_000_000
"""Bytes of a pickle that are read; the numbers of the tensors are not among them."""
MOST_TENSORS = 100_000
"""Tensors that are listed; the largest models in one file have some ten thousand."""
_DEEPEST = 6  # containers in containers: a training checkpoint keeps its state dictionary one or two levels down
_LONGEST_KEY = 300  # characters

_TYPES = {
    "Float": ("float32", 4),
    "Double": ("float64", 8),
    "Half": ("float16", 2),
    "BFloat16": ("bfloat16", 2),
    "Long": ("int64", 8),
    "Int": ("int32", 4),
    "Short": ("int16", 2),
    "Char": ("int8", 1),
    "Byte": ("uint8", 1),
    "Bool": ("bool", 1),
    "ComplexFloat": ("complex64", 8),
    "ComplexDouble": ("complex128", 16),
    "QInt8": ("qint8", 1),
    "QUInt8": ("quint8", 1),
    "QInt32": ("qint32", 4),
    "QUInt4x2": ("quint4x2", 1),
    "QUInt2x4": ("quint2x4", 1),
    "Untyped": ("bytes", 1),
}
"""For each class of storages, the type of its numbers and the bytes of one."""
_ITEMSIZE = dict(_TYPES.values()) | {
    **dict.fromkeys(("uint16", "float16"), 2),
    **dict.fromkeys(("uint32",), 4),
    **dict.fromkeys(("uint64",), 8),
    **dict.fromkeys(("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"), 1),
    **dict.fromkeys(("float4_e2m1fn_x2", "complex32"), 1),
    **{f"{sign}int{bits}": 1 for sign in ("", "u") for bits in range(1, 8)},
}
_REBUILD = "torch._utils._rebuild_"
_PLAIN = frozenset(
    {
        "collections.OrderedDict",
        "collections.Counter",
        "_codecs.encode",
        "builtins.bytearray",
        "builtins.set",
        "builtins.complex",
        "torch.nn.parameter.Parameter",
        "torch.serialization._get_layout",
        "torch.Size",
        "torch.Tensor",
        "torch.device",
        "torch.per_tensor_affine",
        "torch.per_tensor_symmetric",
        "torch.per_channel_affine",
        "torch.per_channel_symmetric",
        "torch.per_channel_affine_float_qparams",
        "torch._tensor._rebuild_from_type_v2",
        *(
            _REBUILD + what
            for what in (
                "tensor",
                "tensor_v2",
                "tensor_v3",
                "parameter",
                "parameter_with_state",
                "qtensor",
                "sparse_tensor",
                "meta_tensor_no_storage",
                "nested_tensor",
                "wrapper_subclass",
                "device_tensor_from_numpy",
                "device_tensor_from_cpu_tensor",
            )
        ),
    }
)
"""What a weight file may ask for beside types and storages."""
_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class Storage(NamedTuple):
    """The numbers that one or more tensors share: their type, their key in the file, and how many there are."""

    dtype: str
    key: str
    numbers: int

    @property
    def nbytes(self) -> int:
        """The bytes that they take."""
        return self.numbers * _ITEMSIZE.get(self.dtype, 1)


class NotedTensor(NamedTuple):
    """A tensor that a pickle asks for; ``storage`` is None where it has no numbers in the file."""

    shape: tuple[int, ...]
    dtype: str
    storage: Storage | None
    reach: int = 0
    """How many numbers of the storage there must be for it: one more than the place of its last one."""
    note: str = ""
    """What is not plain about it: ``sparse``, ``nested``, or an empty string."""

    @property
    def claimed(self) -> int:
        """The bytes that its shape calls for."""
        return prod(self.shape) * _ITEMSIZE.get(self.dtype, 1)

    @property
    def nbytes(self) -> int:
        """The bytes that its numbers take in the file."""
        return 0 if self.storage is None else min(self.claimed, self.storage.nbytes)

    @property
    def reaches_beyond(self) -> bool:
        """Whether it would show numbers that its storage has not."""
        if self.storage is None or self.note or self.dtype.startswith("quint"):
            return False
        return self.reach * _ITEMSIZE.get(self.dtype, 1) > self.storage.nbytes

    @property
    def is_expanded(self) -> bool:
        """Whether it has more numbers than are stored for it: one number may stand for 2⁶²."""
        packed = self.dtype.startswith("quint")  # several numbers in a byte
        return self.storage is not None and not (self.note or packed) and self.claimed > self.storage.nbytes


_OTHER = Other()


def follow(content: BytesIO) -> Any:
    """Follow one pickle of ``torch.save`` and return what it would make, as notes; see :func:`.pickle_steps.follow`."""
    return pickle_steps.follow(content, name=_name, persistent=_storage, call=_made)


def _name(module: str, name: str) -> Name:
    """Return a class or function that is named, where a weight file may name it."""
    module = _PYTHON_2.get(module, module)
    path = f"{module}.{name}"
    is_type = module == "torch" and (name in _ITEMSIZE or re.fullmatch(r"bits\d+(x\d+)?", name) is not None)
    inside = module == "torch" or module.startswith("torch.")  # torch.cuda.FloatStorage, torch.sparse.FloatTensor
    is_storage = inside and name.removesuffix("Storage") in {*_TYPES, "Typed"}
    is_tensor = inside and name.removesuffix("Tensor") in _TYPES
    if path not in _PLAIN and not (is_type or is_storage or is_tensor):
        raise PickleProblemError(f"it asks for {path[:120]}", path[:120])
    return Name(path)


def _storage(identity: Any) -> Storage:
    """Return the storage that ``torch.save`` calls ``("storage", class, key, device, numbers)``."""
    match identity:
        case ("storage", Name(path), str(key) | int(key), _, int(count), *_) if 0 <= count < LARGEST:
            word = path.rpartition(".")[2].removesuffix("Storage")
            dtype, _ = _TYPES.get(word, ("bytes", 1))
            return Storage(dtype, str(key), count)
    raise PickleProblemError("it names numbers in a way that torch.save does not")


def _made(function: Name, arguments: Any) -> Any:
    """Return a note of what calling ``function`` would make."""
    path = function.path
    if path.startswith("collections."):
        return Entries()
    if path == "torch._tensor._rebuild_from_type_v2":
        match arguments:
            case (Name() as inner, _, inner_arguments, *_):
                return _made(inner, inner_arguments)
    if path == "torch.Size":
        return arguments[0] if isinstance(arguments, tuple) and arguments else ()
    if path.startswith("torch.nn.parameter"):
        return arguments[0] if isinstance(arguments, tuple) and arguments else _OTHER
    if path.startswith(_REBUILD) and isinstance(arguments, tuple):
        return _rebuilt(path.removeprefix(_REBUILD), arguments)
    return _OTHER


def _rebuilt(what: str, arguments: tuple[Any, ...]) -> Any:  # noqa: PLR0911  (a case for each function)
    """Return a note of the tensor that a function called ``_rebuild_…`` would make."""
    match what, arguments:
        case ("tensor" | "tensor_v2" | "qtensor", (Storage() as storage, int(offset), shape, stride, *_)):
            return _tensor(storage, offset, shape, stride)
        case ("tensor_v3", (Storage() as storage, int(offset), shape, stride, _, _, Name(dtype), *_)):
            return _tensor(storage, offset, shape, stride)._replace(dtype=dtype.rpartition(".")[2])
        case ("parameter" | "parameter_with_state", (NotedTensor() as tensor, *_)):
            return tensor
        case ("meta_tensor_no_storage", (Name(dtype), shape, *_)):
            return NotedTensor(_shape(shape), dtype.rpartition(".")[2], None)
        case ("sparse_tensor", (_, (NotedTensor(), NotedTensor(), NotedTensor() as values, shape, *_))):
            return NotedTensor(_shape(shape), values.dtype, values.storage, values.reach, "sparse")
        case ("sparse_tensor", (_, (NotedTensor(), NotedTensor() as values, shape, *_))):
            return NotedTensor(_shape(shape), values.dtype, values.storage, values.reach, "sparse")
        case ("nested_tensor", (NotedTensor() as buffer, *_)):
            return buffer._replace(note="nested")
        case ("wrapper_subclass", (_, Name(dtype), shape, *_)):
            return NotedTensor(_shape(shape), dtype.rpartition(".")[2], None)
    return _OTHER


def _shape(shape: Any) -> tuple[int, ...]:
    sizes = list(shape) if isinstance(shape, (tuple, list)) else None
    if count_of(sizes) is None:
        # Its text is not shown: a list of lists of the same lists may be endless when it is written out.
        raise PickleProblemError("a tensor in it has an impossible shape")
    return tuple(sizes or ())


def _tensor(storage: Storage, offset: int, shape: Any, stride: Any) -> NotedTensor:
    sizes = _shape(shape)
    steps = stride if isinstance(stride, tuple) else ()
    if len(steps) != len(sizes) or not all(type(step) is int and 0 <= step < LARGEST for step in steps) or offset < 0:
        raise PickleProblemError("a tensor in it has impossible strides")
    last = sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
    return NotedTensor(sizes, storage.dtype, storage, 0 if 0 in sizes else offset + last + 1)


def leaves(root: Any) -> tuple[list[tuple[str, NotedTensor]], int]:
    """Return the tensors below ``root`` by their keys, joined with dots, and how many other values there are.

    Raises
    ------
    PickleProblemError
        When there are more than ``MOST_TENSORS`` values, as in a dictionary that holds itself many times.
    """
    found: dict[str, NotedTensor] = {}
    others = visited = 0
    if isinstance(root, NotedTensor):
        return [("(the whole file)", root)], 0
    pending: list[tuple[str, Any, tuple[int, ...]]] = [("", root, ())]
    while pending:
        prefix, value, above = pending.pop()
        visited += 1
        if visited > MOST_TENSORS:
            raise PickleProblemError(f"it holds more than {MOST_TENSORS:,} values, or itself over and over")
        if isinstance(value, NotedTensor):
            found[prefix] = value
        elif isinstance(value, (Storage, Name)):
            others += 1
        elif isinstance(value, (Entries, list, tuple)) and len(above) < _DEEPEST and id(value) not in above:
            if len(value.pairs if isinstance(value, Entries) else value) > MOST_TENSORS:
                raise PickleProblemError(f"it holds more than {MOST_TENSORS:,} values")
            pairs = value.pairs if isinstance(value, Entries) else list(enumerate(value))
            path = (*above, id(value))
            below = [(f"{prefix}.{_key(key)}" if prefix else _key(key), item, path) for key, item in pairs]
            pending += reversed(below)
        else:
            others += 1
    return list(found.items()), others


def _key(key: Any) -> str:
    if isinstance(key, (str, int, float, bool)) or key is None:
        text = str(key) if not isinstance(key, int) or abs(key) < LARGEST else "(a huge number)"
        return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"
    return "(a key that is no text)"


def storages(tensors: list[tuple[str, NotedTensor]]) -> dict[str, Storage]:
    """Return the storages of tensors by key, the longest claim for each."""
    found: dict[str, Storage] = {}
    for _, tensor in tensors:
        if (storage := tensor.storage) is not None:
            known = found.get(storage.key)
            if known is None or known.nbytes < storage.nbytes:
                found[storage.key] = storage
    return found
