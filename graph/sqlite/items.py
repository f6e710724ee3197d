"""Upsert of items."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from data.types import Item
from graph.bodies import attributes_in, attributes_of, item_text, same_item
from graph.sqlite.nodes import Nodes
from graph.store import UnknownNodeError, WriteCounts
from graph.tally import Outcome, Tally

INSERT_ITEM = "INSERT INTO item (idx, item_id, source, category, slot, body) VALUES (?, ?, ?, ?, ?, ?)"


def upsert_items(connection: sqlite3.Connection, items: Iterable[Item]) -> WriteCounts:
    """Write items inside an open transaction."""
    nodes = Nodes(connection)
    tally = Tally()
    for item in items:
        tally.add(_upsert(connection, nodes, item))
    nodes.remove_unused()
    return tally.counts()


def _upsert(connection: sqlite3.Connection, nodes: Nodes, item: Item) -> Outcome:
    values = (nodes.source.idx(item.source), nodes.category.idx(item.category), item.slot, item_text(item))
    stored = connection.execute(
        "SELECT idx, source, category, slot, body FROM item WHERE item_id = ?", (item.item_id,)
    ).fetchone()
    if stored is None:
        idx = connection.execute(INSERT_ITEM, (None, item.item_id, *values)).lastrowid
        assert idx is not None
        nodes.attribute.join(idx, attributes_of(item))
        return "added"
    idx, old_source, old_category, _, old_body = stored
    nodes.keep_source(f"item {item.item_id!r}", old_source, values[0])
    if stored[1:4] == values[:3] and same_item(old_body, values[3]):
        return "unchanged"
    nodes.category.touched.add(old_category)
    connection.execute("UPDATE item SET category = ?, slot = ?, body = ? WHERE idx = ?", (*values[1:], idx))
    attributes, old_attributes = attributes_of(item), attributes_in(old_body)
    nodes.attribute.part(idx, old_attributes - attributes)
    nodes.attribute.join(idx, attributes - old_attributes)
    return "changed"


class ItemIndex:
    """Numbers of items by id within one transaction; says who asked for an item that is not there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[str, int] = {}

    def idx(self, item_id: str, *, asked_by: str) -> int:
        """Number of a stored item.

        Raises
        ------
        UnknownNodeError
            It is not stored.
        """
        known = self._known.get(item_id)
        if known is not None:
            return known
        row = self._connection.execute("SELECT idx FROM item WHERE item_id = ?", (item_id,)).fetchone()
        if row is None:
            raise UnknownNodeError(f"{asked_by}: item {item_id!r} is not stored; write the item first")
        self._known[item_id] = row[0]
        return int(row[0])
