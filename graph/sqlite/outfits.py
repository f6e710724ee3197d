"""Upsert of outfits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from data.types import Outfit
from graph.sqlite.items import ItemIndex
from graph.sqlite.nodes import Nodes
from graph.store import InvalidRecordError, UnknownNodeError, WriteCounts
from graph.tally import Outcome, Tally

INSERT_OUTFIT_ITEM = "INSERT INTO outfit_item (outfit, item) VALUES (?, ?)"


class OutfitWriter:
    """Upserts outfits one by one inside an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._nodes = Nodes(connection)
        self._items = ItemIndex(connection)

    def upsert(self, outfit: Outfit) -> Outcome:
        """Write one outfit; see ``GraphStore.upsert_outfits``."""
        items = self._item_numbers(outfit)
        values = (self._nodes.source.idx(outfit.source), self._image(outfit))
        stored = self._connection.execute(
            "SELECT idx, source, image FROM outfit WHERE outfit_id = ?", (outfit.outfit_id,)
        ).fetchone()
        if stored is None:
            idx = self._connection.execute(
                "INSERT INTO outfit (outfit_id, source, image) VALUES (?, ?, ?)", (outfit.outfit_id, *values)
            ).lastrowid
            self._connection.executemany(INSERT_OUTFIT_ITEM, [(idx, item) for item in items])
            return "added"
        idx, old_source, _ = stored
        self._nodes.keep_source(f"outfit {outfit.outfit_id!r}", old_source, values[0])
        old = self._connection.execute("SELECT item FROM outfit_item WHERE outfit = ? ORDER BY item", (idx,)).fetchall()
        if stored[1:] == values and [item for (item,) in old] == items:
            return "unchanged"
        self._connection.execute("UPDATE outfit SET image = ? WHERE idx = ?", (values[1], idx))
        self._connection.execute("DELETE FROM outfit_item WHERE outfit = ?", (idx,))
        self._connection.executemany(INSERT_OUTFIT_ITEM, [(idx, item) for item in items])
        return "changed"

    def _item_numbers(self, outfit: Outfit) -> list[int]:
        if not outfit.item_ids:
            raise InvalidRecordError(f"outfit {outfit.outfit_id!r}: holds no item; an outfit needs at least one")
        asked_by = f"outfit {outfit.outfit_id!r}"
        return sorted({self._items.idx(item_id, asked_by=asked_by) for item_id in outfit.item_ids})

    def _image(self, outfit: Outfit) -> int | None:
        if outfit.image_id is None:
            return None
        row = self._connection.execute("SELECT idx FROM image WHERE image_id = ?", (outfit.image_id,)).fetchone()
        if row is None:
            raise UnknownNodeError(
                f"outfit {outfit.outfit_id!r}: image {outfit.image_id!r} is not stored; write the image first"
            )
        return int(row[0])


def upsert_outfits(connection: sqlite3.Connection, outfits: Iterable[Outfit]) -> WriteCounts:
    """Write outfits inside an open transaction."""
    writer = OutfitWriter(connection)
    tally = Tally()
    for outfit in outfits:
        tally.add(writer.upsert(outfit))
    return tally.counts()
