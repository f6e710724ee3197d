"""Edges of many nodes, each node's by relation and in order of the other end: one query for each kind of node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from graph.neo4j.names import indexed
from graph.neo4j.server import Server
from graph.nodes import ENDS, RELATIONS, Edge, Neighbourhood, Node, NodeKind, Relation

LABELS: dict[NodeKind, str] = {
    "image": "Image",
    "item": "Item",
    "outfit": "Outfit",
    "shoot": "Shoot",
    "style": "Style",
    "category": "Category",
    "attribute": "Attribute",
}

_FOUND_BY: dict[NodeKind, tuple[str, ...]] = {
    **dict.fromkeys(LABELS, ("id",)),
    "style": ("name",),
    "category": ("name",),
    "attribute": ("name", "value"),
}
"""Properties that a node is found by, and that its neighbours are ordered by."""


def of_nodes(
    server: Server, nodes: Iterable[Node], relations: Collection[Relation] | None, limit: int
) -> list[Neighbourhood]:
    """See ``GraphStore.neighbours``."""
    asked = list(nodes)
    by_kind: dict[NodeKind, set[Node]] = defaultdict(set)
    for node in asked:
        by_kind[node.kind].add(node)
    known: dict[Node, Neighbourhood] = {}
    for kind, wanted in by_kind.items():
        chosen = tuple(r for r in RELATIONS if kind in ENDS[r] and (relations is None or r in relations))
        if chosen:
            known |= _of_kind(server, kind, sorted(wanted), chosen, max(limit, 0))
    return [known.get(node) or Neighbourhood(node, (), {}) for node in asked]


def order(kind: NodeKind, variable: str) -> str:
    """What nodes of a kind are ordered by."""
    return ", ".join(f"coalesce({variable}.full_{name}, {variable}.{name})" for name in _FOUND_BY[kind])


def told(kind: NodeKind, variable: str) -> str:
    """A node's id (name) and value as they were given, or null."""
    texts = [f"coalesce({variable}.full_{name}, {variable}.{name})" for name in _FOUND_BY[kind]]
    return ", ".join([*texts, "null"][:2])


def arrow(kind: NodeKind, relation: Relation, inside: str) -> str:
    """A relation of a kind of node, in its direction."""
    return f"-[{inside}]->" if ENDS[relation][0] == kind else f"<-[{inside}]-"


def degree(kind: NodeKind, relation: Relation) -> str:
    """Number of neighbours of ``n``; regions of one item in one image are one."""
    way = arrow(kind, relation, f":{relation}")
    if relation != "CONTAINS":
        return f"COUNT {{ (n){way}() }}"
    return f"COUNT {{ MATCH (n){way}(x:{LABELS[_other(kind, relation)]}) RETURN DISTINCT x }}"


def _other(kind: NodeKind, relation: Relation) -> NodeKind:
    start, end = ENDS[relation]
    return end if start == kind else start


@cache
def _query(kind: NodeKind, relations: tuple[Relation, ...], *, listed: bool) -> str:
    """Rows of a node's place among those asked for, and degree and first neighbours by each relation.

    Without neighbours ``listed`` they are not looked for, which of a hub takes longer than to count them.
    """
    found_by = ", ".join(f"{name}: wanted[{n + 1}]" for n, name in enumerate(_FOUND_BY[kind]))
    parts = [f"UNWIND $wanted AS wanted MATCH (n:{LABELS[kind]} {{{found_by}}})"]
    returned = ["wanted[0]"]
    for relation in relations:
        if not listed:
            returned += [degree(kind, relation), f"[] AS found_{relation}"]
            continue
        other = _other(kind, relation)
        way = arrow(kind, relation, f"c:{relation}")
        regions = "[]"
        parts.append(
            f"CALL (n) {{ MATCH (n){way}(x:{LABELS[other]})"
            f" WITH DISTINCT n, x ORDER BY {order(other, 'x')} LIMIT $limit"
        )
        if relation == "CONTAINS":
            regions = "regions"
            parts.append(
                f"CALL (n, x) {{ MATCH (n){way}(x)"
                " RETURN collect([coalesce(c.full_region, c.region), c.confidence, c.source]) AS regions }"
            )
        parts.append(f"RETURN collect([{told(other, 'x')}, {regions}]) AS found_{relation} }}")
        returned += [degree(kind, relation), f"found_{relation}"]
    return " ".join([*parts, f"RETURN {', '.join(returned)}"])


def _of_kind(
    server: Server, kind: NodeKind, nodes: Sequence[Node], relations: tuple[Relation, ...], limit: int
) -> dict[Node, Neighbourhood]:
    wanted = [[n, indexed(node.id), indexed(node.value)] for n, node in enumerate(nodes)]
    rows = server.read(_query(kind, relations, listed=limit > 0), wanted=wanted, limit=limit)
    return {nodes[row[0]]: _neighbourhood(nodes[row[0]], relations, row[1:]) for row in rows}


def _neighbourhood(node: Node, relations: tuple[Relation, ...], row: list[Any]) -> Neighbourhood:
    edges: list[Edge] = []
    degrees: dict[Relation, int] = {}
    for relation, number, found in zip(relations, row[::2], row[1::2], strict=True):
        if number:
            degrees[relation] = number
        kind = _other(node.kind, relation)
        others = sorted((Node(kind, name, value or ""), regions) for name, value, regions in found)
        edges += [_edge(node, relation, other, regions) for other, regions in others]
    return Neighbourhood(node, tuple(edges), degrees)


def _edge(node: Node, relation: Relation, other: Node, regions: list[list[Any]]) -> Edge:
    start, end = (node, other) if ENDS[relation][0] == node.kind else (other, node)
    if relation != "CONTAINS":
        return Edge(relation, start, end)
    regions.sort()
    _, confidence, method = max(regions, key=lambda region: region[1])
    return Edge(relation, start, end, tuple(region[0] for region in regions), confidence, method)
