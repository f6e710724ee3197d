"""Shared course of the baselines that judge items two by two."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.baselines.index import UNKNOWN, ItemIndex
from evaluation.scorer import Ids, Scores

Positions = NDArray[np.int64]

FEW = 16
"""Up to so many candidates, the pairs of many questions are judged in one call."""

PAIRS = 20_000
"""Pairs judged at once."""


class PairScorer(ABC):
    """A candidate's mean affinity with the items of the context; an outfit's mean affinity over its pairs.

    Subclasses give the affinity of known items by position, once for given pairs (``_pairs``) and once for all of some
    items with all of others (``_block``); both say the same. A pair with an unknown item has affinity 0, so affinities
    are to be built such that 0 means "nothing is known for or against".
    """

    name: str
    _index: ItemIndex

    @abstractmethod
    def _pairs(self, left: Positions, right: Positions) -> Scores:
        """Affinity of left[p] with right[p]: [pairs]."""

    @abstractmethod
    def _block(self, left: Positions, right: Positions) -> Scores:
        """Affinity of every left with every right item: [left, right]."""

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """Mean affinity of each candidate with the context, [len(candidates)]; 0 where the context is empty."""
        return self.score_many([context], [candidates])[0]

    def score_many(self, contexts: Sequence[Ids], candidates: Sequence[Ids]) -> list[Scores]:
        """What ``score`` gives, for many contexts."""
        if all(len(c) <= FEW for c in candidates):
            return self._score_few(contexts, candidates)
        return [self._score_pool(c, k) for c, k in zip(contexts, candidates, strict=True)]

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """Mean affinity over the pairs of each outfit, [len(outfits)]; 0 for one without pairs."""
        positions = [self._index.encode(o) for o in outfits]
        corners = [np.triu_indices(len(p), k=1) for p in positions]
        left = [p[c[0]] for p, c in zip(positions, corners, strict=True)]
        right = [p[c[1]] for p, c in zip(positions, corners, strict=True)]
        return self._means(left, right)

    def _score_pool(self, context: Ids, candidates: Ids) -> Scores:
        left, right = self._index.encode(context), self._index.encode(candidates)
        scores = np.zeros(len(right))
        known = np.flatnonzero(right != UNKNOWN)
        inside = left[left != UNKNOWN]
        if len(inside) and len(known):
            scores[known] = self._block(inside, right[known]).sum(axis=0) / len(left)
        return scores

    def _score_few(self, contexts: Sequence[Ids], candidates: Sequence[Ids]) -> list[Scores]:
        left, right = [], []
        for context, wanted in zip(contexts, candidates, strict=True):
            inside, given = self._index.encode(context), self._index.encode(wanted)
            left += [inside] * len(given)
            right += [np.full(len(inside), g) for g in given]
        means = self._means(left, right)
        return np.split(means, np.cumsum([len(c) for c in candidates])[:-1]) if len(candidates) else []

    def _means(self, left: Sequence[Positions], right: Sequence[Positions]) -> Scores:
        """Mean affinity of each list of pairs, [lists]."""
        sizes = np.array([len(pairs) for pairs in left], np.int64)
        if sizes.sum() == 0:
            return np.zeros(len(sizes))
        owner = np.repeat(np.arange(len(sizes)), sizes)
        first, second = np.concatenate(left), np.concatenate(right)
        known = np.flatnonzero((first != UNKNOWN) & (second != UNKNOWN))
        values = [self._pairs(first[part], second[part]) for part in _parts(known)]
        total = np.bincount(owner[known], np.concatenate([np.zeros(0), *values]), minlength=len(sizes))
        return np.asarray(total / np.maximum(1, sizes), np.float64)


def _parts(positions: Positions) -> list[Positions]:
    return [positions[i : i + PAIRS] for i in range(0, len(positions), PAIRS)]
