"""ck.setup: what it checks, what it says, what it leaves behind. Each case is a fresh interpreter, as in a notebook."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from coursekit.course import notebook
from coursekit.course.notebook import setup
from coursekit.errors import CourseError

TRACKS = {"pytorch": ("torch", "tensorflow"), "tensorflow": ("tensorflow", "torch")}


def installed(track: str) -> bool:
    """Tell whether ``track`` can run in this environment."""
    try:
        notebook._check_versions(notebook.frameworks.get(track), imported_before=False)
    except CourseError:
        return False
    return True


def fresh(code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a new interpreter."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_loads_its_own_framework_only_quietly_and_with_a_seed(track):
    own, other = TRACKS[track]
    if not installed(track):
        pytest.skip(f"this environment cannot run the {track} track")
    code = f"""
import sys
import coursekit as ck
from coursekit import frameworks

def numbers():
    import random, numpy
    if {track!r} == "pytorch":
        import torch
        drawn = torch.rand(1).item()
    else:
        import tensorflow as tf
        drawn = float(tf.random.uniform([1])[0])
    return random.random(), float(numpy.random.rand()), drawn

ck.setup({track!r})
first = numbers()
ck.setup({track!r})
again = numbers()
ck.setup({track!r}, seed=7)
other_seed = numbers()
from transformers import AutoConfig, {"BertModel" if track == "pytorch" else "TFBertModel"}
print(first == again, first != other_seed, {own!r} in sys.modules, {other!r} in sys.modules)
"""

    result = fresh(code)

    lines = result.stdout.splitlines()
    label = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}[track]
    assert lines[0] == f"Ready for the {label} track."
    assert lines[-1] == "True True True False"
    assert result.stderr == ""


def test_who_imported_transformers_first_is_told():
    if not installed("pytorch"):
        pytest.skip("this environment cannot run the PyTorch track")

    printed = fresh("import transformers, coursekit as ck; ck.setup('pytorch')").stdout

    assert "transformers was imported before ck.setup" in printed
    assert "Restart the kernel" in printed


@pytest.mark.parametrize(
    ("name", "meant"),
    [("torch", "pytorch"), ("tf", "tensorflow"), ("PyTorch", "pytorch"), ("tensorflwo", "tensorflow")],
)
def test_an_unknown_framework_is_answered_with_the_right_name(name, meant):
    with pytest.raises(CourseError, match=f"Did you mean '{meant}'"):
        setup(name)


@pytest.mark.parametrize("name", ["jax", "", None, 3])
def test_what_is_no_framework_at_all_is_refused(name):
    with pytest.raises(CourseError, match="There is no framework called"):
        setup(name)


@pytest.mark.parametrize("version", ["4.55.0", "4.57.6", "5.15.0"])
def test_transformers_that_cannot_run_the_tensorflow_track_are_named_with_the_line_that_helps(monkeypatch, version):
    installed = {"transformers": version, "tensorflow": "2.21.0", "tf-keras": "2.21.0", "h5py": "3.14.0"}
    monkeypatch.setattr(notebook, "version", installed.__getitem__)

    with pytest.raises(CourseError) as caught:
        setup("tensorflow")

    assert version in caught.value.what
    assert 'pip install "transformers>=4.54.1,<4.55" tensorflow tf-keras h5py' in caught.value.remedy


def test_a_missing_tf_keras_is_named(monkeypatch):
    installed = {"transformers": "4.54.1", "tensorflow": "2.21.0", "h5py": "3.14.0"}

    def version(name):
        if name in installed:
            return installed[name]
        raise notebook.PackageNotFoundError(name)

    monkeypatch.setattr(notebook, "version", version)

    with pytest.raises(CourseError) as caught:
        setup("tensorflow")

    assert "tf-keras" in caught.value.what
    assert "tensorflow and" not in caught.value.what
    assert "pip install" in caught.value.remedy


def test_old_transformers_are_refused(monkeypatch):
    installed = {"transformers": "4.30.0", "torch": "2.13.0"}
    monkeypatch.setattr(notebook, "version", installed.__getitem__)

    with pytest.raises(CourseError, match=r"4\.30\.0 is installed"):
        setup("pytorch")


@pytest.mark.parametrize(("colab", "word"), [(True, "Restart session"), (False, "restart the kernel")])
def test_a_restart_is_asked_for_when_transformers_is_loaded_already(monkeypatch, colab, word):
    installed = {"transformers": "5.15.0", "tensorflow": "2.21.0", "tf-keras": "2.21.0", "h5py": "3.14.0"}
    monkeypatch.setattr(notebook, "version", installed.__getitem__)
    monkeypatch.setitem(sys.modules, "transformers", sys.modules.get("transformers", sys))
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", sys)

    with pytest.raises(CourseError, match=word):
        setup("tensorflow")


def test_nothing_is_changed_when_the_versions_do_not_fit(monkeypatch):
    installed = {"transformers": "5.15.0", "tensorflow": "2.21.0", "tf-keras": "2.21.0", "h5py": "3.14.0"}
    monkeypatch.setattr(notebook, "version", installed.__getitem__)
    for name in ("USE_TF", "USE_TORCH", "TF_USE_LEGACY_KERAS"):
        monkeypatch.setenv(name, "untouched")

    with pytest.raises(CourseError):
        setup("tensorflow")

    assert {notebook.os.environ[name] for name in ("USE_TF", "USE_TORCH", "TF_USE_LEGACY_KERAS")} == {"untouched"}


def test_this_environment_can_run_a_track():
    assert find_spec("transformers") is not None
    assert installed("pytorch") or installed("tensorflow")


@pytest.mark.parametrize(("first", "second"), [("pytorch", "tensorflow"), ("tensorflow", "pytorch")])
def test_one_kernel_has_one_track(first, second):
    """transformers shows that it left the second framework out, and ck.setup says so instead of "Ready"."""
    pytest.importorskip("torch", reason="both frameworks are needed")
    pytest.importorskip("tensorflow", reason="both frameworks are needed")
    program = f"""
import coursekit as ck
ck.setup({first!r})
ck.setup({first!r})
from transformers.utils import is_tf_available, is_torch_available
print(is_torch_available(), is_tf_available())
try:
    ck.setup({second!r})
except ck.CourseError as error:
    print(error.what, error.remedy)
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("USE_")}
    environment["TRANSFORMERS_VERBOSITY"] = "info"  # it would print into the lesson's first cell
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300, check=True
    )
    labels = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}

    assert done.stderr == ""
    assert done.stdout.splitlines()[:3] == [
        f"Ready for the {labels[first]} track.",
        f"Ready for the {labels[first]} track.",
        f"{first == 'pytorch'} {first == 'tensorflow'}",
    ]
    assert f"made ready for {labels[first]}" in done.stdout.splitlines()[3]
    assert "Restart the kernel" in done.stdout
