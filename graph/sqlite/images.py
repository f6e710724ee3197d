"""Upsert of images with their regions, and links from regions to items."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from data.types import ImageRecord, ItemLink
from graph.bodies import image_text, same_image, styles_in, styles_of
from graph.sqlite.items import ItemIndex
from graph.sqlite.methods import METHOD_CODES, PRODUCT_ID
from graph.sqlite.nodes import Nodes
from graph.store import InvalidRecordError, UnknownNodeError, WriteCounts
from graph.tally import Outcome, Tally


class Link(NamedTuple):
    """The last columns of a region's row."""

    item: int | None
    method: int | None
    confidence: float | None


NO_LINK = Link(None, None, None)

INSERT_IMAGE = "INSERT INTO image (idx, image_id, source, kind, shoot, body) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_REGION = "INSERT INTO region (image, n, region_id, item, method, confidence) VALUES (?, ?, ?, ?, ?, ?)"


class ImageWriter:
    """Upserts images one by one inside an open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._nodes = Nodes(connection)
        self._items = ItemIndex(connection)

    def upsert(self, image: ImageRecord) -> Outcome:
        """Write one image; see ``GraphStore.upsert_images``."""
        columns = (self._nodes.source.idx(image.source), image.kind, image.shoot)
        body = image_text(image)
        stored = self._connection.execute(
            "SELECT idx, source, kind, shoot, body FROM image WHERE image_id = ?", (image.image_id,)
        ).fetchone()
        if stored is None:
            idx = self._connection.execute(INSERT_IMAGE, (None, image.image_id, *columns, body)).lastrowid
            assert idx is not None
            self._write_regions(image, self._region_rows(image, idx, {}))
            self._nodes.style.join(idx, styles_of(image))
            return "added"
        return self._replace(image, stored, (*columns, body))

    def _replace(
        self,
        image: ImageRecord,
        stored: tuple[int, int, str, str | None, str],
        values: tuple[int, str, str | None, str],
    ) -> Outcome:
        idx, old_source, _, _, old_body = stored
        self._nodes.keep_source(f"image {image.image_id!r}", old_source, values[0])
        old_regions = self._connection.execute(
            "SELECT image, n, region_id, item, method, confidence FROM region WHERE image = ? ORDER BY n", (idx,)
        ).fetchall()
        regions = self._region_rows(image, idx, {row[2]: Link(*row[3:]) for row in old_regions})
        if stored[1:4] == values[:3] and regions == old_regions and same_image(old_body, values[3]):
            return "unchanged"
        self._connection.execute("UPDATE image SET kind = ?, shoot = ?, body = ? WHERE idx = ?", (*values[1:], idx))
        if regions != old_regions:
            self._connection.execute("DELETE FROM region WHERE image = ?", (idx,))
            self._write_regions(image, regions)
        styles, old_styles = styles_of(image), styles_in(old_body)
        self._nodes.style.part(idx, old_styles - styles)
        self._nodes.style.join(idx, styles - old_styles)
        return "changed"

    def remove_unused(self) -> None:
        """Remove styles that replaced images were the last to have."""
        self._nodes.remove_unused()

    def _region_rows(self, image: ImageRecord, idx: int, old: dict[str, Link]) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for n, region in enumerate(image.regions):
            link = old.get(region.region_id, NO_LINK)
            if region.item_id is not None:
                item = self._items.idx(region.item_id, asked_by=f"region {region.region_id!r}")
                if item != link.item:
                    link = Link(item, PRODUCT_ID, 1.0)
            rows.append((idx, n, region.region_id, *link))
        return rows

    def _write_regions(self, image: ImageRecord, rows: list[tuple[object, ...]]) -> None:
        try:
            self._connection.executemany(INSERT_REGION, rows)
        except sqlite3.IntegrityError as error:
            raise InvalidRecordError(
                f"image {image.image_id!r}: a region id is used twice, here or by another image: "
                f"{', '.join(repr(region.region_id) for region in image.regions)}; region ids must be unique"
            ) from error


def upsert_images(connection: sqlite3.Connection, images: Iterable[ImageRecord]) -> WriteCounts:
    """Write images inside an open transaction."""
    writer = ImageWriter(connection)
    tally = Tally()
    for image in images:
        tally.add(writer.upsert(image))
    writer.remove_unused()
    return tally.counts()


def link_regions(connection: sqlite3.Connection, links: Iterable[ItemLink]) -> WriteCounts:
    """Write links inside an open transaction."""
    items = ItemIndex(connection)
    tally = Tally()
    for link in links:
        tally.add(_link(connection, items, link))
    return tally.counts()


def _link(connection: sqlite3.Connection, items: ItemIndex, link: ItemLink) -> Outcome:
    if not 0 <= link.confidence <= 1:
        raise InvalidRecordError(f"link of region {link.region_id!r}: confidence {link.confidence} is not in 0 to 1")
    row = connection.execute(
        "SELECT image, n, item, method, confidence FROM region WHERE region_id = ?", (link.region_id,)
    ).fetchone()
    if row is None:
        raise UnknownNodeError(
            f"link to item {link.item_id!r}: region {link.region_id!r} is not stored; write its image first"
        )
    image, n, *old = row
    item = items.idx(link.item_id, asked_by=f"link of region {link.region_id!r}")
    new = (item, METHOD_CODES[link.method], link.confidence)
    if tuple(old) == new:
        return "unchanged"
    connection.execute(
        "UPDATE region SET item = ?, method = ?, confidence = ? WHERE image = ? AND n = ?", (*new, image, n)
    )
    return "added" if old[0] is None else "changed"
