"""From scores to chances."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.engine.calibration import Calibration, Scores, Sizes


def drawn(rng: np.random.Generator, mean: float, n: int, size: int = 4) -> tuple[Scores, Sizes]:
    return rng.normal(mean, 1, n).astype(np.float32), np.full(n, size)


def joined(*parts: tuple[Scores, Sizes]) -> tuple[Scores, Sizes]:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def test_recovers_the_chance_that_made_the_labels() -> None:
    """Scores of two unit Gaussians at +1 and -1 have log-odds 2 * score."""
    rng = np.random.default_rng(0)
    found = Calibration.fit(drawn(rng, 1, 20_000), drawn(rng, -1, 20_000))
    assert found.weight[0] == pytest.approx(2, abs=0.1)
    assert found.weight[2] == pytest.approx(0, abs=0.1)
    assert found.probability(0.0, 4) == pytest.approx(0.5, abs=0.03)


def test_a_score_is_worth_less_where_small_outfits_overlap_more() -> None:
    """Pairs at +-0.25 have log-odds 0.5 * score, eights at +-1 have 2 * score: linear in the logarithm of the size."""
    rng = np.random.default_rng(3)
    real, random = (joined(drawn(rng, 0.25 * sign, 20_000, 2), drawn(rng, sign, 20_000, 8)) for sign in (1, -1))
    found = Calibration.fit(real, random)
    assert found.probability(1.0, 2) == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.03)
    assert found.probability(1.0, 8) == pytest.approx(1 / (1 + np.exp(-2.0)), abs=0.03)
    assert found.probability(1.0, 2) < found.probability(1.0, 4) < found.probability(1.0, 8)


def test_sides_weigh_the_same_whatever_their_number() -> None:
    rng = np.random.default_rng(1)
    assert Calibration.fit(drawn(rng, 1, 200), drawn(rng, -1, 20_000)).weight[2] == pytest.approx(0, abs=0.5)


def test_separate_sides_keep_a_finite_slope() -> None:
    sizes = np.array([3, 3])
    found = Calibration.fit((np.array([2.0, 3.0], np.float32), sizes), (np.array([-2.0, -3.0], np.float32), sizes))
    assert 0 < found.weight[0] < 1e3
    assert 0.5 < found.probability(2.5, 3) <= 1


def test_percentile_places_a_score_among_real_outfits_of_its_size() -> None:
    pairs, fours = (
        (np.arange(100, dtype=np.float32), np.full(100, 2)),
        (np.arange(200, 300, dtype=np.float32), np.full(100, 4)),
    )
    found = Calibration.fit(joined(pairs, fours), (np.arange(-100, 0, dtype=np.float32), np.full(100, 2)))
    assert found.percentile(-1, 2) == 0
    assert found.percentile(49.4, 2) == pytest.approx(0.5, abs=0.02)
    assert found.percentile(49.4, 3) == found.percentile(49.4, 2), "no outfit of three was held out"
    assert found.percentile(249.4, 4) == found.percentile(249.4, 9) == pytest.approx(0.5, abs=0.02)
    assert found.percentile(1e9, 4) == 1


def test_nothing_held_out_says_nothing() -> None:
    none = (np.zeros(0, np.float32), np.zeros(0, np.int64))
    assert Calibration().percentile(1.0, 3) is None
    assert Calibration.fit(none, none) == Calibration()
    assert Calibration().probability(-1e9, 3) == 0
