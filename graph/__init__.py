"""The image-item graph: schema, the GraphStore contract, its adapters, and export to tensors and networkx."""

from graph.connect import check_store, open_store, sqlite_url
from graph.store import GraphStore

__all__ = ["GraphStore", "check_store", "open_store", "sqlite_url"]
