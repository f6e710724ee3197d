"""First load of a whole data set into an empty store: rows in order of their keys, indexes built once at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from data.types import ImageRecord, Item, Outfit
from graph.sqlite.images import upsert_images
from graph.sqlite.items import upsert_items
from graph.sqlite.multirow import MultiRowInsert
from graph.sqlite.outfits import upsert_outfits
from graph.sqlite.rows import PRODUCT_ID, image_texts, item_texts, styles_of
from graph.sqlite.schema import INDEXES
from graph.store import InvalidRecordError, UnknownNodeError, WriteCounts

Record = TypeVar("Record")

_CHUNK = 500
"""Records between two writes: few enough that their values are still in the processor's cache."""

_PLAIN = ("{0}", "{1}", "{2}", "{3}", "{4}", "{5}")
_IMAGE = (*_PLAIN[:4], "nullif({4}, 0)", "{5}")
_REGION = (*_PLAIN[:3], "nullif({3}, 0)", f"iif({{3}}, {PRODUCT_ID}, NULL)", "iif({3}, 1.0, NULL)")
"""Columns from values; an image without shoot and a region without item have the number 0, which is nobody's."""

_SORT_KIB = 4 * 1024
"""Memory for one run of SQLite's sort: runs that fit the processor's cache and are merged sort twice as fast as one."""


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether no item, image or outfit is stored."""
    (rows,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM image) OR EXISTS (SELECT 1 FROM outfit)"
    ).fetchone()
    return not rows


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


class BulkLoad:
    """One load inside an open transaction on an empty store.

    Numbers of all nodes are handed out here and kept in memory, so nothing is looked up in the file. A record whose id
    came before goes through the ordinary upsert once the indexes are there, which gives what a load in order would have
    given.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = {table: _Numbers() for table in ("source", "shoot", "style", "category")}
        self._attributes = _AttributeNumbers()
        self._items: dict[str, int] = {}
        self._images: set[str] = set()

    def run(self, items: Iterable[Item], images: Iterable[ImageRecord], outfits: Iterable[Outfit]) -> WriteCounts:
        """Load everything; returns what upserts in this order would have counted."""
        execute = self._connection.execute
        for name in INDEXES:
            execute(f"DROP INDEX {name}")
        again_items = self._load_items(items)
        again_images = self._load_images(images)
        self._write_nodes()
        self._build_indexes()
        rest = (
            upsert_items(self._connection, again_items),
            upsert_images(self._connection, again_images),
            upsert_outfits(self._connection, outfits),
        )
        return WriteCounts(
            added=len(self._items) + len(self._images) + sum(counts.added for counts in rest),
            changed=sum(counts.changed for counts in rest),
            unchanged=sum(counts.unchanged for counts in rest),
        )

    def _load_items(self, items: Iterable[Item]) -> list[Item]:
        """Write items; returns those whose id came before."""
        insert = MultiRowInsert(self._connection, "item", _PLAIN[:6], 6)
        join = MultiRowInsert(self._connection, "item_attribute", _PLAIN[:2], 2)
        rows, joined = insert.values, join.values
        sources, categories = self._names["source"], self._names["category"]
        attributes_of = self._attributes.of
        known = self._items
        again = []
        for chunk in _chunks(items):
            for item, text in zip(chunk, item_texts(chunk), strict=True):
                item_id = item.item_id
                if item_id in known:
                    again.append(item)
                    continue
                idx = known[item_id] = len(known) + 1
                rows += (idx, item_id, sources[item.source], categories[item.category], item.slot, text)
                for attribute in attributes_of(item):
                    joined += (idx, attribute)
            insert.write()
            join.write()
        insert.finish()
        join.finish()
        return again

    def _load_images(self, images: Iterable[ImageRecord]) -> list[ImageRecord]:
        """Write images with regions, links and styles; returns those whose id came before."""
        insert = MultiRowInsert(self._connection, "image", _IMAGE, 6)
        join = MultiRowInsert(self._connection, "image_style", _PLAIN[:2], 2)
        show = MultiRowInsert(self._connection, "region", _REGION, 4)
        rows, joined, shown = insert.values, join.values, show.values
        sources, shoots, styles = self._names["source"], self._names["shoot"], self._names["style"]
        known = self._images
        again = []
        for chunk in _chunks(images):
            for image, text in zip(chunk, image_texts(chunk), strict=True):
                idx = len(known) + 1
                known.add(image.image_id)
                if len(known) < idx:
                    again.append(image)
                    continue
                shoot = image.shoot
                shoot_idx = 0 if shoot is None else shoots[shoot]
                rows += (idx, image.image_id, sources[image.source], image.kind, shoot_idx, text)
                self._add_regions(shown, idx, image)
                if len(image.styles) == 1 and not image.substyles:  # as most: no set, no sort
                    joined += (idx, styles[image.styles[0]])
                else:
                    for style in sorted([styles[style] for style in styles_of(image)]):
                        joined += (idx, style)
            for table in (insert, show, join):
                table.write()
        for table in (insert, show, join):
            table.finish()
        return again

    def _add_regions(self, values: list[object], idx: int, image: ImageRecord) -> None:
        known = self._items
        try:
            for n, region in enumerate(image.regions):
                item_id = region.item_id
                values += (idx, n, region.region_id, 0 if item_id is None else known[item_id])
        except KeyError:
            raise UnknownNodeError(
                f"region {region.region_id!r}: item {item_id!r} is not stored; write the item first"
            ) from None

    def _write_nodes(self) -> None:
        """Write the small nodes in order of their names, which is that of their index."""
        for table, numbers in self._names.items():
            insert = MultiRowInsert(self._connection, table, _PLAIN[:2], 2)
            for name, number in sorted(numbers.items()):
                insert.values += (number, name)
            insert.finish()
        insert = MultiRowInsert(self._connection, "attribute", _PLAIN[:3], 3)
        for name, values in sorted(self._attributes.items()):
            for value, number in sorted(values.items()):
                insert.values += (number, name, value)
        insert.finish()

    def _build_indexes(self) -> None:
        self._connection.execute(f"PRAGMA cache_size = -{_SORT_KIB}")
        try:
            for statement in INDEXES.values():
                self._connection.execute(statement)
        except sqlite3.IntegrityError as error:
            (region_id,) = self._connection.execute(
                "SELECT region_id FROM region GROUP BY region_id HAVING count(*) > 1"
            ).fetchone()
            raise InvalidRecordError(f"region id {region_id!r} is used twice; region ids must be unique") from error


class _Numbers(dict[str, int]):
    """Names of one kind of node to their numbers, given out from 1 as names are asked for."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self) + 1
        return number


class _AttributeNumbers(dict[str, dict[str, int]]):
    """Numbers of attributes by name, then value: two look-ups of texts, whose hashes are kept, and no pair is made."""

    def __init__(self) -> None:
        super().__init__()
        self._given = 0

    def of(self, item: Item) -> list[int]:
        """Numbers of an item's attributes, ascending and distinct."""
        numbers = []
        for name, values in item.attributes.items():
            known = self.get(name)
            if known is None:
                known = self[name] = {}
            for value in values:
                number = known.get(value)
                if number is None:
                    self._given += 1
                    number = known[value] = self._given
                numbers.append(number)
        return sorted(set(numbers))
