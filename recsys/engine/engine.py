"""The engine: partial outfits in, completed outfits with reasons out. Pure: no files, no clock, and vectors through an
interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4rec.scorer import OutfitScorer
from recsys.engine.answers import (
    CompletedOutfit,
    Completion,
    CompletionQuery,
    Reason,
    SimilarItem,
    Suggestion,
)
from recsys.engine.calibration import Calibration
from recsys.engine.candidates import CandidateGenerator
from recsys.engine.catalogue import Catalogue
from recsys.engine.composition import Composed, Composer
from recsys.engine.index import VectorIndex
from recsys.engine.slots import SlotModel
from recsys.errors import QueryError

Index = NDArray[np.int64]
MAX_CONTEXT = 30


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What an engine is made of: everything a release holds for answering.

    ``likeness`` [N, D] float32, L2-normalised: what items are compared by in ``similar``. ``value_codes``: codes of an
    attribute's name and value, as the scorer's item codes have them.
    """

    catalogue: Catalogue
    scorer: OutfitScorer
    slots: SlotModel
    index: VectorIndex
    likeness: NDArray[np.float32]
    calibration: Calibration
    value_codes: Callable[[str, str], tuple[int, ...]]


class OutfitEngine:
    """Answers over one release."""

    def __init__(self, parts: EngineParts) -> None:
        self.parts = parts
        self.catalogue = parts.catalogue
        self._by_slot = parts.catalogue.slots()
        self._generator = CandidateGenerator(parts.scorer, parts.index, self._by_slot)
        self._category_prior = self._prior()

    def complete(self, query: CompletionQuery) -> Completion:
        """Fill the empty slots of a partial outfit.

        Raises
        ------
        UnknownItemError
            An item of the context is not in the catalogue; unknown items of ``avoid`` are passed over.
        QueryError
            A slot does not exist, the context is longer than MAX_CONTEXT, or no outfit is asked for.
        IndexUnavailableError
            The vectors are in a server that fails; slots that are small enough to be scored whole need none.
        """
        self._check(query)
        context = np.unique(self.catalogue.indices(query.context))
        avoid = self.catalogue.known(query.avoid)
        present = [self.catalogue.items[i].slot for i in context]
        slots = query.slots or tuple(self.parts.slots.missing(present))
        if not slots:
            return Completion(context=query.context, slots=(), outfits=(), unmet=("nothing is missing in this outfit",))
        composer = Composer(
            candidates=lambda partial, slot: self._generator.candidates(partial, slot, avoid),
            score=self.score,
            whole=self.parts.scorer.score_outfits,
        )
        found = composer.compose(context, slots, query.outfits)
        ranked = sorted(found, key=lambda one: -float(one.score))  # they were chosen to differ, in no such order
        return Completion(
            context=query.context,
            slots=slots,
            outfits=tuple(self._answer(rank, context, one) for rank, one in enumerate(ranked, 1)),
            unmet=self._unmet(query, slots, found),
        )

    def score(self, context: Index, candidates: Index) -> NDArray[np.float32]:
        """Scores [C] of candidates of one slot: fit within their category plus how usual that category is."""
        kinds = self.parts.scorer.codes.category[candidates]
        out = np.empty(len(candidates), np.float32)
        for kind in np.unique(kinds):
            chosen = np.flatnonzero(kinds == kind)
            fit = self.parts.scorer.comparable(context, candidates[chosen])
            out[chosen] = fit + self._category_prior[kind]
        return out

    def similar(self, item_id: str, count: int = 10, *, same_slot: bool = True) -> list[SimilarItem]:
        """Items that look and are used like one, best first, without it; raises UnknownItemError."""
        own = self.catalogue.index_of(item_id)
        rows = self._by_slot[self.catalogue.items[own].slot] if same_slot else np.arange(len(self.catalogue))
        return self.nearest(self.parts.likeness[own], rows[rows != own], count)

    def nearest(self, query: NDArray[np.float32], rows: Index, count: int) -> list[SimilarItem]:
        """Of the items ``rows``, those with the largest cosine to ``query`` [D]."""
        cosine = self.parts.likeness[rows] @ query
        order = np.argsort(-cosine, kind="stable")[:count]
        return [
            SimilarItem(
                rank=rank,
                item_id=self.catalogue.items[rows[k]].item_id,
                category=self.catalogue.items[rows[k]].category,
                similarity=float(cosine[k]),
            )
            for rank, k in enumerate(order, 1)
        ]

    def _check(self, query: CompletionQuery) -> None:
        if query.outfits < 1:
            raise QueryError(f"outfits: {query.outfits} asked for; at least 1")
        if not query.context:
            raise QueryError("context: no item given; at least one")
        if len(query.context) > MAX_CONTEXT:
            raise QueryError(f"context: {len(query.context)} items given; at most {MAX_CONTEXT}")
        for slot in query.slots:
            if slot not in self._by_slot:
                raise QueryError(f"slots: {slot!r} has no items in this release; slots are {', '.join(self._by_slot)}")

    def _prior(self) -> NDArray[np.float64]:
        """Log share of each category in the use of its slot [K]."""
        codes, degree = self.parts.scorer.codes, self.parts.scorer.evidence.degree.numpy()
        use = np.bincount(codes.category, degree + 0.1, minlength=codes.n_categories)
        prior = np.zeros(codes.n_categories)
        for rows in self._by_slot.values():
            kinds = np.unique(codes.category[rows])
            prior[kinds] = np.log((use[kinds] + 1) / (use[kinds].sum() + len(kinds)))
        return prior

    def _answer(self, rank: int, context: Index, found: Composed) -> CompletedOutfit:
        whole = np.append(context, np.array(found.chosen, np.int64))
        scores = self.parts.scorer.item_scores(whole)[len(context) :]
        return CompletedOutfit(
            rank=rank,
            items=tuple(
                self._suggestion(item, slot, float(score), context)
                for item, slot, score in zip(found.chosen, found.slots, scores, strict=True)
            ),
            score=float(found.score),
            compatibility=self.parts.calibration.probability(float(found.score), len(whole)),
            percentile=self.parts.calibration.percentile(float(found.score), len(whole)),
        )

    def _suggestion(self, item: int, slot: str, score: float, context: Index) -> Suggestion:
        evidence = self.parts.scorer.evidence
        reasons = []
        for other in context:
            together, alike = int(evidence.counts.together[item, other]), evidence.alike(item, int(other))
            if together or alike > 0.05:
                reasons.append(Reason(self.catalogue.items[other].item_id, together, round(alike, 4)))
        piece = self.catalogue.items[item]
        return Suggestion(
            item_id=piece.item_id, slot=slot, category=piece.category, score=score, reasons=tuple(reasons)
        )

    def _unmet(self, query: CompletionQuery, slots: tuple[str, ...], found: list[Composed]) -> tuple[str, ...]:
        unmet = []
        if found:
            unmet += [
                f"slot {slot!r}: no item is left that may be shown" for slot in slots if slot not in found[0].slots
            ]
        else:
            unmet.append("no slot could be filled")
        if 0 < len(found) < query.outfits:
            unmet.append(f"outfits: {len(found)} of {query.outfits}; the catalogue holds no more that differ")
        return tuple(unmet)
