"""What BERT at its defaults is made of, written by hand after ``modeling_bert.py`` and ``modeling_tf_bert.py``."""

from __future__ import annotations

_LAYER = "encoder.layer.0"
_KERAS_LAYER = "bert.encoder.layer.0"

# the tensor in PyTorch, the same in TensorFlow, and what shapes it in PyTorch
_TENSORS = [
    ("embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight", ("vocab_size", "hidden_size")),
    (
        "embeddings.position_embeddings.weight",
        "bert.embeddings.position_embeddings.embeddings",
        ("max_position_embeddings", "hidden_size"),
    ),
    (
        "embeddings.token_type_embeddings.weight",
        "bert.embeddings.token_type_embeddings.embeddings",
        ("type_vocab_size", "hidden_size"),
    ),
    ("embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.gamma", ("hidden_size",)),
    (
        f"{_LAYER}.attention.self.query.weight",
        f"{_KERAS_LAYER}.attention.self.query.kernel",
        ("hidden_size", "hidden_size"),
    ),
    (f"{_LAYER}.attention.output.dense.bias", f"{_KERAS_LAYER}.attention.output.dense.bias", ("hidden_size",)),
    (
        f"{_LAYER}.intermediate.dense.weight",
        f"{_KERAS_LAYER}.intermediate.dense.kernel",
        ("intermediate_size", "hidden_size"),
    ),
    (f"{_LAYER}.intermediate.dense.bias", f"{_KERAS_LAYER}.intermediate.dense.bias", ("intermediate_size",)),
    (f"{_LAYER}.output.dense.weight", f"{_KERAS_LAYER}.output.dense.kernel", ("hidden_size", "intermediate_size")),
    (f"{_LAYER}.output.LayerNorm.weight", f"{_KERAS_LAYER}.output.LayerNorm.gamma", ("hidden_size",)),
    ("pooler.dense.weight", "bert.pooler.dense.kernel", ("hidden_size", "hidden_size")),
]

PYTORCH = {path: names for path, _, names in _TENSORS}
# A dense layer of Keras holds (in, out), the transpose of PyTorch's.
TENSORFLOW = {path: names[::-1] if path.endswith(".kernel") else names for _, path, names in _TENSORS}

PARAMETERS = 109_482_240
TENSORS = 199

STEPS = [
    # kind, the step whose input is added, parameters
    ("attention", 0, 4 * 768 * 769),
    ("norm", None, 1536),
    ("feed-forward", 2, 2 * 768 * 3072 + 768 + 3072),
    ("norm", None, 1536),
]
OUTPUTS = [
    # name, shape, the block that gives it
    ("last_hidden_state", ["batch", "sequence", "hidden_size"], 1),
    ("pooler_output", ["batch", "hidden_size"], 2),
]


def check_flow(facts) -> None:
    """Assert that the picture of ``facts`` is that of BERT."""
    (stack,) = facts.flow.stacks
    assert [str(each) for each in stack.input_shape] == ["batch 2", "sequence 7"]
    assert [block.kind for block in stack.blocks] == ["embeddings", "layers", "head"]
    layers = stack.blocks[1]
    assert (layers.repeat, layers.repeat_name) == (12, "num_hidden_layers")
    assert [(step.kind, step.added, step.parameters) for step in layers.steps] == STEPS
    found = [(output.name, [each.name for each in output.shape], output.after) for output in stack.outputs]
    assert found == OUTPUTS
    assert facts.flow.elsewhere == 0
