"""The lessons' builder, loaded from its folder: it is a script, not a part of the package."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def load(name):
    """Load a script of the folder ``notebooks``."""
    sys.path.insert(0, str(NOTEBOOKS))  # as Python does for a script
    # Under another name: `build` is also the package that makes wheels.
    spec = spec_from_file_location(f"lessons_{name}", NOTEBOOKS / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(NOTEBOOKS))
    return module


@pytest.fixture(scope="session")
def builder():
    return load("build")


@pytest.fixture(scope="session")
def trust():
    return load("trust")


@pytest.fixture(scope="session")
def lessons(builder):
    return builder.Lessons(NOTEBOOKS, builder.read_address(NOTEBOOKS.parent))
