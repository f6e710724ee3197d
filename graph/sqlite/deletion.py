"""Removal of images, items and whole sources, with everything that would be left without them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from graph.bodies import attributes_in, styles_in
from graph.sqlite.nodes import Nodes

_KINDS = ("image", "item", "outfit")


def delete_images(connection: sqlite3.Connection, image_ids: Iterable[str]) -> int:
    """Remove images by id; returns how many there were."""
    doomed = _Doomed(connection)
    doomed.add("image", "SELECT idx FROM image WHERE image_id = ?", image_ids)
    return doomed.remove()["image"]


def delete_items(connection: sqlite3.Connection, item_ids: Iterable[str]) -> int:
    """Remove items by id; returns how many there were."""
    doomed = _Doomed(connection)
    doomed.add("item", "SELECT idx FROM item WHERE item_id = ?", item_ids)
    return doomed.remove()["item"]


def delete_outfits(connection: sqlite3.Connection, outfit_ids: Iterable[str]) -> int:
    """Remove outfits by id; returns how many there were."""
    doomed = _Doomed(connection)
    doomed.add("outfit", "SELECT idx FROM outfit WHERE outfit_id = ?", outfit_ids)
    return doomed.remove()["outfit"]


def delete_source(connection: sqlite3.Connection, source: str) -> int:
    """Remove what one source brought; returns how many images, items and outfits went."""
    doomed = _Doomed(connection)
    for kind in _KINDS:
        doomed.add(kind, f"SELECT idx FROM {kind} WHERE source = (SELECT idx FROM source WHERE name = ?)", [source])
    return sum(doomed.remove().values())


class _Doomed:
    """Numbers of the nodes that go, in temporary tables, so that every removal is one statement over a set."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._nodes = Nodes(connection)
        for kind in _KINDS:
            connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS doomed_{kind} (idx INTEGER PRIMARY KEY)")
            connection.execute(f"DELETE FROM doomed_{kind}")

    def add(self, kind: str, selection: str, parameters: Iterable[str] = ()) -> None:
        """Doom what a selection of one parameter finds."""
        self._connection.executemany(
            f"INSERT OR IGNORE INTO doomed_{kind} {selection}", ((parameter,) for parameter in parameters)
        )

    def remove(self) -> dict[str, int]:
        """Remove the doomed and all that hangs on them; returns how many of each kind went."""
        execute = self._connection.execute
        execute(
            "INSERT OR IGNORE INTO doomed_outfit SELECT idx FROM outfit WHERE image IN (SELECT idx FROM doomed_image)"
        )
        execute(
            "UPDATE region SET item = NULL, method = NULL, confidence = NULL"
            " WHERE item IN (SELECT idx FROM doomed_item)"
        )
        self._take_items_from_outfits()
        self._touch()
        self._part()
        for kind in ("outfit", "image", "item"):  # regions and the like go by ON DELETE CASCADE
            execute(f"DELETE FROM {kind} WHERE idx IN (SELECT idx FROM doomed_{kind})")
        self._nodes.remove_unused()
        return {kind: self._number(kind) for kind in _KINDS}

    def _take_items_from_outfits(self) -> None:
        execute = self._connection.execute
        losing = execute(
            "SELECT DISTINCT outfit FROM outfit_item WHERE item IN (SELECT idx FROM doomed_item)"
        ).fetchall()
        execute("DELETE FROM outfit_item WHERE item IN (SELECT idx FROM doomed_item)")
        self._connection.executemany(
            "INSERT OR IGNORE INTO doomed_outfit"
            " SELECT idx FROM outfit"
            " WHERE idx = ? AND NOT EXISTS (SELECT 1 FROM outfit_item WHERE outfit = outfit.idx)",
            losing,
        )

    def _touch(self) -> None:
        """Note the small nodes that may be left without a reference."""
        nodes = self._nodes
        for kind in _KINDS:
            self._touched_by(nodes.source.touched, "source", kind)
        self._touched_by(nodes.category.touched, "category", "item")

    def _touched_by(self, touched: set[int], column: str, kind: str) -> None:
        rows = self._connection.execute(
            f"SELECT DISTINCT {column} FROM {kind} WHERE idx IN (SELECT idx FROM doomed_{kind})"
        )
        touched.update(idx for (idx,) in rows)

    def _part(self) -> None:
        """Remove the edges to styles and attributes, which the bodies name."""
        for image, body in self._bodies("image"):
            self._nodes.style.part(image, styles_in(body))
        for item, body in self._bodies("item"):
            self._nodes.attribute.part(item, attributes_in(body))

    def _bodies(self, kind: str) -> sqlite3.Cursor:
        return self._connection.execute(f"SELECT idx, body FROM {kind} WHERE idx IN (SELECT idx FROM doomed_{kind})")

    def _number(self, kind: str) -> int:
        (number,) = self._connection.execute(f"SELECT count(*) FROM doomed_{kind}").fetchone()
        return int(number)
