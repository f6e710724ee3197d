"""Constraints and indexes of the Neo4j store, as migrations that run once each.

Nodes go by ``id`` (images, items, outfits, shoots) or ``name`` (categories, styles, attributes), as
:mod:`graph.neo4j.names` indexes texts. ``(:Image)-[:CONTAINS]->(:Item)`` is a garment that is known: ``region``, its
place ``n`` in the image, how it was found (``source``) and how surely (``confidence``); one that nobody has identified
yet leads from the image to itself, so that every region is one relationship and its id is unique over all of them.
Images that are looks have a second label, ``Look``.
``body`` holds as JSON what no query asks for.
"""

from __future__ import annotations

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
    "GraphSchema": ("id",),
}


def _unique(label: str, properties: tuple[str, ...]) -> str:
    listed = ", ".join(f"n.{name}" for name in properties)
    return f"CREATE CONSTRAINT {label.lower()}_once IF NOT EXISTS FOR (n:{label}) REQUIRE ({listed}) IS UNIQUE"


_FIRST = (
    *(_unique(label, properties) for label, properties in _NODES.items()),
    "CREATE CONSTRAINT region_once IF NOT EXISTS FOR ()-[r:CONTAINS]-() REQUIRE r.region IS UNIQUE",
    *(
        f"CREATE INDEX {label.lower()}_by_source IF NOT EXISTS FOR (n:{label}) ON (n.source)"
        for label in ("Image", "Item", "Outfit")
    ),
    "CREATE INDEX image_by_created IF NOT EXISTS FOR (n:Image) ON (n.created)",
    "CREATE FULLTEXT INDEX texts IF NOT EXISTS FOR (n:Item|Category|Attribute|Style) ON EACH [n.id, n.name, n.value]"
    " OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""``MIGRATIONS[v]`` leads from schema version ``v`` to ``v + 1``, in statements that may be run again; one that was
released is never edited."""

SCHEMA_VERSION = len(MIGRATIONS)
AWAITED = 3600
"""Seconds for which an index may be built."""


def migrate(server: Server) -> None:
    """Bring a database to this program's schema, or refuse it.

    Safe from two processes at once: every statement may run twice, and the version only ever rises.

    Raises
    ------
    SchemaVersionError
        A newer program wrote the graph.
    StoreFormatError
        What is stored breaks a rule: two nodes of one id, say.
    """
    if stored_version(server) == SCHEMA_VERSION and is_whole(server):
        return
    for statements in MIGRATIONS:
        for statement in statements:
            _define(server, statement)
    server.read(f"CALL db.awaitIndexes({AWAITED})")
    server.write(_raise_version)


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
    version = int(rows[0][0]) if rows else 0
    if version > SCHEMA_VERSION:
        raise SchemaVersionError(
            f"{server.address}: has schema version {version}, this program knows versions up to {SCHEMA_VERSION}; "
            "open it with the newer program that wrote it"
        )
    return version


def _raise_version(transaction: Transaction) -> None:
    transaction.run(
        "MERGE (s:GraphSchema {id: 'schema'})"
        " SET s.version = CASE WHEN coalesce(s.version, 0) < $version THEN $version ELSE s.version END",
        version=SCHEMA_VERSION,
    )


def is_whole(server: Server) -> bool:
    """Whether every index of the schema is there and ready."""
    ready = {name for (name,) in server.read("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")}
    wanted = {statement.split()[2 + (statement.split()[1] == "FULLTEXT")] for m in MIGRATIONS for statement in m}
    return wanted <= ready
