"""Questions about held-out outfits: fill in the blank, compatibility, retrieval; uniform and popularity-matched.

The rows have the shape of the stylist question files. Negatives are of the target's slot and category; hard ones are
drawn in proportion to how many outfits an item is in, so that popularity says nothing. A candidate is never a negative
where context and candidate lie inside a known outfit. The retrieval pool is the target's slot.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from data.known_outfits import KnownOutfits
from data.sample.catalogue import SampleItem
from data.sample.outfits import TrueOutfit

NAMES = ("fitb", "fitb_hard", "compat", "compat_hard", "cir")
"""Question files of a split."""

Row = dict[str, Any]

_NEGATIVES = 3
_SMALLEST_POOL = 12


class _Negatives:
    """Draws other items of a category, evenly or by degree."""

    def __init__(self, items: Sequence[SampleItem], degree: Mapping[str, int]) -> None:
        self._category: dict[str, list[str]] = defaultdict(list)
        for item in items:
            self._category[item.category].append(item.item_id)
        self._weights = {}
        for category, ids in self._category.items():
            weight = np.array([degree[i] for i in ids], float)
            self._weights[category] = weight / weight.sum()

    def draw(
        self, category: str, hard: bool, barred: Set[str], count: int, rng: np.random.Generator
    ) -> list[str] | None:
        """``count`` distinct ids that are not barred; None where the category has too few."""
        ids = self._category[category]
        open_ = np.array([i not in barred for i in ids])
        weights = (self._weights[category] if hard else np.ones(len(ids))) * open_
        if np.count_nonzero(weights) < count:
            return None
        chosen = rng.choice(len(ids), size=count, replace=False, p=weights / weights.sum())
        return [ids[k] for k in chosen]


class QuestionMaker:
    """Makes questions over the items ``shown`` in photos; ``outfits`` are all known outfits, of every split."""

    def __init__(
        self,
        items: Mapping[str, SampleItem],
        outfits: Sequence[TrueOutfit],
        shown: Set[str],
        rng: np.random.Generator,
    ) -> None:
        self._rng = rng
        self._items = items
        degree = Counter(i for outfit in outfits for i in outfit.item_ids)
        self._universe = [items[i] for i in sorted(shown)]
        self._negatives = _Negatives(self._universe, degree)
        self._known = KnownOutfits({outfit.outfit_id: outfit.item_ids for outfit in outfits})

    def make(self, outfits: Sequence[TrueOutfit]) -> dict[str, list[Row]]:
        """All rows of a split by file name, over true item ids."""
        rows: dict[str, list[Row]] = {name: [] for name in NAMES}
        for outfit in outfits:
            for target in outfit.item_ids:
                self._blank(outfit, target, rows)
            self._whole(outfit, rows)
        return rows

    def _blank(self, outfit: TrueOutfit, target: str, rows: dict[str, list[Row]]) -> None:
        context = [i for i in outfit.item_ids if i != target]
        item = self._items[target]
        barred = {*outfit.item_ids, *self._known.completions(context)}
        for name in ("fitb", "fitb_hard"):
            negatives = self._negatives.draw(item.category, name == "fitb_hard", barred, _NEGATIVES, self._rng)
            if negatives is not None:
                answer = int(self._rng.integers(_NEGATIVES + 1))
                negatives.insert(answer, target)
                row: Row = {"outfit": outfit.outfit_id, "context": context, "candidates": negatives, "answer": answer}
                rows[name].append(row)
        pool = [o.item_id for o in self._universe if o.slot == item.slot]
        pool = [i for i in pool if i == target or i not in barred]
        if len(pool) >= _SMALLEST_POOL:
            rows["cir"].append({"outfit": outfit.outfit_id, "context": context, "target": target, "pool": pool})

    def _whole(self, outfit: TrueOutfit, rows: dict[str, list[Row]]) -> None:
        for name in ("compat", "compat_hard"):
            other: list[str] = []
            for item in outfit.item_ids:
                taken = {*outfit.item_ids, *other}
                category = self._items[item].category
                other += self._negatives.draw(category, name == "compat_hard", taken, 1, self._rng) or []
            if len(other) == len(outfit.item_ids) and not self._known.holders(other):
                rows[name].append({"outfit": outfit.outfit_id, "items": list(outfit.item_ids), "label": 1})
                rows[name].append({"outfit": outfit.outfit_id, "items": other, "label": 0})
