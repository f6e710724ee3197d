"""Whether a model ranks held-out outfits better than counting alone does: said after every training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4rec.newness import held_out_questions
from bert4rec.scorer import OutfitScorer

Floats = NDArray[np.float64]

FEWEST = 10
"""Held-out outfits below which nothing is said."""

STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Lead:
    """How often the right item comes first of four of its category, drawn uniformly: the model's ranking, and that by
    how often items were worn with the context's (ties by chance); the standard error of the difference, over outfits.
    """

    model: float
    cooccurrence: float
    error: float

    @property
    def behind(self) -> bool:
        """Whether the model surely ranks worse than counting: it should not be used."""
        return self.model - self.cooccurrence < -STANDARD_ERRORS * self.error


def lead_over_counting(
    scorer: OutfitScorer, outfits: Sequence[NDArray[np.int64]], rng: np.random.Generator
) -> Lead | None:
    """Compare on held-out outfits that ``scorer`` knows nothing of; None where they are fewer than ``FEWEST``."""
    asked = held_out_questions(scorer, outfits, rng)
    if len(np.unique(asked.outfit)) < FEWEST:
        return None
    together = scorer.evidence.counts.together
    sums = [np.asarray(together[context].sum(0)).ravel() for context in asked.contexts]
    counts = np.stack([row[pool] for row, pool in zip(sums, asked.pools, strict=True)])
    model, counting = (
        _first_of_four(np.asarray(scores, np.float64), asked.clash, rng)
        for scores in (scorer.score_many(asked.contexts, asked.pools), counts)
    )
    of_outfit = np.unique(asked.outfit, return_inverse=True)[1]
    spread = np.bincount(of_outfit, model - counting - (model - counting).mean())
    return Lead(float(model.mean()), float(counting.mean()), float(np.sqrt(np.square(spread).sum()) / len(model)))


def _first_of_four(scores: Floats, clash: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Probability [T] that the first of scores [T, C] beats three of the others drawn at random; lots decide ties."""
    lots = rng.random(scores.shape)
    offered = ~clash[:, 1:]
    beaten = (scores[:, :1] > scores[:, 1:]) | ((scores[:, :1] == scores[:, 1:]) & (lots[:, :1] > lots[:, 1:]))
    won, of = (beaten & offered).sum(1).astype(np.float64), offered.sum(1).astype(np.float64)
    ways, all_ways = won * (won - 1) * (won - 2), of * (of - 1) * (of - 2)
    first: Floats = np.where(of > 2, ways / np.maximum(all_ways, 1), won / np.maximum(of, 1))
    return first
