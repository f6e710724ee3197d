"""From scores to chances."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.engine.calibration import LARGEST, Calibration, Judged


def drawn(rng: np.random.Generator, mean: float, n: int, size: int = 4) -> Judged:
    return Judged(rng.normal(mean, 1, n).astype(np.float32), np.full(n, size), np.ones(n))


def listed(scores: range, size: int) -> Judged:
    return Judged(np.array(scores, np.float32), np.full(len(scores), size), np.ones(len(scores)))


def joined(*parts: Judged) -> Judged:
    rows = [(p.scores, p.sizes, p.weight) for p in parts]
    return Judged(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def test_recovers_the_chance_that_made_the_labels() -> None:
    """Scores of two unit Gaussians at +1 and -1 have log-odds 2 * score."""
    rng = np.random.default_rng(0)
    found = Calibration.fit(drawn(rng, 1, 20_000), drawn(rng, -1, 20_000))
    assert found.probability(0.5, 4) == pytest.approx(chance(1.0), abs=0.03)
    assert found.probability(0.0, 4) == pytest.approx(0.5, abs=0.03)


def test_a_score_is_worth_less_where_small_outfits_overlap_more() -> None:
    """Pairs at +-0.25 have log-odds 0.5 * score, nines at +-1 have 2 * score: linear in the logarithm of the size."""
    rng = np.random.default_rng(3)
    real, random = (joined(drawn(rng, 0.25 * sign, 20_000, 2), drawn(rng, sign, 20_000, 9)) for sign in (1, -1))
    found = Calibration.fit(real, random)
    assert found.probability(1.0, 2) == pytest.approx(chance(0.5), abs=0.03)
    assert found.probability(1.0, 9) == pytest.approx(chance(2.0), abs=0.03)
    assert found.probability(1.0, 2) < found.probability(1.0, 4) < found.probability(1.0, 9)
    assert found.probability(1.0, LARGEST) == found.probability(1.0, 30)


def test_a_higher_score_never_counts_against() -> None:
    """Not even where, among pairs, the random ones score higher."""
    rng = np.random.default_rng(4)
    real, random = (joined(drawn(rng, -sign, 500, 2), drawn(rng, sign, 500, 9)) for sign in (1, -1))
    found = Calibration.fit(real, random)
    assert found.probability(-2.0, 2) <= found.probability(2.0, 2)
    assert found.probability(-2.0, 9) < found.probability(2.0, 9)


def test_sides_weigh_the_same_whatever_their_number() -> None:
    rng = np.random.default_rng(1)
    assert Calibration.fit(drawn(rng, 1, 200), drawn(rng, -1, 20_000)).probability(0, 4) == pytest.approx(0.5, abs=0.12)


def test_an_outfit_weighs_what_it_is_said_to() -> None:
    rng = np.random.default_rng(2)
    one, other = drawn(rng, 1, 5000), drawn(rng, -1, 5000)
    noise = Judged(np.full(5000, -3.0, np.float32), np.full(5000, 4), np.full(5000, 1e-9))
    with_noise, without = Calibration.fit(joined(one, noise), other), Calibration.fit(one, other)
    assert with_noise.probability(0.5, 4) == pytest.approx(without.probability(0.5, 4), abs=1e-3)


def test_separate_sides_keep_a_finite_slope() -> None:
    found = Calibration.fit(listed(range(2, 4), 3), listed(range(-3, -1), 3))
    assert 0.5 < found.probability(2.5, 3) <= 1
    assert max(found.slope) < 1e3


def test_percentile_places_a_score_among_real_outfits_of_its_size() -> None:
    found = Calibration.fit(joined(listed(range(100), 2), listed(range(200, 300), 4)), listed(range(-100, 0), 2))
    assert found.percentile(-1, 2) == 0
    assert found.percentile(49.4, 2) == pytest.approx(0.5, abs=0.02)
    assert found.percentile(49.4, 3) == found.percentile(49.4, 2), "no outfit of three was held out"
    assert found.percentile(249.4, 4) == found.percentile(249.4, 9) == pytest.approx(0.5, abs=0.02)
    assert found.percentile(1e9, 4) == 1


def test_nothing_held_out_says_nothing() -> None:
    none = Judged(np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0))
    assert Calibration().percentile(1.0, 3) is None
    assert Calibration.fit(none, none) == Calibration()
    assert Calibration().probability(-1e9, 3) == 0
