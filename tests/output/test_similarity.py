"""Similarities equal the textbook formula, computed pair by pair."""

import numpy as np

from coursekit.facts.output.similarity import cosine_similarity, mean_of_real_tokens

RANDOM = np.random.default_rng(7)


def test_cosine_equals_the_formula_for_every_pair():
    vectors = RANDOM.normal(size=(2, 5, 8))

    similar = cosine_similarity(vectors)

    for layer in range(2):
        for a in range(5):
            for b in range(5):
                x, y = vectors[layer, a], vectors[layer, b]
                expected = sum(x * y) / (sum(x * x) ** 0.5 * sum(y * y) ** 0.5)
                assert abs(similar[layer, a, b] - expected) < 1e-6


def test_a_vector_without_direction_has_no_similarity():
    similar = cosine_similarity(np.array([[1.0, 0.0], [0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]]))

    assert similar[0, 0] == 1
    assert np.isnan(similar[1:, :]).all()
    assert np.isnan(similar[:, 1:]).all()


def test_padding_does_not_count_in_the_mean():
    hidden = RANDOM.normal(size=(2, 3, 4))
    hidden[0, 2] = np.nan  # what stands at padding is nobody's business

    mean = mean_of_real_tokens(hidden, np.array([[1, 1, 0], [1, 1, 1]]))

    np.testing.assert_allclose(mean[0], (hidden[0, 0] + hidden[0, 1]) / 2, atol=1e-6)
    np.testing.assert_allclose(mean[1], hidden[1].mean(axis=0), atol=1e-6)


def test_a_sequence_of_padding_alone_has_no_mean():
    assert np.isnan(mean_of_real_tokens(np.ones((1, 2, 3)), np.zeros((1, 2)))).all()
