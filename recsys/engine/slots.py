"""Which places of an outfit are still empty: learned from what outfits usually hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

SHRINK = 3.0
FIRST_SHARE = 0.15
MIN_SHARE = 0.35
EXCLUSIVE = 0.02

INSTEAD = frozenset({("dress", "top"), ("dress", "bottom"), ("top", "dress"), ("bottom", "dress")})
"""Slots of which one is worn in place of the other, as long as no outfit shows both."""


class SlotModel(Struct, frozen=True):
    """Counts of slots and pairs of slots over ``outfits`` outfits.

    ``single[s]`` outfits hold slot s, ``pair[s][t]`` hold both (``pair[s][s]``: hold s at least twice).
    """

    outfits: int
    single: dict[str, int]
    pair: dict[str, dict[str, int]]

    @classmethod
    def fit(cls, outfits: Iterable[Sequence[str]]) -> SlotModel:
        """Count over outfits given as the slots of their items."""
        total, single = 0, Counter[str]()
        pair: dict[str, Counter[str]] = {}
        for slots in outfits:
            total += 1
            held = Counter(slots)
            single.update(held.keys())
            for slot, count in held.items():
                row = pair.setdefault(slot, Counter())
                row.update(other for other in held if other != slot or count > 1)
        return cls(total, dict(sorted(single.items())), {s: dict(sorted(c.items())) for s, c in sorted(pair.items())})

    def probability(self, slot: str, present: Iterable[str]) -> float:
        """How surely an outfit that holds ``present`` slots holds ``slot`` too.

        The geometric mean over the slots present, each share shrunk towards the slot's own, times the least of the
        lifts below 1: of many slots present, the one that speaks against it counts in full (a bag and shoes go with a
        dress, trousers do not). 0 where some slot present is practically never worn with it, or is worn in its place
        and no outfit shows both.
        """
        base = (self.single.get(slot, 0) + 0.5) / (self.outfits + 1)
        product, count, lift = 1.0, 0, 1.0
        for other in set(present):
            seen = self.single.get(other, 0)
            if (other, slot) in INSTEAD and not self.pair.get(other, {}).get(slot, 0):
                return 0.0
            share = (self.pair.get(other, {}).get(slot, 0) + SHRINK * base) / (seen + SHRINK)
            if seen >= 10 and share < EXCLUSIVE:
                return 0.0
            product, count, lift = product * share, count + 1, min(lift, share / base)
        return float(product ** (1 / count)) * lift if count else base

    def missing(self, present: Sequence[str], limit: int = 4) -> list[str]:
        """Slots that belong to the outfit and are not there, likeliest first.

        Slots are filled one after the other, each given those before, so that a top is followed by a bottom and not by
        a dress as well. The first needs a share of FIRST_SHARE of such outfits, the others one of MIN_SHARE; where none
        has that, nothing is missing.
        """
        held, found = list(present), list[str]()
        while len(found) < limit:
            open_slots = [s for s in self.single if s not in held]
            if not open_slots:
                break
            best = max(open_slots, key=lambda s: (self.probability(s, held), s))
            if self.probability(best, held) < (MIN_SHARE if found else FIRST_SHARE):
                break
            held.append(best)
            found.append(best)
        return found
