"""Tell nbval which outputs honestly differ where; everything else is compared in every environment.

A cell may carry one of these tags, and says why in a comment. It still has to run without an error.

differs-in-5
    Its output is another one with transformers 5.
needs-pytorch
    A cell of the TensorFlow track that shows more where PyTorch is installed as well.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def excused_tags() -> set[str]:
    """Return the tags of the cells whose outputs cannot be compared in this environment."""
    excused = set()
    if int(version("transformers").split(".")[0]) >= 5:  # noqa: PLR2004  (the version that the tag names)
        excused.add("differs-in-5")
    if find_spec("torch") is None:
        excused.add("needs-pytorch")
    return excused


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Compare no outputs of the excused cells."""
    excused = excused_tags()
    for item in items:
        cell = getattr(item, "cell", None)  # nbval's items carry the notebook's cell
        if cell is not None and excused.intersection(cell.metadata.get("tags", [])):
            item.options["check"] = False
