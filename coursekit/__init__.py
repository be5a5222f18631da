"""Look inside Transformer models: the helpers behind the lessons of this course.

``import coursekit as ck`` costs a few milliseconds: every public name is loaded when it is first used, and no
framework is loaded before a lesson asks for one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from coursekit.errors import CourseError, did_you_mean

if TYPE_CHECKING:
    from coursekit.course.checkpoint import checkpoint as checkpoint
    from coursekit.course.distilbert import make_distilbert as make_distilbert
    from coursekit.course.fresh_python import cache_folder as cache_folder
    from coursekit.course.fresh_python import run_in_pytorch as run_in_pytorch
    from coursekit.course.local_hub.hub import LocalHub as LocalHub
    from coursekit.course.network import no_network as no_network
    from coursekit.course.notebook import setup as setup
    from coursekit.course.scratch import scratch_folder as scratch_folder
    from coursekit.views.auto.view import AutoModelTrace as AutoModelTrace
    from coursekit.views.batch.view import TensorBuilder as TensorBuilder
    from coursekit.views.cache.view import CacheBrowser as CacheBrowser
    from coursekit.views.checkpoint.view import CheckpointInspector as CheckpointInspector
    from coursekit.views.config.view import ConfigBrowser as ConfigBrowser
    from coursekit.views.exercise.prediction import outcome as outcome
    from coursekit.views.exercise.prediction import predict as predict
    from coursekit.views.exercise.progress import progress as progress
    from coursekit.views.exercise.quiz import quiz as quiz
    from coursekit.views.exercise.task import exercise as exercise
    from coursekit.views.exercise.verdict import check as check
    from coursekit.views.forward.view import ForwardPass as ForwardPass
    from coursekit.views.model.view import ModelMap as ModelMap
    from coursekit.views.output.view import OutputExplorer as OutputExplorer
    from coursekit.views.weights.view import WeightComparison as WeightComparison

_HOMES = {
    "setup": "course.notebook",
    "scratch_folder": "course.scratch",
    "no_network": "course.network",
    "cache_folder": "course.fresh_python",
    "run_in_pytorch": "course.fresh_python",
    "make_distilbert": "course.distilbert",
    "LocalHub": "course.local_hub.hub",
    "checkpoint": "course.checkpoint",
    "ConfigBrowser": "views.config.view",
    "ModelMap": "views.model.view",
    "WeightComparison": "views.weights.view",
    "AutoModelTrace": "views.auto.view",
    "CacheBrowser": "views.cache.view",
    "CheckpointInspector": "views.checkpoint.view",
    "TensorBuilder": "views.batch.view",
    "OutputExplorer": "views.output.view",
    "predict": "views.exercise.prediction",
    "outcome": "views.exercise.prediction",
    "exercise": "views.exercise.task",
    "check": "views.exercise.verdict",
    "quiz": "views.exercise.quiz",
    "progress": "views.exercise.progress",
    "ForwardPass": "views.forward.view",
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
