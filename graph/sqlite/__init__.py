"""The graph store embedded in one SQLite file."""

from graph.sqlite.store import SqliteGraphStore

__all__ = ["SqliteGraphStore"]
