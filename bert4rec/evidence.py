"""What was counted about pairs of items: the direct evidence beside the learned representation.

A transformer trained on a few thousand outfits does not learn what counting gives at once. So the counts are inputs:
how often two items were worn together (first order), how alike their partners are (second order), and how the values
of their attributes go together. Tables about a training outfit are counted without it (cross-fitting by fold), or the
model would read the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.attribute_pairs import AttributePairs
from bert4rec.labels import label_profiles
from bert4rec.silencing import PairInput, heard

if TYPE_CHECKING:
    from bert4rec.new_item_score import NewItemScore

COUNT_FEATURES = 9
"""Pair features that come from counting items; see :meth:`PairEvidence.count_features`."""

SMOOTHING = 0.003
"""Outfits after which a path is believed (k of :meth:`PairEvidence.count_features`)."""

INFORMATION, EXPECTATION, FAR = 0, 1, 2
"""Positions of the features whose weighted difference is a smoothed PMI: over one and two steps, and over three."""


@dataclass(frozen=True, slots=True)
class ItemCodes:
    """Categorical facts about items.

    ``category`` [N] int64 from 0. ``values`` [N, F] int64: code of the value of each field in one shared vocabulary of
    ``n_values``, -1 where missing or unknown. A field with several values takes several columns that share codes:
    ``field`` [F] numbers the field of each column, by default each is one of its own.
    """

    category: NDArray[np.int64]
    values: NDArray[np.int64]
    n_categories: int
    n_values: int
    field: NDArray[np.int64] | None = None

    @property
    def fields(self) -> NDArray[np.int64]:
        """Number of each column's field [F]."""
        return np.arange(self.n_fields) if self.field is None else self.field

    @property
    def n_items(self) -> int:
        return len(self.category)

    @property
    def n_fields(self) -> int:
        return int(self.values.shape[1])


def incidence(outfits: Sequence[NDArray[np.int64]], n_items: int) -> sp.csr_matrix:
    """Outfits as a 0/1 matrix [outfits, items]."""
    indptr = np.concatenate([[0], np.cumsum([len(o) for o in outfits])])
    indices = np.concatenate(outfits) if len(outfits) else np.zeros(0, np.int64)
    return sp.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(len(outfits), n_items))


class PairLookup:
    """Values of K sparse item-item matrices at many pairs at once: indices [..] in, float32 [.., K] out."""

    def __init__(self, *matrices: sp.csr_matrix) -> None:
        self.n_items = matrices[0].shape[1]
        parts = [m.tocoo() for m in matrices]
        keys = [part.row.astype(np.int64) * self.n_items + part.col for part in parts]
        known = np.unique(np.concatenate(keys))
        values = np.zeros((len(known) + 1, len(matrices)), np.float32)  # the last: a pair that no matrix has
        for k, part in enumerate(parts):
            values[np.searchsorted(known, keys[k]), k] = part.data
        self.keys = torch.from_numpy(np.append(known, np.iinfo(np.int64).max))
        self.values = torch.from_numpy(values)

    def __call__(self, rows: Tensor, columns: Tensor) -> Tensor:
        wanted = rows * self.n_items + columns
        at = torch.searchsorted(self.keys, wanted)
        found = self.keys[at] == wanted
        return self.values[torch.where(found, at, len(self.keys) - 1)]


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
    attribute values [V, V] (:func:`value_pmi`), and ``profiles`` of items by the labels of their photos [N, K]
    (:func:`bert4rec.labels.label_profiles`)."""

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
            value_pmi(together, codes, shrink),
            label_profiles(matrix, labels),
        )


class PairEvidence:
    """All pair tables of one set of outfits, answered for batches of pairs.

    Parameters
    ----------
    counts
        What was counted over the outfits.
    paths
        Two-step paths of :func:`second_order` [N, N].
    far
        Three-step paths of :func:`third_order` [N, N].
    codes
        Categorical facts about the items.

    Attributes
    ----------
    new
        Items [N] that counts say nothing of: in no outfit, or in a single one where most places in outfits are filled
        by items that are in no other.
    new_items
        What is said of pairs with items that were never worn; None where nothing is.
    """

    def __init__(self, counts: Counts, paths: sp.csr_matrix, far: sp.csr_matrix, codes: ItemCodes) -> None:
        together, degree, pmi = counts.together, counts.degree, counts.pmi
        self.counts, self.paths, self.far = counts, paths, far
        self.new_items: NewItemScore | None = None
        self.degree = torch.from_numpy(degree)
        hardly_recur = 2 * (degree == 1).sum() > degree.sum()
        self.new = torch.from_numpy(degree < (2 if hardly_recur else 1))
        self._lookup = PairLookup(together, paths, far)
        partners = np.asarray(together.sum(1), np.float32).ravel()
        normal = (
            sp.diags(1 / np.sqrt(np.maximum(partners, 1))) @ together @ sp.diags(1 / np.sqrt(np.maximum(partners, 1)))
        )
        norm = np.sqrt(np.asarray(normal.multiply(normal).sum(1)).ravel())
        self._partners = torch.from_numpy(partners)
        self._profiles = torch.from_numpy(counts.profiles)
        self._length = torch.from_numpy((np.sqrt(partners) * norm).astype(np.float32))
        self._total = max(float(partners.sum()), 1.0)
        self._pmi = torch.from_numpy(np.pad(pmi, ((0, 1), (0, 1))))  # the last row and column: a missing value
        self._values = torch.from_numpy(np.where(codes.values < 0, codes.n_values, codes.values))
        self._fields = np.unique(codes.fields, return_inverse=True)[1].astype(np.int64)
        field_of = np.zeros(codes.n_values + 1, np.int64)
        known = codes.values >= 0
        field_of[codes.values[known]] = np.broadcast_to(self._fields, codes.values.shape)[known]
        self._field_of = torch.from_numpy(field_of)

    @classmethod
    def count(
        cls,
        outfits: Sequence[NDArray[np.int64]],
        codes: ItemCodes,
        *,
        shrink: float,
        keep: int,
        labels: sp.csr_matrix | None = None,
    ) -> PairEvidence:
        """Count the tables over outfits; ``shrink`` and ``keep`` as in :func:`value_pmi`, :func:`second_order`, and
        ``labels`` of the outfits' photos [O, K] as in :func:`bert4rec.labels.label_profiles`."""
        counts = Counts.of(outfits, codes, shrink, labels)
        paths = second_order(counts.together, keep)
        far = third_order(counts.together, paths, keep)
        return cls(counts, paths, far, codes)

    def drop_paths(self) -> PairEvidence:
        """Let go of the matrices that only a release holds, two fifths of the memory; returns itself."""
        self.paths = self.far = incidence([], len(self.degree))
        return self

    @property
    def n_fields(self) -> int:
        """Attribute fields, T."""
        return int(self._fields.max(initial=-1)) + 1

    def attributes(self, context: Tensor, candidates: Tensor) -> AttributePairs:
        """How the values of context items [Q] go with those of candidates: [Q, C], or [1, C] where all share them."""
        return AttributePairs(
            self._pmi, self._values[context], self._values[candidates], torch.from_numpy(self._fields), self._field_of
        )

    def count_features(self, a: Tensor, c: Tensor, silent: Tensor | None = None) -> Tensor:
        """What counting says of pairs of items ``a``, ``c``, which are broadcast: [.., COUNT_FEATURES].

        With B = A + A D^-1 A (one- and two-step paths), C = A D^-1 A D^-1 A (three-step paths), E = 2 D D^T / sum(D)
        what B would be were items worn at random, and k outfits of smoothing: log(1 + B/k), log(1 + E/k) and
        log(1 + C/k), whose differences are smoothed PMIs; then log count, cosine and PMI of the counts alone, the
        cosine of partner lists, whether the two were ever worn together, and what their photos' labels say.

        ``silent`` says of a shape like ``a`` what is not told (:mod:`bert4rec.silencing`): counts and paths that are
        silenced are read as 0 and labels as no opinion; how often each of the two is worn stays known.
        """
        counted, label = self._lookup(a, c), self._by_label(a, c)
        if silent is not None:
            known = [heard(silent, kind) for kind in (PairInput.TOGETHER, PairInput.BETWEEN, PairInput.FAR)]
            counted, label = counted * torch.stack(known, -1), label * heard(silent, PairInput.LABELS)
        n, paths, far = counted.unbind(-1)
        da, dc = self._partners[a], self._partners[c]
        expected = da * dc / self._total
        return torch.stack(
            [
                0.3 * torch.log1p((n + paths) / SMOOTHING),
                0.3 * torch.log1p(2 * expected / SMOOTHING),
                0.3 * torch.log1p(far / SMOOTHING),
                torch.log1p(n),
                4 * n / torch.sqrt((da + 1) * (dc + 1)),
                torch.log((n + 1) / (expected + 1)),
                3 * self._cosine(paths, a, c),
                (n > 0).float(),
                label,
            ],
            -1,
        )

    def _cosine(self, paths: Tensor, a: Tensor, c: Tensor) -> Tensor:
        """Cosine of the lists of partners: with S = D^-1/2 A D^-1/2, rows of S; S S^T is ``paths`` over sqrt(D D^T)."""
        return paths / torch.clamp(self._length[a] * self._length[c], min=1e-9)

    def _by_label(self, a: Tensor, c: Tensor) -> Tensor:
        """Log of how much more often the two would be worn together than at random were photos' labels all."""
        return torch.log((self._profiles[a] * self._profiles[c]).sum(-1))

    def alike(self, a: int, c: int) -> float:
        """How alike two items are in what they are worn with, 0 to 1."""
        one, other = torch.tensor([a]), torch.tensor([c])
        return float(self._cosine(self._lookup(one, other)[..., 1], one, other)[0].clamp(0, 1))

    def arrays(self) -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
        """Named arrays for a checkpoint; :meth:`from_arrays` reads them back."""
        counts = self.counts
        out: dict[str, NDArray[np.float32] | NDArray[np.int64]] = {
            "pmi": counts.pmi,
            "degree": counts.degree,
            "profiles": counts.profiles,
        }
        for name, matrix in (("together", counts.together), ("paths", self.paths), ("far", self.far)):
            out[f"{name}.indptr"] = matrix.indptr.astype(np.int64)
            out[f"{name}.indices"] = matrix.indices.astype(np.int64)
            out[f"{name}.data"] = matrix.data.astype(np.float32)
        return out

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.float32]], codes: ItemCodes) -> PairEvidence:
        """Inverse of :meth:`arrays`, for the same items."""
        n = codes.n_items

        def matrix(name: str) -> sp.csr_matrix:
            parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
            return sp.csr_matrix(parts, shape=(n, n))

        counts = Counts(matrix("together"), arrays["degree"], arrays["pmi"], arrays["profiles"])
        return cls(counts, matrix("paths"), matrix("far"), codes)
