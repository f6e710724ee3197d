"""Known and new items in one list: what a new item gains so that both kinds come where held-out outfits have them.

Known items are scored by counts and the network, new ones by what they borrow: two scores of different scale. Within a
context their difference says something (strong counts are worth more than weak likeness), so neither is normalised by
itself; one constant is added to new ones, the most likely one given what was worn in held-out outfits. An item of
no outfit at all may have been there and passed over, or may have come later than all outfits, and then that it was not
worn says nothing. So of such no more count than are likely to have been there: how many were worn once and twice says
how many were not worn though they could have been (Chao 1984, *Nonparametric estimation of the number of classes in a
population*; a lower bound), and as many as were worn for the first time in the held-out outfits may be about to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from bert4rec.dataset import NegativeSampler
from bert4rec.scorer import OutfitScorer

Index = NDArray[np.int64]

NEGATIVES = 30
"""Other items of its category, drawn uniformly, that each item of a held-out outfit is set against."""

MOST = 3_000
"""Items of held-out outfits that are asked about."""

DEVIATION = 1.0
"""Standard deviation of the constant around that which gives both kinds the same level, before anything is seen."""

_WIDEST = 12.0


def fit_newness(
    scorer: OutfitScorer, outfits: Sequence[Index], rng: np.random.Generator, *, representative: bool = True
) -> float:
    """The most likely constant for new items, given held-out outfits and the scores of ``scorer`` without one.

    Parameters
    ----------
    scorer
        Knows nothing of the held-out outfits; its model's ``newness`` is 0.
    outfits
        The held-out ones.
    representative
        Whether they hold new items as often as outfits to come will. Where items of few outfits were left out of a
        catalogue, all that is new was held out, and only the level is made equal.

    Returns
    -------
    float
        0 where nothing is known, or nothing new.
    """
    asked = held_out_questions(scorer, outfits, rng)
    pools = asked.pools
    new = scorer.evidence.new.numpy()[pools]
    if not len(pools) or new[:, 1:].all() or not new.any():
        return 0.0
    scores = np.where(asked.clash, -np.inf, scorer.score_many(asked.contexts, pools).astype(np.float64))
    level = _level(scores[:, 1:], new[:, 1:])
    if not representative:
        return level
    first_worn = np.unique(np.concatenate(outfits))
    first_worn = first_worn[scorer.evidence.new.numpy()[first_worn]]
    waiting = scorer.evidence.degree.numpy() == 0
    waiting[first_worn] = False
    there = max(len(first_worn), passed_over(scorer.evidence.degree.numpy()))
    share = min(1.0, there / max(int(waiting.sum()), 1))
    weighed = scores + np.where(waiting[pools], np.log(max(share, 1e-9)), 0.0)

    def unlikely(constant: float) -> float:
        moved = weighed + constant * new
        return float((logsumexp(moved, axis=1) - moved[:, 0]).sum()) + 0.5 * ((constant - level) / DEVIATION) ** 2

    return float(minimize_scalar(unlikely, bounds=(level - _WIDEST, level + _WIDEST), method="bounded").x)


def passed_over(worn: NDArray[np.integer]) -> float:
    """At least how many items could have been worn and were not, from how often each was, ``worn`` [N].

    Chao's estimate, bias-corrected: f1 (f1 - 1) / (2 (f2 + 1)) of f1 items worn once and f2 worn twice.

    >>> passed_over(np.array([1, 1, 1, 1, 2, 2, 9, 0, 0]))
    2.0
    """
    once, twice = int((worn == 1).sum()), int((worn == 2).sum())
    return once * (once - 1) / (2 * (twice + 1))


@dataclass(frozen=True, slots=True)
class HeldOutQuestions:
    """Which item is missing: T contexts and the ``outfit`` [T] each is of, candidates ``pools`` [T, 1 + NEGATIVES] with
    the right one first, and which of them the outfit holds as well, ``clash`` [T, 1 + NEGATIVES]."""

    contexts: list[Index]
    outfit: Index
    pools: Index
    clash: NDArray[np.bool_]


def held_out_questions(scorer: OutfitScorer, outfits: Sequence[Index], rng: np.random.Generator) -> HeldOutQuestions:
    """At most MOST questions about held-out outfits, drawn at random; wrong candidates are uniform of the category."""
    places = [(o, k) for o, outfit in enumerate(outfits) if len(outfit) > 1 for k in range(len(outfit))]
    chosen = np.sort(rng.permutation(len(places))[:MOST])
    asked = [places[k] for k in chosen]
    right = np.array([outfits[o][k] for o, k in asked], np.int64)
    sampler = NegativeSampler(scorer.codes.category, scorer.evidence.degree.numpy())
    drawn = sampler.draw(scorer.codes.category[right], 2 * NEGATIVES, rng)[:, :NEGATIVES]  # its first half is uniform
    clash = np.array([np.isin(row, outfits[o]) for row, (o, _) in zip(drawn, asked, strict=True)], bool)
    clash = np.pad(clash.reshape(-1, NEGATIVES), ((0, 0), (1, 0)))
    contexts = [np.delete(outfits[o], k) for o, k in asked]
    return HeldOutQuestions(contexts, np.array([o for o, _ in asked], np.int64), np.column_stack([right, drawn]), clash)


def _level(scores: NDArray[np.float64], new: NDArray[np.bool_]) -> float:
    """What makes the mean likelihood ratio of new ones to the known ones of their row 1; 0 where no row has both."""
    mixed: NDArray[np.bool_] = np.logical_and(new.any(1), ~new.all(1))
    both = np.isfinite(scores) & mixed[:, None]
    worn = both & ~new
    known = logsumexp(scores, axis=1, b=worn, keepdims=True) - np.log(np.maximum(worn.sum(1, keepdims=True), 1))
    rows, columns = np.nonzero(both & new & np.isfinite(known))
    if not len(rows):
        return 0.0
    return float(np.log(len(rows)) - logsumexp(scores[rows, columns] - known[rows, 0]))
