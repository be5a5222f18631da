"""Principal components equal those of a singular value decomposition, up to sign."""

import numpy as np
import pytest

from coursekit.facts.output.pca import principal_components


@pytest.mark.parametrize("shape", [(9, 40), (200, 6), (3, 7, 12)])
def test_points_equal_the_singular_value_decomposition_up_to_sign(shape):
    vectors = np.random.default_rng(3).normal(size=shape) * np.linspace(3, 1, shape[-1])

    found = principal_components(vectors)

    flat = vectors.reshape(-1, shape[-1])
    centred = flat - flat.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    points = found.points.reshape(-1, 2)
    for axis in range(2):
        expected = left[:, axis] * sizes[axis]
        sign = np.sign(expected @ points[:, axis])
        np.testing.assert_allclose(points[:, axis] * sign, expected, atol=1e-4)
        assert found.explained[axis] == pytest.approx(sizes[axis] ** 2 / (sizes**2).sum(), abs=1e-6)
    assert found.points.shape == (*shape[:-1], 2)


def test_the_sign_does_not_depend_on_the_order():
    vectors = np.random.default_rng(5).normal(size=(20, 6))

    forwards, backwards = principal_components(vectors), principal_components(vectors[::-1])

    np.testing.assert_allclose(forwards.points, backwards.points[::-1], atol=1e-4)


def test_one_vector_lies_in_the_middle():
    found = principal_components(np.ones((1, 5)))

    assert found.points.tolist() == [[0, 0]]
    assert found.explained == (0, 0)


def test_what_is_not_finite_has_no_place_and_moves_nobody():
    vectors = np.random.default_rng(1).normal(size=(6, 4))
    broken = np.vstack([vectors, np.full(4, np.nan)])

    found = principal_components(broken)

    assert np.isnan(found.points[-1]).all()
    np.testing.assert_allclose(found.points[:-1], principal_components(vectors).points, atol=1e-5)
