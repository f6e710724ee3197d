"""Connections to one SQLite file: handed to one thread at a time, and SQLite's errors in words."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graph.sqlite.schema import migrate
from graph.sqlite.watcher import Watcher
from graph.store import GraphError, InvalidRecordError, StoreFormatError, StoreUnavailableError
from graph.time_limits import OutOfTimeError, seconds_left

_LOOK_EVERY = 10_000  # steps of SQLite's machine, about a tenth of a millisecond, between two looks at the clock
_CACHE_KIB = 64 * 1024
_PAGE_BYTES = 8192  # of a new file: a first load is a twentieth faster than with 4096


class Connections:
    """A pool over one file: many readers at once, one writer at a time.

    Readers see the last committed state (write-ahead log) and never wait for the writer. A connection goes back to the
    pool after each use, so a server's threads share a few. After a fork the child opens its own.

    Parameters
    ----------
    path
        The database file; it is created where it is missing, its folder is not.
    busy_seconds
        How long to wait for another process that writes.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 60.0) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._idle: list[sqlite3.Connection] = []
        self._left_to_parent: list[object] = []
        self._watcher = Watcher(self._open)
        self._pid = os.getpid()
        self._write_lock = threading.Lock()
        self._writing_thread: int | None = None
        self._closed = False
        with self._in_words():
            connection = self._open()
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for one statement, or for several that need not agree; they take no longer than they may."""
        with self._in_words():
            connection = self._take()
            left = seconds_left()
            if left is not None:
                end = time.monotonic() + left
                connection.set_progress_handler(lambda: time.monotonic() > end, _LOOK_EVERY)
            try:
                yield connection
            finally:
                if left is not None:
                    connection.set_progress_handler(None, 0)
                self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements all see one state of the store."""
        with self.read() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:  # SQLite ends it itself after some faults
                    connection.execute("ROLLBACK")

    @contextmanager
    def write(self, *, first_load: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection in a write transaction, committed at the end and rolled back on any error.

        ``first_load`` is for a load that knows its references to be whole: they are not checked row by row, and where
        nobody else has the file open, rows go straight to it instead of through the write-ahead log.
        """
        with self._in_words(), self._alone():
            connection = self._take_for_first_load() if first_load else self._take()
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            finally:
                if first_load:
                    with suppress(sqlite3.OperationalError):  # whoever opens the file next tries again
                        self._patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
                    connection.close()
                else:
                    self._give_back(connection)

    def state(self) -> tuple[int, int]:
        """Differs from an earlier one after any committed write, by this process or another."""
        with self._in_words():
            self._require_usable()
            return self._watcher.state()

    def close(self) -> None:
        """Close what is idle now, and the rest when it comes back; closing twice is harmless."""
        self._closed = True
        self._close_idle()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._writing_thread == threading.get_ident():
            raise GraphError(
                f"{self.path}: a write was begun by the records of another write; make a list of the records first"
            )
        with self._write_lock:
            self._writing_thread = threading.get_ident()
            try:
                yield
            finally:
                self._writing_thread = None

    def _take(self) -> sqlite3.Connection:
        self._require_usable()
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _require_usable(self) -> None:
        if self._closed:
            raise StoreUnavailableError(f"{self.path}: the store was closed; open it again")
        if self._pid != os.getpid():  # a connection must not cross a fork, nor be closed by the child
            self._left_to_parent += [self._idle, self._watcher]
            self._idle, self._watcher = [], Watcher(self._open)
            self._pid, self._write_lock, self._writing_thread = os.getpid(), threading.Lock(), None

    def _take_for_first_load(self) -> sqlite3.Connection:
        connection = self._take()
        self._close_idle()
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = FILE")  # sorts in memory are one run, however large: much slower
        connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):  # somebody else has the file open: the log stays
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")
        return connection

    def _close_idle(self) -> None:
        self._watcher.close()
        while self._idle:
            self._idle.pop().close()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or connection.in_transaction:
            connection.close()
        else:
            self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Schema and write-ahead log; two processes that create one file at once wait for each other."""

        def prepare() -> None:
            migrate(connection, str(self.path))
            connection.execute("PRAGMA journal_mode = WAL")

        self._patiently(prepare)

    def _patiently(self, step: Callable[[], object]) -> None:
        """Repeat a step while the file is locked; changing the journal mode does not wait by itself."""
        deadline = time.monotonic() + self._busy_seconds
        while True:
            try:
                step()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise in_words(error, self.path, self._busy_seconds) from error
        except UnicodeEncodeError as error:
            if error.reason != "surrogates not allowed":
                raise
            raise InvalidRecordError(f"text {error.object!r} holds half a character and cannot be stored") from error


def in_words(error: sqlite3.Error, path: Path, busy_seconds: float) -> GraphError:
    """An error of SQLite as one of ours, which says what can be done."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return OutOfTimeError(f"{path}: the question took longer than it may")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StoreFormatError(f"{path}: is not an SQLite database, or is damaged ({error}); name another file")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnavailableError(
            f"{path}: another process has been writing for more than {busy_seconds:g} seconds; "
            "wait for it to end, then repeat the call"
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreUnavailableError(
            f"{path}: the disk is full; nothing of this call was kept, make room and repeat it"
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        missing = "" if path.parent.is_dir() else f"; the folder {path.parent} does not exist"
        return StoreUnavailableError(f"{path}: cannot be opened or created{missing}")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreUnavailableError(f"{path}: cannot be written; the file and its folder must be writable")
    if code == sqlite3.SQLITE_IOERR:
        return StoreUnavailableError(f"{path}: reading or writing failed ({error}); is the disk full or gone?")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return InvalidRecordError(f"{path}: a record breaks a rule of the graph: {error}")
    return GraphError(f"{path}: {error}")
