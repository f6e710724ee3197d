"""Edges of many nodes in one snapshot, each node's by relation and in order of the other end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable
from itertools import islice

from graph.bodies import attributes_in, styles_in
from graph.nodes import ENDS, RELATIONS, Edge, Neighbourhood, Node, NodeKind, Relation
from graph.sqlite import members
from graph.sqlite.members import FEW, Members, Remembered
from graph.sqlite.methods import METHODS

_FIND: dict[NodeKind, str] = {
    "item": "SELECT item.idx, category.name, item.body FROM item JOIN category ON category.idx = item.category"
    " WHERE item.item_id = ?",
    "image": "SELECT idx, shoot, body FROM image WHERE image_id = ?",
    "outfit": "SELECT outfit.idx, image.image_id, NULL FROM outfit LEFT JOIN image ON image.idx = outfit.image"
    " WHERE outfit.outfit_id = ?",
    "style": "SELECT idx, NULL, NULL FROM style WHERE name = ?",
    "category": "SELECT idx, NULL, NULL FROM category WHERE name = ?",
    "attribute": "SELECT idx, NULL, NULL FROM attribute WHERE name = ? AND value = ?",
}
"""A node's number, the one node that its row names (category, shoot, image) and its body."""

_MANY: dict[tuple[NodeKind, Relation], Members] = {
    ("item", "CONTAINS"): members.IMAGES_OF_ITEM,
    ("item", "STYLED_IN"): members.OUTFITS_OF_ITEM,
    ("image", "CONTAINS"): members.ITEMS_OF_IMAGE,
    ("image", "READ_FROM"): members.OUTFITS_OF_IMAGE,
    ("outfit", "STYLED_IN"): members.ITEMS_OF_OUTFIT,
    ("shoot", "IN_SHOOT"): members.IMAGES_OF_SHOOT,
    ("style", "HAS_STYLE"): members.IMAGES_OF_STYLE,
    ("category", "IN_CATEGORY"): members.ITEMS_OF_CATEGORY,
    ("attribute", "HAS_ATTRIBUTE"): members.ITEMS_OF_ATTRIBUTE,
}
"""Relations that are rows of a table."""

_BY_ROW: dict[tuple[NodeKind, Relation], NodeKind] = {
    ("item", "IN_CATEGORY"): "category",
    ("image", "IN_SHOOT"): "shoot",
    ("outfit", "READ_FROM"): "image",
}
"""Relations to the one node that a row names."""

_BY_BODY: dict[tuple[NodeKind, Relation], Callable[[str], list[Node]]] = {
    ("item", "HAS_ATTRIBUTE"): lambda body: [Node("attribute", *pair) for pair in sorted(attributes_in(body))],
    ("image", "HAS_STYLE"): lambda body: [Node("style", name) for name in sorted(styles_in(body))],
}
"""Relations that a body names."""

_REGIONS = "SELECT region_id, method, confidence FROM region WHERE image = ? AND item = ? ORDER BY region_id"

_ITEMS = (
    "SELECT item.item_id, region.region_id, region.method, region.confidence FROM region"
    " CROSS JOIN item ON item.idx = region.item WHERE region.image = ? ORDER BY item.item_id, region.region_id"
)
_IMAGES = (
    "SELECT image.image_id, region.region_id, region.method, region.confidence FROM region"
    f" CROSS JOIN image ON image.idx = region.image WHERE region.item = ? LIMIT {FEW + 1}"
)
"""Of a node with few neighbours: all of them with the regions that show it, in one statement."""

_Row = tuple[object, str | None, str | None]


class Surroundings:
    """Answers about the nodes of one open snapshot; ``remembered`` keeps the degrees of hubs."""

    def __init__(self, connection: sqlite3.Connection, remembered: Remembered) -> None:
        self._connection = connection
        self._remembered = remembered

    def of(self, nodes: Iterable[Node], relations: Collection[Relation] | None, limit: int) -> list[Neighbourhood]:
        """See ``GraphStore.neighbours``."""
        asked = [relation for relation in RELATIONS if relations is None or relation in relations]
        by_kind = {kind: [r for r in asked if kind in ENDS[r]] for kind in (*_FIND, "shoot")}
        return [self._of(node, by_kind[node.kind], limit) for node in nodes]

    def _of(self, node: Node, relations: list[Relation], limit: int) -> Neighbourhood:
        row = self._find(node) if relations else None
        edges: list[Edge] = []
        degrees: dict[Relation, int] = {}
        for relation in relations if row is not None else ():
            assert row is not None
            found, degree = self._by(node, relation, row, limit)
            edges += found
            if degree:
                degrees[relation] = degree
        return Neighbourhood(node, tuple(edges), degrees)

    def _find(self, node: Node) -> _Row | None:
        if node.kind == "shoot":
            return node.id, None, None
        parameters = (node.id, node.value) if node.kind == "attribute" else (node.id,)
        row: _Row | None = self._connection.execute(_FIND[node.kind], parameters).fetchone()
        return row

    def _by(self, node: Node, relation: Relation, row: _Row, limit: int) -> tuple[list[Edge], int]:
        """Edges and degree by one relation."""
        where = node.kind, relation
        key, named, body = row
        if where in _MANY:
            return self._by_table(node, relation, key, limit)
        others = [Node(_BY_ROW[where], named)] if where in _BY_ROW and named is not None else []
        if where in _BY_BODY and body is not None:
            others = _BY_BODY[where](body)
        return [_edge(node, relation, other) for other in others[: max(limit, 0)]], len(others)

    def _by_table(self, node: Node, relation: Relation, key: object, limit: int) -> tuple[list[Edge], int]:
        if relation == "CONTAINS" and limit > 0:
            regions = self._connection.execute(_IMAGES if node.kind == "item" else _ITEMS, (key,)).fetchall()
            if len(regions) <= FEW:
                return _contains(node, sorted(regions), limit)
        source = _MANY[node.kind, relation]
        if relation != "CONTAINS":
            found, degree = source.first(self._connection, key, limit, self._remembered)
            return [_edge(node, relation, Node(source.table, other)) for other, _ in found], degree
        found, degree = source.first_of_many(self._connection, key, limit, self._remembered)
        pairs = [(other, (idx, key) if node.kind == "item" else (key, idx)) for other, idx in found]
        regions = [(other, *row) for other, pair in pairs for row in self._connection.execute(_REGIONS, pair)]
        return _contains(node, regions, limit)[0], degree


def _contains(node: Node, regions: list[tuple[str, str, int, float]], limit: int) -> tuple[list[Edge], int]:
    """Edges from the regions of each other end, in order, and how many there are in all."""
    shown: dict[str, list[tuple[str, str, int, float]]] = {}
    for region in regions:
        shown.setdefault(region[0], []).append(region)
    edges = []
    for other, group in islice(shown.items(), limit):
        _, _, method, confidence = group[0] if len(group) == 1 else max(group, key=lambda region: region[3])
        ends = (node, Node("item", other)) if node.kind == "image" else (Node("image", other), node)
        edges.append(Edge("CONTAINS", *ends, tuple([region[1] for region in group]), confidence, METHODS[method]))
    return edges, len(shown)


def _edge(node: Node, relation: Relation, other: Node) -> Edge:
    return Edge(relation, node, other) if ENDS[relation][0] == node.kind else Edge(relation, other, node)
