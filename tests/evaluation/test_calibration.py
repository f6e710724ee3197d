"""Reliability bins and the calibration error."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluation.calibration import error_by_chance, expected_calibration_error, reliability


def test_bins_by_hand() -> None:
    bins = reliability(np.array([0.9, 0.1, 0.2, 0.8]), np.array([1, 0, 1, 1]), bins=2)
    assert [(b.count, b.predicted, b.observed) for b in bins] == [
        (2, pytest.approx(0.15), 0.5),
        (2, pytest.approx(0.85), 1.0),
    ]
    assert expected_calibration_error(bins) == pytest.approx((0.35 + 0.15) / 2)


def test_equal_probabilities_stay_together() -> None:
    bins = reliability(np.array([0.5] * 6 + [0.9]), np.array([1, 1, 1, 0, 0, 0, 1]), bins=3)
    assert [b.count for b in bins] == [6, 1], "else the order of the input would decide who is in which bin"
    assert expected_calibration_error(bins) == pytest.approx(0.1 / 7)


def test_a_true_probability_has_a_small_error_and_a_boast_a_large_one() -> None:
    rng = np.random.default_rng(0)
    chance = rng.random(4000)
    labels = (rng.random(4000) < chance).astype(np.int64)
    honest = expected_calibration_error(reliability(chance, labels))
    boasting = expected_calibration_error(reliability((chance > 0.5).astype(float), labels))
    assert honest < 0.02
    assert boasting > 0.2


def test_nothing_and_nonsense() -> None:
    assert reliability(np.zeros(0), np.zeros(0, np.int64)) == []
    assert math.isnan(expected_calibration_error([]))
    with pytest.raises(ValueError, match="2 probabilities, 1 labels"):
        reliability(np.zeros(2), np.zeros(1, np.int64))


def test_the_errors_of_perfect_probabilities_lie_within_those_by_chance() -> None:
    rng = np.random.default_rng(2)
    within = wrong = 0
    for _ in range(100):
        said, clusters = rng.random(400), np.arange(400)
        low, high = error_by_chance(said, clusters, rng, draws=400)
        was = (rng.random(400) < said).astype(np.int64)
        within += low <= expected_calibration_error(reliability(said, was)) <= high
        boasted = (rng.random(400) < 0.5 + (said - 0.5) * 0.3).astype(np.int64)
        wrong += expected_calibration_error(reliability(said, boasted)) > high
    assert within >= 87 and wrong >= 95


def test_cuts_of_one_outfit_leave_more_to_chance() -> None:
    rng = np.random.default_rng(3)
    said = np.repeat(rng.random(60), 9)
    apart = error_by_chance(said, np.arange(540), rng)
    together = error_by_chance(said, np.arange(540) // 9, rng)
    assert together[1] > 1.5 * apart[1]
