"""Reads of records: by id, and page by page in ascending order of id."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from data.types import ImageRecord, Item, ItemLink, Outfit
from graph.bodies import image_record, item_record
from graph.sqlite.connections import Connections
from graph.sqlite.methods import METHODS
from graph.store import GraphCounts

Record = TypeVar("Record")

PAGE = 500
"""Records that a page of an iterator holds; between pages no connection and no lock is held."""

_IMAGE = (
    "SELECT image.idx, image.image_id, source.name, image.kind, image.shoot, image.body FROM image"
    " JOIN source ON source.idx = image.source"
)
_IMAGE_PAGE = f"{_IMAGE} WHERE image.image_id {{comparison}} ? ORDER BY image.image_id LIMIT ?"
_REGIONS = (
    "SELECT region.region_id, item.item_id FROM region LEFT JOIN item ON item.idx = region.item"
    " WHERE region.image = ? ORDER BY region.n"
)
_ITEM = (
    "SELECT item.item_id, source.name, category.name, item.slot, item.body FROM item"
    " JOIN source ON source.idx = item.source JOIN category ON category.idx = item.category"
)
_ITEM_PAGE = f"{_ITEM} WHERE item.item_id {{comparison}} ? ORDER BY item.item_id LIMIT ?"
_OUTFIT_PAGE = (
    "SELECT outfit.idx, outfit.outfit_id, source.name, image.image_id FROM outfit"
    " JOIN source ON source.idx = outfit.source LEFT JOIN image ON image.idx = outfit.image"
    " WHERE outfit.outfit_id {comparison} ? ORDER BY outfit.outfit_id LIMIT ?"
)
_OUTFIT_ITEMS = (
    "SELECT item.item_id FROM outfit_item JOIN item ON item.idx = outfit_item.item"
    " WHERE outfit_item.outfit = ? ORDER BY item.item_id"
)
_LINK_PAGE = (
    "SELECT region.region_id, item.item_id, region.method, region.confidence FROM region"
    " JOIN item ON item.idx = region.item WHERE region.region_id {comparison} ? ORDER BY region.region_id LIMIT ?"
)
_COUNTS = (
    "SELECT (SELECT count(*) FROM image WHERE kind = 'photo'), (SELECT count(*) FROM image WHERE kind = 'look'),"
    " (SELECT count(*) FROM region), (SELECT count(*) FROM item), (SELECT count(*) FROM outfit),"
    " (SELECT count(*) FROM region WHERE item IS NOT NULL),"
    " (SELECT count(DISTINCT shoot) FROM image WHERE shoot IS NOT NULL),"
    " (SELECT count(*) FROM style), (SELECT count(*) FROM category), (SELECT count(*) FROM attribute)"
)


def one_image(connection: sqlite3.Connection, image_id: str) -> ImageRecord | None:
    """One image with its regions."""
    row = connection.execute(f"{_IMAGE} WHERE image.image_id = ?", (image_id,)).fetchone()
    return None if row is None else _image(connection, row)


def one_item(connection: sqlite3.Connection, item_id: str) -> Item | None:
    """One item."""
    row = connection.execute(f"{_ITEM} WHERE item.item_id = ?", (item_id,)).fetchone()
    return None if row is None else item_record(row)


def all_images(connections: Connections, after: str | None) -> Iterator[ImageRecord]:
    """Images by ascending id."""
    return _pages(connections, _IMAGE_PAGE, after, _image, lambda image: image.image_id)


def all_items(connections: Connections, after: str | None) -> Iterator[Item]:
    """Items by ascending id."""
    return _pages(connections, _ITEM_PAGE, after, lambda _, row: item_record(row), lambda item: item.item_id)


def all_outfits(connections: Connections, after: str | None) -> Iterator[Outfit]:
    """Outfits by ascending id."""
    return _pages(connections, _OUTFIT_PAGE, after, _outfit, lambda outfit: outfit.outfit_id)


def all_links(connections: Connections) -> Iterator[ItemLink]:
    """Links by ascending region id."""
    return _pages(connections, _LINK_PAGE, None, lambda _, row: _link(row), lambda link: link.region_id)


def counts(connection: sqlite3.Connection) -> GraphCounts:
    """Numbers of nodes and edges."""
    return GraphCounts(*connection.execute(_COUNTS).fetchone())


def _pages(
    connections: Connections,
    query: str,
    after: str | None,
    record: Callable[[sqlite3.Connection, Any], Record],
    id_of: Callable[[Record], str],
) -> Iterator[Record]:
    """Records of a query that compares ids with a first parameter and is limited by a second."""
    comparison, last = (">=", "") if after is None else (">", after)
    while True:
        with connections.snapshot() as connection:
            rows = connection.execute(query.format(comparison=comparison), (last, PAGE)).fetchall()
            page = [record(connection, row) for row in rows]
        yield from page
        if len(page) < PAGE:
            return
        comparison, last = ">", id_of(page[-1])


def _image(connection: sqlite3.Connection, row: Any) -> ImageRecord:
    return image_record(row[1:], connection.execute(_REGIONS, row[:1]).fetchall())


def _outfit(connection: sqlite3.Connection, row: Any) -> Outfit:
    idx, outfit_id, source, image_id = row
    item_ids = tuple(item_id for (item_id,) in connection.execute(_OUTFIT_ITEMS, (idx,)))
    return Outfit(outfit_id=outfit_id, item_ids=item_ids, source=source, image_id=image_id)


def _link(row: Any) -> ItemLink:
    region_id, item_id, method, confidence = row
    return ItemLink(region_id, item_id, METHODS[method], confidence)
