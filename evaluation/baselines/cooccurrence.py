"""Rank by how often items were put together: directly, or through items that both were put with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, diags_array

from evaluation.baselines.index import ItemIndex
from evaluation.baselines.pairs import PairScorer, Positions
from evaluation.scorer import Ids, Scores

TIE_BREAK = 1e-4
"""Weight of popularity beside counts, which are whole: it only orders what counting leaves equal."""


def counts_together(index: ItemIndex, outfits: Sequence[Ids]) -> csr_array:
    """Number of outfits that hold both items, [items, items], symmetric with an empty diagonal."""
    held = index.incidence(outfits)
    counts = csr_array(held.T @ held)
    counts.setdiag(0)
    counts.eliminate_zeros()
    counts.sort_indices()
    return counts


class PairCounts:
    """Sparse counts that answer for single pairs and for blocks."""

    def __init__(self, counts: csr_array) -> None:
        self.matrix = counts
        rows = np.repeat(np.arange(counts.shape[0], dtype=np.int64), np.diff(counts.indptr))
        self._keys = rows * counts.shape[1] + counts.indices  # ascending: rows in order, columns sorted within
        self._values = np.append(counts.data, 0.0)

    def at(self, left: Positions, right: Positions) -> Scores:
        """Entries of the pairs, [pairs]."""
        wanted = left * self.matrix.shape[1] + right
        place = np.searchsorted(self._keys, wanted)
        there = place < len(self._keys)
        there[there] = self._keys[place[there]] == wanted[there]
        return np.asarray(self._values[np.where(there, place, -1)], np.float64)

    def block(self, left: Positions, right: Positions) -> Scores:
        """Entries of every left with every right item, [left, right]."""
        return np.asarray(self.matrix[left].toarray()[:, right], np.float64)


class CooccurrenceCount(PairScorer):
    """Number of training outfits that hold both items; equal counts are ordered by popularity."""

    name = "co-occurrence count"

    def __init__(self, index: ItemIndex, counts: csr_array, popularity: Scores) -> None:
        self._index = index
        self._counts = PairCounts(counts)
        self._edge = TIE_BREAK * np.log1p(popularity)

    @classmethod
    def fit(cls, outfits: Sequence[Ids]) -> CooccurrenceCount:
        """Count the pairs of training outfits."""
        index = ItemIndex(i for outfit in outfits for i in outfit)
        popularity = np.asarray(index.incidence(outfits).sum(axis=0), np.float64)
        return cls(index, counts_together(index, outfits), popularity)

    def _pairs(self, left: Positions, right: Positions) -> Scores:
        return np.asarray(self._counts.at(left, right) + self._edge[left] + self._edge[right], np.float64)

    def _block(self, left: Positions, right: Positions) -> Scores:
        return np.asarray(self._counts.block(left, right) + self._edge[left, None] + self._edge[right], np.float64)


class CooccurrenceSecondOrder(PairScorer):
    """Counts of outfits that hold both items and of paths through a third, against what popularity lets expect.

    With A the counts, D their row sums and m their total, B = A + A D^-1 A adds the chance that two steps lead from one
    item to the other, and E = 2 D D^T / m is B where items are put together at random. The affinity is a discounted,
    smoothed pointwise mutual information, log(1 + B/k) - p log(1 + E/k): p = 1 is PMI, p = 0 rewards popularity; k, in
    outfits, says how soon a count is believed. ``k`` and ``p`` were chosen on validation questions.
    """

    name = "co-occurrence 1st+2nd"

    def __init__(self, index: ItemIndex, counts: csr_array, smoothing: float, discount: float) -> None:
        if smoothing <= 0:
            raise ValueError(f"smoothing {smoothing}: a positive number of outfits is wanted")
        self._index = index
        self._counts = PairCounts(counts)
        degree = np.asarray(counts.sum(axis=1), np.float64).ravel()
        self._step = csr_array(counts @ diags_array(1 / np.sqrt(np.maximum(degree, 1.0))))  # A D^-1 A = step step^T
        self._back = csr_array(self._step.T)
        self._expected = degree * np.sqrt(2 / max(1.0, degree.sum()))  # E is its outer product
        self._k, self._p = smoothing, discount

    @classmethod
    def fit(cls, outfits: Sequence[Ids], *, smoothing: float = 0.003, discount: float = 0.6) -> CooccurrenceSecondOrder:
        """Count the pairs of training outfits."""
        index = ItemIndex(i for outfit in outfits for i in outfit)
        return cls(index, counts_together(index, outfits), smoothing, discount)

    def _pairs(self, left: Positions, right: Positions) -> Scores:
        second = np.asarray(self._step[left].multiply(self._step[right]).sum(axis=1), np.float64).ravel()
        return self._information(self._counts.at(left, right) + second, self._expected[left] * self._expected[right])

    def _block(self, left: Positions, right: Positions) -> Scores:
        second = (self._step[left] @ self._back).toarray()[:, right]
        expected = self._expected[left, None] * self._expected[right]
        return self._information(self._counts.block(left, right) + second, expected)

    def _information(self, seen: Scores, expected: Scores) -> Scores:
        return np.asarray(np.log1p(seen / self._k) - self._p * np.log1p(expected / self._k), np.float64)
