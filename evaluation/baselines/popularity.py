"""Rank by how often an item was used, whatever it is put with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.baselines.index import ItemIndex
from evaluation.scorer import Ids, Scores


class Popularity:
    """Number of training outfits that hold the item, as log(1 + count); 0 for an item that none holds.

    An outfit's score is the mean over its items.
    """

    name = "popularity"

    def __init__(self, index: ItemIndex, counts: Scores) -> None:
        self._index = index
        self._value = np.append(np.log1p(counts), 0.0)  # last place: unknown items

    @classmethod
    def fit(cls, outfits: Sequence[Ids]) -> Popularity:
        """Count the items of training outfits."""
        index = ItemIndex(i for outfit in outfits for i in outfit)
        return cls(index, np.asarray(index.incidence(outfits).sum(axis=0), np.float64))

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """log(1 + count) of each candidate; the context says nothing here."""
        return self._value[self._index.encode(candidates)]

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """Mean over items; 0 for an outfit without any."""
        return np.array([self._value[self._index.encode(o)].mean() if len(o) else 0.0 for o in outfits])
