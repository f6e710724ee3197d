"""Rank by how often items were put together: directly, or through items that both were put with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from evaluation.baselines.index import ItemIndex
from evaluation.baselines.pairs import PairScorer
from evaluation.scorer import Ids, Scores


def counts_together(index: ItemIndex, outfits: Sequence[Ids]) -> csr_array:
    """Number of outfits that hold both items, [items, items], symmetric with an empty diagonal."""
    held = index.incidence(outfits)
    counts = csr_array(held.T @ held)
    counts.setdiag(0)
    counts.eliminate_zeros()
    return counts


def values_at(matrix: csr_array, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Scores:
    """Entries (rows[p], columns[p]) of a sparse matrix, [pairs]: a search among the sorted keys of its entries."""
    entries = matrix.tocoo()
    keys = entries.row.astype(np.int64) * matrix.shape[1] + entries.col
    order = np.argsort(keys)
    keys, values = keys[order], np.append(entries.data[order], 0.0)
    wanted = rows * matrix.shape[1] + columns
    at = np.searchsorted(keys, wanted)
    there = at < len(keys)
    there[there] = keys[at[there]] == wanted[there]
    return np.asarray(values[np.where(there, at, -1)], np.float64)


class CooccurrenceCount(PairScorer):
    """Number of training outfits that hold both items."""

    name = "co-occurrence"

    def __init__(self, index: ItemIndex, counts: csr_array) -> None:
        self._index = index
        self._first = counts

    @classmethod
    def fit(cls, outfits: Sequence[Ids]) -> CooccurrenceCount:
        """Count the pairs of training outfits."""
        index = ItemIndex(i for outfit in outfits for i in outfit)
        return cls(index, counts_together(index, outfits))

    def _profiles(self, contexts: csr_array) -> Scores:
        return np.asarray((contexts @ self._first).toarray(), np.float64)

    def _affinity(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> Scores:
        return values_at(self._first, left, right)


class CooccurrenceSecondOrder(PairScorer):
    """Count of outfits that hold both items, plus the weight of two-step paths between them.

    With A the counts and D their row sums, affinity = A + weight * A D^-1 A: items that the same third items are put
    with come close, the more exclusive the third, the closer.
    """

    name = "co-occurrence 1st+2nd"

    def __init__(self, index: ItemIndex, counts: csr_array, weight: float) -> None:
        self._index = index
        self._first = counts
        degree = np.asarray(counts.sum(axis=1)).ravel()
        scale = np.sqrt(weight / np.maximum(degree, 1.0))
        self._step = csr_array(counts @ diags_array(scale))  # [items, items]: affinity of 2nd order is step @ step.T

    @classmethod
    def fit(cls, outfits: Sequence[Ids], weight: float = 1.0) -> CooccurrenceSecondOrder:
        """Count the pairs of training outfits."""
        index = ItemIndex(i for outfit in outfits for i in outfit)
        return cls(index, counts_together(index, outfits), weight)

    def _profiles(self, contexts: csr_array) -> Scores:
        second = (contexts @ self._step) @ self._step.T
        return np.asarray((contexts @ self._first + second).toarray(), np.float64)

    def _affinity(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> Scores:
        second = np.asarray(self._step[left].multiply(self._step[right]).sum(axis=1), np.float64).ravel()
        return values_at(self._first, left, right) + second
