"""Inserts of many rows a statement: half the time of one row a statement, most of which is the way into SQLite."""

from __future__ import annotations

import sqlite3

ROWS = 32
"""Rows a statement; more gains little."""


class MultiRowInsert:
    """Inserts into all columns of one table from a flat list of values, row after row.

    ``values`` is filled by the caller (``insert.values += (1, "a")``) and written by :meth:`flush`.
    """

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        self._connection = connection
        self._width = len(connection.execute(f"PRAGMA table_info({table})").fetchall())
        row = f"({', '.join('?' * self._width)})"
        self._one = f"INSERT INTO {table} VALUES {row}"
        self._many = f"INSERT INTO {table} VALUES {', '.join([row] * ROWS)}"
        self.values: list[object] = []

    def flush(self) -> None:
        """Write the values and forget them."""
        values, width = self.values, self._width
        block = width * ROWS
        whole = len(values) // block * block
        self._connection.executemany(self._many, (values[start : start + block] for start in range(0, whole, block)))
        self._connection.executemany(
            self._one, (values[start : start + width] for start in range(whole, len(values), width))
        )
        values.clear()
