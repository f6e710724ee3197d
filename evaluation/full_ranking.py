"""Full ranking: where the one right item stands among all items of a catalogue, and what that comes to.

No sampled negatives: metrics over a few drawn ones order models differently (Krichene and Rendle, *On sampled metrics
for item recommendation*, 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evaluation.bootstrap import Interval, interval, mean_statistic
from evaluation.metrics import Places, ndcg, recall

Ints = NDArray[np.int64]
ScoreRows = Callable[[Ints], NDArray[np.float32]]
"""From questions [B] to the scores of all items [B, N]."""


class Ranking(Struct, frozen=True):
    """Recall and NDCG at ``k`` over all users, with intervals."""

    k: int
    users: int
    recall: Interval
    ndcg: Interval


def full_places(score: ScoreRows, targets: Ints, viewed: Sequence[Ints] | None = None, *, batch: int = 128) -> Places:
    """Where ``targets`` [Q] stand among all items; items of ``viewed[q]`` are left out of the ranking of question q.

    A target that was viewed before is ranked all the same. A NaN of the target counts as last.
    """
    above, tied = np.zeros(len(targets), np.int64), np.ones(len(targets), np.int64)
    for start in range(0, len(targets), batch):
        asked = np.arange(start, min(start + batch, len(targets)))
        scores = score(asked)
        own = scores[np.arange(len(asked)), targets[asked]]
        if viewed is not None:
            known = [np.asarray(viewed[q], np.int64) for q in asked.tolist()]
            rows = np.repeat(np.arange(len(asked)), [len(k) for k in known])
            scores[rows, np.concatenate(known)] = -np.inf
            scores[np.arange(len(asked)), targets[asked]] = own
        for q, row, mine in zip(asked.tolist(), scores, own, strict=True):  # a row at a time: it fits the cache
            above[q] = len(row) - np.count_nonzero(row <= mine)
            tied[q] = max(1, int(np.count_nonzero(row == mine)))
    return Places(above, tied)


def rank(at: Places, k: int, rng: np.random.Generator, *, resamples: int = 1000) -> Ranking:
    """Recall@k and NDCG@k, one question a user, with 95 % bootstrap intervals over users."""
    users = np.arange(len(at.above))

    def measured(values: NDArray[np.float64]) -> Interval:
        return interval(mean_statistic(values, users), len(users), rng, resamples=resamples)

    return Ranking(k, len(users), measured(recall(at, k)), measured(ndcg(at, k)))
