"""Candidate generation: from the whole catalogue to the few hundred items of a slot that are worth scoring."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from bert4rec.scorer import OutfitScorer
from recsys.engine.index import SlotIndex

SEARCHED = 200
PARTNERS = 150
POPULAR = 40

Index = NDArray[np.int64]


class CandidateGenerator:
    """Three sources, joined: what the transformer expects (vector search), what the context was worn with (counts),
    and what sells anyway. None of them alone finds both the proven partner and the new item."""

    def __init__(self, scorer: OutfitScorer, index: SlotIndex, slots: dict[str, Index]) -> None:
        self._scorer, self._index, self._slots = scorer, index, slots
        self._together: sp.csr_matrix = scorer.evidence.together
        self._slot_number = np.full(scorer.codes.n_items, -1, np.int64)
        for number, rows in enumerate(slots.values()):
            self._slot_number[rows] = number
        self._number = {slot: number for number, slot in enumerate(slots)}
        degree = scorer.evidence.degree.numpy()
        self._popular = {slot: rows[np.argsort(-degree[rows], kind="stable")[:POPULAR]] for slot, rows in slots.items()}
        self._categories = {slot: self._main_categories(rows, degree) for slot, rows in slots.items()}

    def _main_categories(self, rows: Index, degree: NDArray[np.float32]) -> Index:
        """Categories that make up nine tenths of a slot's use, most used first, at most six."""
        category = self._scorer.codes.category[rows]
        use = np.bincount(category, degree[rows] + 0.1)
        order = np.argsort(-use, kind="stable")
        enough = int(np.searchsorted(np.cumsum(use[order]), 0.9 * use.sum())) + 1
        return np.asarray(order[: min(enough, 6)])

    def slots(self) -> tuple[str, ...]:
        """All slots that have items."""
        return tuple(self._slots)

    def candidates(self, context: Index, slot: str, avoid: Index) -> Index:
        """Items of ``slot`` to be scored beside ``context``, ascending; never one of the context or of ``avoid``."""
        rows = self._slots.get(slot, np.zeros(0, np.int64))
        if len(rows) > SEARCHED + PARTNERS:
            found = [self._popular[slot], self._partners(context, slot)]
            kinds = self._categories[slot]
            for kind in kinds:
                query = self._scorer.wanted(context, int(kind))
                found.append(self._index.search(slot, query, max(SEARCHED // len(kinds), 40)))
            rows = np.unique(np.concatenate(found))
        return np.setdiff1d(rows, np.concatenate([context, avoid]))

    def _partners(self, context: Index, slot: str) -> Index:
        counts = np.asarray(self._together[context].sum(0)).ravel() if len(context) else np.zeros(0)
        partners = np.flatnonzero(counts)
        partners = partners[self._slot_number[partners] == self._number[slot]]
        return np.asarray(partners[np.argsort(-counts[partners], kind="stable")[:PARTNERS]])
