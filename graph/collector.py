"""Python's search for cyclic garbage, less often while very many records are in hand: it looks at each of them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (100_000, 20, 100)
"""New objects before a search of the youngest, and how many such searches before older ones are searched too."""


class _Collector:
    """The one of the process, and how many ask it to search rarely."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._usual = gc.get_threshold()

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self._usual = gc.get_threshold()
                gc.set_threshold(*RARELY)
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                gc.set_threshold(*self._usual)


_collector = _Collector()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Search rarely inside, in the whole process; several threads may be inside, and the last to leave restores it.

    Records hold no cycles: what goes, goes at once. Cycles from elsewhere are still found, later.
    """
    _collector.enter()
    try:
        yield
    finally:
        _collector.leave()
