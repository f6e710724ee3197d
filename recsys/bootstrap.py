"""The one place where settings become objects: stores, encoders and what is built from them.

Heavy libraries are imported when something is asked for, so that commands which need none start at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.health import StoreHealth
from graph.store import GraphStore
from recsys.settings import Settings
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.pipeline.indexes import ReleaseIndexes
    from vision.encoder import Encoder


def open_store(settings: Settings, workspace: Workspace) -> GraphStore:
    """Open the graph store of a workspace; the caller closes it, best with ``with``.

    Raises
    ------
    GraphError
        The URL names no store, or the store cannot be opened.
    """
    from graph import open_store as connect

    return connect(graph_url(settings, workspace))


def open_indexes(settings: Settings, workspace: Workspace) -> ReleaseIndexes:
    """Open what finds the vectors of releases; a server is connected to when first asked. The caller closes it."""
    from recsys.pipeline.indexes import FaissIndexes

    return FaissIndexes() if settings.index.kind == "faiss" else open_published(settings, workspace)


def open_published(settings: Settings, workspace: Workspace) -> ReleaseIndexes:
    """Open what may hold vectors that were published once, whatever searches them now: a graph in Neo4j does."""
    from graph.connect import is_neo4j
    from recsys.pipeline.indexes import FaissIndexes

    url = graph_url(settings, workspace)
    if not is_neo4j(url):
        return FaissIndexes()
    from recsys.pipeline.neo4j_indexes import Neo4jIndexes

    return Neo4jIndexes(url, settings.index.seconds)


def graph_url(settings: Settings, workspace: Workspace) -> str:
    """The graph store of a workspace."""
    return settings.graph.url.replace("{workspace}", str(workspace.root))


def check_graph(settings: Settings, workspace: Workspace, seconds: float) -> StoreHealth:
    """Look whether the graph store of a workspace could be opened now; makes nothing, and raises nothing for it.

    ``seconds``: how long its server may take to take a connection, or its file may be locked.
    """
    from graph import check_store

    return check_store(graph_url(settings, workspace), seconds=seconds)


def open_encoders(settings: Settings) -> list[Encoder]:
    """Open the encoders that the settings name.

    Raises
    ------
    EncoderError
        A name is not known, or its weights cannot be had.
    """
    from vision.connect import open_encoder

    return [open_encoder(spec) for spec in settings.encoders]
