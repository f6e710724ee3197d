"""Questions to the whole file: nodes by their number of neighbours, and what every image shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from itertools import groupby

import msgspec

from graph.nodes import Node, NodeDegree, NodeKind, Relation, Sighting, require_relations
from graph.sqlite.connections import Connections
from graph.sqlite.reading import PAGE

_NODES: dict[NodeKind, str] = {
    "image": "SELECT idx, image_id AS id, '' AS value FROM image",
    "item": "SELECT idx, item_id AS id, '' AS value FROM item",
    "outfit": "SELECT idx, outfit_id AS id, '' AS value FROM outfit",
    "shoot": "SELECT DISTINCT shoot AS idx, shoot AS id, '' AS value FROM image WHERE shoot IS NOT NULL",
    "style": "SELECT idx, name AS id, '' AS value FROM style",
    "category": "SELECT idx, name AS id, '' AS value FROM category",
    "attribute": "SELECT idx, name AS id, value FROM attribute",
}

_DEGREES: dict[tuple[NodeKind, Relation], str] = {
    ("item", "CONTAINS"): "SELECT item, count(DISTINCT image) FROM region WHERE item IS NOT NULL GROUP BY item",
    ("item", "IN_CATEGORY"): "SELECT idx, 1 FROM item",
    ("item", "HAS_ATTRIBUTE"): "SELECT item, count(*) FROM item_attribute GROUP BY item",
    ("item", "STYLED_IN"): "SELECT item, count(*) FROM outfit_item GROUP BY item",
    ("image", "CONTAINS"): "SELECT image, count(DISTINCT item) FROM region WHERE item IS NOT NULL GROUP BY image",
    ("image", "HAS_STYLE"): "SELECT image, count(*) FROM image_style GROUP BY image",
    ("image", "IN_SHOOT"): "SELECT idx, 1 FROM image WHERE shoot IS NOT NULL",
    ("image", "READ_FROM"): "SELECT image, count(*) FROM outfit WHERE image IS NOT NULL GROUP BY image",
    ("outfit", "STYLED_IN"): "SELECT outfit, count(*) FROM outfit_item GROUP BY outfit",
    ("outfit", "READ_FROM"): "SELECT idx, 1 FROM outfit WHERE image IS NOT NULL",
    ("shoot", "IN_SHOOT"): "SELECT shoot, count(*) FROM image WHERE shoot IS NOT NULL GROUP BY shoot",
    ("style", "HAS_STYLE"): "SELECT style, count(*) FROM image_style GROUP BY style",
    ("category", "IN_CATEGORY"): "SELECT category, count(*) FROM item GROUP BY category",
    ("attribute", "HAS_ATTRIBUTE"): "SELECT attribute, count(*) FROM item_attribute GROUP BY attribute",
}
"""Numbers of neighbours by node, those that have any."""

_SIGHTINGS = (
    "SELECT image.idx, image.image_id, source.name, image.shoot, image.body FROM image"
    " JOIN source ON source.idx = image.source WHERE image.image_id {comparison} ? {dated}"
    " ORDER BY image.image_id LIMIT ?"
)
_CREATED = "image.body ->> '$.created'"


class _Body(msgspec.Struct, gc=False):
    """The little of an image's body that a sighting tells."""

    created: str | None = None
    styles: tuple[str, ...] = ()
    substyles: tuple[str, ...] = ()


_decode = msgspec.json.Decoder(_Body).decode


def ranked(
    connection: sqlite3.Connection, kind: NodeKind, relations: Collection[Relation], *, lowest: bool, limit: int
) -> list[NodeDegree]:
    """See ``GraphStore.ranked``."""
    chosen = require_relations(kind, relations)
    degree = " + ".join(f"ifnull({relation}.degree, 0)" for relation in chosen) or "0"
    joins = " ".join(f"LEFT JOIN {relation} ON {relation}.idx = node.idx" for relation in chosen)
    tables = ", ".join(f"{relation} (idx, degree) AS ({_DEGREES[kind, relation]})" for relation in chosen)
    query = (
        f"{f'WITH {tables}' if tables else ''} SELECT node.id, node.value, {degree} AS degree"
        f" FROM ({_NODES[kind]}) AS node {joins}"
        f" ORDER BY degree {'ASC' if lowest else 'DESC'}, node.id, node.value LIMIT ?"
    )
    rows = connection.execute(query, (max(limit, 0),))
    return [NodeDegree(Node(kind, node_id, value), degree) for node_id, value, degree in rows]


def sightings(connections: Connections, since: str | None, until: str | None, after: str | None) -> Iterator[Sighting]:
    """See ``GraphStore.sightings``; a page at a time, between pages no lock is held."""
    bounds = [(f"AND {_CREATED} >= ?", since), (f"AND {_CREATED} < ?", until)]
    given = [(condition, value) for condition, value in bounds if value is not None]
    dated = " ".join(condition for condition, _ in given)
    comparison, last = (">=", "") if after is None else (">", after)
    while True:
        with connections.snapshot() as connection:
            query = _SIGHTINGS.format(comparison=comparison, dated=dated)
            rows = connection.execute(query, (last, *(value for _, value in given), PAGE)).fetchall()
            shown = _items(connection, [row[0] for row in rows])
        for idx, image_id, source, shoot, text in rows:
            body = _decode(text)
            styles = tuple(sorted({*body.styles, *body.substyles}))
            yield Sighting(image_id, source, body.created, shoot, styles, shown.get(idx, ()))
        if len(rows) < PAGE:
            return
        comparison, last = ">", rows[-1][1]


def _items(connection: sqlite3.Connection, images: list[int]) -> dict[int, tuple[str, ...]]:
    """Item ids by number of image, ascending."""
    rows = connection.execute(
        "SELECT DISTINCT region.image, item.item_id FROM region JOIN item ON item.idx = region.item"
        f" WHERE region.image IN ({', '.join('?' * len(images))}) ORDER BY region.image, item.item_id",
        images,
    )
    return {image: tuple([item_id for _, item_id in group]) for image, group in groupby(rows, key=lambda row: row[0])}
