"""What the course needs to know of a framework, as one interface."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    import numpy.typing as npt

    from coursekit.frameworks.expected_tensors import ExpectedTensors
    from coursekit.frameworks.initializers import Initializer
    from coursekit.frameworks.module_tree import Module
    from coursekit.frameworks.trace import Lengths, Trace


@dataclass(frozen=True)
class Parameter:
    """One weight tensor of a model, real or empty.

    Attributes
    ----------
    name
        The framework's own name for it, such as ``encoder.layer.0.output.dense.weight``.
    shape
        Its dimensions, in the framework's own order.
    dtype
        The type of its numbers, such as ``float32``.
    itemsize
        Bytes per number.
    trainable
        Whether training would change it.
    tied_to
        The name of the earlier tensor that holds the same memory, or None.
    read
        Return its values as a NumPy array (float32 for types that NumPy lacks). Raises ``ValueError`` for a tensor
        of an empty model, which has none.
    part
        Return its rows from one index up to another, in the same way: ``part(0, 10)`` are the first ten along the first
        dimension. A large tensor can so be read without a second copy of it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    itemsize: int
    trainable: bool
    tied_to: str | None
    read: Callable[[], npt.NDArray[np.generic]] = field(repr=False, compare=False)
    part: Callable[[int, int], npt.NDArray[np.generic]] = field(repr=False, compare=False)

    @property
    def count(self) -> int:
        """How many numbers the tensor holds."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes its numbers take."""
        return self.count * self.itemsize


class Framework(ABC):
    """One framework, seen from the facts. Its module is imported by the first method that needs it."""

    name: ClassVar[str]
    """The name of the track: ``pytorch`` or ``tensorflow``."""
    label: ClassVar[str]
    """How the framework calls itself."""
    module: ClassVar[str]
    """The module to import."""
    class_prefix: ClassVar[str]
    """What transformers puts before the names of its model classes: an empty string or ``TF``."""
    switch: ClassVar[str]
    """The environment variable that tells transformers whether to use this framework."""
    weight_files: ClassVar[tuple[str, ...]]
    """Names of weight files that ``from_pretrained`` looks for, the preferred one first."""
    tensor_call: ClassVar[str]
    """How a learner writes the call that makes a tensor of lists: ``torch.tensor`` or ``tf.constant``."""
    return_tensors: ClassVar[str]
    """What a tokenizer's ``return_tensors`` calls the framework: ``pt`` or ``tf``."""

    @property
    def imported(self) -> bool:
        """Whether the framework is imported already."""
        return self.module in sys.modules

    def auto_class(self, task: str = "") -> Any:
        """Return the auto class of transformers for a task, such as ``sequence-classification``; without: the base."""
        return self.auto_class_named(self.auto_class_name(task))

    def auto_class_named(self, name: str) -> Any:
        """Return the auto class of transformers that is called ``name``."""
        import transformers

        return getattr(transformers, name)

    def auto_class_name(self, task: str = "") -> str:
        """Return the name of that class, such as ``TFAutoModelForSequenceClassification``."""
        special = {"causal-lm": "CausalLM", "masked-lm": "MaskedLM", "seq2seq-lm": "Seq2SeqLM"}
        words = special.get(task) or "".join(word.capitalize() for word in task.split("-"))
        return f"{self.class_prefix}AutoModel{'For' if words else ''}{words}"

    def auto_classes_of(self, config: Any) -> list[str]:
        """Return the names of the auto classes that have a model for ``config``, in transformers' own order."""
        import transformers.models.auto as auto_classes

        module = getattr(auto_classes, f"modeling_{'tf_' if self.class_prefix else ''}auto")
        classes = {name: value for name, value in vars(module).items() if name.startswith(f"{self.class_prefix}Auto")}
        mappings = {name: getattr(value, "_model_mapping", None) for name, value in classes.items()}
        return [name for name, mapping in mappings.items() if mapping is not None and type(config) in mapping]

    @abstractmethod
    def is_tensor(self, value: object) -> bool:
        """Tell whether ``value`` is a tensor of this framework, without importing it."""

    @abstractmethod
    def is_model(self, value: object) -> bool:
        """Tell whether ``value`` is a model of this framework, without importing it."""

    def owns(self, value: object) -> bool:
        """Tell whether ``value`` is a tensor or a model of this framework, without importing it."""
        return self.is_tensor(value) or self.is_model(value)

    @abstractmethod
    def to_numpy(self, tensor: Any) -> npt.NDArray[np.generic]:
        """Return a tensor's values as a NumPy array: detached, on the CPU, bfloat16 widened to float32."""

    @abstractmethod
    def tensor(self, values: Any) -> Any:
        """Return the framework's own tensor of ``values``, as ``torch.tensor`` or ``tf.constant`` make it."""

    @abstractmethod
    def lookup(self, ids: Any, rows: int) -> None:
        """Look ``ids`` up in an embedding of ``rows`` rows, as a model's first layer does; raise what it raises."""

    @abstractmethod
    def seed(self, number: int) -> None:
        """Seed the framework's random numbers."""

    @abstractmethod
    def parameters(self, model: Any) -> list[Parameter]:
        """Return the weight tensors of a model, real or empty, in the framework's order."""

    def state(self, tensors: Iterable[tuple[str, Any]]) -> list[Parameter]:
        """Return the tensors of a state dictionary, as :meth:`parameters` does; PyTorch alone has such dictionaries."""
        raise NotImplementedError(f"{self.label} has no state dictionaries")

    @abstractmethod
    def initializers(self, model: Any) -> dict[str, Initializer]:
        """Return, by name, the distributions that a new model of ``model``'s class and config draws its numbers from.

        They are read from what the model's own code does, without allocating anything. A tensor that is filled in
        another way is left out; so are all of a model that transformers did not make.
        """

    @abstractmethod
    def empty_model(self, config: Any, model_class: Any = None) -> Any:
        """Return the model that ``config`` describes without memory: its tensors have shapes, but no values.

        Nothing of the process changes and no random number is drawn, so other threads may build models meanwhile.

        Parameters
        ----------
        config
            A config of transformers; it stays as it is.
        model_class
            A model class or an auto class; without it, the auto class of the base model.
        """

    @abstractmethod
    def expected_tensors(self, config: Any, model_class: Any, *, keras_names: bool) -> ExpectedTensors:
        """Return the tensors that a model class expects in a weight file.

        With ``keras_names`` they have the names of a file that TensorFlow wrote, which only TensorFlow knows.
        """

    @abstractmethod
    def modules(self, model: Any) -> list[Module]:
        """Return every module under every path that leads to it, parents first."""

    @abstractmethod
    def paths(self, model: Any) -> list[str]:
        """Return the paths of :meth:`modules`, for comparing only."""

    @abstractmethod
    def shapes(self, model: Any) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight tensor by its path; tied tensors stand under each path."""

    @abstractmethod
    def path_of(self, name: str) -> str:
        """Return a weight's name as a path of modules, as :meth:`shapes` does."""

    @abstractmethod
    def devices(self, model: Any) -> dict[str, str]:
        """Return where each weight tensor lies, by its path."""

    @abstractmethod
    def trace(self, model: Any, lengths: Lengths, *, origins: bool) -> Trace:
        """Run an empty model once and return what was called; raise ``CannotTraceError`` where that fails.

        With ``origins``, also which additions there were and what each value was computed from, which takes longer.
        """

    @abstractmethod
    def recording(self) -> Any:
        """Return the module that runs a model once and records the pass; see ``pytorch/recording.py``."""
