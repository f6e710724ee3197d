"""The image-item graph in a Neo4j server."""

from graph.neo4j.store import Neo4jGraphStore

__all__ = ["Neo4jGraphStore"]
