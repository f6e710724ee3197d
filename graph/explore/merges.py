"""Items whose garments do not look like one piece: what to look at first where identity may be wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from data.types import Region
from graph.explore.budget import DEFAULT, Budget, Cut, Deadline, first
from graph.store import GraphStore

LEAST = 0.3
"""Least suspicion that is told."""


class Merge(Struct, frozen=True):
    """An item that several garments were taken for, and what speaks against it.

    ``categories``: garments by category, the most frequent first. ``disputed``: by attribute, the share of garments
    that have it and differ from the most frequent values (0 to 1), where there are any. ``confidence``: that of the
    least sure link (0 to 1). ``suspicion``: 0 to 1, see :func:`suspicious_merges`.
    """

    item_id: str
    garments: int
    categories: Mapping[str, int]
    disputed: Mapping[str, float]
    confidence: float
    suspicion: float


class Merges(Struct, frozen=True):
    """Items by falling suspicion, ties by id."""

    items: tuple[Merge, ...]
    cut: tuple[Cut, ...] = ()


class _Garments:
    """What is known of one item's garments."""

    def __init__(self) -> None:
        self.count = 0
        self.by_hand = 0
        self.confidence = 1.0
        self.categories: Counter[str] = Counter()
        self.attributes: dict[str, Counter[tuple[str, ...]]] = {}

    def add(self, region: Region) -> None:
        if region.category is not None:
            self.categories[region.category] += 1
        for name, values in region.attributes.items():
            self.attributes.setdefault(name, Counter())[tuple(sorted(set(values)))] += 1

    def disputed(self) -> dict[str, float]:
        shares = {name: _minority(counts) for name, counts in sorted(self.attributes.items())}
        return {name: share for name, share in shares.items() if share > 0}


def suspicious_merges(store: GraphStore, *, least: float = LEAST, budget: Budget = DEFAULT) -> Merges:
    """Items of several garments that disagree or are linked unsurely, the most suspicious first.

    Each ground is a probability of doubt, joined as if independent (noisy-or; Pearl, "Probabilistic Reasoning in
    Intelligent Systems", 1988, section 4.3.2): ``1 - (1 - c) (1 - a) (1 - l)``, where ``c`` is the share of garments
    whose category is not the most frequent, ``a`` the mean share over attributes of garments that differ from the most
    frequent values, and ``l`` one minus the least confidence. Items that a person made whole are left out. All links
    and images are read once; memory grows with the items of several garments.

    Parameters
    ----------
    least
        Least suspicion, 0 to 1.
    """
    deadline = budget.start()
    items = _linked(store, deadline)
    for image in deadline.within(store.images()):
        for region in image.regions:
            if region.item_id is not None and region.item_id in items:
                items[region.item_id].add(region)
    found = [merge for item_id, garments in items.items() if (merge := _judge(item_id, garments)).suspicion >= least]
    found.sort(key=lambda merge: (-round(merge.suspicion, 12), merge.item_id))
    shown, cuts = first(found, budget.limit, "items")
    return Merges(shown, (*cuts, *deadline.cuts()))


def _linked(store: GraphStore, deadline: Deadline) -> dict[str, _Garments]:
    """Items with several garments, not all of them by a person's word."""
    items: dict[str, _Garments] = {}
    for link in deadline.within(store.links()):
        garments = items.setdefault(link.item_id, _Garments())
        garments.count += 1
        garments.by_hand += link.method == "manual"
        garments.confidence = min(garments.confidence, link.confidence)
    return {item_id: garments for item_id, garments in items.items() if garments.count > max(garments.by_hand, 1)}


def _judge(item_id: str, garments: _Garments) -> Merge:
    disputed = garments.disputed()
    attributes = sum(disputed.values()) / max(len(garments.attributes), 1)
    trust = (1 - _minority(garments.categories)) * (1 - attributes) * garments.confidence
    categories = sorted(garments.categories.items(), key=lambda pair: (-pair[1], pair[0]))
    return Merge(item_id, garments.count, dict(categories), disputed, garments.confidence, 1 - trust)


def _minority(counts: Counter[str] | Counter[tuple[str, ...]]) -> float:
    """Share of what differs from the most frequent."""
    total = counts.total()
    return 1 - max(counts.values()) / total if total else 0.0
