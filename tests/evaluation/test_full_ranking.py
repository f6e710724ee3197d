from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.full_ranking import full_places, rank
from evaluation.metrics import Places

SCORES = np.array(
    [
        [0.9, 0.5, 0.7, 0.5, 0.1],
        [0.2, 0.2, 0.2, 0.2, 0.2],
        [0.1, 0.8, 0.3, 0.6, 0.9],
    ],
    np.float32,
)


def score(asked: NDArray[np.int64]) -> NDArray[np.float32]:
    return SCORES[asked].copy()


def test_places_by_hand_with_ties() -> None:
    at = full_places(score, np.array([3, 0, 2]), batch=2)
    assert at.above.tolist() == [2, 0, 3]
    assert at.tied.tolist() == [2, 5, 1]


def test_what_was_viewed_is_not_ranked_and_a_viewed_target_is() -> None:
    viewed = [np.array([0]), np.array([1, 2]), np.array([4, 2, 2])]
    at = full_places(score, np.array([3, 0, 2]), viewed)
    assert at.above.tolist() == [1, 0, 2]
    assert at.tied.tolist() == [2, 3, 1]


def test_a_score_that_is_no_number_comes_last() -> None:
    at = full_places(lambda asked: np.array([[np.nan, 1.0, 2.0]], np.float32), np.array([0]))
    assert (at.above.tolist(), at.tied.tolist()) == ([3], [1])


def test_recall_and_ndcg_by_hand_with_intervals() -> None:
    at = Places(np.array([0, 1, 9, 50]), np.array([1, 1, 2, 1]))  # ranks 1, 2, 10 or 11, 51
    found = rank(at, 10, np.random.default_rng(0))
    assert found.users == 4
    assert found.recall.value == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert found.ndcg.value == pytest.approx((1 + 1 / np.log2(3) + 0.5 / np.log2(11)) / 4)
    assert found.recall.low < found.recall.value < found.recall.high
