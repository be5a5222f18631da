"""A byte for a number is wrong by at most 1/255 of full scale after the transfer curve, and says by how much."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.facts.output.quantization import quantize

CURVES = {
    "share": np.sqrt,
    "signed": lambda x: np.sign(x) * np.sqrt(np.abs(x)),
    "linear": lambda x: x,
}


@pytest.mark.parametrize("curve", CURVES)
@given(data=st.data(), scale=st.sampled_from([1e-3, 1.0, 37.5]))
def test_the_error_after_the_curve_is_at_most_one_part_in_255(curve, data, scale):
    low = 0 if curve == "share" else -1
    part = data.draw(arrays(np.float32, 50, elements=st.floats(low, 1, width=32)))
    values = part * np.float32(scale)

    decoded = quantize(values, curve, scale).decode()

    bend = CURVES[curve]
    full = 1 if curve == "share" else 2  # from 0 to 1, or from -1 to 1
    error = np.abs(bend(decoded / scale) - bend(values / scale)).max() / full
    assert error <= 1 / 255 + 1e-6


@pytest.mark.parametrize("curve", CURVES)
def test_the_stated_bound_of_each_value_holds(curve):
    values = np.linspace(0 if curve == "share" else -2, 2, 10_001, dtype=np.float32)

    quantized = quantize(values, curve, 2.0)

    decoded = quantized.decode()
    bounds = np.array([quantized.bound(value) for value in decoded])
    assert (np.abs(decoded - values) <= bounds + 1e-6).all()
    assert bounds.max() < 0.02


@pytest.mark.parametrize("curve", CURVES)
def test_what_is_not_finite_stays_marked(curve):
    values = np.array([0.0, np.nan, 0.5, np.inf, -np.inf], dtype=np.float32)

    decoded = quantize(values, curve, 1.0).decode()

    assert np.isnan(decoded).tolist() == [False, True, False, True, True]
    assert decoded[0] == 0


def test_the_given_array_is_not_changed():
    values = np.linspace(0, 1, 9, dtype=np.float32)
    before = values.copy()

    quantize(values, "share", 1.0)

    np.testing.assert_array_equal(values, before)


def test_exact_numbers_are_those_that_were_given():
    values = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)

    quantized = quantize(values, "signed", 1.0, exact=True)

    np.testing.assert_array_equal(quantized.decode(), values)
    assert quantized.bound(0.3) == 0


def test_zeros_have_no_scale_and_stay_zeros():
    assert quantize(np.zeros(5), "signed", 0.0).decode().tolist() == [0] * 5
