"""Answers are the same in one process and in several, whatever happens to a job or to a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from multiprocessing import active_children
from operator import truediv
from pathlib import Path
from typing import Any

import pytest

from data.workers import FEW, WorkerError, map_in_order

ROOT = Path(__file__).resolve().parents[2]
SLEEPERS = """
import sys, time
from data.workers import map_in_order
try:
    for _ in map_in_order(time.sleep, [0.05] * 2000, 2, lambda job, reason: print(job, reason)):
        print("begun", flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


def said(job: object, reason: str) -> Any:
    return f"{job}: {reason}"


def test_answers_are_in_order_and_a_task_that_raises_costs_one_job() -> None:
    jobs = [4, 0, *range(1, 2 * FEW)]
    answers = [list(map_in_order(partial(truediv, 12), jobs, workers, said)) for workers in (1, 2)]
    assert answers[0] == answers[1] == [3.0, "0: ZeroDivisionError: division by zero", *(12 / n for n in jobs[2:])]


def test_a_process_that_dies_costs_one_job() -> None:
    jobs = [0] * FEW + [signal.SIGKILL, signal.SIGSEGV] + [0] * FEW
    answers = list(map_in_order(signal.raise_signal, [int(job) for job in jobs], 2, said))
    died = ["9: its process ended with status -9", "11: its process ended with status -11"]
    assert answers == [None] * FEW + died + [None] * FEW


def test_few_jobs_need_no_processes() -> None:
    assert set(map_in_order(lambda _: os.getpid(), range(FEW - 1), 8, said)) == {os.getpid()}


def test_few_jobs_are_taken_ahead_and_leaving_early_ends_the_processes() -> None:
    taken = 0

    def jobs() -> Iterator[int]:
        nonlocal taken
        while taken < 1000:
            taken += 1
            yield taken

    with closing(map_in_order(abs, jobs(), 2, said)) as answers:
        for _ in range(100):
            next(answers)
        assert 100 <= taken <= 100 + 4 * 2
        assert len(active_children()) == 2
    assert not active_children()


class DeadlyToRead:
    """Ends the process that receives it."""

    def __call__(self, job: int) -> int:
        return job

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


def test_processes_that_do_not_start_are_an_error_not_a_thousand_failures() -> None:
    with pytest.raises(WorkerError, match="status 3 before it could begin"):
        list(map_in_order(DeadlyToRead(), range(1000), 2, said))
    assert not active_children()


@pytest.mark.parametrize("early", [True, False], ids=["while they start", "while they work"])
def test_an_interrupt_ends_all_processes_without_noise(early: bool) -> None:
    with _sleepers() as parent:
        if early:
            _wait(lambda: len(_children(parent.pid)) == 3)  # two workers, and Python's own watcher over them
        else:
            assert parent.stdout and parent.stdout.readline() == "begun\n"
        os.killpg(parent.pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=60)
        assert (parent.returncode, errors) == (130, "")
        _wait(lambda: not _alive(parent.pid))


def test_processes_end_when_their_parent_is_killed() -> None:
    with _sleepers() as parent:
        assert parent.stdout and parent.stdout.readline() == "begun\n"
        parent.kill()
        parent.communicate(timeout=60)
        _wait(lambda: not _alive(parent.pid))


def _sleepers() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SLEEPERS],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _alive(group: int) -> bool:
    """Whether a process of the group is left, apart from dead ones that nobody has asked after."""
    states = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        states += [state] * (int(of_group) == group)
    return any(state != "Z" for state in states)


def _wait(for_what: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not for_what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
