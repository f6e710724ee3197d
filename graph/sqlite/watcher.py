"""Noticing that anybody wrote to the file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable


class Watcher:
    """A connection that never writes, and so is told by SQLite of every write of every other connection."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = 0

    def state(self) -> tuple[int, int]:
        """Differs from an earlier one after any committed write (SQLite's number means something to one connection)."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
                self._opened += 1
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            return self._opened, int(version)

    def close(self) -> None:
        """Let go of the file until the state is asked for again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
