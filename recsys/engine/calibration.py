"""From a score to a chance that a person understands."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

SMALLEST, LARGEST = 2, 9
"""Sizes of outfits between which the calibration changes; smaller and larger ones count as these."""

RIDGE = 1e-4
LEAST_SLOPE = 1e-3
PERCENTS = np.linspace(0, 1, 101)


class Judged(Struct, frozen=True):
    """Outfits of one kind: ``scores`` [n], ``sizes`` [n] in items, and what each weighs [n]."""

    scores: NDArray[np.float32]
    sizes: NDArray[np.int64]
    weight: NDArray[np.float64]


class Calibration(Struct, frozen=True):
    """Platt scaling in which the size of an outfit counts; equal priors of real and random outfits.

    The log-odds of an outfit are slope x score + offset, where slope and offset go from those of SMALLEST to those of
    LARGEST items along the logarithm of the size: the pieces of a small outfit say less of each other, so that the same
    score is worth less. ``quantiles`` holds, by size from SMALLEST, the 0, 1, ... 100 per cent quantiles of real
    outfits' scores, so that a score can be placed among what stylists make.
    """

    slope: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)
    quantiles: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def fit(cls, real: Judged, random: Judged) -> Calibration:
        """Fit to real outfits and to random ones, each side weighing the same.

        A weak ridge keeps the weights finite where the two sides do not overlap; a higher score never counts against.
        """
        if not len(real.scores) or not len(random.scores):
            return cls()
        inputs = np.concatenate([_inputs(side.scores, side.sizes) for side in (real, random)])
        sign = np.repeat([1.0, -1.0], [len(real.scores), len(random.scores)])
        share = np.concatenate([0.5 * side.weight / side.weight.sum() for side in (real, random)])

        def loss(x: NDArray[np.float64]) -> float:
            return float((share * np.logaddexp(0, -sign * (inputs @ x))).sum() + RIDGE * (x**2).sum())

        bounds = [(LEAST_SLOPE, None), (LEAST_SLOPE, None), (None, None), (None, None)]
        small, large, low, high = minimize(loss, np.array([1.0, 1.0, 0.0, 0.0]), method="L-BFGS-B", bounds=bounds).x
        return cls((float(small), float(large)), (float(low), float(high)), _quantiles(real))

    def probability(self, score: float, size: int) -> float:
        """Chance in 0..1 that an outfit of this score and of so many items is real."""
        inputs = _inputs(np.array([score]), np.array([size]))[0]
        return float(expit(inputs @ np.array([*self.slope, *self.offset])))

    def percentile(self, score: float, size: int) -> float | None:
        """Share in 0..1 of held-out real outfits, cut to that size, that score lower; None where none were held out."""
        if not self.quantiles:
            return None
        among = self.quantiles[min(max(size, SMALLEST) - SMALLEST, len(self.quantiles) - 1)]
        return float(np.interp(score, among, PERCENTS))


def _inputs(scores: NDArray[np.floating], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """What the log-odds are linear in [n, 4]: the score and 1, each as far as the outfit is small, and large."""
    large = np.log(np.clip(sizes, SMALLEST, LARGEST) / SMALLEST) / math.log(LARGEST / SMALLEST)
    return np.stack([scores * (1 - large), scores * large, 1 - large, large], 1)


def _quantiles(real: Judged) -> tuple[tuple[float, ...], ...]:
    """By size from SMALLEST to the largest; a size without outfits has those of the nearest smaller one, if any."""
    rows: list[tuple[float, ...]] = []
    for size in range(SMALLEST, max(int(real.sizes.max()), SMALLEST) + 1):
        own = real.scores[real.sizes == max(size, int(real.sizes.min()))]
        rows.append(tuple(float(q) for q in np.quantile(own, PERCENTS)) if len(own) else rows[-1])
    return tuple(rows)
