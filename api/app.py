"""The application: routes, limits and errors put together over a service."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from api import problems
from api.graph_watch import GraphWatch
from api.limits import Limits
from api.logs import configure_logs
from api.middleware import BodyLimit, ItemPaths, RequestLog
from api.openapi import describe_problems
from api.releases import ReleaseHolder
from api.routes import health, items, outfits
from api.service import OutfitService
from recsys import __version__
from recsys.bootstrap import check_graph, open_indexes
from recsys.settings import load_settings
from recsys.workspace import Workspace

DESCRIPTION = """Completes outfits by a graph of photos and the items in them.

Errors are problem details (RFC 9457) that name the field at fault. Every answer says which release gave it."""

LOOK_SECONDS = 3.0
"""How long the graph's server may take to take a connection, or its file may be locked, when it is looked at."""


def create_app(service: OutfitService) -> FastAPI:
    """Make the application over a service; its release is loaded when the application starts up."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        async with service.running():
            yield

    app = FastAPI(
        title="Outfit recommendation",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    for router in (outfits.router, items.router, health.router):
        app.include_router(router)
    problems.install(app)
    describe_problems(app)
    app.add_middleware(ItemPaths)  # innermost: the last one added is passed first
    app.add_middleware(BodyLimit, largest=service.limits.body_bytes)
    app.add_middleware(RequestLog)
    return app


def from_environment() -> FastAPI:
    """Make the application over the workspace ``RECSYS_WORKSPACE`` with the settings file ``RECSYS_CONFIG``.

    Raises
    ------
    WorkspaceError
        There is no workspace.
    SettingsError
        The settings are not valid.
    """
    workspace = Workspace.open(Path(os.environ.get("RECSYS_WORKSPACE") or "workspace"))
    config = os.environ.get("RECSYS_CONFIG")
    settings = load_settings(Path(config) if config else None, workspace=workspace.root)
    configure_logs()
    limits = Limits(tensor_threads=settings.training.threads or 1)
    required = settings.api.graph_required or settings.index.kind == "neo4j"  # which is searched in the graph's server
    watch = GraphWatch(lambda: check_graph(settings, workspace, LOOK_SECONDS), required=required)
    releases = ReleaseHolder(workspace, open_indexes(settings, workspace))
    return create_app(OutfitService(releases, limits, watch))
