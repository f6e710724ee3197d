"""A look at an SQLite store that never makes one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from graph.health import Schema
from graph.sqlite.connections import in_words
from graph.sqlite.schema import SCHEMA_VERSION, stored_version
from graph.store import StoreUnavailableError


def look(path: Path, seconds: float) -> Schema:
    """The schema of the store in a file, which is only read; messages name the file without its folder.

    Raises
    ------
    StoreUnavailableError
        There is no such file, or it cannot be read within ``seconds``.
    StoreFormatError
        It is something else.
    SchemaVersionError
        A newer program wrote it.
    """
    try:
        if not path.is_file():
            what = "is no file; name another one" if path.exists() else "is not there; the first import makes it"
            raise StoreUnavailableError(f"{path.name}: {what}")
        # The log of a writer is left as it is; where there is none, reading alone would leave an empty one behind.
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "rw"
    except OSError as error:
        raise StoreUnavailableError(f"{path.name}: cannot be read; may this program read its folder?") from error
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=seconds)) as connection:
            connection.execute("PRAGMA query_only = ON")
            return Schema(stored_version(connection, path.name), SCHEMA_VERSION)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CANTOPEN:
            raise StoreUnavailableError(f"{path.name}: cannot be read; may this program read it?") from error
        raise in_words(error, Path(path.name), seconds) from error
