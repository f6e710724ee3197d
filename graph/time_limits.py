"""How long a store may work on a question: told around the calls, and kept by every adapter inside each of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from graph.store import GraphError

LAST_SECONDS = 0.5
"""What a call is given that begins when time is up: an answer is rounded off with what was found, or seen not to be."""

_end: ContextVar[float | None] = ContextVar("_end", default=None)


class OutOfTimeError(GraphError):
    """A store gave a question up because its time was over; what was asked before is answered."""


@contextmanager
def time_limit(end: float) -> Iterator[None]:
    """Let calls to stores inside take until ``end``, by the monotonic clock; the innermost limit counts.

    Calls that take longer raise OutOfTimeError.
    """
    token = _end.set(end)
    try:
        yield
    finally:
        _end.reset(token)


def seconds_left() -> float | None:
    """How long a call that begins now may take, more than 0; None where there is no limit."""
    end = _end.get()
    if end is None:
        return None
    left = end - time.monotonic()
    return left if left > 0 else LAST_SECONDS
