"""What every request passes on its way in: a log line, a bound on its body, and its item id left as it was written."""

from __future__ import annotations

import time
from urllib.parse import quote
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Kind, respond

log = structlog.stdlib.get_logger("api.requests")

ITEMS = "/v1/items/"


class RequestLog:
    """One log line a request, a request id in its answer, and a problem instead of a crash.

    The line holds method, route, status and time: neither addresses nor what was asked, which may tell of a person.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began, status = uuid4().hex, time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sending)
            except Exception:
                log.exception("request.defect")
                if status:  # the answer is under way; only the server can break it off
                    raise
                problem = Kind.INTERNAL_ERROR.problem(f"the log tells more under request {request_id}")
                await respond(problem)(scope, receive, sending)
            finally:
                milliseconds = round(1000 * (time.perf_counter() - began), 2)
                log.info("request", method=scope["method"], route=_route(scope), status=status, ms=milliseconds)


class BodyLimit:
    """Refuses bodies above a size, whether they announce it or not, before anything is parsed."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read a request's body and pass it on whole, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = await self._read(scope, receive)
        if received is None:
            detail = f"the body is larger than the {self._largest} bytes that are taken"
            await respond(Kind.BODY_TOO_LARGE.problem(detail), {"Connection": "close"})(scope, receive, send)
            return

        async def replay() -> Message:
            return received.pop(0) if received else await receive()

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> list[Message] | None:
        """All messages of a request's body, None where it is too large."""
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and (len(announced) > 20 or int(announced) > self._largest):
            return None
        messages: list[Message] = []
        size, more = 0, True
        while more:
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > self._largest:
                return None
            more = messages[-1].get("more_body", False)
        return messages


class ItemPaths:
    """Leaves item ids in addresses percent-encoded until they have been routed.

    Ids may hold slashes. Were ``/v1/items/a%2Fsimilar`` decoded first, as servers do, the item ``a/similar`` could not
    be told from the list of items similar to ``a``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the encoded id into the path that is routed."""
        prefix = scope.get("root_path", "") + ITEMS
        if scope["type"] == "http" and scope["path"].startswith(prefix):
            raw = scope.get("raw_path") or b""
            if raw.startswith(prefix.encode()):
                path = raw.decode("utf-8", "replace")
            else:  # the server keeps no raw path, or even the prefix was encoded
                path = prefix + quote(scope["path"][len(prefix) :], safe="/")
            scope["path"] = path
        await self._app(scope, receive, send)


def _route(scope: Scope) -> str:
    """The address's pattern, never the address itself."""
    return getattr(scope.get("route"), "path_format", "none")
