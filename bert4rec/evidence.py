"""What was counted about pairs of items: the direct evidence beside the learned representation.

A transformer trained on a few thousand outfits does not learn what counting gives at once. So the counts are inputs:
how often two items were worn together (first order), how alike their partners are (second order), and how the values
of their attributes go together. Tables about a training outfit are counted without it (cross-fitting by fold), or the
model would read the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.attribute_pairs import AttributePairs
from bert4rec.cooccurrence import Counts, incidence, second_order, third_order, with_missing
from bert4rec.item_codes import ItemCodes
from bert4rec.silencing import PairInput, heard

if TYPE_CHECKING:
    from bert4rec.new_item_score import NewItemScore
from bert4rec.recurrence import least_counted

COUNT_FEATURES = 9
"""Pair features that come from counting items; see :meth:`PairEvidence.count_features`."""

PER_ROW = 64
"""Pairs of each row above which the row's entries are cut out before they are searched."""

SMOOTHING = 0.003
"""Outfits after which a path is believed (k of :meth:`PairEvidence.count_features`)."""

INFORMATION, EXPECTATION, FAR = 0, 1, 2
"""Positions of the features whose weighted difference is a smoothed PMI: over one and two steps, and over three."""


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
        keys, values = self._of_rows(rows) if PER_ROW * rows.numel() < wanted.numel() else (self.keys, self.values)
        at = torch.searchsorted(keys, wanted)
        place = torch.where(keys[at] == wanted, at, len(keys) - 1)
        return values.index_select(0, place.view(-1)).view(*place.shape, values.shape[1])

    def _of_rows(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The entries of some rows, and the last one: so few that searching them stays in the cache."""
        rows = torch.unique(rows)
        first, last = torch.searchsorted(self.keys, torch.stack([rows, rows + 1]) * self.n_items).tolist()
        cuts = [slice(a, b) for a, b in zip([*first, len(self.keys) - 1], [*last, len(self.keys)], strict=True)]
        return torch.cat([self.keys[cut] for cut in cuts]), torch.cat([self.values[cut] for cut in cuts])


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
    least
        Outfits that an item must be in for counts to say something of it; by default what
        :func:`bert4rec.recurrence.least_counted` says of these outfits.

    Attributes
    ----------
    new
        Items [N] that counts say nothing of: those in fewer than ``least`` outfits.
    new_items
        What is said of pairs with items that were never worn; None where nothing is.
    """

    def __init__(
        self, counts: Counts, paths: sp.csr_matrix, far: sp.csr_matrix, codes: ItemCodes, least: int | None = None
    ) -> None:
        together, degree = counts.together, counts.degree
        self.counts, self.paths, self.far = counts, paths, far
        self.new_items: NewItemScore | None = None
        self.degree = torch.from_numpy(degree)
        self.new = torch.from_numpy(degree < (least_counted(degree) if least is None else least))
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
        self._pmi = torch.from_numpy(counts.pmi)
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
        least: int | None = None,
    ) -> PairEvidence:
        """Count the tables over outfits; ``shrink`` and ``keep`` as in :func:`value_pmi`, :func:`second_order`,
        ``labels`` of the outfits' photos [O, K] as in :func:`bert4rec.labels.label_profiles`, ``least`` as above."""
        counts = Counts.of(outfits, codes, shrink, labels)
        paths = second_order(counts.together, keep)
        far = third_order(counts.together, paths, keep)
        return cls(counts, paths, far, codes, least)

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
        features = [
            0.3 * torch.log(1 + (n + paths) / SMOOTHING),  # torch.log1p takes eight times as long
            0.3 * torch.log(1 + 2 * expected / SMOOTHING),
            0.3 * torch.log(1 + far / SMOOTHING),
            torch.log(1 + n),
            4 * n / torch.sqrt((da + 1) * (dc + 1)),
            torch.log((n + 1) / (expected + 1)),
            3 * self._cosine(paths, a, c),
            (n > 0).float(),
            label,
        ]
        return torch.stack(features).movedim(0, -1).contiguous()  # thrice as fast as to stack them last

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
            "pmi": counts.pmi[:-1, :-1],
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

        counts = Counts(matrix("together"), arrays["degree"], with_missing(arrays["pmi"]), arrays["profiles"])
        return cls(counts, matrix("paths"), matrix("far"), codes)
