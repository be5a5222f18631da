"""No module of the package imports another that imports it, however far around; names for types alone count too."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest

grimp = pytest.importorskip("grimp", reason="import-linter brings it")


def circle(imports):
    """Return modules that import each other in a circle, or nothing."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_there_is_no_circle_of_imports():
    graph = grimp.build_graph("coursekit", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    assert "coursekit.facts.model.edited_config" in imports["coursekit.views.config.what_if"]  # for types alone
    assert circle(imports) == []
    assert circle({**imports, "coursekit.errors": {"coursekit.views.config.view"}}) != []
