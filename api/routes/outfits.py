"""``/v1/outfits``: partial outfits in, completed ones out."""

from __future__ import annotations

from fastapi import APIRouter

from api.errors import UnanswerableError, UnknownContextItemError
from api.openapi import problems
from api.problems import Kind
from api.releases import LoadedRelease
from api.schemas import CompleteAnswer, CompleteRequest, Outfit
from api.service import Service
from recsys.engine.answers import CompletionQuery
from recsys.errors import QueryError, UnknownItemError

router = APIRouter(prefix="/v1/outfits", tags=["outfits"])


@router.post(
    "/complete",
    summary="Complete an outfit",
    responses=problems(
        Kind.MALFORMED_BODY,
        Kind.BODY_TOO_LARGE,
        Kind.NOT_JSON,
        Kind.INVALID_REQUEST,
        Kind.UNKNOWN_ITEM,
        Kind.UNANSWERABLE,
        Kind.NOT_READY,
        Kind.BUSY,
        Kind.INDEX_UNAVAILABLE,
    ),
)
async def complete(request: CompleteRequest, service: Service) -> CompleteAnswer:
    """Fill the empty slots of an outfit, those asked for or those that such outfits usually hold, so that it is good
    as a whole."""
    query = CompletionQuery(
        context=tuple(request.context),
        slots=tuple(request.slots),
        outfits=request.outfits,
        avoid=tuple(request.avoid),
    )
    return await service.ask(lambda release: _complete(release, query))


def _complete(release: LoadedRelease, query: CompletionQuery) -> CompleteAnswer:
    try:
        found = release.engine.complete(query)
    except UnknownItemError as error:
        raise UnknownContextItemError(str(error), f"context.{query.context.index(error.item_id)}") from error
    except QueryError as error:
        raise UnanswerableError(str(error), _field(str(error))) from error
    return CompleteAnswer(
        release=release.name,
        context=list(found.context),
        slots=list(found.slots),
        outfits=[Outfit.model_validate(outfit) for outfit in found.outfits],
        unmet=list(found.unmet),
    )


def _field(message: str) -> str | None:
    """The part of the query that the engine names at the head of its message."""
    name = message.partition(":")[0]
    return name if name in CompleteRequest.model_fields else None
