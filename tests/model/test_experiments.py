"""What experiments find about a model that is three lines of arithmetic, and when they stop."""

from __future__ import annotations

import pytest

from coursekit.facts.model.experiments import Experiments
from coursekit.facts.model.trials import Measured, changed, flat


class Config:
    """As much of a config as an experiment needs."""

    model_type = "pocket"

    def __init__(self) -> None:
        self.width, self.heads, self.depth, self.rows, self.dropout = 12, 3, 2, 50, 0.1
        self.inner = {"factor": 4, "kernels": [[3], [5]]}

    def to_dict(self) -> dict[str, object]:
        return vars(self)


def sketch(config, lengths, *, origins=False):
    assert lengths is None
    assert not origins
    weights = {
        "table": (config.rows, config.width),
        "kernel": (config.inner["factor"] * config.width, config.inner["kernels"][1][0], 7),
        "split": (config.width // config.heads,),
    }
    return Measured(weights, ["", "layers", *(f"layers.{index}" for index in range(config.depth))])


def shapes(findings) -> dict[str, list[str]]:
    return {key[-1]: [str(each) for each in shape] for key, shape in findings.dimensions.items()}


def test_every_dimension_is_traced_to_its_attributes():
    found = Experiments(Config(), sketch).run(trace=False)
    assert shapes(found) == {
        "table": ["rows 50", "width 12"],
        "kernel": ["width × inner.factor 48", "inner.kernels[1][0] 5", "7"],
        "split": ["width / heads 4"],
        "layers": ["depth 2"],
    }
    kinds = {name: effect.kind for name, effect in found.effects.items()}
    assert kinds["dropout"] == kinds["inner.kernels[0][0]"] == "nothing"


def test_two_sizes_that_must_be_equal_are_changed_together():
    config = Config()
    config.width = config.rows = 48

    def strict(config, lengths, *, origins=False):
        if config.width != config.rows:
            raise ValueError("rows and width must be equal")
        return sketch(config, lengths, origins=origins)

    found = Experiments(config, strict).run(trace=False)
    assert shapes(found)["table"] == ["set by width and rows 48", "set by width and rows 48"]
    assert found.effects["rows"].note == "ValueError: rows and width must be equal"


@pytest.mark.parametrize("builds", [1, 3, 6])
def test_a_large_model_is_tried_less_often_and_says_so(builds):
    built = []

    def counted(config, lengths, *, origins=False):
        built.append(config)
        return sketch(config, lengths, origins=origins)

    found = Experiments(Config(), counted, modules=4 * builds).run(trace=False)  # 4 modules
    assert len(built) == builds
    untested = [effect for effect in found.effects.values() if effect.kind == "untested"]
    assert len(untested) > 0
    assert {effect.note for effect in untested} == {"the model is so large that not everything was tried"}
    # A formula that might lack an attribute is not claimed.
    assert "width / heads 4" not in shapes(found)["split"]


def test_an_architecture_that_is_slow_to_build_is_given_up():
    seconds = iter(range(0, 10_000, 40))
    found = Experiments(Config(), sketch, clock=lambda: next(seconds)).run(trace=False)
    assert {effect.kind for effect in found.effects.values()} >= {"shapes", "untested"}


def test_a_change_leaves_the_config_as_it_was():
    config = Config()
    other = changed(config, {"inner.kernels[1][0]": 9, "depth": 4})
    assert (flat(other)["inner.kernels[1][0]"], other.depth) == (9, 4)
    assert (flat(config)["inner.kernels[1][0]"], config.depth) == (5, 2)
