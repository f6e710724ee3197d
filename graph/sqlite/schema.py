"""The tables of the SQLite store, as migrations that run once each, and the check that a file is one of ours.

Ids are text outside and integers inside (``idx``, the rowid), so an edge takes some ten bytes. ``region`` is clustered
(``WITHOUT ROWID``) by image and indexed by item: both directions are range scans that touch no other table. Sources,
styles, categories and attributes are nodes of their own, and go when nothing refers to them any more; a shoot is there
as long as an image names it. Edges of styles and attributes are clustered by them; the other direction is in ``body``,
with what no query asks for (boxes, polygons, notes, sizes), so removal goes by what a body says and needs no index.
"""

from __future__ import annotations

import sqlite3

from graph.store import SchemaVersionError, StoreFormatError

APPLICATION_ID = 0x4F474653
"""Marks the file as ours in its header (``PRAGMA application_id``): the letters OGFS."""

_TABLES = """
CREATE TABLE source (idx INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE style (idx INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE category (idx INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE attribute (
    idx INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (name, value)
) STRICT;
CREATE TABLE item (
    idx INTEGER PRIMARY KEY,
    item_id TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source,
    category INTEGER NOT NULL REFERENCES category,
    slot TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE item_attribute (
    attribute INTEGER NOT NULL REFERENCES attribute,
    item INTEGER NOT NULL,
    PRIMARY KEY (attribute, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE image (
    idx INTEGER PRIMARY KEY,
    image_id TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source,
    kind TEXT NOT NULL CHECK (kind IN ('photo', 'look')),
    shoot TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE image_style (
    style INTEGER NOT NULL REFERENCES style,
    image INTEGER NOT NULL,
    PRIMARY KEY (style, image)
) STRICT, WITHOUT ROWID;
CREATE TABLE region (
    image INTEGER NOT NULL REFERENCES image ON DELETE CASCADE,
    n INTEGER NOT NULL,
    region_id TEXT NOT NULL,
    item INTEGER REFERENCES item,
    method INTEGER,
    confidence REAL CHECK (confidence BETWEEN 0 AND 1),
    PRIMARY KEY (image, n),
    CHECK ((item IS NULL) = (method IS NULL) AND (item IS NULL) = (confidence IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TABLE outfit (
    idx INTEGER PRIMARY KEY,
    outfit_id TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source,
    image INTEGER REFERENCES image ON DELETE CASCADE
) STRICT;
CREATE TABLE outfit_item (
    outfit INTEGER NOT NULL REFERENCES outfit ON DELETE CASCADE,
    item INTEGER NOT NULL REFERENCES item,
    PRIMARY KEY (outfit, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE problem (
    idx INTEGER PRIMARY KEY,
    file TEXT NOT NULL,
    field TEXT NOT NULL,
    record_id TEXT,
    reason TEXT NOT NULL,
    blocking INTEGER NOT NULL,
    raw TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX problem_once ON problem (file, field, reason, ifnull(record_id, ''));
"""

INDEXES = {
    "item_by_id": "CREATE UNIQUE INDEX item_by_id ON item (item_id)",
    "item_by_source": "CREATE INDEX item_by_source ON item (source)",
    "item_by_category": "CREATE INDEX item_by_category ON item (category)",
    "image_by_id": "CREATE UNIQUE INDEX image_by_id ON image (image_id)",
    "image_by_source": "CREATE INDEX image_by_source ON image (source, kind)",
    "image_by_shoot": "CREATE INDEX image_by_shoot ON image (shoot) WHERE shoot IS NOT NULL",
    "region_by_id": "CREATE UNIQUE INDEX region_by_id ON region (region_id)",
    "region_by_item": "CREATE INDEX region_by_item ON region (item) WHERE item IS NOT NULL",
    "outfit_by_id": "CREATE UNIQUE INDEX outfit_by_id ON outfit (outfit_id)",
    "outfit_by_source": "CREATE INDEX outfit_by_source ON outfit (source)",
    "outfit_by_image": "CREATE INDEX outfit_by_image ON outfit (image) WHERE image IS NOT NULL",
    "outfit_by_item": "CREATE INDEX outfit_by_item ON outfit_item (item)",
}
"""Secondary indexes by name; a bulk load drops them, writes, and builds them again, in one transaction."""


def _statements(script: str) -> list[str]:
    return [statement for part in script.split(";") if (statement := part.strip())]


MIGRATIONS: tuple[tuple[str, ...], ...] = ((*_statements(_TABLES), *INDEXES.values()),)
"""``MIGRATIONS[v]`` leads from schema version ``v`` to ``v + 1``; one that has been released is never edited."""

SCHEMA_VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring an open file to this program's schema, or refuse it.

    Safe from two processes at once: the version is read again under the write lock. Raises as :func:`stored_version`.
    """
    if stored_version(connection, path) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[stored_version(connection, path) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def stored_version(connection: sqlite3.Connection, path: str) -> int:
    """The version of an open file's schema, 0 where it is empty.

    Raises
    ------
    SchemaVersionError
        A newer program wrote the file.
    StoreFormatError
        It is an SQLite database of another kind.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise StoreFormatError(f"{path}: is an SQLite database, but not a graph store; name another file")
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(
            f"{path}: has schema version {version}, this program knows versions up to {SCHEMA_VERSION}; "
            "open it with the newer program that wrote it"
        )
    return int(version)
