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


class _Traits:
    """What the rule looks at, as arrays over some items."""

    def __init__(self, items: Sequence[SampleItem]) -> None:
        self.style = np.array([item.style for item in items], dtype=np.str_)
        self.family = np.array([item.base_style for item in items], dtype=np.str_)
        self.print = np.array([item.print for item in items], dtype=np.str_)
        self.patterned = np.array([item.print != "무지" for item in items], dtype=bool)
        self.colour = np.array([_COLOUR_INDEX[item.colour] for item in items], dtype=np.intp)
        self.formality = np.array([item.formality for item in items])


def pair_utilities(
    rows: Sequence[SampleItem], columns: Sequence[SampleItem], weights: RuleWeights
) -> NDArray[np.float64]:
    """``strength * g(i, j)`` for every pair, ``[len(rows), len(columns)]``."""
    return _pairs(_Traits(rows), _Traits(columns), weights)


def _pairs(rows: _Traits, columns: _Traits, weights: RuleWeights) -> NDArray[np.float64]:
    same_style = rows.style[:, None] == columns.style
    same_family = rows.family[:, None] == columns.family
    affinity = np.where(same_style, 1.0, np.where(same_family, weights.family, 0.0))
    colour = _HARMONY[rows.colour[:, None], columns.colour]
    clash = rows.patterned[:, None] & columns.patterned & (rows.print[:, None] != columns.print)
    apart = np.abs(rows.formality[:, None] - columns.formality)
    total: NDArray[np.float64] = weights.strength * (
        weights.style * affinity + weights.colour * colour - weights.print_clash * clash - weights.formality * apart
    )
    return total


class Rule:
    """The rule over one catalogue: utilities of outfits, log-probabilities of what fills a gap."""

    def __init__(self, items: Sequence[SampleItem], weights: RuleWeights) -> None:
        self.weights = weights
        self.items = {item.item_id: item for item in items}
        self.by_slot: dict[str, list[SampleItem]] = {}
        for item in items:
            self.by_slot.setdefault(item.slot, []).append(item)
        self._slots = {
            slot: ([i.item_id for i in held], _Traits(held), np.array([i.popularity for i in held]))
            for slot, held in self.by_slot.items()
        }

    def utility(self, outfit: Sequence[str]) -> float:
        """``U`` of an outfit of known items."""
        worn = [self.items[i] for i in outfit]
        pairs = pair_utilities(worn, worn, self.weights)
        return float(sum(i.popularity for i in worn) + np.triu(pairs, 1).sum())

    def log_probabilities(self, context: Sequence[str], slot: str) -> tuple[list[str], NDArray[np.float64]]:
        """Item ids of a slot and the log-probability of each given the context, ``[n]``; context items have -inf."""
        ids, traits, popularity = self._slots[slot]
        utility, worn = popularity.copy(), set(context)
        if context:
            utility += _pairs(_Traits([self.items[i] for i in context]), traits, self.weights).sum(axis=0)
            utility[[k for k, item in enumerate(ids) if item in worn]] = -np.inf
        return ids, utility - logsumexp(utility)
