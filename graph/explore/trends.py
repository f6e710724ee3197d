"""How often something is seen, week by week, and whether that rises or falls."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.explore.dates import day_of, week_of
from graph.explore.finding import exists, unknown
from graph.explore.scores import ShootScores
from graph.nodes import Node, Relation, Sighting
from graph.store import GraphStore

SURE = 0.05
"""A trend is told where chance would show as strong a one in fewer cases than this."""

_EVERYTHING = 2**31 - 1
_MEMBERS: tuple[Relation, ...] = ("IN_CATEGORY", "HAS_ATTRIBUTE")


class Week(Struct, frozen=True):
    """The week from a Monday: dated images, how many of them show it, and their share (0 where there are none)."""

    monday: date
    images: int
    shown: int
    share: float


class Trend(Struct, frozen=True):
    """Weeks without a gap, from the first dated image to the last.

    ``p``: how often chance alone would show a trend as strong, 0 to 1, see :class:`ShootScores`. ``undated`` images
    count nowhere.
    """

    nodes: tuple[Node, ...]
    weeks: tuple[Week, ...]
    direction: Literal["rising", "falling", "flat"]
    p: float
    undated: int
    cut: tuple[Cut, ...] = ()


def trend(
    store: GraphStore,
    nodes: Sequence[Node],
    *,
    since: str | None = None,
    until: str | None = None,
    budget: Budget = DEFAULT,
) -> Trend:
    """Weeks of images that show an attribute, category, style, item or shoot, or several of them at once.

    Of a pair both are in the image, on one garment or on two. The limit is that of weeks, the last ones.

    Parameters
    ----------
    since, until
        Only images created so, as text: at least ``since``, less than ``until``.

    Raises
    ------
    UnknownNodeError
        A node is not stored.
    ValueError
        No node is given, or an image or outfit.
    """
    if not nodes:
        raise ValueError("no node is given; a trend is that of at least one")
    deadline = budget.start()
    tests: list[_Shows] = []
    with deadline.step():
        tests = [_Shows(store, node) for node in nodes]
    scores = ShootScores()
    images: Counter[date] = Counter()
    shown: Counter[date] = Counter()
    undated = 0
    for sighting in deadline.within(store.sightings(since=since, until=until)):
        day = day_of(sighting.created)
        if day is None:
            undated += 1
            continue
        monday = week_of(day)
        hit = all(test.holds(sighting) for test in tests)
        images[monday] += 1
        shown[monday] += hit
        scores.add(monday.toordinal() // 7, hit, sighting.shoot)
    weeks = _weeks(images, shown)
    z = scores.statistic()
    p = math.erfc(abs(z) / math.sqrt(2))
    direction: Literal["rising", "falling", "flat"] = "flat"
    if p < SURE:
        direction = "rising" if z > 0 else "falling"
    cuts = deadline.cuts()
    if len(weeks) > budget.limit:
        cuts += (Cut("limit", f"the last {budget.limit:,} of {len(weeks):,} weeks are shown"),)
    return Trend(tuple(nodes), tuple(weeks[len(weeks) - min(budget.limit, len(weeks)) :]), direction, p, undated, cuts)


class _Shows:
    """Whether an image shows a node."""

    def __init__(self, store: GraphStore, node: Node) -> None:
        if node.kind in ("image", "outfit"):
            raise ValueError(f"{node}: an {node.kind} has no trend; name an item, style, category, attribute or shoot")
        if not exists(store, node):
            raise unknown(store, node, what=node.kind)
        self._node = node
        self._items = frozenset([node.id])
        if node.kind in ("category", "attribute"):
            (around,) = store.neighbours([node], relations=_MEMBERS, limit=_EVERYTHING)
            self._items = frozenset(edge.start.id for edge in around.edges)

    def holds(self, sighting: Sighting) -> bool:
        node = self._node
        if node.kind == "style":
            return node.id in sighting.styles
        if node.kind == "shoot":
            return node.id == sighting.shoot
        return not self._items.isdisjoint(sighting.item_ids)


def _weeks(images: Counter[date], shown: Counter[date]) -> list[Week]:
    if not images:
        return []
    first, last = min(images), max(images)
    mondays = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return [Week(day, images[day], shown[day], shown[day] / images[day] if images[day] else 0.0) for day in mondays]
