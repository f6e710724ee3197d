"""A look at a graph in a Neo4j server that changes nothing there."""

from __future__ import annotations

from graph.health import Schema
from graph.neo4j.schema import SCHEMA_VERSION, is_whole, stored_version
from graph.neo4j.server import Server


def look(server: Server) -> Schema:
    """The schema of the graph.

    Raises
    ------
    SchemaVersionError
        A newer program wrote it.
    StoreUnavailableError
        The server cannot be reached now.
    """
    version = stored_version(server)
    return Schema(version, SCHEMA_VERSION, whole=version == 0 or is_whole(server))
