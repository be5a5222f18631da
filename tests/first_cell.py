"""Run a lesson in a stock environment without coursekit: its first cell has to install what the lesson needs.

    COURSEKIT_SOURCE=file:///a/copy/of/the/repository python tests/first_cell.py notebooks/tensorflow/05_inference.ipynb

The kernel starts outside of the repository, as on Colab, where only the notebook is opened.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient

path = Path(sys.argv[1]).resolve()
os.chdir(tempfile.mkdtemp())
assert os.environ["COURSEKIT_SOURCE"].startswith("file://"), "name the copy to install from"
assert find_spec("coursekit") is None, "coursekit is installed already: this shows nothing"

notebook = nbformat.read(path, as_version=4)
os.environ |= {"COURSEKIT_CHECKPOINT": "offline", "HF_HUB_OFFLINE": "1"}
NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
code = [cell for cell in notebook.cells if cell.cell_type == "code"]
print(f"{path.parent.name}/{path.name}: {len(code)} cells ran after the first one had installed the course")
