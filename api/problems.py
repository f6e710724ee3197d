"""Errors on the wire: RFC 9457 problem details, whatever went wrong and wherever."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.errors import (
    ApiError,
    BusyError,
    GraphUnavailableError,
    ItemNotFoundError,
    NotReadyError,
    SearchUnavailableError,
    UnanswerableError,
    UnknownContextItemError,
)

MEDIA_TYPE = "application/problem+json"
TYPES = "urn:problem-type:outfit-recsys:"
MAX_FAULTS = 20
MAX_FIELD = 200


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: str | None = Field(default=None, description="The part at fault, as in `context.1`; absent: the whole.")
    reason: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": f"{TYPES}unknown-item",
                    "title": "The request names an item that the release does not hold",
                    "status": 422,
                    "detail": "item 'TS-9': is not among the 40 items of this release",
                    "field": "context.0",
                }
            ]
        }
    )

    type: str = Field(description="A URI that stays the same for this kind of problem; `about:blank`: see the status.")
    title: str = Field(description="The kind of problem, the same for all of its kind.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What happened this time.")
    field: str | None = Field(default=None, description="The part of the request at fault, where one is known.")
    errors: list[Fault] | None = Field(default=None, description="All faults, where a request was not valid.")


class Kind(Enum):
    """The kinds of problem that callers can tell apart: status and title; the type is made from the name."""

    MALFORMED_BODY = (400, "The body is not JSON")
    ITEM_NOT_FOUND = (404, "There is no such item")
    BODY_TOO_LARGE = (413, "The body is too large")
    NOT_JSON = (415, "The body is not declared as JSON")
    INVALID_REQUEST = (422, "The request is not valid")
    UNKNOWN_ITEM = (422, "The request names an item that the release does not hold")
    UNANSWERABLE = (422, "The request cannot be answered from this release")
    INTERNAL_ERROR = (500, "The service failed")
    NOT_READY = (503, "No release is loaded")
    GRAPH_UNAVAILABLE = (503, "The graph cannot be used")
    BUSY = (503, "Too many requests are waiting")
    INDEX_UNAVAILABLE = (503, "The index of items cannot be searched")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def title(self) -> str:
        return self.value[1]

    @property
    def type(self) -> str:
        return TYPES + self.name.lower().replace("_", "-")

    def problem(self, detail: str, *, field: str | None = None, errors: list[Fault] | None = None) -> Problem:
        """Say what happened this time."""
        return Problem(type=self.type, title=self.title, status=self.status, detail=detail, field=field, errors=errors)


KIND_OF: dict[type[ApiError], Kind] = {
    ItemNotFoundError: Kind.ITEM_NOT_FOUND,
    UnknownContextItemError: Kind.UNKNOWN_ITEM,
    UnanswerableError: Kind.UNANSWERABLE,
    NotReadyError: Kind.NOT_READY,
    GraphUnavailableError: Kind.GRAPH_UNAVAILABLE,
    BusyError: Kind.BUSY,
    SearchUnavailableError: Kind.INDEX_UNAVAILABLE,
}


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response. What a caller sent may hold halves of characters; those become question marks."""
    text = json.dumps(problem.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), problem.status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make an application answer all errors with problem details."""
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_api_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, ApiError)
    kind = KIND_OF[type(error)]
    headers = {"Retry-After": "1"} if kind.status == 503 else None
    return respond(kind.problem(str(error), field=getattr(error, "field", None)), headers)


async def _on_http(request: Request, error: Exception) -> Response:
    """Errors of routing (no such address, no such method) and of a body that cannot even be parsed."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:
        return respond(Kind.MALFORMED_BODY.problem("the body cannot be read as JSON"))
    detail = {
        HTTPStatus.NOT_FOUND: "there is nothing at this address; /docs lists the addresses",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here",
    }.get(status, str(error.detail))
    problem = Problem(type="about:blank", title=status.phrase, status=status, detail=detail)
    return respond(problem, error.headers)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        where = found[0]
        return respond(Kind.MALFORMED_BODY.problem(f"{where['ctx']['error']} at character {where['loc'][-1]}"))
    if any(one["loc"] == ("body",) for one in found) and not _says_json(request):
        given = request.headers.get("content-type") or "none"
        return respond(Kind.NOT_JSON.problem(f"Content-Type: {given[:MAX_FIELD]!r} given; application/json is right"))
    faults = [Fault(field=_field(one["loc"]), reason=one["msg"]) for one in found[:MAX_FAULTS]]
    first = faults[0]
    detail = f"{first.field or 'the body'}: {first.reason}"
    return respond(Kind.INVALID_REQUEST.problem(detail, field=first.field, errors=faults))


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _field(place: Sequence[Any]) -> str | None:
    """``("body", "context", 1)`` as ``context.1``."""
    return ".".join(str(part) for part in place[1:])[:MAX_FIELD] or None
