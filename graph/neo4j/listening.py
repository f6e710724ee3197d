"""Calls that a server may leave without an answer: run in threads of their own, and given up when it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

Answer = TypeVar("Answer")

AWAITED = 2.0
"""Seconds for which calls that were given up are waited for in the end."""


class SilenceError(Exception):
    """There was no answer, within the time given or for as long as the server answered anything else."""


class Listener:
    """Waits for answers on behalf of callers, who never hang with the server.

    A long answer is waited for as long as the server answers anything: every ``seconds`` it is asked by ``probe``,
    which returns (or raises) where it does, and may hang too; no word from it for ``seconds`` more ends the wait.
    """

    def __init__(self, probe: Callable[[], object], seconds: float, threads: int) -> None:
        self._probe, self._seconds = probe, seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ask neo4j")
        self._asked: set[Future[Any]] = set()
        self._inside = threading.local()

    def call(self, work: Callable[[], Answer]) -> Answer:
        """What ``work`` returns or raises; SilenceError where the server hangs.

        Called by ``work`` of another call, it runs as it is.
        """
        if getattr(self._inside, "now", False):
            return work()
        asked = self._ask(work)
        while True:
            try:
                return asked.result(self._seconds)
            except TimeoutError:
                if asked.done():  # its own
                    raise
                if not self._hears():
                    asked.cancel()
                    raise SilenceError(f"no answer for {2 * self._seconds:g} seconds") from None

    def call_within(self, seconds: float, work: Callable[[], Answer]) -> Answer:
        """What ``work`` returns or raises within ``seconds``; else SilenceError.

        Raises concurrent.futures.CancelledError where all was closed before it began.
        """
        asked = self._ask(work)
        try:
            return asked.result(seconds)
        except TimeoutError:
            if asked.done():
                raise
            asked.cancel()
            raise SilenceError(f"no answer within {seconds:g} seconds") from None

    def leave(self, work: Callable[[], object]) -> None:
        """Run ``work`` some time, once the server answers again; nobody waits for it."""
        with suppress(CancelledError):
            self._ask(work)

    def close(self) -> None:
        """Begin nothing more, and wait shortly for what was given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        wait(tuple(self._asked), AWAITED)

    def _ask(self, work: Callable[[], Answer]) -> Future[Answer]:
        context = copy_context()

        def inside() -> Answer:
            self._inside.now = True
            return context.run(work)

        try:
            asked = self._threads.submit(inside)
        except RuntimeError as error:  # it was closed meanwhile
            raise CancelledError from error
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        return asked

    def _hears(self) -> bool:
        """Whether the server says anything, if only no."""
        heard = threading.Event()

        def ask() -> None:
            with suppress(Exception):  # a refusal is an answer; the call itself meets it too
                self._probe()
            heard.set()

        threading.Thread(target=ask, name="probe neo4j", daemon=True).start()
        return heard.wait(self._seconds)
