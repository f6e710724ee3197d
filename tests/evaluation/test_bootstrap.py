from __future__ import annotations

import time

import numpy as np
import pytest

from evaluation.bootstrap import auc_statistic, clusters_of, difference, interval, mean_statistic
from evaluation.metrics import auc


def test_clusters_are_numbered_by_first_appearance() -> None:
    assert clusters_of(["o2", "o1", "o2", "o3"]).tolist() == [0, 1, 0, 2]


def test_statistics_weigh_whole_outfits() -> None:
    mean = mean_statistic(np.array([1.0, 0.0, 4.0]), np.array([0, 0, 1]))
    weights = np.array([[1.0, 1.0], [2.0, 1.0], [0.0, 3.0], [0.0, 0.0]])
    np.testing.assert_allclose(mean(weights), [5 / 3, 6 / 5, 4.0, np.nan])


def test_auc_of_drawn_outfits_is_auc_of_their_copies() -> None:
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(20), 2)
    labels, scores = np.tile([1, 0], 20), rng.integers(6, size=40).astype(float)
    weights = rng.integers(3, size=(4, 20)).astype(float)
    copies = [w[clusters].astype(int) for w in weights]
    expected = [auc(np.repeat(scores, c), np.repeat(labels, c)) for c in copies]
    np.testing.assert_allclose(auc_statistic(scores, labels, clusters)(weights), expected)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_interval_of_a_mean_is_that_of_theory(method) -> None:
    values = np.random.default_rng(1).normal(2.0, 1.0, size=400)
    found = interval(
        mean_statistic(values, np.arange(400)), 400, np.random.default_rng(2), resamples=2000, method=method
    )
    half = 1.96 * values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.015)
    assert found.high == pytest.approx(values.mean() + half, abs=0.015)


def test_questions_of_one_outfit_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(3).normal(size=100)
    single = interval(mean_statistic(values, np.arange(100)), 100, np.random.default_rng(0))
    copied = interval(mean_statistic(np.repeat(values, 5), np.repeat(np.arange(100), 5)), 100, np.random.default_rng(0))
    assert (copied.low, copied.high) == pytest.approx((single.low, single.high))


def test_coverage_of_a_skewed_share() -> None:
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(200):
        values = (rng.random(150) < 0.1).astype(float)
        found = interval(mean_statistic(values, np.arange(150)), 150, rng, resamples=400)
        inside += found.low <= 0.1 <= found.high
    assert 0.89 <= inside / 200 <= 0.99


def test_paired_difference_is_narrower_than_apart() -> None:
    rng = np.random.default_rng(5)
    shared = rng.normal(size=300)
    clusters = np.arange(300)
    better, worse = mean_statistic(shared + 0.1, clusters), mean_statistic(shared + rng.normal(0, 0.1, 300), clusters)
    found = interval(difference(better, worse), 300, np.random.default_rng(6))
    alone = interval(better, 300, np.random.default_rng(6))
    assert 0.05 < found.low < found.value < found.high < 0.15
    assert found.high - found.low < (alone.high - alone.low) / 5


def test_nothing_and_next_to_nothing() -> None:
    nothing = interval(mean_statistic(np.zeros(0), np.zeros(0, np.int64)), 0, np.random.default_rng(0))
    assert np.isnan(nothing.value)
    single = interval(mean_statistic(np.array([0.5]), np.array([0])), 1, np.random.default_rng(0))
    assert single.value == 0.5
    assert np.isnan(single.low)
    constant = interval(mean_statistic(np.full(9, 0.25), np.arange(9)), 9, np.random.default_rng(0))
    assert (constant.low, constant.high) == (0.25, 0.25)


def test_an_area_that_no_outfit_can_be_left_out_of_has_an_interval_without_a_warning() -> None:
    area = auc_statistic(np.array([2.0, 1.0]), np.array([1, 0]), np.array([0, 1]))
    found = interval(area, 2, np.random.default_rng(0), resamples=50)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_same_seed_same_interval() -> None:
    statistic = mean_statistic(np.random.default_rng(7).random(50), np.arange(50))
    first = interval(statistic, 50, np.random.default_rng(9))
    assert first == interval(statistic, 50, np.random.default_rng(9))
    assert first != interval(statistic, 50, np.random.default_rng(10))


def test_thousand_draws_of_two_thousand_outfits_take_no_minutes() -> None:
    rng = np.random.default_rng(8)
    clusters, labels = np.repeat(np.arange(2000), 2), np.tile([1, 0], 2000)
    start = time.process_time()
    found = interval(auc_statistic(rng.random(4000), labels, clusters), 2000, rng)
    assert found.low < 0.5 < found.high
    assert time.process_time() - start < 20  # a loop over pairs takes minutes
