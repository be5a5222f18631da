"""Scores have their labels, and of many the highest are shown."""

import numpy as np
import pytest

from coursekit.facts.batch.vocabulary import Vocabulary
from coursekit.facts.output.scores import LABELS, RANKS, score_facts

RANDOM = np.random.default_rng(11)


class Config:
    """The part of a config that names labels."""

    def __init__(self, *names):
        self.id2label = dict(enumerate(names))


SENTIMENT = Config("negative", "positive")


def test_few_scores_are_shown_whole_with_the_names_of_the_config():
    logits = RANDOM.normal(size=(3, 2))

    scores, labels, words = score_facts(logits, SENTIMENT, None)

    np.testing.assert_array_equal(scores, logits)
    assert labels == ("negative", "positive")
    assert words is None


@pytest.mark.parametrize("count", [1, 3, LABELS])
def test_labels_without_names_have_numbers(count):
    _, labels, _ = score_facts(RANDOM.normal(size=(1, count)), SENTIMENT if count > 2 else None, None)

    assert labels == tuple(f"label {index}" for index in range(count))


def test_of_a_whole_vocabulary_the_highest_are_shown_with_their_tokens(tokenizer):
    logits = RANDOM.normal(size=(2, 3, len(tokenizer))).astype(np.float32)

    scores, labels, words = score_facts(logits, None, Vocabulary(tokenizer))

    assert labels == RANKS
    assert scores.shape == words.shape == (2, 3, len(RANKS))
    for row in range(2):
        for place in range(3):
            ids = sorted(range(len(tokenizer)), key=lambda id_: -logits[row, place, id_])[: len(RANKS)]
            assert words[row, place].tolist() == tokenizer.convert_ids_to_tokens(ids)
            np.testing.assert_array_equal(scores[row, place], logits[row, place, ids])


def test_a_thousand_named_labels_of_an_image_are_named():
    config = Config(*(f"animal {index}" for index in range(1000)))
    logits = np.zeros((1, 1000), dtype=np.float32)
    logits[0, 7] = 2

    scores, _, words = score_facts(logits, config, None)

    assert (words[0, 0], scores[0, 0]) == ("animal 7", 2)


def test_what_is_not_a_number_is_never_the_highest():
    logits = np.zeros((1, 100), dtype=np.float32)
    logits[0, :90] = np.nan

    scores, _, _ = score_facts(logits, None, None)

    assert np.isfinite(scores).all()
