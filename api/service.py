"""What routes talk to: questions to the release in use, a bounded number at once, away from the event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from api.errors import BusyError, NotReadyError, SearchUnavailableError
from api.graph_watch import GraphWatch
from api.limits import Limits
from api.releases import LoadedRelease, ReleaseHolder
from recsys.errors import IndexUnavailableError
from recsys.pipeline.jobs import tensor_threads

log = structlog.stdlib.get_logger("api.service")

T = TypeVar("T")


class OutfitService:
    """Answers questions from the release in use.

    The engine computes, so each question runs in a thread; ``limits.workers`` run at once, ``limits.waiting`` wait.
    No question needs the graph, but where vectors are searched in its server: ``graph`` only says whether it could be
    used.
    """

    def __init__(self, releases: ReleaseHolder, limits: Limits | None = None, graph: GraphWatch | None = None) -> None:
        self.releases, self.graph = releases, graph
        self.limits = limits or Limits()
        self._turns = CapacityLimiter(self.limits.workers)
        self._looks = CapacityLimiter(1)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the release before, and stop following releases after."""
        with tensor_threads(self.limits.tensor_threads):
            if self.graph is not None:
                self.graph.start()
            await to_thread.run_sync(self.releases.start)
            try:
                yield
            finally:
                if self.graph is not None:
                    self.graph.close()
                await to_thread.run_sync(self.releases.close)

    async def ask(self, question: Callable[[LoadedRelease], T]) -> T:
        """Put a question to the release in use.

        Raises
        ------
        NotReadyError
            No release is loaded.
        BusyError
            As many questions are waiting as may wait.
        SearchUnavailableError
            The question needs a search in a server that fails.
        """
        if self.waiting >= self.limits.waiting:
            raise BusyError(self.waiting)
        return await to_thread.run_sync(self._answer, question, limiter=self._turns)

    @property
    def waiting(self) -> int:
        """How many questions wait for their turn."""
        return self._turns.statistics().tasks_waiting

    async def release(self) -> LoadedRelease | None:
        """The release in use, None where there is none; does not wait behind questions."""
        return await to_thread.run_sync(self.releases.get, limiter=self._looks)

    def _answer(self, question: Callable[[LoadedRelease], T]) -> T:
        release = self.releases.get()
        if release is None:
            raise NotReadyError
        try:
            return question(release)
        except IndexUnavailableError as error:
            log.error("index.unavailable", release=release.name, reason=str(error))
            raise SearchUnavailableError from error


def service_of(request: Request) -> OutfitService:
    """The service that the application was made over."""
    service = request.app.state.service
    assert isinstance(service, OutfitService)
    return service


Service = Annotated[OutfitService, Depends(service_of)]
