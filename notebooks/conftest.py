"""What nbval has to know about the lessons: which outputs honestly differ where, and which framework a track may load.

A cell may carry one of these tags; its metadata says why, under `because`. It still has to run without an error.

differs-in-5
    Its output is another one with transformers 5.
needs-pytorch
    A cell of the TensorFlow track that shows more where PyTorch is installed as well.
yours
    It shows what is on the reader's own machine. The builder keeps no output of it.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

os.environ["COURSEKIT_PROGRESS"] = "off"  # what somebody has solved on this machine changes no output

OTHER_FRAMEWORK = {"pytorch": "tensorflow", "tensorflow": "torch"}


def excused_tags() -> set[str]:
    """Return the tags of the cells whose outputs cannot be compared in this environment."""
    excused = {"yours"}
    if int(version("transformers").split(".")[0]) >= 5:  # noqa: PLR2004  (the version that the tag names)
        excused.add("differs-in-5")
    if find_spec("torch") is None:
        excused.add("needs-pytorch")
    return excused


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Compare no outputs of the excused cells."""
    excused = excused_tags()
    for item in items:
        cell = getattr(item, "cell", None)  # nbval's items carry the notebook's cell
        if cell is not None and excused.intersection(cell.metadata.get("tags", [])):
            item.options["check"] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Generator[None, None, None]:
    """Ask the kernel, after a notebook's last cell, whether it has kept to the framework of its track."""
    yield
    cell = getattr(item, "cell", None)
    if cell is None or cell is not [each for each in item.parent.nb.cells if each.cell_type == "code"][-1]:
        return
    track = item.path.parent.name
    kernel, other = item.parent.kernel, OTHER_FRAMEWORK[track]
    question = {"loaded": f"{other!r} in __import__('sys').modules"}
    message_id = kernel.kc.execute("", silent=True, user_expressions=question)
    reply = kernel.get_message("shell", timeout=60)
    while reply["parent_header"].get("msg_id") != message_id:
        reply = kernel.get_message("shell", timeout=60)
    answer = reply["content"]["user_expressions"]["loaded"]["data"]["text/plain"]
    if answer != "False":
        raise AssertionError(f"{item.path.name} of the {track} track has imported {other}.")
