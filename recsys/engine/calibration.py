"""From a score to a chance that a person understands."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Scores = NDArray[np.float32]
Sizes = NDArray[np.int64]

RIDGE = 1e-4
PERCENTS = np.linspace(0, 1, 101)


class Calibration(Struct, frozen=True):
    """Platt scaling in which the size n of an outfit counts; equal priors of real and random outfits.

    The log-odds of an outfit with score s are (w0 + w1 log(n / 4)) s + w2 + w3 log(n / 4): the pieces of a small outfit
    say less of each other, so that the same score is worth less. ``quantiles`` holds, by size from 2, the 0, 1, ... 100
    per cent quantiles of real outfits' scores, so that a score can be placed among what stylists make.
    """

    weight: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    quantiles: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def fit(cls, real: tuple[Scores, Sizes], random: tuple[Scores, Sizes]) -> Calibration:
        """Fit to scores and sizes of real outfits ([n], [n]) and of random ones ([m], [m]); each side weighs the same.

        A weak ridge keeps the weights finite where the two sides do not overlap; scores never count against.
        """
        if not len(real[0]) or not len(random[0]):
            return cls()
        inputs = np.concatenate([_inputs(*real), _inputs(*random)])
        sign = np.repeat([1.0, -1.0], [len(real[0]), len(random[0])])
        share = np.repeat([0.5 / len(real[0]), 0.5 / len(random[0])], [len(real[0]), len(random[0])])

        def loss(x: NDArray[np.float64]) -> float:
            return float((share * np.logaddexp(0, -sign * (inputs @ x))).sum() + RIDGE * (x**2).sum())

        best = minimize(
            loss, np.array([1.0, 0.0, 0.0, 0.0]), method="L-BFGS-B", bounds=[(1e-3, None), *[(None,) * 2] * 3]
        )
        w0, w1, w2, w3 = (float(x) for x in best.x)
        return cls((w0, w1, w2, w3), _quantiles(*real))

    def probability(self, score: float, size: int) -> float:
        """Chance in 0..1 that an outfit of this score and of so many items is real."""
        w0, w1, w2, w3 = self.weight
        larger = float(np.log(max(size, 2) / 4))
        return float(expit(max(w0 + w1 * larger, 0.0) * score + w2 + w3 * larger))

    def percentile(self, score: float, size: int) -> float | None:
        """Share in 0..1 of held-out real outfits of that size that score lower; None where none were held out."""
        if not self.quantiles:
            return None
        among = self.quantiles[min(max(size, 2) - 2, len(self.quantiles) - 1)]
        return float(np.interp(score, among, PERCENTS))


def _inputs(scores: Scores, sizes: Sizes) -> NDArray[np.float64]:
    """What the log-odds are linear in [n, 4]."""
    s, larger = scores.astype(np.float64), np.log(np.maximum(sizes, 2) / 4)
    return np.stack([s, s * larger, np.ones(len(s)), larger], 1)


def _quantiles(scores: Scores, sizes: Sizes) -> tuple[tuple[float, ...], ...]:
    """By size from 2 to the largest; a size without outfits has those of the nearest smaller one that has some."""
    rows: list[tuple[float, ...]] = []
    smallest = int(sizes.min())
    for size in range(2, int(sizes.max()) + 1):
        own = scores[sizes == max(size, smallest)]
        rows.append(tuple(float(q) for q in np.quantile(own, PERCENTS)) if len(own) else rows[-1])
    return tuple(rows) or (tuple(float(q) for q in np.quantile(scores, PERCENTS)),)
