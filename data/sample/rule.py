"""The known rule behind the sample's outfits: what makes garments go together, and how likely an outfit is.

An outfit ``S`` of one kind (say outer, top and bottom) has probability proportional to ``exp(U(S))`` with

    U(S) = sum_i popularity_i + strength * sum_{i<j} g(i, j)
    g(i, j) = w_style A + w_colour H + w_print C - w_formality |f_i - f_j|

where ``A`` is 1 for equal latent styles and less for styles of one family, ``H`` the harmony of the named colours,
``C`` a clash of two different prints, and ``f`` the formality. Every conditional is therefore a softmax over a slot,
which is the best any scorer can know: ``oracle_scores`` gives it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.special import logsumexp

from data.sample.catalogue import SampleItem
from data.sample.palette import PALETTE, harmony

_COLOUR_INDEX = {name: i for i, name in enumerate(PALETTE)}
_HARMONY = np.array([[harmony(a, b) for b in PALETTE] for a in PALETTE])


class RuleWeights(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the rule; ``strength`` scales all four terms together."""

    style: float = 2.5
    family: float = 0.35
    colour: float = 0.9
    print_clash: float = 1.0
    formality: float = 3.0
    strength: float = 1.0


def pair_utilities(
    rows: Sequence[SampleItem], columns: Sequence[SampleItem], weights: RuleWeights
) -> NDArray[np.float64]:
    """``strength * g(i, j)`` for every pair, ``[len(rows), len(columns)]``."""
    same_style = _equal([i.style for i in rows], [j.style for j in columns])
    same_family = _equal([i.base_style for i in rows], [j.base_style for j in columns])
    affinity = np.where(same_style, 1.0, np.where(same_family, weights.family, 0.0))
    colour = _HARMONY[np.ix_([_COLOUR_INDEX[i.colour] for i in rows], [_COLOUR_INDEX[j.colour] for j in columns])]
    patterned = np.outer([i.print != "무지" for i in rows], [j.print != "무지" for j in columns])
    clash = patterned & ~_equal([i.print for i in rows], [j.print for j in columns])
    apart = np.abs(np.subtract.outer([i.formality for i in rows], [j.formality for j in columns]))
    total: NDArray[np.float64] = weights.strength * (
        weights.style * affinity + weights.colour * colour - weights.print_clash * clash - weights.formality * apart
    )
    return total


def _equal(a: list[str], b: list[str]) -> NDArray[np.bool_]:
    return np.array([[x == y for y in b] for x in a], dtype=bool).reshape(len(a), len(b))


class Rule:
    """The rule over one catalogue: utilities of outfits, log-probabilities of what fills a gap."""

    def __init__(self, items: Sequence[SampleItem], weights: RuleWeights) -> None:
        self.weights = weights
        self.items = {item.item_id: item for item in items}
        self.by_slot: dict[str, list[SampleItem]] = {}
        for item in items:
            self.by_slot.setdefault(item.slot, []).append(item)

    def utility(self, outfit: Sequence[str]) -> float:
        """``U`` of an outfit of known items."""
        worn = [self.items[i] for i in outfit]
        pairs = pair_utilities(worn, worn, self.weights)
        return float(sum(i.popularity for i in worn) + np.triu(pairs, 1).sum())

    def log_probabilities(self, context: Sequence[str], slot: str) -> tuple[list[str], NDArray[np.float64]]:
        """Item ids of a slot and the log-probability of each given the context, ``[n]``; context items are left out."""
        choice = [item for item in self.by_slot[slot] if item.item_id not in set(context)]
        utility = np.array([item.popularity for item in choice])
        if context:
            utility = utility + pair_utilities([self.items[i] for i in context], choice, self.weights).sum(axis=0)
        return [item.item_id for item in choice], utility - logsumexp(utility)
