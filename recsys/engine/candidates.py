"""Candidate generation: from the whole catalogue to the few hundred items of a slot that are worth scoring."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from bert4rec.scorer import OutfitScorer
from recsys.engine.index import SlotIndex, VectorIndex

SEARCHED = 200
PARTNERS = 250
POPULAR = 40
UNWORN = 60

Index = NDArray[np.int64]


class CandidateGenerator:
    """Four sources, joined: what the transformer expects (vector search), what the score of new items looks for among
    those that no outfit holds yet (where there is no such score, the transformer), what the context was worn with
    (counts), and what is worn most anyway. None of them alone finds both the proven partner and the new item. Where the
    network has no share in the score of known items, its places go to what the counts know."""

    def __init__(self, scorer: OutfitScorer, index: VectorIndex, slots: dict[str, Index]) -> None:
        self._scorer, self._index, self._slots = scorer, index, slots
        evidence = scorer.evidence
        rarity = sp.diags(1 / np.sqrt(1 + evidence.degree.numpy()))
        self._reach: sp.csr_matrix = sp.csr_matrix((evidence.counts.together + evidence.paths + evidence.far) @ rarity)
        self._slot_number = np.full(scorer.codes.n_items, -1, np.int64)
        for number, rows in enumerate(slots.values()):
            self._slot_number[rows] = number
        self._number = {slot: number for number, slot in enumerate(slots)}
        degree = scorer.evidence.degree.numpy()
        self._popular = {slot: rows[np.argsort(-degree[rows], kind="stable")[:POPULAR]] for slot, rows in slots.items()}
        self._unworn = self._index_unworn(slots, degree)
        self._categories = {slot: self._main_categories(rows, degree) for slot, rows in slots.items()}

    def _index_unworn(self, slots: dict[str, Index], degree: NDArray[np.float32]) -> SlotIndex:
        """An index of the items that no outfit holds; its answers are positions in the catalogue."""
        new = self._scorer.evidence.new.numpy()
        unworn = {slot: rows[new[rows]] for slot, rows in slots.items()}
        every = np.concatenate([np.zeros(0, np.int64), *unworn.values()])
        place = np.full(len(degree), -1, np.int64)
        place[every] = np.arange(len(every))
        new_items = self._scorer.evidence.new_items
        if new_items is None:
            vectors = self._scorer.vectors(every)
        else:
            vectors = new_items.vectors(torch.from_numpy(every)).numpy()
        index = SlotIndex.build(vectors, {slot: place[rows] for slot, rows in unworn.items()})
        return index.renumbered(every)

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
            asked = float(self._scorer.model.gain[0]) > 0
            found = [self._popular[slot], self._partners(context, slot, PARTNERS if asked else PARTNERS + SEARCHED)]
            kinds = self._categories[slot]
            new_items = self._scorer.evidence.new_items
            if new_items is not None:
                found.append(self._unworn.search(slot, new_items.query(torch.from_numpy(context)).numpy(), UNWORN))
            if asked or new_items is None:
                queries = np.stack([self._scorer.wanted(context, int(kind)) for kind in kinds])
                if asked:
                    found += self._index.search_each(slot, queries, max(SEARCHED // len(kinds), 40))
                if new_items is None:
                    found += self._unworn.search_each(slot, queries, max(UNWORN // len(kinds), 10))
            rows = np.unique(np.concatenate(found))
        return np.setdiff1d(rows, np.concatenate([context, avoid]))

    def _partners(self, context: Index, slot: str, most: int) -> Index:
        """Items worn with the context or with what it is worn with: by paths of one to three steps over popularity."""
        counts = np.asarray(self._reach[context].sum(0)).ravel() if len(context) else np.zeros(0)
        partners = np.flatnonzero(counts)
        partners = partners[self._slot_number[partners] == self._number[slot]]
        return np.asarray(partners[np.argsort(-counts[partners], kind="stable")[:most]])
