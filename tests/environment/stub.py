"""A project like this one that installs in a second and needs no network: what `make` does with .venv can be tried."""

from __future__ import annotations

import ensurepip
import shutil
from pathlib import Path

import packaging

ROOT = Path(__file__).parents[2]

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "coursekit-models"
version = "0.1.0"
dependencies = []

[project.optional-dependencies]
pytorch = []
tensorflow = []
lab = []

[dependency-groups]
test = []
bench = []

[tool.ruff]
line-length = 120
"""
# The least that pip asks of a build backend, by the standards (PEP 517, PEP 660).
BACKEND = """
from pathlib import Path
from zipfile import ZipFile

INFO = "coursekit_models-0.1.0.dist-info"
METADATA = "Metadata-Version: 2.1\\nName: coursekit-models\\nVersion: 0.1.0\\n"
EXTRAS = "".join(f"Provides-Extra: {extra}\\n" for extra in ("pytorch", "tensorflow", "lab"))


def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "coursekit_models-0.1.0-py3-none-any.whl"
    with ZipFile(Path(folder) / name, "w") as wheel:
        wheel.writestr("coursekit_models.pth", str(Path.cwd()))
        wheel.writestr(f"{INFO}/METADATA", METADATA + EXTRAS)
        wheel.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{INFO}/RECORD", "")
    return name
"""
COURSEKIT = 'print("prepared")\n'


def write_project(folder: Path) -> Path:
    """Write the project into an empty folder, with this repository's Makefile and tools."""
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "coursekit").mkdir()
    (folder / "coursekit" / "__main__.py").write_text(COURSEKIT)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    shutil.copytree(packaging.__path__[0], folder / "packaging")  # the course depends on it
    # The pip that comes with this Python, so that none has to be fetched.
    (folder / "constraints.txt").write_text(f"pip=={ensurepip.version()}\n")
    return folder
