"""Outfits drawn exactly from the rule: which are worn and photographed, which are held out for questions."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.sample.catalogue import SampleItem
from data.sample.rule import Rule, pair_utilities

KINDS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("outer", "top", "bottom"), 0.60),
    (("top", "bottom"), 0.20),
    (("outer", "dress"), 0.20),
)
"""Slots that are worn together, and the share of outfits that wear them."""

_ATTEMPTS = 300


class TrueOutfit(Struct, frozen=True, kw_only=True):
    """A set of items (sorted ids); ``split`` is train (photographed), valid or test (never photographed)."""

    outfit_id: str
    split: str
    item_ids: tuple[str, ...]


class OutfitSampler:
    """Draws outfits from ``exp(U)`` exactly, kind by kind."""

    def __init__(self, rule: Rule) -> None:
        self._slots = rule.by_slot
        self._factors = {kind: _factors([rule.by_slot[slot] for slot in kind], rule) for kind, _ in KINDS}

    def draw(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Item ids of one outfit, sorted."""
        kind = KINDS[int(rng.choice(len(KINDS), p=[share for _, share in KINDS]))][0]
        cumulative, last = self._factors[kind]
        columns = len(self._slots[kind[1]])
        flat = min(int(np.searchsorted(cumulative, rng.random())), len(cumulative) - 1)
        first, second = divmod(flat, columns)
        chosen = [self._slots[kind[0]][first], self._slots[kind[1]][second]]
        if last is not None:
            weights = last[0][first] * last[1][second]
            chosen.append(self._slots[kind[2]][int(rng.choice(len(weights), p=weights / weights.sum()))])
        return tuple(sorted(item.item_id for item in chosen))


_Tail = tuple[NDArray[np.float64], NDArray[np.float64]]


def _factors(slots: Sequence[list[SampleItem]], rule: Rule) -> tuple[NDArray[np.float64], _Tail | None]:
    """Cumulative joint of the first two slots (the third summed out), and what the third depends on."""
    weight = [np.exp([item.popularity for item in slot]) for slot in slots]

    def factor(a: int, b: int) -> NDArray[np.float64]:
        return np.asarray(np.exp(pair_utilities(slots[a], slots[b], rule.weights)), dtype=np.float64)

    joint = factor(0, 1) * np.outer(weight[0], weight[1])
    tail: _Tail | None = None
    if len(slots) == 3:
        tail = (factor(0, 2) * np.sqrt(weight[2]), factor(1, 2) * np.sqrt(weight[2]))
        joint = joint * (tail[0] @ tail[1].T)
    cumulative = np.cumsum(joint.ravel())
    return cumulative / cumulative[-1], tail


def draw_worn(sampler: OutfitSampler, photos: int, rng: np.random.Generator) -> list[tuple[tuple[str, ...], int]]:
    """Distinct outfits to photograph, each with its number of photos (1 to 4), ``photos`` in all.

    Where the rule leaves too few distinct outfits, one is worn again in another shoot.
    """
    worn: list[tuple[tuple[str, ...], int]] = []
    seen: set[tuple[str, ...]] = set()
    left = photos
    while left > 0:
        outfit = _fresh(sampler, seen, rng) or sampler.draw(rng)
        seen.add(outfit)
        shots = min(left, int(rng.choice(4, p=[0.5, 0.28, 0.14, 0.08])) + 1)
        worn.append((outfit, shots))
        left -= shots
    return worn


def draw_held_out(
    sampler: OutfitSampler, worn: Sequence[tuple[str, ...]], shown: Set[str], count: int, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Up to ``count`` distinct outfits that nobody wore, over the items ``shown`` in photos."""
    seen = set(worn)
    held: list[tuple[str, ...]] = []
    while len(held) < count:
        outfit = _fresh(sampler, seen, rng, shown)
        if outfit is None:
            break
        seen.add(outfit)
        held.append(outfit)
    return held


def _fresh(
    sampler: OutfitSampler, seen: set[tuple[str, ...]], rng: np.random.Generator, shown: Set[str] | None = None
) -> tuple[str, ...] | None:
    for _ in range(_ATTEMPTS):
        outfit = sampler.draw(rng)
        if outfit not in seen and (shown is None or shown >= set(outfit)):
            return outfit
    return None
