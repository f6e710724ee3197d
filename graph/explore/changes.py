"""What came since a date: new images, items, styles and shoots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.explore.dates import day_of
from graph.nodes import Sighting
from graph.store import GraphStore


class Fresh(Struct, frozen=True):
    """An item or style and how many images since the date show it."""

    id: str
    images: int


class Changes(Struct, frozen=True):
    """What images created since a date show.

    ``new_items`` and ``new_styles`` are in no dated image before, ``known_items`` counts those that were seen again.
    ``undated`` images might be either and count as neither.
    """

    since: date
    images: int
    images_before: int
    undated: int
    shoots: int
    items: int
    known_items: int
    new_items: tuple[Fresh, ...]
    new_styles: tuple[Fresh, ...]
    most_seen: tuple[Fresh, ...]
    cut: tuple[Cut, ...] = ()


class _Seen:
    """Images, items, styles and shoots of one side of the date."""

    def __init__(self) -> None:
        self.images = 0
        self.items: Counter[str] = Counter()
        self.styles: Counter[str] = Counter()
        self.shoots: set[str] = set()

    def add(self, sighting: Sighting) -> None:
        self.images += 1
        self.items.update(sighting.item_ids)
        self.styles.update(sighting.styles)
        if sighting.shoot is not None:
            self.shoots.add(sighting.shoot)


def changes_since(store: GraphStore, since: date, *, budget: Budget = DEFAULT) -> Changes:
    """Compare images created on or after a day with those before; what was deleted leaves no trace in the graph.

    Lists are ordered by falling number of images, ties by id. All images are read once; where time runs out before, no
    item and no style is called new or known.
    """
    deadline = budget.start()
    before, after, undated = _Seen(), _Seen(), 0
    for sighting in deadline.within(store.sightings()):
        day = day_of(sighting.created)
        if day is None:
            undated += 1
        else:
            (after if day >= since else before).add(sighting)
    whole = not deadline.cuts()  # of images half read none can be called new
    new_items = after.items.keys() - before.items.keys() if whole else set()
    new_styles = after.styles.keys() - before.styles.keys() if whole else set()
    cuts: list[Cut] = []
    if len(new_items) > budget.limit:
        cuts.append(Cut("limit", f"the first {budget.limit:,} of {len(new_items):,} new items are shown"))
    return Changes(
        since=since,
        images=after.images,
        images_before=before.images,
        undated=undated,
        shoots=len(after.shoots - before.shoots),
        items=len(new_items),
        known_items=len(after.items) - len(new_items) if whole else 0,
        new_items=_most(after.items, new_items, budget.limit),
        new_styles=_most(after.styles, new_styles, budget.limit),
        most_seen=_most(after.items, after.items.keys(), budget.limit),
        cut=(*cuts, *deadline.cuts()),
    )


def _most(counts: Counter[str], of: Collection[str], limit: int) -> tuple[Fresh, ...]:
    chosen = sorted(of, key=lambda name: (-counts[name], name))
    return tuple(Fresh(name, counts[name]) for name in chosen[:limit])
