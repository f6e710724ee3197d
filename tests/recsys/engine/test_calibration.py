"""From scores to chances."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.engine.calibration import Calibration


def test_recovers_the_chance_that_made_the_labels() -> None:
    """Scores of two unit Gaussians at +1 and -1 have log-odds 2 * score."""
    rng = np.random.default_rng(0)
    real, random = rng.normal(1, 1, 20_000).astype(np.float32), rng.normal(-1, 1, 20_000).astype(np.float32)
    found = Calibration.fit(real, random)
    assert found.slope == pytest.approx(2, abs=0.1)
    assert found.offset == pytest.approx(0, abs=0.1)
    assert found.probability(0.0) == pytest.approx(0.5, abs=0.03)


def test_sides_weigh_the_same_whatever_their_number() -> None:
    rng = np.random.default_rng(1)
    real, random = rng.normal(1, 1, 200).astype(np.float32), rng.normal(-1, 1, 20_000).astype(np.float32)
    assert Calibration.fit(real, random).offset == pytest.approx(0, abs=0.5)


def test_separate_sides_keep_a_finite_slope() -> None:
    found = Calibration.fit(np.array([2.0, 3.0], np.float32), np.array([-2.0, -3.0], np.float32))
    assert 0 < found.slope < 1e3
    assert 0.5 < found.probability(2.5) <= 1


def test_percentile_places_a_score_among_real_outfits() -> None:
    found = Calibration.fit(np.arange(100, dtype=np.float32), np.arange(-100, 0, dtype=np.float32))
    assert found.percentile(-1) == 0
    assert found.percentile(49.4) == pytest.approx(0.5, abs=0.02)
    assert found.percentile(1e9) == 1


def test_nothing_held_out_says_nothing() -> None:
    assert Calibration().percentile(1.0) is None
    assert Calibration.fit(np.zeros(0, np.float32), np.zeros(0, np.float32)) == Calibration()
    assert Calibration().probability(-1e9) == 0
