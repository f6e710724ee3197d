"""From garments in photos to the items they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from msgspec import Struct

from data.types import ImageRecord, Item, ItemLink, Region
from graph.store import GraphStore
from recsys.pipeline.journal import ImportEntry
from recsys.settings import Settings
from recsys.workspace import Workspace

Progress = Callable[[str, int, int | None], None]


class IdentityCounts(Struct, frozen=True, kw_only=True):
    """How garments became items: the ``method`` asked for, garments and items in all, links by their own method."""

    method: str
    regions: int
    items: int
    methods: dict[str, int]


def each_its_own(images: Iterable[ImageRecord]) -> Iterator[tuple[Item, ItemLink]]:
    """Make every garment an item of its own: right where each photo shows clothes that are seen once."""
    for image in images:
        for region in image.regions:
            item = item_of(region, f"item:{region.region_id}", image.source)
            yield item, ItemLink(region.region_id, item.item_id, "single", 1.0)


def item_of(region: Region, item_id: str, source: str) -> Item:
    """Describe an item by one garment that shows it; without a category it goes by the place it is worn."""
    return Item(
        item_id=item_id,
        category=region.category or region.part,
        slot=region.slot,
        source=source,
        attributes=region.attributes,
    )


def assign_items(
    workspace: Workspace, settings: Settings, store: GraphStore, entry: ImportEntry, progress: Progress
) -> IdentityCounts | None:
    """Find the items that the photos of one kind of source show, and link each garment to its item.

    Returns None for tables, whose looks name their items.
    """
    if entry.kind == "table":
        return None
    images = (image for image in store.images() if image.source == entry.kind)
    return _write_pairs(store, each_its_own(images), settings.importing.batch, "single")


def _write_pairs(store: GraphStore, pairs: Iterable[tuple[Item, ItemLink]], batch: int, method: str) -> IdentityCounts:
    regions, items, methods = 0, set[str](), Counter[str]()
    for chunk in _chunks(pairs, batch):
        store.upsert_items([item for item, _ in chunk])
        store.link([link for _, link in chunk])
        regions += len(chunk)
        items.update(item.item_id for item, _ in chunk)
        methods.update(link.method for _, link in chunk)
    return IdentityCounts(method=method, regions=regions, items=len(items), methods=dict(methods))


def _chunks(pairs: Iterable[tuple[Item, ItemLink]], size: int) -> Iterator[list[tuple[Item, ItemLink]]]:
    stream = iter(pairs)
    while chunk := list(islice(stream, size)):
        yield chunk
