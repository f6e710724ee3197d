"""``/healthz`` and ``/readyz``: for whoever keeps the service running."""

from __future__ import annotations

from fastapi import APIRouter

from api.errors import NotReadyError
from api.openapi import problems
from api.problems import Kind
from api.schemas import Health, Readiness
from api.service import Service

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process up")
async def healthz() -> Health:
    """Answer as long as the process does; says nothing about releases."""
    return Health(status="up")


@router.get("/readyz", summary="Can questions be answered", responses=problems(Kind.NOT_READY))
async def readyz(service: Service) -> Readiness:
    """Answer 200 where a release is loaded, and which; else 503."""
    release = await service.release()
    if release is None:
        raise NotReadyError
    return Readiness(status="ready", release=release.name, items=len(release.engine.catalogue))
