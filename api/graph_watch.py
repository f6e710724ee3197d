"""The graph's health, looked at beside the service: whoever asks gets what was seen last, and never waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Protocol

import structlog

from api.schemas import GraphState

log = structlog.stdlib.get_logger("api.graph")


class Seen(Protocol):
    """What a look at the graph found."""

    @property
    def store(self) -> str: ...
    @property
    def reachable(self) -> bool: ...
    @property
    def schema_ok(self) -> bool | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def milliseconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the graph is looked at, in seconds.

    ``every``: between two looks; after one that found it unusable twice as long each time, up to ``longest``, lest a
    wrong password lock out others. ``patience``: after which a look under way counts as no answer.
    """

    every: float = 5.0
    longest: float = 30.0
    patience: float = 5.0


class GraphWatch:
    """Looks at the graph again and again in one thread of its own, which no look, however long, makes two.

    ``required``: without a usable graph the service is not ready.
    """

    def __init__(
        self,
        look: Callable[[], Seen],
        *,
        required: bool = False,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.required = required
        self._look, self._pace, self._clock = look, pace or Pace(), clock
        self._lock = Lock()
        self._last: tuple[GraphState, float] | None = None
        self._began: float | None = None
        self._thread: Thread | None = None
        self._stop = Event()

    def start(self) -> None:
        """Begin to look; does not wait for the first look. A second call is harmless."""
        with self._lock:
            if self._thread is None or self._stop.is_set() or not self._thread.is_alive():
                self._stop = Event()
                self._thread = Thread(target=self._run, args=(self._stop,), name="graph health", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Look no more; a look under way is left to end by itself."""
        self._stop.set()

    def state(self) -> GraphState:
        """What was seen last, or that a look has gone without an answer for too long."""
        with self._lock:
            last, began = self._last, self._began
        now = self._clock()
        store = last[0].store if last else None
        if began is not None and now - began > self._pace.patience:
            return _state(store, reachable=False, reason=f"no answer within {self._pace.patience:g} s", seconds_ago=0.0)
        if last is None:
            return _state(None, reachable=None, reason="was not looked at yet", seconds_ago=None)
        return last[0].model_copy(update={"seconds_ago": round(max(now - last[1], 0.0), 1)})

    def usable(self, state: GraphState) -> bool:
        """Whether the service may call itself ready with the graph in this state."""
        return not self.required or bool(state.reachable and state.schema_ok)

    def _run(self, stop: Event) -> None:
        wait = self._pace.every
        while not stop.is_set():
            with self._lock:
                self._began = self._clock()
            seen = self._seen()
            with self._lock:
                before, self._last, self._began = self._last, (seen, self._clock()), None
            well = bool(seen.reachable and seen.schema_ok)
            wait = self._pace.every if well else min(2 * wait, self._pace.longest)
            if before is None or before[0].reason != seen.reason:
                (log.info if well else log.warning)("graph.seen", store=seen.store, well=well, reason=seen.reason)
            stop.wait(wait)

    def _seen(self) -> GraphState:
        try:
            found = self._look()
        except Exception as error:  # whatever a look does, the service goes on
            log.exception("graph.defect")
            return _state(None, reachable=False, reason=f"the look failed: {type(error).__name__}", seconds_ago=0.0)
        return GraphState(
            store=found.store,
            reachable=found.reachable,
            schema_ok=found.schema_ok,
            reason=found.reason,
            milliseconds=found.milliseconds,
            seconds_ago=0.0,
        )


def _state(store: str | None, *, reachable: bool | None, reason: str, seconds_ago: float | None) -> GraphState:
    return GraphState(
        store=store, reachable=reachable, schema_ok=None, reason=reason, milliseconds=None, seconds_ago=seconds_ago
    )
