"""Confidence intervals by resampling outfits.

Questions about one outfit are not independent, so whole outfits (clusters) are drawn with replacement. A draw is a row
of weights, how many times each outfit came; a statistic answers all draws at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import norm

from evaluation.metrics import ratio, weighted_auc

Scores = NDArray[np.float64]
Weights = NDArray[np.float64]
Statistic = Callable[[Weights], Scores]
"""From weights [B, clusters] to values [B]."""

CHUNK = 4_000_000
"""Weights held at once, as numbers (32 MB)."""


class Interval(Struct, frozen=True):
    """A statistic with the interval that holds its true value with probability ``level``."""

    value: float
    low: float
    high: float
    level: float = 0.95


def clusters_of(outfits: Sequence[str]) -> NDArray[np.int64]:
    """Number of each question's outfit, [Q], counted from 0 in order of first appearance."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(o, len(number)) for o in outfits], np.int64)


def mean_statistic(values: Scores, clusters: NDArray[np.int64]) -> Statistic:
    """Mean over questions, each counted as often as its cluster was drawn."""
    size = int(clusters.max(initial=-1)) + 1
    total = np.bincount(clusters, values, minlength=size)
    count = np.bincount(clusters, minlength=size).astype(np.float64)

    def mean(weights: Weights) -> Scores:
        return ratio(weights @ total, weights @ count)

    return mean


def auc_statistic(scores: Scores, labels: NDArray[np.int64], clusters: NDArray[np.int64]) -> Statistic:
    """AUC over outfits drawn; positives and negatives made from one outfit come and go together."""

    def area(weights: Weights) -> Scores:
        rows = max(1, CHUNK // max(1, len(clusters)))
        parts = [weighted_auc(scores, labels, weights[i : i + rows, clusters]) for i in range(0, len(weights), rows)]
        return np.concatenate(parts)

    return area


def difference(first: Statistic, second: Statistic) -> Statistic:
    """First minus second on the same draws: a paired comparison, far narrower than two separate intervals."""
    return lambda weights: first(weights) - second(weights)


def interval(
    statistic: Statistic,
    clusters: int,
    rng: np.random.Generator,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    method: Literal["bca", "percentile"] = "bca",
) -> Interval:
    """The statistic over all clusters and its bootstrap interval.

    ``bca`` corrects the percentiles for bias and skew (Efron 1987, eq. 2.3; ties of a draw with the value count half);
    its jackknife leaves out at most 500 groups of clusters. NaN without clusters; without resamples, or with a single
    cluster, the bounds are NaN.
    """
    if clusters == 0:
        return Interval(np.nan, np.nan, np.nan, level)
    value = float(statistic(np.ones((1, clusters)))[0])
    if resamples < 1 or clusters < 2 or np.isnan(value):
        return Interval(value, np.nan, np.nan, level)
    draws = _resample(statistic, clusters, rng, resamples)
    draws = np.sort(draws[~np.isnan(draws)])
    if len(draws) == 0:
        return Interval(value, np.nan, np.nan, level)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _corrected(tails, value, draws, _jackknife(statistic, clusters))
    low, high = np.quantile(draws, tails)
    return Interval(value, float(low), float(high), level)


def _resample(statistic: Statistic, clusters: int, rng: np.random.Generator, resamples: int) -> Scores:
    rows = max(1, CHUNK // clusters)
    values = []
    for done in range(0, resamples, rows):
        size = min(rows, resamples - done)
        draw = rng.integers(clusters, size=(size, clusters)) + clusters * np.arange(size)[:, None]
        weights = np.bincount(draw.ravel(), minlength=size * clusters).reshape(size, clusters)
        values.append(statistic(weights.astype(np.float64)))
    return np.concatenate(values)


def _jackknife(statistic: Statistic, clusters: int, groups: int = 500) -> Scores:
    groups = min(groups, clusters)
    member = np.arange(clusters) % groups
    rows = max(1, CHUNK // clusters)
    values = []
    for start in range(0, groups, rows):
        left_out = np.arange(start, min(start + rows, groups))
        values.append(statistic((member[None, :] != left_out[:, None]).astype(np.float64)))
    return np.concatenate(values)


def _corrected(tails: Scores, value: float, draws: Scores, jackknife: Scores) -> Scores:
    """Percentiles moved by bias z0 and acceleration a; unchanged where the draws do not vary."""
    below = (np.count_nonzero(draws < value) + np.count_nonzero(draws <= value)) / (2 * len(draws))
    left = jackknife[~np.isnan(jackknife)]
    influence = left.sum() / max(1, len(left)) - left
    spread = float((influence**2).sum())
    if not 0 < below < 1 or spread == 0:
        return tails
    z0 = norm.ppf(below)
    acceleration = float((influence**3).sum()) / (6 * spread**1.5)
    z = z0 + norm.ppf(tails)
    return np.asarray(norm.cdf(z0 + z / (1 - acceleration * z)), dtype=np.float64)
