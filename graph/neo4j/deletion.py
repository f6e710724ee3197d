"""Removal of images, items, outfits and whole sources, with everything that would be left without them."""

from __future__ import annotations

from collections.abc import Iterable

from graph.neo4j.names import indexed, locked
from graph.neo4j.nodes import remove_unused
from graph.neo4j.server import Row, Server, Transaction

BATCH = 10_000
"""Nodes of a source that go in one transaction."""

_OUTFITS_OF_IMAGES = (
    f"UNWIND $ids AS id MATCH (p:Image {{id: id}}) {locked('p')}"
    " WITH p MATCH (o:Outfit)-[:READ_FROM]->(p) DETACH DELETE o RETURN count(*)"
)
_IMAGES = (
    "UNWIND $ids AS id MATCH (p:Image {id: id})"
    " CALL (p) { OPTIONAL MATCH (p)-[:HAS_STYLE|IN_SHOOT]->(n) RETURN collect(id(n)) AS touched }"
    " DETACH DELETE p RETURN touched"
)
HUB = 2_000
"""Garments that an item is taken from in one transaction; more take the server longer than their number says."""

_LOCK_ITEMS = f"UNWIND $ids AS id MATCH (i:Item {{id: id}}) {locked('i')}"
_HUBS = "UNWIND $ids AS id MATCH (i:Item {id: id}) WHERE COUNT { (i)<-[:CONTAINS]-() } > $most RETURN id"
_SOME_OF_HUB = (
    "MATCH (p:Image)-[c:CONTAINS]->(i:Item {id: $id}) WITH p, c LIMIT $most"
    " WITH id(p) AS image, c, properties(c) AS region DELETE c RETURN image, region"
)
_ITEMS_OF_OUTFITS = (
    "UNWIND $ids AS id MATCH (i:Item {id: id})-[r:STYLED_IN]->(o) DELETE r"
    " WITH DISTINCT o WHERE NOT EXISTS { (o)<-[:STYLED_IN]-() } DETACH DELETE o RETURN count(*)"
)
_UNLINK = (
    "UNWIND $ids AS id MATCH (p:Image)-[c:CONTAINS]->(i:Item {id: id})"
    " WITH id(p) AS image, c, properties(c) AS region DELETE c RETURN image, region"
)
_LEAVE = "UNWIND $rows AS row MATCH (p:Image) WHERE id(p) = row[0] CREATE (p)-[c:CONTAINS]->(p) SET c = row[1]"
_ITEMS = (
    "UNWIND $ids AS id MATCH (i:Item {id: id})"
    " CALL (i) { OPTIONAL MATCH (i)-[:IN_CATEGORY|HAS_ATTRIBUTE]->(n) RETURN collect(id(n)) AS touched }"
    " DETACH DELETE i RETURN touched"
)
_OUTFITS = "UNWIND $ids AS id MATCH (o:Outfit {id: id}) DETACH DELETE o RETURN count(*)"
_OF_SOURCE = "MATCH (n:{label} {{source: $source}}) RETURN n.id LIMIT {limit}"


def delete_images(transaction: Transaction, ids: Iterable[str]) -> tuple[int, int]:
    """Remove images by id; returns how many there were, and how many outfits went with them."""
    doomed = sorted(set(ids))
    ((outfits,),) = transaction.run(_OUTFITS_OF_IMAGES, ids=doomed)
    rows = transaction.run(_IMAGES, ids=doomed)
    remove_unused(transaction, (node for (touched,) in rows for node in touched))
    return len(rows), outfits


def delete_items(transaction: Transaction, ids: Iterable[str]) -> tuple[int, int]:
    """Remove items by id; returns how many there were, and how many outfits were left with none."""
    doomed = sorted(set(ids))
    transaction.run(_LOCK_ITEMS, ids=doomed)  # nobody joins anything to them any more
    ((outfits,),) = transaction.run(_ITEMS_OF_OUTFITS, ids=doomed)
    _leave(transaction, transaction.run(_UNLINK, ids=doomed))
    rows = transaction.run(_ITEMS, ids=doomed)
    remove_unused(transaction, (node for (touched,) in rows for node in touched))
    return len(rows), outfits


def _leave(transaction: Transaction, unlinked: list[Row]) -> int:
    """Garments that were taken from their items (image, properties) stay, as unknown ones; returns how many."""
    regions = [
        [image, {name: region[name] for name in ("region", "full_region", "n") if name in region}]
        for image, region in unlinked
    ]
    if regions:
        transaction.run(_LEAVE, rows=regions)
    return len(regions)


def part_hubs(server: Server, ids: list[str]) -> None:
    """Take items that very many images show from these, HUB garments a transaction, so that they can be deleted."""
    for (hub,) in server.read(_HUBS, ids=ids, most=HUB):

        def some(transaction: Transaction, hub: str = hub) -> int:
            return _leave(transaction, transaction.run(_SOME_OF_HUB, id=hub, most=HUB))

        while server.write(some) == HUB:
            pass


def delete_outfits(transaction: Transaction, ids: Iterable[str]) -> tuple[int, int]:
    """Remove outfits by id; returns how many there were, and 0."""
    ((outfits,),) = transaction.run(_OUTFITS, ids=sorted(set(ids)))
    return outfits, 0


def delete_source(server: Server, source: str) -> int:
    """Remove what one source brought, BATCH nodes a transaction; returns how many images, items and outfits went."""
    gone = 0
    for label, delete in (("Outfit", delete_outfits), ("Image", delete_images), ("Item", delete_items)):
        query = _OF_SOURCE.format(label=label, limit=BATCH)

        def batch(transaction: Transaction, query: str = query, delete: type = delete) -> int:  # type: ignore[assignment]
            ids = [row[0] for row in transaction.run(query, source=indexed(source))]
            return sum(delete(transaction, ids)) if ids else 0

        while True:
            if label == "Item":
                part_hubs(server, [row[0] for row in server.read(query, source=indexed(source))])
            went = server.write(batch)
            if not went:
                break
            gone += went
    return gone


def by_id(ids: Iterable[str]) -> list[str]:
    """Ids as they are indexed."""
    return sorted({indexed(node_id) for node_id in ids})
