"""Items worn together with one, with how often, and how much more often than by chance."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.explore.finding import require
from graph.nodes import Node
from graph.store import GraphStore

POOL = 1_000
"""Items, the most often worn together, among which lift ranks."""

TWICE = 2
"""Images that two items must share before lift ranks them: of rare items, one image is a lift of thousands."""


class Companion(Struct, frozen=True):
    """An item worn with the one asked for.

    ``count``: distinct images that show both. ``images``: images that show this one. ``lift``: ``count`` over what
    chance would give, ``images_of_a * images_of_b / all images``; 1 where the two have nothing to do with each other.
    """

    item_id: str
    count: int
    images: int
    lift: float


class Together(Struct, frozen=True):
    """Companions of an item that ``images`` of ``of_images`` images show."""

    item_id: str
    images: int
    of_images: int
    companions: tuple[Companion, ...]
    cut: tuple[Cut, ...] = ()


def worn_together(
    store: GraphStore,
    item_id: str,
    *,
    by: Literal["count", "lift"] = "count",
    budget: Budget = DEFAULT,
) -> Together:
    """Items by falling count, or falling lift, of images shared with one; ties by id.

    By lift, items that share fewer than two images are left out, and only the thousand with the highest counts are
    ranked.

    Lift is that of association rules: Brin, Motwani, Ullman, Tsur, "Dynamic Itemset Counting and Implication Rules for
    Market Basket Data", SIGMOD 1997 (there "interest").

    Raises
    ------
    UnknownNodeError
        The item is not stored.
    """
    deadline = budget.start()
    found = Together(item_id, 0, 0, ())
    with deadline.step():
        found = _shown(store, item_id)
        if not deadline.passed():
            return _companions(store, found, by, budget.limit)
    return replace(found, cut=deadline.cuts())


def _shown(store: GraphStore, item_id: str) -> Together:
    """How many images show an item, and how many there are, without companions."""
    own = store.neighbours([Node("item", item_id)], relations=("CONTAINS", "IN_CATEGORY"), limit=0)
    require(store, own)
    counts = store.counts()
    return Together(item_id, own[0].degrees.get("CONTAINS", 0), counts.photos + counts.looks, ())


def _companions(store: GraphStore, of: Together, by: Literal["count", "lift"], limit: int) -> Together:
    """The companions of an item that is shown so often."""
    pool = POOL if by == "lift" else limit
    shared = store.worn_with(of.item_id, limit=pool + 1)
    kept = [other for other in shared[:pool] if by == "count" or other.count >= TWICE]
    others = [Node("item", other.item_id) for other in kept]
    degrees = store.neighbours(others, relations=["CONTAINS"], limit=0)
    companions = []
    for other, around in zip(kept, degrees, strict=True):
        n = around.degrees.get("CONTAINS", other.count)  # it may have been deleted since
        lift = other.count * of.of_images / (max(of.images, 1) * n)
        companions.append(Companion(other.item_id, other.count, n, lift))
    if by == "lift":
        companions.sort(key=lambda companion: (-companion.lift, companion.item_id))
    cuts = []
    if len(shared) > pool:
        cuts.append(Cut("limit", f"only the {pool:,} most often worn with it are looked at; there are more"))
    if len(companions) > limit:
        cuts.append(Cut("limit", f"the first {limit:,} of {len(companions):,} are shown"))
    return replace(of, companions=tuple(companions[:limit]), cut=tuple(cuts))
