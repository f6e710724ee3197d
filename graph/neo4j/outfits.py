"""Upsert of outfits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.types import Outfit
from graph.neo4j import nodes
from graph.neo4j.items import require_items
from graph.neo4j.names import fields, indexed, literal, locked
from graph.neo4j.server import Transaction
from graph.neo4j.words import BeginAgainError
from graph.store import InvalidRecordError, UnknownNodeError, WriteCounts
from graph.tally import Tally

_STORED = (
    "UNWIND $ids AS id MATCH (o:Outfit {id: id})"
    " RETURN id, coalesce(o.full_source, o.source), COLLECT { MATCH (o)-[:READ_FROM]->(p) RETURN p.id },"
    " COLLECT { MATCH (o)<-[:STYLED_IN]-(i) RETURN i.id }"
)
_LOCK = f"UNWIND $ids AS id MATCH (o:Outfit {{id: id}}) {locked('o')}"
_IMAGES = "UNWIND $ids AS id MATCH (p:Image {id: id}) RETURN id"
_PART = "UNWIND $ids AS id MATCH (o:Outfit {id: id})-[r]-() DELETE r"
_EDGES = (
    " WITH o, row CALL (o, row) { UNWIND row.images AS image MATCH (p:Image {id: image}) CREATE (o)-[:READ_FROM]->(p) }"
    " CALL (o, row) { UNWIND row.items AS item MATCH (i:Item {id: item}) CREATE (i)-[:STYLED_IN]->(o) }"
)
_FIELDS = literal("row", "id", "full_id", "source", "full_source")
_ADD = f"UNWIND $rows AS row CREATE (o:Outfit {_FIELDS}){_EDGES}"
_CHANGE = f"UNWIND $rows AS row MATCH (o:Outfit {{id: row.id}}) SET o = {_FIELDS}{_EDGES}"

State = tuple[str, str | None, tuple[str, ...]]
"""Source, image and items of an outfit, as they are indexed."""


def upsert_outfits(transaction: Transaction, outfits: Sequence[Outfit]) -> WriteCounts:
    """Write outfits inside a transaction."""
    _require_ends(transaction, outfits)
    ids = sorted({indexed(outfit.outfit_id) for outfit in outfits})
    stored = _read(transaction, ids)
    after, tally = _outcome(outfits, stored)
    changed = [key for key, state in after.items() if key in stored and stored[key] != state]
    if changed:
        transaction.run(_LOCK, ids=sorted(changed))
        stored = {key: state for key, state in stored.items() if key not in changed} | _read(transaction, changed)
        after, tally = _outcome(outfits, stored)
        transaction.run(_PART, ids=changed)  # all are written anew, also what somebody else has made the same
    full = {indexed(outfit.outfit_id): outfit.outfit_id for outfit in outfits}
    added = [key for key in after if key not in stored]
    changed = [key for key in changed if key in stored]
    for statement, keys in ((_ADD, added), (_CHANGE, changed)):
        rows = [_row(full[key], after[key]) for key in keys]
        if rows and transaction.join(statement, rows=rows) < sum(len(r["items"]) + len(r["images"]) for r in rows):
            raise BeginAgainError("an item or image was removed while outfits were written")
    return tally.counts()


def _row(outfit_id: str, state: State) -> dict[str, Any]:
    source, image, items = state
    return {
        **nodes.identified(outfit_id),
        **fields("source", source),
        "images": [] if image is None else [image],
        "items": items,
    }


def _read(transaction: Transaction, ids: Sequence[str]) -> dict[str, State]:
    rows = transaction.run(_STORED, ids=ids)
    return {key: (source, images[0] if images else None, tuple(sorted(items))) for key, source, images, items in rows}


def _outcome(outfits: Sequence[Outfit], stored: dict[str, State]) -> tuple[dict[str, State], Tally]:
    after, tally = dict(stored), Tally()
    for outfit in outfits:
        key = indexed(outfit.outfit_id)
        image = None if outfit.image_id is None else indexed(outfit.image_id)
        new = (outfit.source, image, tuple(sorted({indexed(item_id) for item_id in outfit.item_ids})))
        old = after.get(key)
        if old is not None:
            nodes.keep_source(f"outfit {outfit.outfit_id!r}", old[0], outfit.source)
        tally.add("added" if old is None else "unchanged" if old == new else "changed")
        after[key] = new
    return after, tally


def _require_ends(transaction: Transaction, outfits: Sequence[Outfit]) -> None:
    """See that every outfit holds an item, and that items and images are stored."""
    for outfit in outfits:
        if not outfit.item_ids:
            raise InvalidRecordError(f"outfit {outfit.outfit_id!r}: holds no item; an outfit needs at least one")
    require_items(transaction, ((i, f"outfit {outfit.outfit_id!r}") for outfit in outfits for i in outfit.item_ids))
    images = {indexed(outfit.image_id) for outfit in outfits if outfit.image_id is not None}
    found = {row[0] for row in transaction.run(_IMAGES, ids=sorted(images))} if images else set()
    for outfit in outfits:
        if outfit.image_id is not None and indexed(outfit.image_id) not in found:
            raise UnknownNodeError(
                f"outfit {outfit.outfit_id!r}: image {outfit.image_id!r} is not stored; write the image first"
            )
