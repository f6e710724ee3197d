"""Answers about hubs (items in very many images), remembered until anything is written."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar, cast

from graph.sqlite.connections import Connections

Answer = TypeVar("Answer")

SLOW_SECONDS = 0.002
"""An answer that took longer is remembered: asking the file again would cost as much each time."""

CAPACITY = 4_096


class HubMemory:
    """Slow answers of one store, the most recently asked for; any thread may use it.

    An answer holds for one state of the file. The state is read before the answer is worked out, so an answer is never
    older than the state it is kept under, and a write by any process makes all of them void.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[tuple[int, int], tuple[object, ...]]] = OrderedDict()

    def degree(self, question: Hashable, work_out: Callable[[], list[int]]) -> list[int]:
        """A number of neighbours, remembered sooner than other answers: one explanation asks for a dozen."""
        return self.answer(question, work_out, slow_seconds=SLOW_SECONDS / 40)

    def answer(
        self, question: Hashable, work_out: Callable[[], list[Answer]], *, slow_seconds: float | None = None
    ) -> list[Answer]:
        """The answer to a question, from memory where it is still right."""
        state = self._connections.state()
        with self._lock:
            kept = self._answers.get(question)
            if kept is not None and kept[0] == state:
                self._answers.move_to_end(question)
                return cast("list[Answer]", list(kept[1]))
        began = time.perf_counter()
        answer = work_out()
        if time.perf_counter() - began > (SLOW_SECONDS if slow_seconds is None else slow_seconds):
            self._keep(question, state, answer)
        return answer

    def _keep(self, question: Hashable, state: tuple[int, int], answer: Sequence[object]) -> None:
        with self._lock:
            self._answers[question] = (state, tuple(answer))
            self._answers.move_to_end(question)
            while len(self._answers) > CAPACITY:
                self._answers.popitem(last=False)
