"""Shared course of baselines that judge items two by two: a context's profile against each candidate's features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from evaluation.baselines.index import UNKNOWN, ItemIndex
from evaluation.scorer import Ids, Scores

BATCH = 256
"""Contexts whose profiles are held at once."""


class PairScorer(ABC):
    """Mean affinity between a candidate and the items of the context.

    Subclasses say two things about known items, by position: the affinities of a whole context with every item
    (``_profiles``) and the affinity of given pairs (``_affinity``), which must agree. A pair with an unknown item has
    affinity 0, so an unknown candidate scores like one that nothing is known for or against.
    """

    name: str
    _index: ItemIndex

    @abstractmethod
    def _profiles(self, contexts: csr_array) -> Scores:
        """Sum of affinities of each context's items with every item, [contexts, items]."""

    @abstractmethod
    def _affinity(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> Scores:
        """Affinity of the pairs left[p], right[p]: [pairs]; symmetric."""

    def score(self, context: Ids, candidates: Ids) -> Scores:
        """Mean affinity of each candidate with the context, [len(candidates)]."""
        return self.score_many([context], [candidates])[0]

    def score_many(self, contexts: Sequence[Ids], candidates: Sequence[Ids]) -> list[Scores]:
        """What ``score`` gives, many contexts at a time."""
        answers: list[Scores] = []
        for start in range(0, len(contexts), BATCH):
            batch = contexts[start : start + BATCH]
            profiles = self._profiles(self._index.incidence(batch))
            for context, profile, wanted in zip(batch, profiles, candidates[start : start + BATCH], strict=True):
                at = self._index.encode(wanted)
                answers.append(np.where(at == UNKNOWN, 0.0, profile[at]) / max(1, len(set(context))))
        return answers

    def score_outfits(self, outfits: Sequence[Ids]) -> Scores:
        """Mean affinity over the pairs of each outfit; 0 for one without pairs."""
        positions = [self._index.encode(o) for o in outfits]
        corners = [np.triu_indices(len(p), k=1) for p in positions]
        sizes = np.array([len(c[0]) for c in corners], np.int64)
        if sizes.sum() == 0:
            return np.zeros(len(outfits))
        owner = np.repeat(np.arange(len(outfits)), sizes)
        left = np.concatenate([p[c[0]] for p, c in zip(positions, corners, strict=True)])
        right = np.concatenate([p[c[1]] for p, c in zip(positions, corners, strict=True)])
        known = (left != UNKNOWN) & (right != UNKNOWN)
        total = np.bincount(owner[known], self._affinity(left[known], right[known]), minlength=len(outfits))
        return np.asarray(total / np.maximum(1, sizes), np.float64)
