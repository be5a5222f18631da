"""What happens in a layer, read from small passes that are written by hand.

A pass is a list of ``(what, from, to)``: a module or ``+``, the numbers of the values that it takes, and that of what
it gives. Value 0 is the layer's input; 50 and more come from elsewhere.
"""

from __future__ import annotations

import pytest

from coursekit.facts.model.dimensions import Dimension
from coursekit.facts.model.flow.calls import nest
from coursekit.facts.model.flow.layer import steps_of
from coursekit.facts.model.flow.picture import NotPlainError
from coursekit.facts.model.tree import Node, Tensor
from coursekit.frameworks.trace import RESIDUAL, Call, Value

CLASSES = {
    "cross_attn.k": "Linear",
    "cross_attn.q": "Linear",
    "norm": "LayerNorm",
    "norm2": "LayerNorm",
    "att": "Attention",
    "mlp": "Linear",
    "mix": "FourierTransform",
}


def node(name: str) -> Node:
    tensors = (
        () if name == "mix" else (Tensor("weight", f"layer.{name}.weight", (Dimension(4),), "float32", 4, True, None),)
    )
    return Node(name, f"layer.{name}", CLASSES[name], tensors=tensors, source=f"layer.{name}")


def read(*events: tuple[str, tuple[int, ...], int], gives: int):
    """Return the steps as ``(class or title, added, beside)``."""
    names = dict.fromkeys(what for what, _, _ in events if what != RESIDUAL)
    run = Node("0", "layer", "Layer", children=tuple(map(node, names)), source="layer")
    calls = [Call("layer", 0, (Value((2, 7), 100),), (Value((2, 7), 100 + gives),), 100)]
    origins = {}
    for what, taken, given in events:
        path = RESIDUAL if what == RESIDUAL else f"layer.{what}"
        inputs = tuple(Value((2, 7), 100 + number if number < 50 else number) for number in taken)
        calls.append(Call(path, 1, inputs, (Value((2, 7), 100 + given),), 100))
        origins[100 + given] = tuple(value.number for value in inputs)
    (layer,) = nest(calls)
    nodes = {each.path: each for each, _ in run.walk()}
    return [
        (each.title, each.added, each.beside)
        for each in steps_of(layer, run, nodes, origins, takes=None, shape_of=lambda _: None)
    ]


def test_norm_behind_the_addition_as_in_bert():
    steps = read(
        ("att", (0,), 1),
        ("+", (1, 0), 2),
        ("norm", (2,), 3),
        ("mlp", (3,), 4),
        ("+", (4, 3), 5),
        ("norm2", (5,), 6),
        gives=6,
    )
    assert steps == [
        ("Attention", 0, None),
        ("Add and norm", None, None),
        ("Feed-forward", 2, None),
        ("Add and norm", None, None),
    ]


def test_norm_before_attention_as_in_gpt2():
    steps = read(
        ("norm", (0,), 1),
        ("att", (1,), 2),
        ("+", (2, 0), 3),
        ("norm2", (3,), 4),
        ("mlp", (4,), 5),
        ("+", (3, 5), 6),
        gives=6,
    )
    assert steps == [("Norm", None, None), ("Attention", 0, None), ("Norm", None, None), ("Feed-forward", 2, None)]


@pytest.mark.parametrize(
    "additions",
    [
        [("+", (2, 3), 4), ("+", (4, 0), 5)],  # GPT-J: the branches meet first
        [("+", (2, 0), 4), ("+", (4, 3), 5)],  # Cohere: the input is added to the first branch
    ],
)
def test_branches_on_one_input_work_beside_each_other(additions):
    steps = read(("norm", (0,), 1), ("att", (1,), 2), ("mlp", (1,), 3), *additions, gives=5)
    assert steps == [("Norm", None, None), ("Attention", None, None), ("Feed-forward", 0, 1)]


def test_a_branch_may_begin_with_a_norm_of_its_own_as_in_gpt_neox():
    steps = read(
        ("norm", (0,), 1),
        ("att", (1,), 2),
        ("norm2", (0,), 3),
        ("mlp", (3,), 4),
        ("+", (4, 2), 5),
        ("+", (5, 0), 6),
        gives=6,
    )
    assert steps == [("Norm", None, None), ("Attention", None, None), ("Norm", None, 0), ("Feed-forward", 0, None)]


def test_what_has_no_weights_is_a_step_where_it_is_added_as_in_fnet():
    steps = read(("mix", (0,), 1), ("+", (0, 1), 2), ("norm", (2,), 3), gives=3)
    assert steps == [("FourierTransform", 0, None), ("Add and norm", None, None)]


def test_masks_and_positions_are_no_residual_connections():
    steps = read(("att", (0,), 1), ("+", (1, 60), 2), ("norm", (2,), 3), gives=3)
    assert steps == [("Attention", None, None), ("Norm", None, None)]


def test_cross_attention_takes_its_keys_from_elsewhere():
    steps = read(("cross_attn.k", (60,), 1), ("cross_attn.q", (0,), 2), ("+", (2, 0), 3), ("norm", (3,), 4), gives=4)
    assert steps == [("Cross-attention", 0, None), ("Add and norm", None, None)]


@pytest.mark.parametrize(
    ("events", "gives"),
    [
        # the norm takes two values that nothing added up
        ([("att", (0,), 1), ("norm", (0, 1), 2)], 2),
        # the layer gives what its first step gave
        ([("att", (0,), 1), ("norm", (1,), 2)], 1),
        # a branch that is never added
        ([("norm", (0,), 1), ("att", (1,), 2), ("mlp", (1,), 3)], 3),
        # a second residual connection over one step
        ([("norm", (0,), 1), ("mlp", (1,), 2), ("+", (2, 0), 3), ("+", (3, 1), 4)], 4),
        # a module whose output goes nowhere
        ([("norm", (0,), 1), ("mlp", (60,), 2)], 1),
        # one module twice
        ([("norm", (0,), 1), ("att", (1,), 2), ("norm", (2,), 3)], 3),
    ],
)
def test_what_no_row_of_steps_shows_is_not_shown(events, gives):
    with pytest.raises(NotPlainError):
        read(*events, gives=gives)
