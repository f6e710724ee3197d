"""Items that are probably one: of one category and attributes, worn with nearly the same others, never together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut, Deadline, first
from graph.store import GraphStore

ALIKE = 0.6
"""Least overlap of partners: of their joint partners, the share that both have."""

SHARED = 2
"""Least partners that both have: one in common says little."""

CROWD = 200
"""Items of one group that a partner may have: one that is worn with all of them tells none from another."""


class Duplicate(Struct, frozen=True):
    """Two items that may be one.

    ``shared``: partners that both are worn with. ``overlap``: their share of the joint partners (Jaccard, 0 to 1).
    """

    item_id: str
    other_id: str
    category: str
    attributes: Mapping[str, tuple[str, ...]]
    shared: int
    overlap: float


class Duplicates(Struct, frozen=True):
    """Pairs, those with the highest overlap first, then the most partners in common, then by id."""

    pairs: tuple[Duplicate, ...]
    cut: tuple[Cut, ...] = ()


_Look = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]


def near_duplicates(store: GraphStore, *, overlap: float = ALIKE, budget: Budget = DEFAULT) -> Duplicates:
    """Pairs of items with the same category and attributes whose partners overlap so much.

    Two items seen in one image are two pieces, however alike. Reads all items and images once; memory grows with the
    items that look like another and their partners.
    """
    deadline = budget.start()
    groups = _groups(store, deadline)
    look_of = {item_id: look for look, ids in groups.items() for item_id in ids}
    partners: dict[str, set[str]] = defaultdict(set)
    for sighting in deadline.within(store.sightings()):
        for item_id in sighting.item_ids:
            if item_id in look_of:
                partners[item_id].update(sighting.item_ids)
    for item_id, others in partners.items():
        others.discard(item_id)
    found = [
        Duplicate(left, right, look[0], dict(look[1]), shared, share)
        for look, ids in deadline.within(groups.items(), every=1)
        for left, right, shared, share in _alike(ids, partners, deadline)
        if share >= overlap
    ]
    found.sort(key=lambda pair: (-pair.overlap, -pair.shared, pair.item_id, pair.other_id))
    shown, cuts = first(found, budget.limit, "pairs")
    return Duplicates(shown, (*cuts, *deadline.cuts()))


def _groups(store: GraphStore, deadline: Deadline) -> dict[_Look, list[str]]:
    """Items by category and attributes, where there are several."""
    groups: dict[_Look, list[str]] = defaultdict(list)
    for item in deadline.within(store.items()):
        values = tuple((name, tuple(sorted(set(item.attributes[name])))) for name in sorted(item.attributes))
        groups[item.category, values].append(item.item_id)
    return {look: ids for look, ids in groups.items() if len(ids) > 1}


def _alike(
    ids: Sequence[str], partners: Mapping[str, set[str]], deadline: Deadline
) -> Iterator[tuple[str, str, int, float]]:
    """Pairs of a group that have partners in common and were never worn together."""
    worn_by: dict[str, list[str]] = defaultdict(list)
    for item_id in ids:
        for partner in partners.get(item_id, ()):
            worn_by[partner].append(item_id)
    crowds = (wearers for _, wearers in sorted(worn_by.items()) if len(wearers) <= CROWD)
    pairs = {pair for wearers in deadline.within(crowds) for pair in combinations(wearers, 2)}
    for left, right in sorted(pairs):
        one, two = partners[left], partners[right]
        shared = len(one & two)
        if shared >= SHARED and right not in one:
            yield left, right, shared, shared / len(one | two)
