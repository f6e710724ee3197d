"""What can be said of pairs with an item that was never worn: by its looks and attributes alone.

Counts know nothing of a new item, and what a network learns about attributes from a few thousand outfits is mostly
which items they belong to. So a new item borrows from worn ones: how alike the two look, whether they share a value,
how often outfits that hold what looks like the one hold what looks like the other, and which directions of the feature
space go together. Every feature is centred within the candidate's category, so that 0 is an average item of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert4rec.evidence import Counts, ItemCodes, indicator

Floats = NDArray[np.float32]
Index = NDArray[np.int64]

NEIGHBOURS = 64
"""Worn items that a new one borrows from, in each view."""

CENTRES = 2048
"""Worn items of a category that can be borrowed from: those in most outfits."""

SHARPNESS, SHARPNESS_OF_POPULARITY = 12.0, 6.0
"""How fast borrowing falls with likeness: exp(sharpness cosine)."""

PRIOR = 0.02
"""Pairs added to observed and expected ones before their ratio is taken."""

SOFTNESS = (0.03, 0.3)
"""Ridge of the two bilinear forms, against features of about unit variance."""

POPULARITY_RIDGE = 50.0
RANK = 96
STORED = ("near", "weight", "reach", "direction", "sign", "single")
LEAST_BITS = 0.1
"""Entropy within categories under which an attribute says nothing that the category does not."""


@dataclass(frozen=True)
class Appearance:
    """All that is known of items without their outfits.

    ``codes``; ``looks``: one array [N, D_k] of rows of length 1 (0 where unknown) for each view; ``features`` [N, D]
    for linear forms: one-hot values and dense features in units of their deviation.
    """

    codes: ItemCodes
    looks: tuple[Floats, ...]
    features: Floats

    @classmethod
    def of(cls, codes: ItemCodes, dense: Floats, views: Sequence[int]) -> Appearance:
        """From dense features [N, sum of views], whose blocks of so many columns are views of their own."""
        blocks = np.split(dense, np.cumsum(views)[:-1], axis=1) if len(views) else []
        looks = tuple(b / np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-6) for b in blocks)
        scaled = 0.3 * dense / np.maximum(dense.std(0), 1e-6)
        values = np.sqrt(0.5) * indicator(codes.values, codes.n_values).toarray()
        return cls(codes, looks, np.concatenate([values, scaled], 1).astype(np.float32))

    def telling(self) -> list[int]:
        """Columns of ``codes.values`` that tell items of one category apart."""
        return [f for f in range(self.codes.n_fields) if self._bits(f) >= LEAST_BITS]

    def _bits(self, field: int) -> float:
        kind, value = self.codes.category, self.codes.values[:, field] + 1
        pairs = np.unique(kind * (self.codes.n_values + 1) + value, return_counts=True)
        share = pairs[1] / np.bincount(kind)[pairs[0] // (self.codes.n_values + 1)]
        return float(-(pairs[1] * np.log2(share)).sum() / len(kind))


@dataclass(frozen=True)
class NewItemEvidence:
    """Tables of one set of outfits for pairs with new items.

    V views, F telling fields, m neighbours: ``near`` [V, N, m] items with ``weight`` [V, N, m], each row's sum 1 or 0;
    ``together`` counts [N, N]; ``reach`` [V, N] partners that an item's neighbours have; ``direction`` [N, S, R] with
    ``sign`` [S, R]: the bilinear forms; ``single`` [N, V + 1]: how popular an item of such looks and values is;
    ``values`` [N, F] with ``usual`` [K, n_values + 1]: share of a category's items that have a value; ``pmi`` table of
    :func:`bert4rec.evidence.value_pmi`; ``looks`` and ``typical``: rows by item and by category, of each view.
    """

    category: Tensor
    near: Tensor
    weight: Tensor
    reach: Tensor
    direction: Tensor
    sign: Tensor
    single: Tensor
    values: Tensor
    usual: Tensor
    pmi: Tensor
    looks: tuple[Tensor, ...]
    typical: tuple[Tensor, ...]
    together: sp.csr_matrix

    @classmethod
    def count(cls, counts: Counts, about: Appearance, rows: Index | None = None) -> NewItemEvidence:
        """Tables over some outfits' ``counts``; what is borrowed is worked out for items ``rows`` (by default all)."""
        codes, together, degree = about.codes, counts.together, counts.degree
        worn = np.flatnonzero(degree)
        rows = np.arange(codes.n_items) if rows is None else rows
        partners = np.asarray(together.sum(1), np.float32).ravel()
        lean = _centred(np.log(np.maximum(degree, 1)), codes.category, worn)  # log-popularity within the category
        near, weight, reach, single = [], [], [], [_popularity(about, worn, lean)]
        for look in about.looks:
            found, likeness = _neighbours(look, codes.category, degree, rows)
            near.append(found)
            weight.append(_kernel(likeness, SHARPNESS))
            reach.append((weight[-1] * partners[found]).sum(1))
            single.append((_kernel(likeness, SHARPNESS_OF_POPULARITY) * lean[found]).sum(1))
        direction, sign = _bilinear(about, worn, together, partners)
        shape = (len(about.looks), codes.n_items)
        return cls(
            near=torch.from_numpy(np.array(near, np.int64).reshape(*shape, NEIGHBOURS)),
            weight=torch.from_numpy(np.array(weight, np.float32).reshape(*shape, NEIGHBOURS)),
            reach=torch.from_numpy(np.array(reach, np.float32).reshape(shape)),
            direction=torch.from_numpy(direction),
            sign=torch.from_numpy(sign),
            single=torch.from_numpy(np.stack(single, 1).astype(np.float32)),
            **_known_anyway(counts, about),
        )

    def arrays(self) -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
        """Named arrays of what cannot be had from the items and their counts; :meth:`from_arrays` reads them back."""
        return {name: getattr(self, name).numpy() for name in STORED}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[np.float32]], counts: Counts, about: Appearance
    ) -> NewItemEvidence:
        """Inverse of :meth:`arrays`, for the same counts and items."""
        stored: dict[str, Any] = {name: torch.from_numpy(arrays[name]) for name in STORED}
        return cls(**stored, **_known_anyway(counts, about))

    @property
    def n_features(self) -> tuple[int, int]:
        """Features of a pair, and of a candidate alone."""
        pair = 2 * len(self.looks) + 2 * self.values.shape[1] + self.sign.shape[0]
        return pair, self.single.shape[1]

    def pairs(self, context: Tensor, candidates: Tensor) -> Tensor:
        """Features [Q, C, E] of context items [Q], each with its own candidates [Q, C]."""
        kind = self.category[candidates]
        here, there = self.values[context][:, None], self.values[candidates]  # [Q, 1, F], [Q, C, F]
        missing = self.usual.shape[1] - 1
        shared = (here == there) & (here != missing)
        usual = self.usual[kind[..., None], here] * (here != missing)
        forms = torch.einsum("qsr,qcsr->qcs", self.direction[context] * self.sign, self.direction[candidates])
        return torch.cat(
            [*self._alike(context, candidates, kind), shared.float() - usual, self.pmi[here, there], forms], -1
        )

    def _alike(self, context: Tensor, candidates: Tensor, kind: Tensor) -> list[Tensor]:
        """Cosines, and log-ratios of borrowed counts: two [Q, C, 1] a view."""
        rows, inverse = torch.unique(context, return_inverse=True)
        out = []
        for view, (look, typical) in enumerate(zip(self.looks, self.typical, strict=True)):
            cosine = torch.einsum("qd,qcd->qc", look[context], look[candidates] - typical[kind])
            onward = torch.from_numpy((self._borrowing(view, rows) @ self.together).toarray())  # [rows, N]
            met = onward[inverse[:, None, None], self.near[view][candidates]]  # [Q, C, m]
            observed = (met * self.weight[view][candidates]).sum(-1)
            reach = self.reach[view]
            expected = reach[context][:, None] * reach[candidates] / self._total
            out += [cosine[..., None], torch.log((observed + PRIOR) / (expected + PRIOR))[..., None]]
        return out

    def _borrowing(self, view: int, rows: Tensor) -> sp.csr_matrix:
        """Weights of worn items for items ``rows`` [rows, N]."""
        near, weight = self.near[view][rows].numpy(), self.weight[view][rows].numpy()
        indptr = np.arange(len(rows) + 1) * near.shape[1]
        return sp.csr_matrix((weight.ravel(), near.ravel(), indptr), shape=(len(rows), len(self.category)))

    def alone(self, candidates: Tensor) -> Tensor:
        """Features [.., U] of candidates [..] by themselves."""
        return self.single[candidates]

    @property
    def _total(self) -> float:
        return max(float(self.together.data.sum()), 1.0)


def _known_anyway(counts: Counts, about: Appearance) -> dict[str, Any]:
    """The tables that follow from items and counts alone."""
    codes = about.codes
    known = np.where(codes.values < 0, codes.n_values, codes.values)[:, about.telling()]
    usual = _by_category(indicator(known, codes.n_values + 1), codes.category, codes.n_categories)
    typical = [_by_category(look, codes.category, codes.n_categories) for look in about.looks]
    return {
        "category": torch.from_numpy(codes.category),
        "values": torch.from_numpy(known),
        "usual": torch.from_numpy(usual),
        "pmi": torch.from_numpy(np.pad(counts.pmi, ((0, 1), (0, 1)))),
        "looks": tuple(torch.from_numpy(look) for look in about.looks),
        "typical": tuple(torch.from_numpy(t) for t in typical),
        "together": counts.together,
    }


def _neighbours(look: Floats, category: Index, degree: Floats, rows: Index) -> tuple[Index, Floats]:
    """For each item the worn ones of its category that look most like it, itself left out: [N, m] items and cosines.

    Places that are not filled, and items that are not in ``rows``, have a cosine of -inf.
    """
    near = np.zeros((len(look), NEIGHBOURS), np.int64)
    cosine = np.full((len(look), NEIGHBOURS), -np.inf, np.float32)
    for kind in np.unique(category[rows]):
        members = rows[category[rows] == kind]
        centres = np.flatnonzero((category == kind) & (degree > 0))
        centres = centres[np.argsort(-degree[centres], kind="stable")[:CENTRES]]
        if not len(centres):
            continue
        for part in np.array_split(members, 1 + len(members) // 4096):
            alike = look[part] @ look[centres].T
            alike[part[:, None] == centres] = -np.inf
            best = np.argsort(-alike, axis=1, kind="stable")[:, :NEIGHBOURS]
            near[part, : best.shape[1]] = centres[best]
            cosine[part, : best.shape[1]] = np.take_along_axis(alike, best, 1)
    return near, cosine


def _kernel(cosine: Floats, sharpness: float) -> Floats:
    """Weights [N, m] that fall with distance and sum to 1 (to 0 where there is no neighbour)."""
    nearest = np.maximum(cosine.max(1, keepdims=True), -1)
    weight = np.exp(sharpness * (cosine - nearest))
    return np.asarray(weight / np.maximum(weight.sum(1, keepdims=True), 1), np.float32)


def _bilinear(about: Appearance, worn: Index, together: sp.csr_matrix, partners: Floats) -> tuple[Floats, Floats]:
    """Which directions of the features are worn together: x' B y with B = (C + l)^-1 M (C + l)^-1, low-rank.

    With features x centred within categories, C is their covariance over the ends of all pairs worn together and M
    their cross-covariance over these pairs. Returns items in the leading directions [N, S, R] and signs [S, R].
    """
    x = about.features[worn]
    ends = partners[worn] / max(float(partners.sum()), 1.0)
    category = about.codes.category
    centre = _by_category(x, category[worn], about.codes.n_categories, ends)
    x = x - centre[category[worn]]
    covariance = x.T @ (x * ends[:, None])
    crossed = x.T @ np.asarray(together[worn][:, worn] @ x) / max(float(partners.sum()), 1.0)
    everyone = about.features - centre[category]
    rank = min(RANK, x.shape[1])
    found, signs = [], []
    for softness in SOFTNESS:
        inverse = np.linalg.inv(covariance + softness * np.eye(len(covariance)))
        values, vectors = np.linalg.eigh(inverse @ crossed @ inverse)
        leading = np.argsort(-np.abs(values), kind="stable")[:rank]
        found.append(everyone @ (vectors[:, leading] * np.sqrt(np.abs(values[leading]))))
        signs.append(np.sign(values[leading]))
    return np.stack(found, 1).astype(np.float32), np.stack(signs).astype(np.float32)


def _popularity(about: Appearance, worn: Index, lean: Floats) -> Floats:
    """Ridge regression of log-popularity within the category on the features: the prediction for every item [N]."""
    category = about.codes.category
    centre = _by_category(about.features[worn], category[worn], about.codes.n_categories)
    x = about.features - centre[category]
    known = x[worn]
    slope = np.linalg.solve(known.T @ known + POPULARITY_RIDGE * np.eye(x.shape[1]), known.T @ lean[worn])
    return np.asarray(x @ slope, np.float32)


def _centred(values: Floats, category: Index, worn: Index) -> Floats:
    """Values [N] less the mean over the worn items of the category; 0 for items that were not worn."""
    count = np.maximum(np.bincount(category[worn], minlength=category.max() + 1), 1)
    mean = np.bincount(category[worn], values[worn], minlength=category.max() + 1) / count
    out = np.zeros(len(values), np.float32)
    out[worn] = values[worn] - mean[category[worn]]
    return out


def _by_category(
    rows: Floats | sp.csr_matrix, category: Index, n_categories: int, weight: Floats | None = None
) -> Floats:
    """Weighted mean of rows [n, D] by category: [n_categories, D], 0 for those without items."""
    weight = np.ones(rows.shape[0], np.float32) if weight is None else weight
    shape = (n_categories, rows.shape[0])
    share = sp.csr_matrix((weight, (category, np.arange(rows.shape[0]))), shape=shape)
    total = np.maximum(np.asarray(share.sum(1)), 1e-9)
    summed = share @ rows
    return np.asarray((summed.toarray() if sp.issparse(summed) else summed) / total, np.float32)
