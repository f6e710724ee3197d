"""What is known of items without their outfits: attributes and looks, as linear models read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from bert4rec.cooccurrence import indicator
from bert4rec.item_codes import ItemCodes

Floats = NDArray[np.float32]
Index = NDArray[np.int64]

MOST_VALUES = 2000
"""Attribute values that linear forms read: those of most items."""

VALUE_SCALE, LOOK_SCALE = math.sqrt(0.5), 0.3
"""What one differing value, and one deviation of a dense feature, weigh against the ridge of a linear form."""

LEAST_BITS = 0.1
"""Entropy within categories under which an attribute says nothing that the category does not."""


@dataclass(frozen=True)
class Appearance:
    """Attributes and looks of N items.

    ``codes``; ``looks``: one array [N, D_k] of rows of length 1 for each view, 0 where the item was not seen; ``dense``
    [N, sum D_k] the same before it was brought to length 1.
    """

    codes: ItemCodes
    looks: tuple[Floats, ...]
    dense: Floats

    @classmethod
    def of(cls, codes: ItemCodes, dense: Floats, views: Sequence[int]) -> Appearance:
        """From dense features [N, sum of views], whose blocks of so many columns are views of their own."""
        blocks = np.split(dense, np.cumsum(views)[:-1], axis=1) if len(views) else []
        looks = tuple(b / np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1e-6) for b in blocks)
        return cls(codes, looks, dense)

    def telling(self) -> list[int]:
        """Fields that tell items of one category apart, by number."""
        return [int(f) for f in np.unique(self.codes.fields) if self._bits(int(f)) >= LEAST_BITS]

    def _bits(self, field: int) -> float:
        """Entropy of a field's values within categories, in bits."""
        cells = np.unique(self.codes.values[:, self.codes.fields == field], axis=0, return_inverse=True)[1].ravel()
        kind = self.codes.category
        pair, count = np.unique(kind * (cells.max(initial=0) + 1) + cells, return_counts=True)
        share = count / np.bincount(kind)[pair // (cells.max(initial=0) + 1)]
        return float(-(count * np.log2(share)).sum() / max(len(kind), 1))

    @cached_property
    def _values(self) -> sp.csr_matrix:
        """The commonest values [N, at most MOST_VALUES] of 0 and VALUE_SCALE."""
        has = indicator(self.codes.values, self.codes.n_values)
        common = np.sort(np.argsort(-np.asarray(has.sum(0)).ravel(), kind="stable")[:MOST_VALUES])
        return sp.csr_matrix(VALUE_SCALE * has[:, common], dtype=np.float32)

    @cached_property
    def _scale(self) -> Floats:
        return np.asarray(LOOK_SCALE / np.maximum(self.dense.std(0), 1e-6), np.float32)

    def features(self, rows: Index) -> Floats:
        """Inputs of linear forms for items ``rows`` [n, D]: values, then dense features; see :meth:`centred`."""
        return np.concatenate([self._values[rows].toarray(), self.dense[rows] * self._scale], 1)

    def centres(self, rows: Index, weight: Floats) -> Floats:
        """Mean features of each category over items ``rows`` [n] with ``weight`` [n]: [n_categories, D].

        A view's mean is over the items that were seen in it.
        """
        inputs, category = self.features(rows), self.codes.category[rows]
        return np.concatenate(
            [
                by_category(inputs[:, block], category, self.codes.n_categories, weight * known[rows])
                for block, known in self._blocks()
            ],
            1,
        )

    def centred(self, rows: Index, centres: Floats) -> Floats:
        """Features [n, D] of items ``rows`` less their category's; 0 where an item was not seen."""
        inputs = self.features(rows) - centres[self.codes.category[rows]]
        for block, known in self._blocks():
            inputs[:, block] *= known[rows, None]
        return inputs

    def _blocks(self) -> list[tuple[slice, Floats]]:
        """Columns of the features by what must be seen to know them, and who was: [N] of 0 and 1."""
        start = self._values.shape[1]
        blocks = [(slice(0, start), np.ones(self.codes.n_items, np.float32))]
        for look in self.looks:
            blocks.append((slice(start, start + look.shape[1]), seen(look).astype(np.float32)))
            start += look.shape[1]
        return blocks


def seen(look: Floats) -> NDArray[np.bool_]:
    """Which items [N] a view [N, D] knows."""
    return np.asarray(look.any(axis=1), np.bool_)


def by_category(
    rows: Floats | sp.csr_matrix, category: Index, n_categories: int, weight: Floats | None = None
) -> Floats:
    """Weighted mean of rows [n, D] by category: [n_categories, D], 0 for those without items."""
    weight = np.ones(rows.shape[0], np.float32) if weight is None else weight
    places = (category, np.arange(rows.shape[0]))
    share = sp.csr_matrix((weight, places), shape=(n_categories, rows.shape[0]))
    summed = share @ rows
    total = np.maximum(np.asarray(share.sum(1)), 1e-9)
    return np.asarray((summed.toarray() if sp.issparse(summed) else summed) / total, np.float32)
