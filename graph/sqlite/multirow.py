"""Inserts of many rows a statement: half the time of one row a statement, most of which is the way into SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain

ROWS = 128
"""Rows a statement; more gains little."""


class MultiRowInsert:
    """Inserts rows, given as columns, into all columns of one table.

    Parameters
    ----------
    columns
        An expression for each column of the table, in which ``{0}``, ``{1}``, ... stand for a row's values. Values are
        dearer than expressions, None is dearest: ``("{0}", "nullif({1}, 0)", "'photo'")`` takes two values a row, and
        0 for NULL.
    width
        How many values a row has.
    """

    def __init__(self, connection: sqlite3.Connection, table: str, columns: Sequence[str], width: int) -> None:
        self._connection = connection
        self._width = width
        row = f"({', '.join(columns)})"
        places = [f"?{place + 1}" for place in range(width * ROWS)]
        rows = [row.format(*places[start : start + width]) for start in range(0, len(places), width)]
        self._one = f"INSERT INTO {table} VALUES {rows[0]}"
        self._many = f"INSERT INTO {table} VALUES {', '.join(rows)}"
        self._waiting: list[object] = []

    def add(self, *columns: Iterable[object]) -> None:
        """Add rows, one iterable for each value; those that do not fill a whole statement wait for the next ones."""
        values, block = self._waiting, self._width * ROWS
        values += chain.from_iterable(zip(*columns, strict=False))
        whole = len(values) // block * block
        self._connection.executemany(self._many, (values[start : start + block] for start in range(0, whole, block)))
        del values[:whole]

    def finish(self) -> None:
        """Write the rows that wait."""
        values, width = self._waiting, self._width
        self._connection.executemany(
            self._one, (values[start : start + width] for start in range(0, len(values), width))
        )
        values.clear()
