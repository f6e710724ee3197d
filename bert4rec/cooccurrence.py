"""Counting over outfits: which items were worn together, over how many steps, and which attribute values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from bert4rec.item_codes import ItemCodes
from bert4rec.labels import label_profiles


def incidence(outfits: Sequence[NDArray[np.int64]], n_items: int) -> sp.csr_matrix:
    """Outfits as a 0/1 matrix [outfits, items]."""
    indptr = np.concatenate([[0], np.cumsum([len(o) for o in outfits])])
    indices = np.concatenate(outfits) if len(outfits) else np.zeros(0, np.int64)
    return sp.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(len(outfits), n_items))


def cooccurrence(outfits: sp.csr_matrix) -> sp.csr_matrix:
    """Number of outfits two different items share [N, N]."""
    together = sp.csr_matrix(outfits.T @ outfits)
    together.setdiag(0)
    together.eliminate_zeros()
    return together


def second_order(together: sp.csr_matrix, keep: int = 256) -> sp.csr_matrix:
    """Chance-weighted two-step paths between items, A D^-1 A [N, N], empty diagonal.

    With counts A and their row sums D, the entry for i and j is the sum over partners k of both of A_ik A_kj / D_k:
    what item i is worn with passes its wearing on. Only the ``keep`` strongest partners of an item enter, paths lead
    only through the ``keep`` items that matter most to each, and the ``keep`` largest entries of a row (or of its
    column) stay: an item worn with thousands costs no more than one worn with ``keep``.
    """
    degree = np.asarray(together.sum(1)).ravel()
    strongest = _largest_per_row(sp.csr_matrix(together @ sp.diags(1 / np.sqrt(np.maximum(degree, 1)))), keep)
    strongest = sp.csr_matrix(_largest_per_row(sp.csr_matrix(strongest.T), keep).T)
    paths = sp.csr_matrix(strongest @ strongest.T)
    paths.setdiag(0)
    short = _largest_per_row(paths, keep)
    return sp.csr_matrix(short.maximum(short.T))


def third_order(together: sp.csr_matrix, paths: sp.csr_matrix, keep: int = 256) -> sp.csr_matrix:
    """Chance-weighted three-step paths, A D^-1 A D^-1 A [N, N], empty diagonal, pruned as ``paths`` are.

    Two steps lead from a shirt to shirts; three lead on to the skirts that those are worn with, which is the answer of
    item-based collaborative filtering and all there is to go by where two items never met.
    """
    degree = np.asarray(together.sum(1)).ravel()
    onward = _largest_per_row(sp.csr_matrix(sp.diags(1 / np.maximum(degree, 1)) @ together), keep)
    far = sp.csr_matrix(paths @ onward)
    far.setdiag(0)
    short = _largest_per_row(far, keep)
    return sp.csr_matrix(short.maximum(short.T))


def _largest_per_row(matrix: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    matrix.eliminate_zeros()
    if matrix.nnz == 0 or np.diff(matrix.indptr).max() <= keep:
        return matrix
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(order)) - matrix.indptr[rows[order]]
    best = order[rank < keep]
    return sp.csr_matrix((matrix.data[best], (rows[best], matrix.indices[best])), shape=matrix.shape)


def value_pmi(together: sp.csr_matrix, codes: ItemCodes, shrink: float) -> NDArray[np.float32]:
    """How much more often two attribute values are worn together than their items' categories explain [V, V].

    log((n(u,v) + shrink) / (e(u,v) + shrink)), where n counts pairs of items worn together whose values are u and v,
    and e sums over category pairs (k,l) the count expected if values were independent within it: n(u,k,l) n(v,l,k) /
    n(k,l). Categories explain nothing of a choice inside a category, hence the correction (Mantel-Haenszel's).
    """
    has = indicator(codes.values, codes.n_values)
    category = sp.csr_matrix(
        (np.ones(codes.n_items, np.float32), (np.arange(codes.n_items), codes.category)),
        shape=(codes.n_items, codes.n_categories),
    )
    observed = (has.T @ (together @ has)).toarray()
    partners = sp.csr_matrix(together @ category)  # [N, K] partners of each category
    kinds = codes.n_categories
    blocks = [has[codes.category == k].T @ partners[codes.category == k] for k in range(kinds)]
    ends = sp.csr_matrix(sp.hstack(blocks))  # [V, K*L]: a value, its item's category, its partner's category
    pairs = np.asarray((category.T @ partners).todense(), np.float32).ravel()  # [K*L]
    from_there = np.arange(kinds * kinds).reshape(kinds, kinds).T.ravel()  # the same pair of categories, seen from l
    expected = (ends @ sp.diags(1 / np.maximum(pairs, 1)) @ ends[:, from_there].T).toarray()
    return np.asarray(np.log((observed + shrink) / (expected + shrink)), np.float32)


def with_missing(pmi: NDArray[np.float32]) -> NDArray[np.float32]:
    """A table of values [V, V] with a last row and column of 0 for a missing value."""
    return np.pad(pmi, ((0, 1), (0, 1)))


def indicator(values: NDArray[np.int64], n_values: int) -> sp.csr_matrix:
    """Which item has which value [N, V], of codes [N, F] that are -1 where missing."""
    rows, columns = np.nonzero(values >= 0)
    matrix = sp.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, values[rows, columns])), shape=(len(values), n_values)
    )
    matrix.data[:] = np.minimum(matrix.data, 1)
    return matrix


@dataclass(frozen=True)
class Counts:
    """What was counted over some outfits: ``together`` [N, N], ``degree`` [N] outfits of each item, ``pmi`` of
    attribute values [V + 1, V + 1] (:func:`value_pmi`; the last row and column, of a missing value, 0), and
    ``profiles`` of items by the labels of their photos [N, K] (:func:`bert4rec.labels.label_profiles`)."""

    together: sp.csr_matrix
    degree: NDArray[np.float32]
    pmi: NDArray[np.float32]
    profiles: NDArray[np.float32]

    @classmethod
    def of(
        cls, outfits: Sequence[NDArray[np.int64]], codes: ItemCodes, shrink: float, labels: sp.csr_matrix | None = None
    ) -> Counts:
        matrix = incidence(outfits, codes.n_items)
        together = cooccurrence(matrix)
        labels = sp.csr_matrix(np.zeros((len(outfits), 0), np.float32)) if labels is None else labels
        return cls(
            together,
            np.asarray(matrix.sum(0), np.float32).ravel(),
            with_missing(value_pmi(together, codes, shrink)),
            label_profiles(matrix, labels),
        )
