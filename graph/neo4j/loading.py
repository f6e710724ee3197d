"""Very many records, written in batches by several connections at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from graph.collector import rare_collections
from graph.store import WriteCounts

Record = TypeVar("Record")

BATCH = 2_500
"""Records of a transaction."""

WRITERS = 4
"""Connections that write at once: while the server works on some batches, others are made ready."""


def load(
    records: Iterable[Record],
    write: Callable[[Sequence[Record]], WriteCounts],
    id_of: Callable[[Record], str],
    together: Callable[[Record], str | None] = lambda record: None,
) -> WriteCounts:
    """Write records in batches, several at once.

    A record whose id is in a batch under way waits for that batch: of two with one id, the last stays. When a batch is
    refused, those under way are finished, no other is begun, and its error is raised. Neighbours that ``together``
    gives one name, images of one shoot, are kept in one batch, for two batches that make one node wait for each other.
    """
    total = WriteCounts()
    under_way: dict[Future[WriteCounts], set[str]] = {}

    def finish(some: Iterable[Future[WriteCounts]]) -> None:
        nonlocal total
        for future in list(some):
            under_way.pop(future)
            total = added(total, future.result())

    with rare_collections(), ThreadPoolExecutor(WRITERS, thread_name_prefix="load") as pool:
        for batch in _batches(records, together):
            ids = set(map(id_of, batch))
            if any(ids & others for others in under_way.values()):
                finish(wait(under_way).done)
            elif len(under_way) > WRITERS:
                finish(wait(under_way, return_when=FIRST_COMPLETED).done)
            under_way[pool.submit(write, batch)] = ids
        finish(wait(under_way).done)
    return total


def added(one: WriteCounts, other: WriteCounts) -> WriteCounts:
    """What two writes did together."""
    return WriteCounts(one.added + other.added, one.changed + other.changed, one.unchanged + other.unchanged)


def _batches(records: Iterable[Record], together: Callable[[Record], str | None]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        if len(batch) >= BATCH:
            name = together(record)
            if name is None or name != together(batch[-1]) or len(batch) >= 2 * BATCH:
                yield batch
                batch = []
        batch.append(record)
    if batch:
        yield batch
