"""First load of a whole data set into an empty store: rows in order of their keys, indexes built once at the end."""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import TypeVar

from data.types import ImageRecord, Item, Outfit, Region
from graph.bodies import image_texts, item_texts
from graph.sqlite.images import upsert_images
from graph.sqlite.items import upsert_items
from graph.sqlite.methods import PRODUCT_ID
from graph.sqlite.multirow import MultiRowInsert
from graph.sqlite.numbers import Ids, Numbers, NumbersByHash
from graph.sqlite.outfits import upsert_outfits
from graph.sqlite.schema import INDEXES
from graph.store import InvalidRecordError, UnknownNodeError, WriteCounts

Record = TypeVar("Record")

_CHUNK = 500
"""Records between two writes: few enough that their values are still in the processor's cache."""

_PLAIN = ("{0}", "{1}", "{2}", "{3}", "{4}", "{5}")
_IMAGE = (*_PLAIN[:4], "nullif({4}, 0)", "{5}")
_REGION = (*_PLAIN[:3], "nullif({3}, 0)", f"iif({{3}}, {PRODUCT_ID}, NULL)", "iif({3}, 1.0, NULL)")
"""Columns from values; an image without shoot has the number 0 for it, as has a region without item."""

_CACHE_KIB = 1024
"""SQLite's page cache, and with it one run of its sorts: few pages, written once each, that stay in the processor's
cache. Of the links, runs of this size sort in less than half the time of one run in memory."""


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether no item, image or outfit is stored."""
    (rows,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM image) OR EXISTS (SELECT 1 FROM outfit)"
    ).fetchone()
    return not rows


class BulkLoad:
    """One load inside an open transaction on an empty store.

    Numbers of all nodes are handed out here and kept in memory, so nothing is looked up in the file. A record whose id
    came before goes through the ordinary upsert once the indexes are there, which gives what a load in order would have
    given.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sources = Numbers()
        self._categories = Numbers()
        self._items = Ids()
        self._images = Ids()
        self._styles: defaultdict[str, array[int]] = defaultdict(_owners)
        self._attributes: defaultdict[str, defaultdict[str, array[int]]] = defaultdict(lambda: defaultdict(_owners))

    def run(self, items: Iterable[Item], images: Iterable[ImageRecord], outfits: Iterable[Outfit]) -> WriteCounts:
        """Load everything; returns what upserts in this order would have counted."""
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        for name in INDEXES:
            self._connection.execute(f"DROP INDEX {name}")
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
        insert = MultiRowInsert(self._connection, "item", _PLAIN, 6)
        again: list[Item] = []
        for chunk in _chunks(items):
            numbers, new = self._items.number([item.item_id for item in chunk], chunk, again)
            insert.add(
                numbers,
                [item.item_id for item in new],
                [self._sources[item.source] for item in new],
                [self._categories[item.category] for item in new],
                [item.slot for item in new],
                item_texts(new),
            )
            for number, item in zip(numbers, new, strict=True):
                for name, values in item.attributes.items():
                    items_of = self._attributes[name]
                    for value in values:
                        items_of[value].append(number)
        insert.finish()
        return again

    def _load_images(self, images: Iterable[ImageRecord]) -> list[ImageRecord]:
        """Write images with regions and links; returns those whose id came before."""
        insert = MultiRowInsert(self._connection, "image", _IMAGE, 6)
        item_numbers = NumbersByHash(self._items.numbers)
        insert_region = MultiRowInsert(self._connection, "region", _REGION, 4)
        again: list[ImageRecord] = []
        for chunk in _chunks(images):
            numbers, new = self._images.number([image.image_id for image in chunk], chunk, again)
            insert.add(
                numbers,
                [image.image_id for image in new],
                [self._sources[image.source] for image in new],
                [image.kind for image in new],
                [0 if image.shoot is None else image.shoot for image in new],
                image_texts(new),
            )
            for number, image in zip(numbers, new, strict=True):
                for style in image.styles + image.substyles:
                    self._styles[style].append(number)
            lengths = [len(image.regions) for image in new]
            regions = [region for image in new for region in image.regions]
            insert_region.add(
                chain.from_iterable(map(repeat, numbers, lengths)),
                chain.from_iterable(map(range, lengths)),
                [region.region_id for region in regions],
                self._shown(item_numbers, regions),
            )
        insert.finish()
        insert_region.finish()
        return again

    @staticmethod
    def _shown(numbers: NumbersByHash, regions: Sequence[Region]) -> list[int]:
        """Number of the item that each region shows, 0 for none."""
        try:
            return numbers.of([region.item_id for region in regions])
        except KeyError as error:
            region = next(region for region in regions if region.item_id == error.args[0])
            raise UnknownNodeError(
                f"region {region.region_id!r}: item {region.item_id!r} is not stored; write the item first"
            ) from None

    def _write_nodes(self) -> None:
        """Write the small nodes by name, and the edges of styles and attributes by key."""
        execute_many = self._connection.executemany
        execute_many("INSERT INTO source (name, idx) VALUES (?, ?)", sorted(self._sources.items()))
        execute_many("INSERT INTO category (name, idx) VALUES (?, ?)", sorted(self._categories.items()))
        styles = sorted(self._styles)
        execute_many("INSERT INTO style (idx, name) VALUES (?, ?)", enumerate(styles, start=1))
        self._write_edges("image_style", [self._styles[name] for name in styles])
        pairs = sorted((name, value) for name, items_of in self._attributes.items() for value in items_of)
        execute_many("INSERT INTO attribute (name, value) VALUES (?, ?)", pairs)
        self._write_edges("item_attribute", [self._attributes[name][value] for name, value in pairs])

    def _write_edges(self, table: str, owners: Sequence[array[int]]) -> None:
        """Write the edges of nodes 1, 2, ... from the numbers of each one's owners, which are ascending."""
        insert = MultiRowInsert(self._connection, table, _PLAIN[:2], 2)
        for node, numbers in enumerate(owners, start=1):
            insert.add(repeat(node), dict.fromkeys(numbers))
        insert.finish()

    def _build_indexes(self) -> None:
        try:
            for statement in INDEXES.values():
                self._connection.execute(statement)
        except sqlite3.IntegrityError as error:
            (region_id,) = self._connection.execute(
                "SELECT region_id FROM region GROUP BY region_id HAVING count(*) > 1"
            ).fetchone()
            raise InvalidRecordError(f"region id {region_id!r} is used twice; region ids must be unique") from error


def _owners() -> array[int]:
    return array("q")


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
