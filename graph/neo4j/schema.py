"""Constraints and indexes of the Neo4j store, as migrations that run once each.

Nodes go by ``id`` (images, items, outfits, shoots) or ``name`` (categories, styles, attributes), as
:mod:`graph.neo4j.names` indexes texts. ``(:Image)-[:CONTAINS]->(:Item)`` is a garment that is known: ``region``, its
place ``n`` in the image, how it was found (``source``) and how surely (``confidence``); one that nobody has identified
yet leads from the image to itself, so that every region is one relationship and its id is unique over all of them.
Images that are looks have a second label, ``Look``.
``body`` holds as JSON what no query asks for.
"""

from __future__ import annotations

from typing import NamedTuple

from graph.neo4j.names import locked
from graph.neo4j.server import Server, Transaction
from graph.store import GraphError, SchemaVersionError, StoreFormatError, StoreUnavailableError

_NODES = {
    "Image": ("id",),
    "Item": ("id",),
    "Outfit": ("id",),
    "Shoot": ("id",),
    "Category": ("name",),
    "Style": ("name",),
    "Attribute": ("name", "value"),
    "Problem": ("id",),
}


def _unique(label: str, properties: tuple[str, ...]) -> str:
    listed = ", ".join(f"n.{name}" for name in properties)
    return f"CREATE CONSTRAINT {label.lower()}_once IF NOT EXISTS FOR (n:{label}) REQUIRE ({listed}) IS UNIQUE"


class Migration(NamedTuple):
    """What leads from one schema version to the next: first definitions, then changes of what is stored.

    Definitions of constraints and indexes take a transaction each, and are run again where a program was stopped
    among them: they say ``IF NOT EXISTS`` or ``IF EXISTS``. Changes are committed once, together with the version.
    Nothing is defined about ``GraphSchema``, whose node is locked meanwhile.
    """

    definitions: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


_FIRST = {
    **{f"{label.lower()}_once": _unique(label, properties) for label, properties in _NODES.items()},
    "region_once": ("CREATE CONSTRAINT region_once IF NOT EXISTS FOR ()-[r:CONTAINS]-() REQUIRE r.region IS UNIQUE"),
    **{
        f"{label.lower()}_by_source": (
            f"CREATE INDEX {label.lower()}_by_source IF NOT EXISTS FOR (n:{label}) ON (n.source)"
        )
        for label in ("Image", "Item", "Outfit")
    },
    "image_by_created": "CREATE INDEX image_by_created IF NOT EXISTS FOR (n:Image) ON (n.created)",
    "texts": (
        "CREATE FULLTEXT INDEX texts IF NOT EXISTS FOR (n:Item|Category|Attribute|Style)"
        " ON EACH [n.id, n.name, n.value] OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}"
    ),
}

MIGRATIONS: tuple[Migration, ...] = (Migration(definitions=tuple(_FIRST.values())),)
"""``MIGRATIONS[v]`` leads from schema version ``v`` to ``v + 1``; one that was released is never edited."""

SCHEMA_VERSION = len(MIGRATIONS)

INDEXES: dict[str, str] = _FIRST
"""Constraints and indexes that a graph of SCHEMA_VERSION has, by name, and how one that is missing is made."""

_ONE_SCHEMA = _unique("GraphSchema", ("id",))
_LOCK = f"MERGE (s:GraphSchema {{id: 'schema'}}) {locked('s')} RETURN coalesce(s.version, 0)"
_RAISE = "MATCH (s:GraphSchema {id: 'schema'}) SET s.version = $version"

AWAITED = 3600
"""Seconds for which an index may be built."""


def migrate(server: Server) -> None:
    """Bring a database to this program's schema, or refuse it.

    Safe from two processes at once: whoever holds the lock of the schema's node runs one migration, the next after it.

    Raises
    ------
    SchemaVersionError
        A newer program wrote the graph.
    StoreFormatError
        What is stored breaks a rule: two nodes of one id, say.
    """
    if stored_version(server) == SCHEMA_VERSION and is_whole(server):
        return
    _define(server, _ONE_SCHEMA)
    while server.write(lambda transaction: _migrate_once(server, transaction)) < SCHEMA_VERSION:
        pass


def _migrate_once(server: Server, transaction: Transaction) -> int:
    """Run the migration that is next, or mend the schema where none is; returns the version found."""
    version = _known(server, int(transaction.run(_LOCK)[0][0]))
    if version < SCHEMA_VERSION:
        definitions, changes = MIGRATIONS[version]
    else:
        there = _ready(server)
        definitions, changes = Migration(tuple(how for name, how in INDEXES.items() if name not in there))
    for statement in definitions:
        _define(server, statement)
    server.read(f"CALL db.awaitIndexes({AWAITED})")
    for statement in changes:
        transaction.run(statement)
    if version < SCHEMA_VERSION:
        transaction.run(_RAISE, version=version + 1)
    return version


def _define(server: Server, statement: str) -> None:
    try:
        server.define(statement)
    except GraphError as error:
        if isinstance(error, StoreUnavailableError):
            raise
        raise StoreFormatError(
            f"{server.address}: the stored graph does not allow what this program builds on ({statement}): {error}"
        ) from error


def stored_version(server: Server) -> int:
    """The version of a database's schema, 0 where it holds no graph yet.

    Raises
    ------
    SchemaVersionError
        A newer program wrote the graph.
    """
    rows = server.read("MATCH (s:GraphSchema {id: 'schema'}) RETURN s.version")
    return _known(server, int(rows[0][0]) if rows else 0)


def _known(server: Server, version: int) -> int:
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(
            f"{server.address}: has schema version {version}, this program knows versions up to {SCHEMA_VERSION}; "
            "open it with the newer program that wrote it"
        )
    return version


def is_whole(server: Server) -> bool:
    """Whether every constraint and index of the schema is there and ready."""
    return {*INDEXES, "graphschema_once"} <= _ready(server)


def _ready(server: Server) -> set[str]:
    return {name for (name,) in server.read("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")}
