"""Constraints and indexes of the Neo4j store, as migrations that run once each.

Nodes go by ``id`` (images, items, outfits, shoots) or ``name`` (categories, styles, attributes), as
:mod:`graph.neo4j.names` indexes texts. ``(:Image)-[:CONTAINS]->(:Item)`` is a garment that is known: ``region``, its
place ``n`` in the image, how it was found (``source``) and how surely (``confidence``); one that nobody has identified
yet leads from the image to itself, so that every region is one relationship and its id is unique over all of them.
Images that are looks have a second label, ``Look``.
``body`` holds as JSON what no query asks for. A problem is found again by its file in ``at``, which is that file, or
its beginning and a hash where it is long; of problems older than the second version, empty where it is long.
"""

from __future__ import annotations

from typing import NamedTuple

from graph.neo4j.names import KEPT, locked
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


class Rule(NamedTuple):
    """A constraint or index: how it is made, and what it is about, so that one under another name is known too.

    ``about``: label or type, properties, and whether they are unique; None for one that queries call by its name.
    """

    how: str
    about: tuple[str, tuple[str, ...], bool] | None


def _unique(label: str, properties: tuple[str, ...]) -> Rule:
    listed = ", ".join(f"n.{name}" for name in properties)
    how = f"CREATE CONSTRAINT {label.lower()}_once IF NOT EXISTS FOR (n:{label}) REQUIRE ({listed}) IS UNIQUE"
    return Rule(how, (label, properties, True))


def _indexed(name: str, label: str, field: str) -> Rule:
    return Rule(f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.{field})", (label, (field,), False))


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
    "region_once": Rule(
        "CREATE CONSTRAINT region_once IF NOT EXISTS FOR ()-[r:CONTAINS]-() REQUIRE r.region IS UNIQUE",
        ("CONTAINS", ("region",), True),
    ),
    **{
        f"{label.lower()}_by_source": _indexed(f"{label.lower()}_by_source", label, "source")
        for label in ("Image", "Item", "Outfit")
    },
    "image_by_created": _indexed("image_by_created", "Image", "created"),
    "texts": Rule(
        "CREATE FULLTEXT INDEX texts IF NOT EXISTS FOR (n:Item|Category|Attribute|Style)"
        " ON EACH [n.id, n.name, n.value] OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}",
        None,
    ),
}
_SECOND = {"problem_by_file": _indexed("problem_by_file", "Problem", "at")}
_PROBLEMS_AT = (
    f"MATCH (q:Problem) WHERE q.at IS NULL SET q.at = CASE WHEN size(q.file) <= {KEPT} THEN q.file ELSE '' END"
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(tuple(rule.how for rule in _FIRST.values())),
    Migration(tuple(rule.how for rule in _SECOND.values()), (_PROBLEMS_AT,)),
)
"""``MIGRATIONS[v]`` leads from schema version ``v`` to ``v + 1``; one that was released is never edited."""

SCHEMA_VERSION = len(MIGRATIONS)

INDEXES: dict[str, Rule] = _FIRST | _SECOND
"""Constraints and indexes that a graph of SCHEMA_VERSION has, by name, and how one that is missing is made."""

_ONE_SCHEMA = _unique("GraphSchema", ("id",)).how
_LOCK = f"MERGE (s:GraphSchema {{id: 'schema'}}) {locked('s')} RETURN coalesce(s.version, 0)"
_RAISE = "MATCH (s:GraphSchema {id: 'schema'}) SET s.version = $version"

_READY = (
    "SHOW INDEXES YIELD name, state, type, labelsOrTypes, properties, owningConstraint"
    " WHERE state = 'ONLINE' AND NOT type IN ['VECTOR', 'LOOKUP']"
    " RETURN name, CASE WHEN type = 'RANGE' AND size(labelsOrTypes) = 1 THEN labelsOrTypes[0] END, properties,"
    " owningConstraint IS NOT NULL"
)
_FOREIGN = (
    "MATCH (n:Image|Item|Outfit) WHERE n.source IS NULL OR n.id IS NULL OR (n.body IS NULL AND NOT n:Outfit)"
    " RETURN labels(n)[0], n.id LIMIT 1"
)

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
        What is stored breaks a rule: two nodes of one id, say; or it is of somebody else.
    """
    version = stored_version(server)
    if version == SCHEMA_VERSION and is_whole(server):
        return
    if version == 0:
        _require_own(server)
    _define(server, _ONE_SCHEMA)
    while server.write(lambda transaction: _migrate_once(server, transaction)) < SCHEMA_VERSION:
        pass


def _migrate_once(server: Server, transaction: Transaction) -> int:
    """Run the migration that is next, or mend the schema where none is; returns the version found."""
    version = _known(server, int(transaction.run(_LOCK)[0][0]))
    if version < SCHEMA_VERSION:
        definitions, changes = MIGRATIONS[version]
    else:
        definitions, changes = Migration(tuple(INDEXES[name].how for name in _missing(server) if name in INDEXES))
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
    return not _missing(server)


def _missing(server: Server) -> list[str]:
    """Names of constraints and indexes that are not ready, under their own name or another."""
    names, about = set(), set()
    for name, label, properties, unique in server.read(_READY):
        names.add(name)
        about.add((label, tuple(properties or ()), unique))
    rules = INDEXES | {"graphschema_once": _unique("GraphSchema", ("id",))}
    return [name for name, rule in rules.items() if name not in names and rule.about not in about]


def _require_own(server: Server) -> None:
    """See that a database without a schema holds no nodes of our labels but ours, as import files make them."""
    rows = server.read(_FOREIGN)
    if rows:
        label, name = rows[0]
        raise StoreFormatError(
            f"{server.address}: the database holds another program's nodes under labels that the graph needs "
            f"({label} {name!r} has no source or body); name an empty database"
        )
