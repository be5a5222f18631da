"""Look inside Transformer models: the helpers behind the lessons of this course.

``import coursekit as ck`` costs a few milliseconds: every public name is loaded when it is first used, and no
framework is loaded before a lesson asks for one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from coursekit.checkpoints import checkpoint as checkpoint
    from coursekit.environment import setup as setup
    from coursekit.views.auto_model_trace import AutoModelTrace as AutoModelTrace
    from coursekit.views.cache_browser import CacheBrowser as CacheBrowser
    from coursekit.views.checkpoint_inspector import CheckpointInspector as CheckpointInspector
    from coursekit.views.config_browser import ConfigBrowser as ConfigBrowser
    from coursekit.views.model_map import ModelMap as ModelMap
    from coursekit.views.output_explorer import OutputExplorer as OutputExplorer
    from coursekit.views.tensor_builder import TensorBuilder as TensorBuilder
    from coursekit.views.weight_comparison import WeightComparison as WeightComparison

_HOMES = {
    "setup": "environment",
    "checkpoint": "checkpoints",
    "ConfigBrowser": "views.config_browser",
    "ModelMap": "views.model_map",
    "WeightComparison": "views.weight_comparison",
    "AutoModelTrace": "views.auto_model_trace",
    "CacheBrowser": "views.cache_browser",
    "CheckpointInspector": "views.checkpoint_inspector",
    "TensorBuilder": "views.tensor_builder",
    "OutputExplorer": "views.output_explorer",
}

__all__ = ["CourseError", *_HOMES]  # noqa: PLE0604  (the names of the table above, which are strings)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("coursekit-models")
    if name not in _HOMES:
        raise AttributeError(f"module 'coursekit' has no attribute {name!r}.{did_you_mean(name, _HOMES)}")
    value: object = getattr(import_module(f"coursekit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
