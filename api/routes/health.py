"""``/healthz`` and ``/readyz``: for whoever keeps the service running."""

from __future__ import annotations

from fastapi import APIRouter

from api.errors import GraphUnavailableError, NotReadyError
from api.openapi import problems
from api.problems import Kind
from api.schemas import Health, Readiness
from api.service import Service

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process up")
async def healthz() -> Health:
    """Answer as long as the process does; says nothing about releases."""
    return Health(status="up")


@router.get("/readyz", summary="Can questions be answered", responses=problems(Kind.NOT_READY, Kind.GRAPH_UNAVAILABLE))
async def readyz(service: Service) -> Readiness:
    """Answer 200 where a release is loaded, and which; else 503. Says how the graph is, which nothing here waits for.

    Without a usable graph it is 503 only where the settings ask for one: `api.graph_required`, or `index.kind` neo4j,
    since vectors are then searched in the graph's server."""
    release = await service.release()
    if release is None:
        raise NotReadyError
    graph = service.graph.state() if service.graph else None
    if graph is not None and service.graph is not None and not service.graph.usable(graph):
        raise GraphUnavailableError(graph.reason or "its schema is not that of this program")
    return Readiness(status="ready", release=release.name, items=len(release.engine.catalogue), graph=graph)
