"""The tree of a model's modules, with repeated neighbours folded into one node."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from coursekit.facts.model.dimensions import Dimension

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from coursekit.frameworks import Parameter
    from coursekit.frameworks.module_tree import Module


@dataclass(frozen=True)
class Tensor:
    """One weight tensor.

    Attributes
    ----------
    name
        Its last name, such as ``weight``.
    path
        Its whole name in the first of the folded modules.
    shape
        Its dimensions, named.
    dtype, itemsize, trainable, tied_to
        As in :class:`~coursekit.frameworks.Parameter`.
    device
        Where it lies, such as ``cpu``; an empty string for a tensor that is only planned.
    """

    name: str
    path: str
    shape: tuple[Dimension, ...]
    dtype: str
    itemsize: int
    trainable: bool
    tied_to: str | None
    device: str = ""

    @property
    def count(self) -> int:
        """How many numbers it holds, also when it is tied to another."""
        count = 1
        for dimension in self.shape:
            count *= dimension.size
        return count

    @property
    def parameters(self) -> int:
        """How many parameters it adds: none when it is tied to an earlier tensor."""
        return 0 if self.tied_to else self.count


@dataclass(frozen=True)
class Node:
    """A module, or several equal ones that stand behind each other.

    Attributes
    ----------
    name
        Its name in its parent; the first and the last for several: ``0 … 11``.
    path
        The path of the first.
    class_name, about
        As in :class:`~coursekit.frameworks.module_tree.Module`.
    repeat
        How many equal modules the node stands for.
    length
        For a module that holds a list: how many there are, named; else None.
    tensors, children
        What one of them holds.
    source
        The path of the first module of this kind in the list, where the experiments looked.
    """

    name: str
    path: str
    class_name: str
    about: str = ""
    repeat: int = 1
    length: Dimension | None = None
    tensors: tuple[Tensor, ...] = ()
    children: tuple[Node, ...] = ()
    source: str = field(default="", compare=False)

    @property
    def parameters(self) -> int:
        """How many parameters one of them has; tied tensors count once."""
        return sum(tensor.parameters for tensor in self.tensors) + sum(child.total for child in self.children)

    @property
    def total(self) -> int:
        """How many parameters all of them have."""
        return self.repeat * self.parameters

    @property
    def nbytes(self) -> int:
        """How many bytes the parameters of all of them take."""
        own = sum(tensor.parameters * tensor.itemsize for tensor in self.tensors)
        return self.repeat * (own + sum(child.nbytes for child in self.children))

    def walk(self, times: int = 1) -> Iterator[tuple[Node, int]]:
        """Yield this node and all below it, each with the number of modules that it stands for."""
        times *= self.repeat
        yield self, times
        for child in self.children:
            yield from child.walk(times)

    def find(self, path: str) -> Node | None:
        """Return the node that stands for the module at ``path``."""
        for node, _ in self.walk():
            if path in {node.path, node.source}:
                return node
        return None


def fold(modules: Iterable[Module], parameters: Iterable[Parameter], devices: Mapping[str, str]) -> Node:
    """Return the tree of ``modules`` with ``parameters`` at their modules, and equal neighbours folded."""
    held: dict[str, list[Tensor]] = {}
    for parameter in parameters:
        parent, _, name = parameter.name.rpartition(".")
        shape = tuple(Dimension(size) for size in parameter.shape)
        tensor = Tensor(
            name,
            parameter.name,
            shape,
            parameter.dtype,
            parameter.itemsize,
            parameter.trainable,
            parameter.tied_to,
            devices.get(parameter.name, ""),
        )
        held.setdefault(parent, []).append(tensor)
    below: dict[str, list[Module]] = {}
    root = None
    for module in modules:
        if module.path:
            below.setdefault(module.path.rpartition(".")[0], []).append(module)
        else:
            root = module
    if root is None:
        raise ValueError("the model itself is not among its modules")
    signatures: dict[object, int] = {}

    def grow(module: Module) -> tuple[Node, int]:
        grown = [grow(child) for child in below.get(module.path, ())]
        tensors = tuple(held.get(module.path, ()))
        of_tensors = tuple(
            (each.name, tuple(d.size for d in each.shape), each.dtype, each.trainable, bool(each.tied_to), each.device)
            for each in tensors
        )
        # Numbered children are told apart by what they are, others also by their name.
        of_children = tuple((child.name, signature) for child, signature in grown)
        signature = signatures.setdefault((module.class_name, of_tensors, of_children), len(signatures))
        numbered = sum(child.name.isdecimal() for child, _ in grown)
        node = Node(
            name=module.path.rpartition(".")[2],
            path=module.path,
            class_name=module.class_name,
            about=module.about,
            length=Dimension(numbered) if numbered else None,
            tensors=tensors,
            children=_folded(grown),
            source=module.path,
        )
        return node, signature

    return grow(root)[0]


def _folded(grown: list[tuple[Node, int]]) -> tuple[Node, ...]:
    runs: list[list[Node]] = []
    last = None
    first: dict[int, str] = {}
    for node, signature in grown:
        numbered = node.name.isdecimal()
        if numbered and runs and signature == last:
            runs[-1].append(node)
        else:
            source = first.setdefault(signature, node.path) if numbered else node.path
            runs.append([_resourced(node, source)])
        last = signature if numbered else None
    return tuple(
        replace(run[0], name=f"{run[0].name} … {run[-1].name}", repeat=len(run)) if len(run) > 1 else run[0]
        for run in runs
    )


def _resourced(node: Node, source: str) -> Node:
    """Let everything below ``node`` say that the experiments looked at ``source``, which is of the same kind."""
    if node.path == source:
        return node

    def move(each: Node) -> Node:
        return replace(each, source=source + each.source[len(node.path) :], children=tuple(map(move, each.children)))

    return move(node)


def first_of_each_kind(tree: Node) -> dict[str, int]:
    """Return for each list of modules how many have to be built, from its start, to see every kind."""
    needed: dict[str, int] = {}
    for node, _ in tree.walk():
        kinds = [child for child in node.children if child.name.split(" ")[0].isdecimal()]
        if kinds:
            needed[node.path] = 1 + max(int(child.source.rpartition(".")[2]) for child in kinds)
    return needed


def named(
    tree: Node,
    shape_of: Callable[[str, tuple[int, ...]], tuple[Dimension, ...]],
    length_of: Callable[[str, int], Dimension],
) -> Node:
    """Return ``tree`` with its dimensions and the lengths of its lists named.

    Parameters
    ----------
    tree
        What :func:`fold` returned.
    shape_of
        Return the named dimensions of the tensor with this name and these sizes.
    length_of
        Return the named length of the list at this path.
    """

    def name(node: Node) -> Node:
        tensors = tuple(
            replace(
                tensor,
                shape=shape_of(
                    f"{node.source}.{tensor.name}" if node.source else tensor.name,
                    tuple(each.size for each in tensor.shape),
                ),
            )
            for tensor in node.tensors
        )
        length = length_of(node.source, node.length.size) if node.length else None
        return replace(node, tensors=tensors, length=length, children=tuple(map(name, node.children)))

    return name(tree)


def extrapolated(small: Node, larger: Node, steps: int) -> Node:
    """Return the tree that is ``steps`` times as far from ``small`` as ``larger`` is, size by size.

    Both trees are folded and of one form: what differs grows evenly with the attribute that was changed. Raises
    ``ValueError`` when their forms differ.
    """
    if len(small.children) != len(larger.children) or len(small.tensors) != len(larger.tensors):
        raise ValueError(f"{small.path} and {larger.path} are not of one form")

    def size(a: Dimension, b: Dimension) -> Dimension:
        return Dimension(a.size + steps * (b.size - a.size))

    tensors = tuple(
        replace(a, shape=tuple(map(size, a.shape, b.shape))) for a, b in zip(small.tensors, larger.tensors, strict=True)
    )
    repeat = small.repeat + steps * (larger.repeat - small.repeat)
    first, _, several = small.name.partition(" … ")
    return replace(
        small,
        name=f"{first} … {int(first) + repeat - 1}" if several else small.name,
        repeat=repeat,
        length=size(small.length, larger.length) if small.length and larger.length else small.length,
        tensors=tensors,
        children=tuple(extrapolated(a, b, steps) for a, b in zip(small.children, larger.children, strict=True)),
    )
