"""What can be said of pairs with an item that was never worn: by its looks and attributes alone.

Counts know nothing of a new item, and what a network learns about attributes from a few thousand outfits is mostly
which items they belong to. So a new item borrows from worn ones: how alike the two look, whether they share a value,
how often outfits that hold what looks like the one hold what looks like the other, and which directions of the feature
space go together. Every feature is centred within the candidate's category, so that 0 is an average item of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bert4rec.appearance import Appearance, Index, by_category, seen
from bert4rec.borrowing import NEIGHBOURS, bilinear, kernel, lean, neighbours, popularity
from bert4rec.cooccurrence import Counts, indicator
from bert4rec.silencing import PairInput, heard, silenced_value

SHARPNESS, SHARPNESS_OF_POPULARITY = 8.0, 6.0
"""How fast borrowing falls with likeness: exp(sharpness cosine)."""

PRIOR = 0.02
"""Pairs added to observed and expected ones before their ratio is taken."""

BLOCK = 256
"""Context items that are worked on at once."""

MOST_CELLS = 16_000_000
"""Most cells of the table of context items by catalogue that is held at once."""

STORED = ("near", "weight", "reach", "direction", "sign", "single", "telling")


@dataclass(frozen=True, slots=True)
class Offered:
    """What :class:`NewItemEvidence` holds of candidates [Q, C], or [1, C] that all context items share, looked up once.

    ``kind`` [.., C] their category; ``looks`` [.., C, D] of each view, less the category's typical one; ``near`` and
    ``weight`` [.., C, m] and ``reach`` [.., C] of each view; ``values`` [.., C, F]; ``direction`` [.., C, S, R].
    """

    kind: Tensor
    looks: tuple[Tensor, ...]
    near: tuple[Tensor, ...]
    weight: tuple[Tensor, ...]
    reach: tuple[Tensor, ...]
    values: Tensor
    direction: Tensor


@dataclass(frozen=True)
class NewItemEvidence:
    """Tables of one set of outfits for pairs with new items.

    V views, m neighbours, S bilinear forms of rank R, K categories, U values: ``near`` [V, N, m] int32 items with
    ``weight`` [V, N, m], each row's sum 1 or 0; ``reach`` [V, N] partners that an item's neighbours have; ``direction``
    [N, S, R] with ``sign`` [S, R]; ``single`` [N, V + 1]: how popular an item of such looks and values is;
    ``telling``: the fields whose values are read, from ``values`` [N, F] (U where missing) with ``fields`` [F];
    ``usual`` [K, U + 1]: share of a category's items that have a value; ``pmi`` of
    :func:`bert4rec.cooccurrence.value_pmi`; ``looks`` and ``typical``: rows by item and by category, of each view,
    which has ``seen`` [N] some items; ``together`` counts [N, N]; ``partners`` [N], its row sums.
    """

    near: Tensor
    weight: Tensor
    reach: Tensor
    direction: Tensor
    sign: Tensor
    single: Tensor
    telling: Tensor
    category: Tensor
    values: Tensor
    fields: Tensor
    usual: Tensor
    pmi: Tensor
    looks: tuple[Tensor, ...]
    seen: tuple[Tensor, ...]
    typical: tuple[Tensor, ...]
    together: sp.csr_matrix
    partners: Tensor

    @classmethod
    def count(cls, counts: Counts, about: Appearance, rows: Index | None = None) -> NewItemEvidence:
        """Tables over some outfits' ``counts``; what is borrowed is worked out for items ``rows`` (by default all)."""
        codes, degree = about.codes, counts.degree
        rows = np.arange(codes.n_items) if rows is None else rows
        views, n = len(about.looks), codes.n_items
        partners = np.asarray(counts.together.sum(1), np.float32).ravel()
        leaning = lean(degree, codes.category)
        near = np.zeros((views, n, NEIGHBOURS), np.int32)
        weight = np.zeros((views, n, NEIGHBOURS), np.float32)
        reach, single = np.zeros((views, n), np.float32), np.zeros((n, views + 1), np.float32)
        for v, look in enumerate(about.looks):
            found, cosine = neighbours(look, codes.category, degree, rows)
            near[v], weight[v] = found, kernel(cosine, SHARPNESS)
            reach[v] = (weight[v] * partners[found]).sum(1)
            single[:, v] = (kernel(cosine, SHARPNESS_OF_POPULARITY) * leaning[found]).sum(1)
        single[:, -1] = popularity(about, degree, rows)
        direction, sign = bilinear(about, counts.together, degree, rows)
        arrays = (near, weight, reach, direction, sign, single, np.array(about.telling(), np.int64))
        return cls.from_arrays(dict(zip(STORED, arrays, strict=True)), counts, about)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], counts: Counts, about: Appearance) -> NewItemEvidence:
        """Inverse of :meth:`arrays`, for the same counts and items."""
        codes = about.codes
        known = np.where(codes.values < 0, codes.n_values, codes.values)
        usual = by_category(indicator(known, codes.n_values + 1), codes.category, codes.n_categories)
        usual[:, -1] = 0
        kinds = codes.n_categories
        stored: dict[str, Any] = {name: torch.from_numpy(arrays[name]) for name in STORED}
        return cls(
            **stored,
            category=torch.from_numpy(codes.category),
            values=torch.from_numpy(known),
            fields=torch.from_numpy(codes.fields),
            usual=torch.from_numpy(usual),
            pmi=torch.from_numpy(np.ascontiguousarray(counts.pmi)),
            looks=tuple(torch.from_numpy(look) for look in about.looks),
            seen=tuple(torch.from_numpy(seen(look)) for look in about.looks),
            typical=tuple(
                torch.from_numpy(by_category(look, codes.category, kinds, seen(look).astype(np.float32)))
                for look in about.looks
            ),
            together=counts.together,
            partners=torch.from_numpy(np.asarray(counts.together.sum(1), np.float32).ravel()),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Named arrays of what does not follow from the items and their counts at once."""
        return {name: getattr(self, name).numpy() for name in STORED}

    @property
    def n_features(self) -> int:
        """Features of a pair: likeness and borrowed counts of each view, two of each telling field, bilinear forms."""
        return 2 * len(self.looks) + 2 * len(self.telling) + len(self.sign)

    @property
    def n_alone(self) -> int:
        """Features of a candidate alone."""
        return int(self.single.shape[1])

    def offered(self, candidates: Tensor) -> Offered:
        """What there is of ``candidates`` [.., C] whatever the context."""
        kind = self.category[candidates]
        views = range(len(self.looks))
        there = [_rows(look, candidates) for look in self.looks]
        typical = [_rows(rows, kind) for rows in self.typical]
        known = [self.seen[v][candidates][..., None] for v in views]
        return Offered(
            kind,
            tuple((look - usual) * seen for look, usual, seen in zip(there, typical, known, strict=True)),
            tuple(_rows(self.near[v], candidates) for v in views),
            tuple(_rows(self.weight[v], candidates) for v in views),
            tuple(self.reach[v][candidates] for v in views),
            _rows(self.values, candidates),
            _rows(self.direction, candidates),
        )

    def pairs(self, context: Tensor, candidates: Tensor | Offered) -> Tensor:
        """Features [Q, C, n_features] of context items [Q], each with its own candidates [Q, C], or all with [1, C].

        In this order: likeness and borrowed counts of each view in turn, whether a value is shared of each telling
        field, the mean PMI of its values, the bilinear forms. Candidates that all share may be :class:`Offered`.
        """
        if not len(context):
            width = (candidates if isinstance(candidates, Tensor) else candidates.kind).shape[1]
            return torch.zeros(0, width, self.n_features)
        size = max(1, min(BLOCK, MOST_CELLS // len(self.category)))
        blocks = torch.split(context, size)
        if isinstance(candidates, Tensor) and len(candidates) > 1:
            offered = [self.offered(part) for part in torch.split(candidates, size)]
        else:
            offered = [self.offered(candidates) if isinstance(candidates, Tensor) else candidates] * len(blocks)
        parts = [
            torch.cat([*self._looks(c, k), *self._attributes(c, k), self._forms(c, k)], -1)
            for c, k in zip(blocks, offered, strict=True)
        ]
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def told(self, silent: Tensor) -> Tensor:
        """Which features [Q, n_features] of :meth:`pairs` are read where ``silent`` [Q, 1] says what is not.

        With a shared value all that its field says is silenced. The bilinear forms read attributes and looks as one,
        and stay.
        """
        looks, values = heard(silent, PairInput.LOOKS), heard(silent, PairInput.ATTRIBUTES)
        values = values & (self._field_of[silenced_value(silent)] != self.telling)  # [Q, T]
        forms = torch.ones_like(looks).expand(-1, len(self.sign))
        return torch.cat([looks.expand(-1, 2 * len(self.looks)), values, values, forms], -1)

    def alone(self, candidates: Tensor) -> Tensor:
        """Features [.., n_alone] of candidates [..] by themselves."""
        return _rows(self.single, candidates)

    def _looks(self, context: Tensor, offered: Offered) -> Iterator[Tensor]:
        """Of each view the cosine, then the log-ratio of borrowed and expected counts: [Q, C, 1] each."""
        rows, inverse = torch.unique(context, return_inverse=True)
        each_itself = bool((self.partners[rows] > 0).all())
        counts = torch.zeros(0)
        for v, look in enumerate(self.looks):
            here, there = look[context], offered.looks[v]
            yield (here @ there[0].T if len(there) == 1 else torch.einsum("qd,qcd->qc", here, there))[..., None]
            counts = counts if v and each_itself else self._worn_beside(v, rows)
            met = self._met(counts, offered.near[v], offered.weight[v], inverse)
            expected = self._reach(v, context)[:, None] * offered.reach[v] / self._pairs_worn
            yield torch.log((met + PRIOR) / (expected + PRIOR))[..., None]

    @cached_property
    def _pairs_worn(self) -> float:
        return max(float(self.partners.sum()), 1.0)

    def _worn_beside(self, view: int, rows: Tensor) -> Tensor:
        """How often each item was worn beside what items ``rows`` [R] stand for: [N, R], contiguous."""
        worn = self.partners[rows].numpy() > 0
        beside = self.together[rows.numpy()] if worn.all() else self._borrowing(view, rows) @ self.together
        out = np.zeros((beside.shape[1], beside.shape[0]), np.float32)
        out[beside.indices, np.repeat(np.arange(len(rows)), np.diff(beside.indptr))] = beside.data
        return torch.from_numpy(out)

    @staticmethod
    def _met(counts: Tensor, near: Tensor, weight: Tensor, inverse: Tensor) -> Tensor:
        """Pairs [Q, C] worn together of what the context items stand for, by ``counts`` [N, R][:, inverse], and of what
        the candidates do: ``near`` [.., C, m] by ``weight``."""
        if len(near) == 1:
            return functional.embedding_bag(near[0], counts, per_sample_weights=weight[0], mode="sum").T[inverse]
        place = near * counts.shape[1] + inverse[:, None, None]
        return (_rows(counts.view(-1), place) * weight).sum(-1)

    def _borrowing(self, view: int, rows: Tensor) -> sp.csr_matrix:
        """Weights [rows, N] with which items ``rows`` stand for worn ones: a worn item for itself."""
        near, weight = self.near[view][rows].numpy(), self.weight[view][rows].numpy().copy()
        worn = self.partners[rows].numpy() > 0
        near = np.where(worn[:, None], rows.numpy()[:, None], near)
        weight[worn] = np.eye(1, near.shape[1], dtype=np.float32)
        indptr = np.arange(len(rows) + 1) * near.shape[1]
        return sp.csr_matrix((weight.ravel(), near.ravel(), indptr), shape=(len(rows), len(self.category)))

    def _reach(self, view: int, context: Tensor) -> Tensor:
        """Partners [Q] of what the context items stand for."""
        own = self.partners[context]
        return torch.where(own > 0, own, self.reach[view][context])

    @cached_property
    def _columns(self) -> tuple[Tensor, Tensor, Tensor]:
        """All pairs of columns of the same telling field, P in all: one column [P], the other [P], and their field's
        place among the telling ones as a matrix of 0 and 1 [P, T]."""
        pairs = [
            (a, b, place)
            for place, field in enumerate(self.telling.tolist())
            for a, b in itertools.product(torch.nonzero(self.fields == field).ravel().tolist(), repeat=2)
        ]
        one, other, place = torch.tensor(pairs, dtype=torch.long).reshape(-1, 3).unbind(1)
        return one, other, (place[:, None] == torch.arange(len(self.telling))).float()

    @cached_property
    def _field_of(self) -> Tensor:
        """The field of each value [U + 1], -1 for the missing one, which stands last."""
        out = torch.full((len(self.pmi),), -1)
        out[self.values] = self.fields.expand_as(self.values)
        out[-1] = -1
        return out

    def _attributes(self, context: Tensor, offered: Offered) -> Iterator[Tensor]:
        """Whether a value is shared, then the mean PMI of values: [Q, C, T] each, for the T telling fields."""
        one, other, field = self._columns
        missing = self.pmi.shape[0] - 1
        here, there = self.values[context][:, None, one], offered.values[..., other]  # [Q, C, P]
        shared = (torch.where(here == missing, -1, here) == there).float()
        table = _rows(self.pmi.view(-1), here * (missing + 1) + there)  # 0 where one is missing
        if len(one) > len(self.telling):  # a field with several values
            shared = (shared @ field).clamp(max=1)
            table = table @ field / (((here != missing) & (there != missing)).float() @ field).clamp(min=1)
        yield shared - self._usual(context)[torch.arange(len(context))[:, None], offered.kind]
        yield table

    def _usual(self, context: Tensor) -> Tensor:
        """Share of each category's items with one of the context items' values, by telling field: [Q, K, T]."""
        mine = self.usual[:, self.values[context]]  # [K, Q, F]
        member = (self.fields[:, None] == self.telling).float()  # [F, T]
        return (mine @ member).clamp(max=1).transpose(0, 1)

    def _forms(self, context: Tensor, offered: Offered) -> Tensor:
        """Values of the bilinear forms [Q, C, S]."""
        return torch.einsum("qsr,qcsr->qcs", self.direction[context] * self.sign, offered.direction)


def _rows(table: Tensor, index: Tensor) -> Tensor:
    """``table[index]`` [.., *]; of contiguous rows at once, which is several times faster."""
    return table.index_select(0, index.reshape(-1)).view(*index.shape, *table.shape[1:])
