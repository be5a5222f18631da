"""What a view must leave as it was: the reader's models, and all that their kernel shares.

``kernel_untouched`` looks at every test of a ``test_view.py``. A test that means to change something says so:
``@pytest.mark.changes("os.environ")``. Frameworks that are not imported are not looked at, so it costs a millisecond
without them.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import random
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

_LOGGERS = ("", "transformers", "tensorflow", "absl", "torch", "huggingface_hub", "h5py")


def digest(value: Any) -> str:
    """Return a short text that two equal values share."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def kernel_state() -> dict[str, Any]:
    """Return what all code of the process shares, by name; values can be compared."""
    return {**_python(), **_numpy(), **_torch(), **_tensorflow(), **_widgets()}


def model_state(model: Any) -> dict[str, Any]:
    """Return a model's weights, mode, gradients and hooks, by name; it may be of either framework."""
    if hasattr(model, "named_parameters"):
        return _module_state(model)
    return {
        "class": [cls.__name__ for cls in type(model).__mro__],
        "bases": {cls: cls.__bases__ for cls in type(model).__mro__},
        "layers": [(layer.name, type(layer), layer.trainable) for layer in model._flatten_layers()],
        "weights": {weight.name: digest(weight.numpy().tobytes()) for weight in model.weights},
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what changed, as lines. What is new because a framework was imported meanwhile is no change."""
    return [
        f"{name}: {_short(before[name])} became {_short(after.get(name))}"
        for name in before
        if before[name] != after.get(name)
    ]


_OF_ITS_OWN_MODELS = {
    *("random", "numpy.random", "torch.random", "Keras names", "Keras seeds", "Keras bases", "TensorFlow seeds"),
}
"""What the models change that a test builds to look at them; test_reader_session.py holds that no view does."""

_OF_AN_IMPORT = {
    "os.environ",
    "warnings.filters",
    "warnings.showwarning",
    "logging",
    "sys.excepthook",
    "numpy.errstate",
}
"""What a library may set up when it is first imported, as PyTorch imports sympy for its first empty model."""


@pytest.fixture(autouse=True)
def kernel_untouched(request: pytest.FixtureRequest) -> Any:
    """Fail a test of a view after which something of the kernel is not as it was."""
    if request.path.name != "test_view.py":
        yield
        return
    import transformers.utils.logging

    transformers.utils.logging.get_verbosity()  # makes transformers' own handler, which stays
    allowed = {name for mark in request.node.iter_markers("changes") for name in mark.args} | _OF_ITS_OWN_MODELS
    modules, before = set(sys.modules), kernel_state()
    yield
    if {name.partition(".")[0] for name in sys.modules.keys() - modules} - {"coursekit", "transformers"}:
        allowed |= _OF_AN_IMPORT
    changed = [line for line in differences(before, kernel_state()) if line.partition(":")[0] not in allowed]
    assert not changed, "the test left the kernel changed:\n" + "\n".join(changed)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else text[:297] + "..."


def _python() -> dict[str, Any]:
    loggers = {name: logging.getLogger(name) for name in _LOGGERS}
    return {
        "random": digest(random.getstate()),
        "os.environ": dict(os.environ) | {"PYTEST_CURRENT_TEST": ""},
        "working directory": Path.cwd(),
        "warnings.filters": list(warnings.filters),
        "warnings.showwarning": warnings.showwarning,
        "logging": {
            name: (
                each.level,
                each.disabled,
                list(each.filters),
                [(x, x.level, list(x.filters)) for x in each.handlers],
            )
            for name, each in loggers.items()
            if name  # pytest puts its own handlers on the root for each phase of a test
        },
        "logging.root.level": loggers[""].level,
        "sys.excepthook": sys.excepthook,
        "sys.profile": sys.getprofile(),
    }


def _numpy() -> dict[str, Any]:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return {}
    name, keys, *rest = numpy.random.get_state()
    return {"numpy.random": (name, digest(keys.tobytes()), rest), "numpy.errstate": numpy.geterr()}


def _torch() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "nn"):
        return {}
    state = {
        "torch.random": digest(torch.random.get_rng_state().numpy().tobytes()),
        "torch default dtype": torch.get_default_dtype(),
        "torch default device": str(torch.get_default_device()),
        "torch gradients": torch.is_grad_enabled(),
        "torch.nn.init": {name: value for name, value in vars(torch.nn.init).items() if callable(value)},
        "torch.autocast": torch.autocast,
        "torch.linspace": torch.linspace,
        "torch modes": torch.overrides._get_current_function_mode_stack(),
    }
    modeling = sys.modules.get("transformers.modeling_utils")
    if modeling is not None:
        state["transformers initializes"] = (
            getattr(modeling, "_init_weights", None),
            modeling.PreTrainedModel.init_weights,
            modeling.PreTrainedModel.tie_weights,
        )
    return state


def _tensorflow() -> dict[str, Any]:
    tensorflow, keras = sys.modules.get("tensorflow"), sys.modules.get("tf_keras")
    if tensorflow is None or keras is None or not hasattr(keras, "layers"):
        return {}
    from tensorflow.python.eager import context
    from tensorflow.python.framework import ops
    from tf_keras.src import backend
    from tf_keras.src.engine import base_layer, base_layer_v1, training
    from tf_keras.src.utils import tf_inspect

    counters = backend.PER_GRAPH_OBJECT_NAME_UIDS.get(ops._default_graph_stack._GetGlobalDefaultGraph(), {})
    generator = getattr(backend._SEED_GENERATOR, "generator", None)
    layers = [cls for cls in _all_subclasses(base_layer.Layer) if not cls.__module__.startswith("tensorflow.")]
    return {
        "Keras names": dict(counters),
        "Keras seeds": generator and digest(generator.getstate()),
        "Keras bases": {f"{cls.__module__}.{cls.__qualname__}": cls.__bases__ for cls in layers},
        "Keras calls": (base_layer.Layer.__call__, base_layer.Layer.__setattr__, base_layer_v1.Layer.__call__),
        "Keras model": (training.Model.__bases__, tf_inspect.getfullargspec),
        "TensorFlow seeds": (
            context.global_seed(),
            digest(getattr(getattr(context.context(), "_rng", None), "getstate", str)()),
        ),
        "TensorFlow eager": tensorflow.executing_eagerly(),
        "TensorFlow graph": len(ops._default_graph_stack.stack),
        "TensorFlow logger": tensorflow.get_logger().level,
        "Keras types": (keras.backend.floatx(), keras.mixed_precision.global_policy().name),
    }


def _all_subclasses(cls: type) -> list[type]:
    """Return the classes that stand in a module under their own name: those that a test made for itself come and go."""
    found: dict[type, None] = {}
    waiting = [cls]
    while waiting:
        for child in type.__subclasses__(waiting.pop()):
            if child not in found:
                found[child] = None
                waiting.append(child)
    return [each for each in found if getattr(sys.modules.get(each.__module__), each.__name__, None) is each]


def _widgets() -> dict[str, Any]:
    widgets = sys.modules.get("ipywidgets.widgets.widget")
    if widgets is None:
        return {}
    known = getattr(widgets, "_instances", None)
    if known is None:
        known = widgets.Widget.widgets if hasattr(widgets.Widget, "widgets") else {}
    if known:
        gc.collect(0)
    return {"open widgets": set(known)}


def _module_state(model: Any) -> dict[str, Any]:
    hooks = (
        "_forward_hooks",
        "_forward_pre_hooks",
        "_backward_hooks",
        "_state_dict_hooks",
        "_load_state_dict_pre_hooks",
    )
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return {
        "mode": {name: module.training for name, module in model.named_modules()},
        "classes": {name: type(module) for name, module in model.named_modules()},
        "attributes": {name: sorted(vars(module)) for name, module in model.named_modules()},
        "hooks": {
            (name, hook): list(getattr(module, hook)) for name, module in model.named_modules() for hook in hooks
        },
        "weights": {
            name: (id(value), value._version, value.requires_grad, digest(value.detach().numpy().tobytes()))
            for name, value in tensors
        },
        "gradients": {
            name: None if value.grad is None else digest(value.grad.numpy().tobytes()) for name, value in tensors
        },
        "config": model.config.to_dict() if hasattr(model, "config") else None,
    }
