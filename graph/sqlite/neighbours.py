"""Walks over the edges: images of an item, and items that share images with it."""

from __future__ import annotations

import heapq
import sqlite3

from graph.store import WornWith

_IMAGES_OF = (
    "SELECT image.image_id FROM (SELECT DISTINCT image AS idx FROM region WHERE item = ?) AS seen"
    " CROSS JOIN image ON image.idx = seen.idx ORDER BY image.image_id LIMIT ?"
)
_SHARED = (
    "SELECT other.item, count(DISTINCT other.image)"
    " FROM (SELECT DISTINCT image FROM region WHERE item = ?1) AS seen"
    " CROSS JOIN region AS other ON other.image = seen.image"
    " WHERE other.item IS NOT NULL AND other.item <> ?1 GROUP BY other.item"
)


def images_of(connection: sqlite3.Connection, item_id: str, limit: int) -> list[str]:
    """Ids of the images that show an item, ascending; none where the item is unknown."""
    idx = _item_idx(connection, item_id)
    return [] if idx is None else [image_id for (image_id,) in connection.execute(_IMAGES_OF, (idx, limit))]


def worn_with(connection: sqlite3.Connection, item_id: str, limit: int) -> list[WornWith]:
    """Items by falling number of distinct images shared with one, then by id; none where the item is unknown."""
    idx = _item_idx(connection, item_id)
    if idx is None or limit <= 0:
        return []
    shared = connection.execute(_SHARED, (idx,)).fetchall()
    if len(shared) > limit:  # names are looked up only for what can be in the answer
        least = heapq.nlargest(limit, (count for _, count in shared))[-1]
        shared = [pair for pair in shared if pair[1] >= least]
    named = [(-count, _item_id(connection, other)) for other, count in shared]
    return [WornWith(item_id=other, count=-count) for count, other in heapq.nsmallest(limit, named)]


def _item_idx(connection: sqlite3.Connection, item_id: str) -> int | None:
    row = connection.execute("SELECT idx FROM item WHERE item_id = ?", (item_id,)).fetchone()
    return None if row is None else int(row[0])


def _item_id(connection: sqlite3.Connection, idx: int) -> str:
    return str(connection.execute("SELECT item_id FROM item WHERE idx = ?", (idx,)).fetchone()[0])
