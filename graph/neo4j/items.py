"""Upsert of items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from data.types import Item
from graph.bodies import attributes_of, item_texts, same_item
from graph.neo4j import nodes
from graph.neo4j.names import fields, indexed, literal, locked
from graph.neo4j.server import Transaction
from graph.neo4j.words import BeginAgainError
from graph.store import UnknownNodeError, WriteCounts
from graph.tally import Tally

_STORED = (
    "UNWIND $ids AS id MATCH (i:Item {id: id}) RETURN id, coalesce(i.full_source, i.source), i.category, i.slot, i.body"
)
_LOCK = f"UNWIND $ids AS id MATCH (i:Item {{id: id}}) {locked('i')}"
_EDGES = (
    " WITH i, row CALL (i, row) { MATCH (c:Category {name: row.category_key}) CREATE (i)-[:IN_CATEGORY]->(c) }"
    " CALL (i, row) { UNWIND row.attributes AS pair"
    " MATCH (a:Attribute {name: pair[0], value: pair[1]}) CREATE (i)-[:HAS_ATTRIBUTE]->(a) }"
)
_FIELDS = literal("row", "id", "full_id", "source", "full_source", "category", "slot", "body")
_ADD = f"UNWIND $rows AS row CREATE (i:Item {_FIELDS}){_EDGES}"
_PART = "UNWIND $ids AS id MATCH (i:Item {id: id})-[r:IN_CATEGORY|HAS_ATTRIBUTE]->(n) DELETE r RETURN DISTINCT id(n)"
_CHANGE = f"UNWIND $rows AS row MATCH (i:Item {{id: row.id}}) SET i = {_FIELDS}{_EDGES}"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What is stored of an item, or would be after the records so far."""

    source: str
    category: str
    slot: str
    body: str
    record: Item | None = None


def upsert_items(transaction: Transaction, items: Sequence[Item]) -> WriteCounts:
    """Write items inside a transaction."""
    texts = item_texts(items)
    ids = sorted({indexed(item.item_id) for item in items})
    stored = _read(transaction, ids)
    after, tally = _outcome(items, texts, stored)
    changed = sorted(key for key, item in after.items() if item.record is not None and key in stored)
    if changed:  # somebody may have written since: what is changed is locked and read again
        transaction.run(_LOCK, ids=changed)
        stored = {key: item for key, item in stored.items() if key not in changed} | _read(transaction, changed)
        after, tally = _outcome(items, texts, stored)
    _write(transaction, after, stored)
    return tally.counts()


def _read(transaction: Transaction, ids: Sequence[str]) -> dict[str, StoredItem]:
    return {row[0]: StoredItem(*row[1:]) for row in transaction.run(_STORED, ids=ids)}


def _outcome(
    items: Sequence[Item], texts: Sequence[str], stored: dict[str, StoredItem]
) -> tuple[dict[str, StoredItem], Tally]:
    """What will be stored by id, and what happens to each record in turn."""
    after, tally = dict(stored), Tally()
    for item, text in zip(items, texts, strict=True):
        key = indexed(item.item_id)
        old, new = after.get(key), StoredItem(item.source, item.category, item.slot, text, item)
        if old is None:
            tally.add("added")
        else:
            nodes.keep_source(f"item {item.item_id!r}", old.source, item.source)
            if (old.category, old.slot) == (item.category, item.slot) and same_item(old.body, text):
                tally.add("unchanged")
                continue
            tally.add("changed")
        after[key] = new
    return after, tally


def _write(transaction: Transaction, after: dict[str, StoredItem], stored: dict[str, StoredItem]) -> None:
    written = {key: item for key, item in after.items() if item.record is not None}
    if not written:
        return
    records = [item.record for item in written.values() if item.record is not None]
    nodes.make(transaction, "Category", (nodes.named(name) for name in {r.category for r in records}))
    attributes = {pair for record in records for pair in attributes_of(record)}
    nodes.make(transaction, "Attribute", map(nodes.valued, attributes))
    _join(transaction, _ADD, [item for key, item in written.items() if key not in stored])
    changed = [key for key in written if key in stored]
    if changed:
        touched = [number for (number,) in transaction.run(_PART, ids=changed)]
        _join(transaction, _CHANGE, [written[key] for key in changed])
        nodes.remove_unused(transaction, touched)


def _join(transaction: Transaction, statement: str, items: Sequence[StoredItem]) -> None:
    """Write items with all edges."""
    if not items:
        return
    rows = [_row(item) for item in items]
    if transaction.join(statement, rows=rows) < sum(1 + len(row["attributes"]) for row in rows):
        raise BeginAgainError("a category or attribute was removed while items were written")


def _row(item: StoredItem) -> dict[str, Any]:
    record = item.record
    assert record is not None
    return {
        **nodes.identified(record.item_id),
        **fields("source", record.source),
        "category": record.category,
        "slot": record.slot,
        "body": item.body,
        "category_key": indexed(record.category),
        "attributes": [[indexed(name), indexed(value)] for name, value in sorted(attributes_of(record))],
    }


_FOUND = "UNWIND $ids AS id MATCH (i:Item {id: id}) RETURN id"


def require_items(transaction: Transaction, asked: Iterable[tuple[str, str]]) -> None:
    """See that items are stored, given as (item id, who asks for it).

    Raises
    ------
    UnknownNodeError
        One is not; it is named with who asks for it.
    """
    by_id = dict(reversed(list(asked)))
    if not by_id:
        return
    found = {row[0] for row in transaction.run(_FOUND, ids=sorted({indexed(item_id) for item_id in by_id}))}
    for item_id, asked_by in reversed(by_id.items()):
        if indexed(item_id) not in found:
            raise UnknownNodeError(f"{asked_by}: item {item_id!r} is not stored; write the item first")
