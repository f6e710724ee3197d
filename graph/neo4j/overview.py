"""Questions to the whole graph: nodes by their number of neighbours, and what every image shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from graph.neo4j.names import in_order, indexed, start
from graph.neo4j.reading import PAGE
from graph.neo4j.server import Server
from graph.neo4j.surroundings import LABELS, degree, order, told
from graph.nodes import Node, NodeDegree, NodeKind, Relation, Sighting, require_relations

_SIGHTINGS = (
    "MATCH (p:Image) WHERE p.id {comparison} $last{dated} WITH p ORDER BY p.id LIMIT $page"
    " RETURN p.id, coalesce(p.full_id, p.id), coalesce(p.full_source, p.source), coalesce(p.full_created, p.created),"
    " p.shoot, COLLECT {{ MATCH (p)-[:HAS_STYLE]->(s) RETURN coalesce(s.full_name, s.name) }},"
    " COLLECT {{ MATCH (p)-[:CONTAINS]->(i:Item) RETURN DISTINCT coalesce(i.full_id, i.id) }}"
)


def ranked(
    server: Server, kind: NodeKind, relations: Collection[Relation], *, lowest: bool, limit: int
) -> list[NodeDegree]:
    """See ``GraphStore.ranked``."""
    chosen = require_relations(kind, relations)
    if limit <= 0:
        return []
    total = " + ".join(degree(kind, relation) for relation in chosen) or "0"
    query = (
        f"MATCH (n:{LABELS[kind]}) WITH n, {total} AS degree"
        f" ORDER BY degree {'ASC' if lowest else 'DESC'}, {order(kind, 'n')} LIMIT $limit"
        f" RETURN {told(kind, 'n')}, degree"
    )
    return [NodeDegree(Node(kind, name, value or ""), n) for name, value, n in server.read(query, limit=limit)]


def sightings(server: Server, since: str | None, until: str | None, after: str | None) -> Iterator[Sighting]:
    """See ``GraphStore.sightings``; a page at a time."""
    return in_order(_by_key(server, since, until, after), lambda sighting: sighting.image_id, after)


def _by_key(server: Server, since: str | None, until: str | None, after: str | None) -> Iterator[Sighting]:
    bounds = {"since": since, "until": until}
    given = {name: indexed(value) for name, value in bounds.items() if value is not None}
    conditions = {"since": " AND p.created >= $since", "until": " AND p.created < $until"}
    dated = "".join(conditions[name] for name in given)
    comparison, last = start(after)
    while True:
        query = _SIGHTINGS.format(comparison=comparison, dated=dated)
        rows = server.read(query, last=last, page=PAGE, **given)
        for _, image_id, source, created, shoot, styles, items in rows:
            yield Sighting(image_id, source, created, shoot, tuple(sorted(styles)), tuple(sorted(items)))
        if len(rows) < PAGE:
            return
        comparison, last = ">", rows[-1][0]
