"""Links from regions to items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.types import ItemLink
from graph.neo4j.images import REGION, Link, region_row
from graph.neo4j.items import require_items
from graph.neo4j.names import indexed, literal, locked
from graph.neo4j.server import Transaction
from graph.neo4j.words import BeginAgainError
from graph.store import InvalidRecordError, UnknownNodeError, WriteCounts
from graph.tally import Tally

_FIELDS = literal("row", *REGION)
_LINKED = (
    "UNWIND $regions AS region MATCH (p:Image)-[c:CONTAINS {region: region}]->(x) USING INDEX c:CONTAINS(region)"
    f" {locked('p')}"
    " RETURN region, c.n, CASE WHEN x:Item THEN coalesce(x.full_id, x.id) END, c.source, c.confidence"
)
_UNLINK = (
    "UNWIND $rows AS row MATCH (p:Image)-[c:CONTAINS {region: row.region}]->()"
    " USING INDEX c:CONTAINS(region) DELETE c"
    " RETURN row.region, id(p)"
)
_AGAIN = (
    "UNWIND $rows AS row MATCH (:Image)-[c:CONTAINS {region: row.region}]->()"
    f" USING INDEX c:CONTAINS(region) SET c = {_FIELDS}"
)
_LINK = (
    "UNWIND $rows AS row MATCH (p:Image) WHERE id(p) = row.image MATCH (i:Item {id: row.item})"
    f" CREATE (p)-[:CONTAINS {_FIELDS}]->(i)"
)


def link_regions(transaction: Transaction, links: Sequence[ItemLink]) -> WriteCounts:
    """Write links inside a transaction."""
    for link in links:
        if not 0 <= link.confidence <= 1:
            raise InvalidRecordError(
                f"link of region {link.region_id!r}: confidence {link.confidence} is not in 0 to 1"
            )
    asked = sorted({indexed(link.region_id) for link in links})
    rows = {row[0]: row[1:] for row in transaction.run(_LINKED, regions=asked)} if asked else {}
    for link in links:
        if indexed(link.region_id) not in rows:
            raise UnknownNodeError(
                f"link to item {link.item_id!r}: region {link.region_id!r} is not stored; write its image first"
            )
    require_items(transaction, ((link.item_id, f"link of region {link.region_id!r}") for link in links))
    before = {region: None if link[0] is None else Link(*link) for region, (_, *link) in rows.items()}
    after, tally = dict(before), Tally()
    full: dict[str, str] = {}
    for link in links:
        region, new = indexed(link.region_id), Link(link.item_id, link.method, link.confidence)
        old = after[region]
        tally.add("added" if old is None else "unchanged" if old == new else "changed")
        after[region], full[region] = new, link.region_id
    _relink(transaction, rows, before, after, full)
    return tally.counts()


def _relink(
    transaction: Transaction,
    places: dict[str, list[Any]],
    before: dict[str, Link | None],
    after: dict[str, Link | None],
    full: dict[str, str],
) -> None:
    """Write links that changed: a relationship cannot be turned to another node, it is made anew."""
    same: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    for region, link in after.items():
        old = before[region]
        if link is None or link == old:
            continue
        row = region_row(places[region][0], full[region], link)
        (same if old is not None and old.item_id == link.item_id else other).append(row)
    if same:
        transaction.run(_AGAIN, rows=same)
    if other:
        image: dict[str, int] = dict(map(tuple, transaction.run(_UNLINK, rows=other)))
        if len(image) < len(other):
            raise BeginAgainError("a region was removed while it was linked")
        if transaction.join(_LINK, rows=[row | {"image": image[row["region"]]} for row in other]) < len(other):
            raise BeginAgainError("an item was removed while a region was linked to it")
