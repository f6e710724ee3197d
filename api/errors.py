"""Errors of the service itself; each message can be shown to the caller."""

from __future__ import annotations


class ApiError(Exception):
    """Base of all errors that ``api`` raises."""


class NotReadyError(ApiError):
    """No release is loaded, so nothing can be answered."""

    def __init__(self) -> None:
        super().__init__("no release is loaded yet; as soon as one is in use and read, it answers")


class GraphUnavailableError(ApiError):
    """The graph cannot be used, and the settings make it a condition of readiness: one that asks for it, or vectors
    that are searched in its server."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "this service is ready only while its graph can be used (api.graph_required is set, or index.kind is "
            f"'neo4j'), and it cannot be used: {reason}"
        )


class BusyError(ApiError):
    """More questions are waiting than may wait."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} requests are waiting already; try again in a second")


class SearchUnavailableError(ApiError):
    """The server that finds candidates among many items fails; why stands in the log, not in the answer."""

    def __init__(self) -> None:
        super().__init__("the index of items cannot be searched now; try again in a second")


class ItemNotFoundError(ApiError):
    """The address names an item that the release does not hold."""


class UnanswerableError(ApiError):
    """A request is well formed, but cannot be answered from this release. ``field`` is the part at fault."""

    def __init__(self, reason: str, field: str | None) -> None:
        super().__init__(reason)
        self.field = field


class UnknownContextItemError(UnanswerableError):
    """A request's body names an item that the release does not hold."""
