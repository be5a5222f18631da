"""Importing coursekit costs next to nothing, and every public name is there when it is asked for."""

import subprocess
import sys

import pytest

import coursekit as ck

HEAVY = ["torch", "tensorflow", "transformers", "matplotlib", "ipywidgets", "IPython", "numpy"]


def test_the_import_loads_no_framework_and_no_drawing_library():
    code = f"import sys, coursekit; print([name for name in {HEAVY} if name in sys.modules])"

    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert printed.strip() == "[]"


def test_every_public_name_is_what_it_says():
    for name in ck.__all__:
        assert getattr(ck, name).__name__ == name


def test_a_misspelt_name_is_answered_with_the_right_one():
    with pytest.raises(AttributeError, match="'checkpoint'"):
        _ = ck.chekpoint


def test_completion_offers_the_public_names():
    assert set(ck.__all__) <= set(dir(ck))
