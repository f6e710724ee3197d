"""Metrics of ranking, one value a question; equal scores share the credit of the places they hold.

A scorer that ties everything therefore gets what chance gets: .25 of four candidates, .5 of AUC, k/n of recall@k.
Averages and their intervals over outfits are in ``evaluation.bootstrap``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


class Places(NamedTuple):
    """Where each question's target stands: ``above`` items beat it, ``tied`` (itself included) equal it; both [Q]."""

    above: NDArray[np.int64]
    tied: NDArray[np.int64]


def places(scores: Sequence[Scores], targets: Sequence[int]) -> Places:
    """Places of ``scores[q][targets[q]]`` among ``scores[q]``, for every question q."""
    if len(scores) != len(targets):
        raise ValueError(f"{len(scores)} lists of scores and {len(targets)} targets: one each is wanted")
    above = np.zeros(len(scores), np.int64)
    tied = np.ones(len(scores), np.int64)
    for q, (row, target) in enumerate(zip(scores, targets, strict=True)):
        above[q] = np.count_nonzero(row > row[target])
        tied[q] = np.count_nonzero(row == row[target])
    return Places(above, tied)


def accuracy(at: Places) -> Scores:
    """Share of the first place that the target holds: 1 alone on top, 1/n tied with n - 1 others, else 0; [Q]."""
    return np.where(at.above == 0, 1.0 / at.tied, 0.0)


def recall(at: Places, k: int) -> Scores:
    """Chance that the target is among the first k when ties fall at random; [Q] in 0..1."""
    if k < 1:
        raise ValueError(f"recall at {k}: k from 1 is wanted")
    return np.clip((k - at.above) / at.tied, 0.0, 1.0)


def reciprocal_rank(at: Places) -> Scores:
    """Mean of 1/rank over the places that the target may hold; [Q] in 0..1, its average is the MRR."""
    return _mean_gain(at, lambda rank: 1.0 / rank)


def ndcg(at: Places, k: int) -> Scores:
    """Normalised discounted cumulative gain of a single target at cut-off k: 1 / log2(1 + rank); [Q] in 0..1.

    Järvelin and Kekäläinen 2002; with one relevant item the ideal gain is 1.
    """
    if k < 1:
        raise ValueError(f"NDCG at {k}: k from 1 is wanted")
    return _mean_gain(at, lambda rank: np.where(rank <= k, 1.0 / np.log2(1.0 + rank), 0.0))


def auc(scores: Scores, labels: NDArray[np.int64]) -> float:
    """Area under the ROC curve: chance that a positive outranks a negative, ties half; NaN without one of either."""
    return float(weighted_auc(scores, labels, np.ones((1, len(labels))))[0])


def weighted_auc(scores: Scores, labels: NDArray[np.int64], weights: Scores) -> Scores:
    """AUC where example i counts ``weights[b, i]`` times, for every row b; [B], NaN where a class has no weight.

    One sort serves all rows: a positive beats the weight of negatives below its score and half of those level with it.
    """
    if len(scores) == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(scores, kind="stable")
    level = np.unique(scores[order], return_inverse=True)[1]  # [N], levels of equal score, ascending
    starts = np.flatnonzero(np.diff(level, prepend=-1))
    weights = weights[:, order]  # [B, N]
    is_positive = labels[order] == 1
    positive = np.add.reduceat(np.where(is_positive, weights, 0.0), starts, axis=1)  # [B, levels]
    negative = np.add.reduceat(np.where(is_positive, 0.0, weights), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(1) * negative.sum(1)
    wins = (positive * below).sum(1)
    return ratio(wins, pairs)


def _mean_gain(at: Places, gain: Callable[[Scores], Scores]) -> Scores:
    """Mean of ``gain(rank)`` over the ranks above + 1 .. above + tied."""
    last = int((at.above + at.tied).max(initial=0))
    total = np.concatenate([[0.0], np.cumsum(gain(np.arange(1, last + 1, dtype=np.float64)))])
    return np.asarray((total[at.above + at.tied] - total[at.above]) / at.tied, np.float64)


def ratio(part: Scores, whole: Scores) -> Scores:
    """part / whole, NaN where whole is 0."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0), np.float64)
