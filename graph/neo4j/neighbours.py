"""Walks over the edges: images of an item, and items that share images with it."""

from __future__ import annotations

from graph.neo4j.names import indexed
from graph.neo4j.server import Server
from graph.store import WornWith

_IMAGES_OF = (
    "MATCH (i:Item {id: $id})<-[:CONTAINS]-(p:Image) WITH DISTINCT p"
    " WITH coalesce(p.full_id, p.id) AS id ORDER BY id LIMIT $limit RETURN id"
)
_WORN_WITH = (
    "MATCH (i:Item {id: $id})<-[:CONTAINS]-(p:Image) WITH DISTINCT i, p"
    " MATCH (p)-[:CONTAINS]->(o:Item) WHERE o <> i WITH o, count(DISTINCT p) AS shared"
    " WITH coalesce(o.full_id, o.id) AS id, shared ORDER BY shared DESC, id LIMIT $limit RETURN id, shared"
)


def images_of(server: Server, item_id: str, limit: int) -> list[str]:
    """Ids of the images that show an item, ascending; none where the item is unknown."""
    if limit <= 0:
        return []
    return sorted(row[0] for row in server.read(_IMAGES_OF, id=indexed(item_id), limit=limit))


def worn_with(server: Server, item_id: str, limit: int) -> list[WornWith]:
    """Items by falling number of distinct images shared with one, then by id; none where the item is unknown."""
    if limit <= 0:
        return []
    return [WornWith(*row) for row in server.read(_WORN_WITH, id=indexed(item_id), limit=limit)]
