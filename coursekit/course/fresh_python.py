"""Questions that the Python of a notebook cannot answer itself: they are put to a fresh one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_SETTINGS = ("HF_", "HUGGINGFACE_", "XDG_", "TRANSFORMERS_CACHE")
"""What the settings that move the Hugging Face cache begin with."""

_CACHE = "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"

# from_pretrained(…, from_tf=True) leaves the model empty with the versions that the course pins, without an error. So
# the function that does the filling is called, and what it could not fill is reported.
_PYTORCH = """
import json, sys, torch
from transformers import BertConfig, BertModel
from transformers.modeling_tf_pytorch_utils import load_tf2_checkpoint_in_pytorch_model

folder, ids = json.loads(sys.argv[1])
model = BertModel(BertConfig.from_pretrained(folder)).eval()
load_tf2_checkpoint_in_pytorch_model(model, folder + "/tf_model.h5")
with torch.no_grad():
    print(json.dumps(model(torch.tensor(ids)).last_hidden_state.tolist()))
"""


def cache_folder(**settings: str) -> str:
    """Return where a Python that starts with these settings looks for downloaded models.

    Parameters
    ----------
    **settings
        Environment variables, such as ``HF_HOME="/data"``. The settings of this machine do not count.

    Examples
    --------
    >>> cache_folder(HOME="/home/ada", HF_HOME="/data")
    '/data/hub'
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return _answer(_CACHE, environment={**clean, **settings}).strip()


def run_in_pytorch(folder: str | Path, input_ids: list[list[int]]) -> np.ndarray | None:
    """Load a BERT that TensorFlow saved into PyTorch, and run it, in a Python of its own.

    Parameters
    ----------
    folder
        A folder with ``config.json`` and ``tf_model.h5``.
    input_ids
        A rectangular list of lists.

    Returns
    -------
    numpy.ndarray or None
        The last hidden state, ``(batch, sequence, hidden)``; None where PyTorch is not installed.

    Raises
    ------
    CourseError
        When PyTorch could not load or run the model.
    """
    import numpy as np

    if find_spec("torch") is None:
        return None
    both = {**os.environ, "USE_TORCH": "AUTO", "USE_TF": "AUTO"}
    return np.array(json.loads(_answer(_PYTORCH, json.dumps([str(folder), input_ids]), environment=both)))


def _answer(question: str, *arguments: str, environment: dict[str, str]) -> str:
    """Return what a fresh Python prints."""
    command = [sys.executable, "-c", question, *arguments]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode:
        reason = (answer.stderr.strip().splitlines() or ["no reason"])[-1]
        raise CourseError(
            f"A fresh Python could not answer: {reason}",
            why="the lesson shows what another Python finds, and it found an error.",
            remedy="Run the cells above once more, in their order; then this one again.",
        )
    return answer.stdout
