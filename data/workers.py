"""One function over many jobs, in processes of their own: answers in order, few in memory, trouble costs one job."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from multiprocessing import connection as pipes
from multiprocessing import get_context, resource_tracker
from typing import Any, Generic, TypeVar

from data.errors import DataError

Job = TypeVar("Job")
Answer = TypeVar("Answer")

FEW = 16
"""Fewer jobs than these are done in this process: others take longer to start than to work."""

_AHEAD = 4
_PATIENCE = 5.0  # seconds for a process that hangs up to end


class WorkerError(DataError):
    """Processes to work in cannot be started."""


def processors() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_order(
    task: Callable[[Job], Answer], jobs: Iterable[Job], workers: int, failed: Callable[[Job, str], Answer]
) -> Generator[Answer, None, None]:
    """Answer every job, in the order of the jobs, in ``workers`` processes or, with 1, in this one.

    Processes are spawned, so that threads of this one do no harm, and end with the generator: close it. They take no
    notice of Ctrl-C, which is for this process, and end when it dies. At most four jobs a worker are under way or
    waiting for their turn.

    Parameters
    ----------
    task
        What answers a job. With several workers it has to be picklable, as have jobs and answers, and a script that
        calls this has to do so under ``if __name__ == "__main__":``.
    failed
        The answer to a job whose task raised, or died with its process, from the job and the reason.

    Raises
    ------
    WorkerError
        A process does not start.
    """
    jobs = iter(jobs)
    first = list(islice(jobs, FEW)) if workers > 1 else []
    if len(first) < FEW:
        for job in chain(first, jobs):
            answer, reason = _attempt(task, job)
            yield failed(job, reason) if reason else answer
        return
    crew = _Crew(task, failed, workers)
    try:
        yield from crew.answers(chain(first, jobs))
    finally:
        crew.dismiss()


def _attempt(task: Callable[[Job], Answer], job: Job) -> tuple[Any, str]:
    try:
        return task(job), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


class _Crew(Generic[Job, Answer]):
    """The workers, who has which job, and the answers whose turn has not come."""

    def __init__(self, task: Callable[[Job], Answer], failed: Callable[[Job, str], Answer], size: int) -> None:
        self._task = task
        self._failed = failed
        self._size = size
        self._workers: list[_Worker] = []
        self._answers: dict[int, Answer] = {}

    def answers(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        numbered = enumerate(jobs)
        turn = given = 0
        while True:
            while len(self._workers) < self._size:
                self._workers.append(_Worker(self._task))
            free = (worker for worker in self._workers if worker.free)
            room = _AHEAD * self._size - (given - turn)
            for worker, job in zip(free, islice(numbered, room), strict=False):
                worker.give(job)
                given += 1
            if given == turn and any(worker.free for worker in self._workers):
                return
            self._hear()
            while turn in self._answers:
                yield self._answers.pop(turn)
                turn += 1

    def _hear(self) -> None:
        """Wait for one or more workers to say something, or to die."""
        speaking = pipes.wait([worker.pipe for worker in self._workers if not worker.free])
        for worker in [worker for worker in self._workers if worker.pipe in speaking]:
            job = worker.job
            answer, reason = worker.hear()
            if job is not None:
                self._answers[job[0]] = self._failed(job[1], reason) if reason else answer
            if worker.dead:
                self._workers.remove(worker)

    def dismiss(self) -> None:
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.process.join()


class _Worker:
    """A process and the numbered job that it has in hand; it first says that it has started."""

    def __init__(self, task: Callable[[Any], Any]) -> None:
        self.job: tuple[int, Any] | None = None
        self.free = self.dead = self._started = False
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, task), daemon=True)
        with _without_interrupts():
            self.process.start()
        theirs.close()

    def give(self, job: tuple[int, Any]) -> None:
        self.job, self.free = job, False
        with suppress(OSError):  # it has died since, which `hear` finds out
            self.pipe.send(job[1])

    def hear(self) -> tuple[Any, str]:
        """What it says: answer and reason of failure."""
        try:
            said: tuple[Any, str] = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            self.stop()
            self.dead = True
            said = None, f"its process ended with status {self.process.exitcode}"
            if not self._started:
                raise WorkerError(f"workers: {said[1]} before it could begin; with 1 worker none is needed") from None
        self.job, self.free, self._started = None, True, True
        return said

    def stop(self) -> None:
        self.pipe.close()
        self.process.terminate()


def _serve(pipe: pipes.Connection[Any, Any], task: Callable[[Any], Any]) -> None:
    """What a worker does until the other end of its pipe is closed."""
    try:
        pipe.send((None, ""))
        while True:
            pipe.send(_attempt(task, pipe.recv()))
    except (EOFError, OSError):
        return


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep SIGINT from processes that are started meanwhile, from their first moment on; here it waits for the end."""
    resource_tracker.ensure_running()  # its own start would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
