"""How long a question may take and how much it may answer, and what is said where that cut the answer short."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from types import TracebackType
from typing import Literal, TypeVar

from msgspec import Struct

from graph.time_limits import OutOfTimeError, time_limit

Record = TypeVar("Record")

_EVERY = 256
"""Records of a stream between two looks at the clock."""


class Cut(Struct, frozen=True):
    """Why an answer is not the whole one, and how far it goes.

    ``time``: the deadline passed, and the answer is what was found by then. ``limit``: more was found than was asked
    for. ``hub``: a node has too many neighbours to follow them all, so counts over it are lower bounds.
    """

    reason: Literal["time", "limit", "hub"]
    detail: str


class Budget(Struct, frozen=True):
    """What a question may cost.

    ``limit``: most answers of a kind that are given. ``seconds``: how long it may take. ``fan``: neighbours by one
    relation that are followed from a node; of a hub with more, the first in order of id.

    Raises ValueError where one is negative, or the time is NaN.
    """

    limit: int = 20
    seconds: float = 10.0
    fan: int = 100

    def __post_init__(self) -> None:
        if self.limit < 0 or self.fan < 0 or not self.seconds >= 0:
            raise ValueError(f"{self}: limit, seconds and fan must be 0 or more")

    def start(self) -> Deadline:
        """The deadline, counted from now."""
        return Deadline(self.seconds)


class Deadline:
    """Seconds from now: looked at between steps, and kept by the store inside each (:meth:`step`)."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._hit = False

    def left(self) -> float:
        """Seconds until it passes, at least 0."""
        return max(self._end - self._clock(), 0.0)

    def passed(self) -> bool:
        """Whether time is up; from then on :meth:`cuts` says so."""
        self._hit = self._hit or self._clock() >= self._end
        return self._hit

    def step(self) -> AbstractContextManager[None, bool]:
        """Calls to a store that it gives up when time is up: the rest of the block is then left out, and :meth:`cuts`
        says so."""
        return _Step(self)

    def give_up(self) -> None:
        """Note that time was up in the middle of a step."""
        self._hit = True

    def limit(self) -> AbstractContextManager[None]:
        """Calls to a store that raise OutOfTimeError when time is up."""
        return time_limit(self._end)

    def within(self, records: Iterable[Record], every: int = _EVERY) -> Iterator[Record]:
        """Records of a stream until time is up: the clock is looked at for each ``every`` of them, and by the store."""
        stream = iter(records)
        while True:
            some: list[Record] = []
            with self.step():
                some.extend(islice(stream, every))
            if not some or self.passed():
                return
            yield from some

    def cuts(self) -> tuple[Cut, ...]:
        """The cut, where time was up when somebody looked."""
        return (
            (Cut("time", f"stopped after {self._seconds:g} s; what was found by then is shown"),) if self._hit else ()
        )


class _Step:
    """See :meth:`Deadline.step`."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._limit = deadline.limit()

    def __enter__(self) -> None:
        self._limit.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._limit.__exit__(None, None, None)
        if isinstance(error, OutOfTimeError):
            self._deadline.give_up()
            return True
        return False


DEFAULT = Budget()
"""What a question may cost unless its asker says otherwise."""


def first(found: Sequence[Record], limit: int, what: str) -> tuple[tuple[Record, ...], tuple[Cut, ...]]:
    """The first ``limit`` of what was found, and the cut where there is more."""
    if len(found) <= limit:
        return tuple(found), ()
    return tuple(found[: max(limit, 0)]), (Cut("limit", f"the first {limit:,} of {len(found):,} {what} are shown"),)
