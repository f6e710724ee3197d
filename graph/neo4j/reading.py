"""Reads of records: by id, and page by page in ascending order of id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from data.types import ImageRecord, Item, ItemLink, Outfit
from graph.bodies import image_record, item_record
from graph.neo4j.images import REGIONS, states
from graph.neo4j.names import in_order, indexed, start
from graph.neo4j.server import Server
from graph.store import GraphCounts

Record = TypeVar("Record")

PAGE = 500
"""Records that a page of an iterator holds; between pages no connection and no lock is held."""

_IMAGE = f"coalesce(p.full_id, p.id), coalesce(p.full_source, p.source), p.kind, p.shoot, p.body, {REGIONS}"
_ITEM = "coalesce(i.full_id, i.id), coalesce(i.full_source, i.source), i.category, i.slot, i.body"
_OUTFIT = (
    "coalesce(o.full_id, o.id), coalesce(o.full_source, o.source),"
    " COLLECT { MATCH (o)-[:READ_FROM]->(p) RETURN coalesce(p.full_id, p.id) },"
    " COLLECT { MATCH (o)<-[:STYLED_IN]-(i) RETURN coalesce(i.full_id, i.id) }"
)
_LINK = "coalesce(c.full_region, c.region), coalesce(i.full_id, i.id), c.source, c.confidence"

_COUNTS = (
    "RETURN COUNT { (:Image) } - COUNT { (:Look) }, COUNT { (:Look) }, COUNT { ()-[:CONTAINS]->() },"
    " COUNT { (:Item) }, COUNT { (:Outfit) }, COUNT { ()-[:CONTAINS]->(:Item) },"
    " COUNT { (:Shoot) }, COUNT { (:Style) }, COUNT { (:Category) }, COUNT { (:Attribute) }"
)


class Pages(NamedTuple, Generic[Record]):
    """How records of one kind are read: pattern, the indexed property to go by, what is returned, and the record that
    is made of it."""

    pattern: str
    key: str
    returned: str
    record: Callable[[list[Any]], Record]
    id_of: Callable[[Record], str]
    where: str = "true"

    def read(self, server: Server, after: str | None = None) -> Iterator[Record]:
        """Records by ascending id."""
        return in_order(self._by_key(server, after), self.id_of, after)

    def _by_key(self, server: Server, after: str | None) -> Iterator[Record]:
        comparison, last = start(after)
        while True:
            query = (
                f"MATCH {self.pattern} WHERE {self.key} {comparison} $last AND {self.where}"
                f" WITH * ORDER BY {self.key} LIMIT {PAGE} RETURN {self.key}, {self.returned}"
            )
            rows = server.read(query, last=last)
            for row in rows:
                yield self.record(row[1:])
            if len(rows) < PAGE:
                return
            comparison, last = ">", rows[-1][0]


def one_image(server: Server, image_id: str) -> ImageRecord | None:
    """One image with its regions."""
    rows = server.read(f"MATCH (p:Image {{id: $id}}) RETURN {_IMAGE}", id=indexed(image_id))
    return _image(rows[0]) if rows else None


def one_item(server: Server, item_id: str) -> Item | None:
    """One item."""
    rows = server.read(f"MATCH (i:Item {{id: $id}}) RETURN {_ITEM}", id=indexed(item_id))
    return _item(rows[0]) if rows else None


def counts(server: Server) -> GraphCounts:
    """Numbers of nodes and edges."""
    return GraphCounts(*server.read(_COUNTS)[0])


def _image(row: list[Any]) -> ImageRecord:
    linked = [(state.region_id, None if state.link is None else state.link.item_id) for state in states(row[5])]
    return image_record((row[0], row[1], row[2], row[3], row[4]), linked)


def _item(row: list[Any]) -> Item:
    return item_record((row[0], row[1], row[2], row[3], row[4]))


def _outfit(row: list[Any]) -> Outfit:
    outfit_id, source, images, items = row
    return Outfit(
        outfit_id=outfit_id,
        item_ids=tuple(sorted(items)),
        source=source,
        image_id=images[0] if images else None,
    )


def _link(row: list[Any]) -> ItemLink:
    return ItemLink(*row)


IMAGES = Pages("(p:Image)", "p.id", _IMAGE, _image, lambda image: image.image_id)
ITEMS = Pages("(i:Item)", "i.id", _ITEM, _item, lambda item: item.item_id)
OUTFITS = Pages("(o:Outfit)", "o.id", _OUTFIT, _outfit, lambda outfit: outfit.outfit_id)
LINKS = Pages("(:Image)-[c:CONTAINS]->(i)", "c.region", _LINK, _link, lambda link: link.region_id, "i:Item")
