"""From a score to a chance that a person understands."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize


class Calibration(Struct, frozen=True):
    """Platt scaling: probability = sigmoid(slope * score + offset); equal priors of real and random outfits.

    ``quantiles`` are the 0, 1, ... 100 per cent quantiles of real outfits' scores, so that a score can be placed among
    what stylists make.
    """

    slope: float = 1.0
    offset: float = 0.0
    quantiles: tuple[float, ...] = ()

    @classmethod
    def fit(cls, real: NDArray[np.float32], random: NDArray[np.float32]) -> Calibration:
        """Fit to scores of held-out outfits [n] and of outfits drawn at random [m], each side weighing the same.

        A weak ridge keeps the slope finite where the two sides do not overlap.
        """
        if not len(real) or not len(random):
            return cls()
        scores = np.concatenate([real, random]).astype(np.float64)
        sign = np.concatenate([np.ones(len(real)), -np.ones(len(random))])
        weight = np.concatenate([np.full(len(real), 0.5 / len(real)), np.full(len(random), 0.5 / len(random))])

        def loss(x: NDArray[np.float64]) -> float:
            return float((weight * np.logaddexp(0, -sign * (x[0] * scores + x[1]))).sum() + 1e-4 * x[0] ** 2)

        best = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(1e-3, None), (None, None)])
        quantiles = np.quantile(real, np.linspace(0, 1, 101))
        return cls(float(best.x[0]), float(best.x[1]), tuple(float(q) for q in quantiles))

    def probability(self, score: float) -> float:
        """Chance in 0..1 that an outfit of this score is real."""
        x = self.slope * score + self.offset
        return 1 / (1 + math.exp(-x)) if x > -500 else 0.0

    def percentile(self, score: float) -> float | None:
        """Share in 0..1 of held-out real outfits that score lower; None where none were held out."""
        if not self.quantiles:
            return None
        return float(np.interp(score, self.quantiles, np.linspace(0, 1, len(self.quantiles))))
