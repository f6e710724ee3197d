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
    from vision.encoder import Encoder


def open_store(settings: Settings, workspace: Workspace) -> GraphStore:
    """Open the graph store of a workspace; the caller closes it, best with ``with``.

    Raises
    ------
    GraphError
        The URL names no store, or the store cannot be opened.
    """
    from graph import open_store as connect

    return connect(settings.graph.url.replace("{workspace}", str(workspace.root)))


def check_graph(settings: Settings, workspace: Workspace, seconds: float) -> StoreHealth:
    """Look whether the graph store of a workspace could be opened now; makes nothing, and raises nothing for it.

    ``seconds``: how long its server may take to take a connection, or its file may be locked.
    """
    from graph import check_store

    return check_store(settings.graph.url.replace("{workspace}", str(workspace.root)), seconds=seconds)


def open_encoders(settings: Settings) -> list[Encoder]:
    """Open the encoders that the settings name.

    Raises
    ------
    EncoderError
        A name is not known, or its weights cannot be had.
    """
    from vision.connect import open_encoder

    return [open_encoder(spec) for spec in settings.encoders]
