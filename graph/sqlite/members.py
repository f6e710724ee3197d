"""The neighbours of one node by one relation: how many there are, and the first ones in order of id.

A node with few neighbours has them gathered and sorted by id. Of a hub (a colour of 100,000 items) that would look up
100,000 ids to give the first hundred; there the ids are walked in order instead, each is asked whether it belongs, and
enough have soon been met. Where they lie at the end of the order the walk is given up and they are gathered after all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cached_property
from typing import Literal

FEW = 1_000
"""Neighbours that are gathered whatever the limit."""

_COUNTED = 100
"""Neighbours that are counted each time; the number of more may be remembered."""

Remembered = Callable[[tuple[object, ...], Callable[[], list[int]]], list[int]]
"""Keeps slow answers: a question, and how to work it out."""


class Members:
    """Where the neighbours by one relation are written.

    Parameters
    ----------
    rows
        Selects their numbers (``idx``) by one parameter, the node's number.
    belongs
        Says of ``near.idx`` whether it is one.
    table
        Holds their ids.
    """

    def __init__(self, rows: str, belongs: str, table: Literal["image", "item", "outfit"]) -> None:
        self._rows = rows
        self._belongs = belongs
        self.table = table

    @cached_property
    def _few(self) -> str:
        table = self.table
        return (
            f"SELECT {table}.{table}_id, {table}.idx FROM ({self._rows} LIMIT {FEW + 1}) AS member"
            f" CROSS JOIN {table} ON {table}.idx = member.idx"
        )

    @cached_property
    def _gather(self) -> str:
        table = self.table
        return (
            f"SELECT {table}.{table}_id, {table}.idx FROM ({self._rows}) AS member"
            f" CROSS JOIN {table} ON {table}.idx = member.idx ORDER BY {table}.{table}_id LIMIT ?2"
        )

    @cached_property
    def _walk(self) -> str:
        table = self.table
        return (
            f"SELECT near.id, near.idx FROM (SELECT {table}_id AS id, idx FROM {table} ORDER BY {table}_id LIMIT ?3)"
            f" AS near WHERE {self._belongs} LIMIT ?2"
        )

    @cached_property
    def _some(self) -> str:
        return f"SELECT count(*) FROM ({self._rows} LIMIT {_COUNTED + 1})"

    @cached_property
    def _all(self) -> str:
        return f"SELECT count(*) FROM ({self._rows})"

    def first(
        self, connection: sqlite3.Connection, key: object, limit: int, remembered: Remembered
    ) -> tuple[list[tuple[str, int]], int]:
        """Ids and numbers of the first ``limit`` in order of id, and how many there are."""
        if limit <= 0:
            return [], self._degree(connection, key, remembered)
        few = connection.execute(self._few, (key,)).fetchall()
        if len(few) <= FEW:
            few.sort()
            return few[:limit], len(few)
        return self.first_of_many(connection, key, limit, remembered)

    def first_of_many(
        self, connection: sqlite3.Connection, key: object, limit: int, remembered: Remembered
    ) -> tuple[list[tuple[str, int]], int]:
        """The same of what is known to be a hub."""
        degree = self._degree(connection, key, remembered)
        if limit <= 0:
            return [], degree
        budget = degree // 4  # a step of the walk costs about as much as a look-up and its share of the sort
        found = connection.execute(self._walk, (key, limit, budget)).fetchall()
        if len(found) < limit:
            found = connection.execute(self._gather, (key, limit)).fetchall()
        return found, degree

    def _degree(self, connection: sqlite3.Connection, key: object, remembered: Remembered) -> int:
        """How many there are; the number of a hub is counted once and remembered."""
        (some,) = connection.execute(self._some, (key,)).fetchone()
        if some <= _COUNTED:
            return int(some)

        def count() -> list[int]:
            return [int(connection.execute(self._all, (key,)).fetchone()[0])]

        return remembered((self._all, key), count)[0]


IMAGES_OF_ITEM = Members(
    "SELECT DISTINCT image AS idx FROM region WHERE item = ?1",
    "EXISTS (SELECT 1 FROM region WHERE image = near.idx AND item = ?1)",
    "image",
)
OUTFITS_OF_ITEM = Members(
    "SELECT outfit AS idx FROM outfit_item WHERE item = ?1",
    "EXISTS (SELECT 1 FROM outfit_item WHERE outfit = near.idx AND item = ?1)",
    "outfit",
)
ITEMS_OF_IMAGE = Members(
    "SELECT DISTINCT item AS idx FROM region WHERE image = ?1 AND item IS NOT NULL",
    "EXISTS (SELECT 1 FROM region WHERE image = ?1 AND item = near.idx)",
    "item",
)
OUTFITS_OF_IMAGE = Members(
    "SELECT idx FROM outfit WHERE image = ?1",
    "(SELECT image FROM outfit WHERE idx = near.idx) = ?1",
    "outfit",
)
ITEMS_OF_OUTFIT = Members(
    "SELECT item AS idx FROM outfit_item WHERE outfit = ?1",
    "EXISTS (SELECT 1 FROM outfit_item WHERE outfit = ?1 AND item = near.idx)",
    "item",
)
IMAGES_OF_SHOOT = Members(
    "SELECT idx FROM image WHERE shoot = ?1", "(SELECT shoot FROM image WHERE idx = near.idx) = ?1", "image"
)
IMAGES_OF_STYLE = Members(
    "SELECT image AS idx FROM image_style WHERE style = ?1",
    "EXISTS (SELECT 1 FROM image_style WHERE style = ?1 AND image = near.idx)",
    "image",
)
ITEMS_OF_CATEGORY = Members(
    "SELECT idx FROM item WHERE category = ?1", "(SELECT category FROM item WHERE idx = near.idx) = ?1", "item"
)
ITEMS_OF_ATTRIBUTE = Members(
    "SELECT item AS idx FROM item_attribute WHERE attribute = ?1",
    "EXISTS (SELECT 1 FROM item_attribute WHERE attribute = ?1 AND item = near.idx)",
    "item",
)
