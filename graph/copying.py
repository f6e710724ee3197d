"""A whole graph from one store into another, and the proof that both hold the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from data.types import ImageRecord, Item, ItemLink, Outfit
from graph.store import GraphError, GraphStore, InvalidRecordError, WriteCounts
from graph.surplus import Removed, likeness, remove_surplus

Record = TypeVar("Record")

BATCH = 5_000

ONE_STORE = (
    "FROM and TO are one store, named twice: there is nothing to copy. Give another store as TO, as in "
    "recsys graph copy workspace sqlite:///backup.sqlite"
)

Tell = Callable[[str, int], None]
"""Called with what is being copied ("items", "images", "outfits", "links", "comparing") and how many are through."""


class CopyError(GraphError):
    """The copy does not hold what its origin holds."""


class Copied(Struct, frozen=True):
    """What a copy removed and wrote, and the checksums of origin and copy by kind, which are equal."""

    removed: Removed
    written: WriteCounts
    links: WriteCounts
    problems: int
    checksums: dict[str, str]


def copy(
    origin: GraphStore, target: GraphStore, tell: Tell = lambda what, done: None, *, exact: bool = False
) -> Copied:
    """Write everything that one store holds into another, and compare the two.

    What the target has already is left as it is where it is the same, so a copy that was stopped is begun again and
    goes on, and one repeated later brings what is new; with ``exact`` it takes away, too, what the origin lost since.
    The records are read page by page: memory is constant.

    Raises
    ------
    CopyError
        The two are one store, or the target holds another graph: nothing was written. Or afterwards the two differ:
        the target held something else, or the origin was written to meanwhile.
    """
    if origin.identity() == target.identity():
        raise CopyError(ONE_STORE)
    _require_kin(origin, target, exact=exact)
    removed = remove_surplus(origin, target) if exact else Removed()
    try:
        written, links = _write(origin, target, tell)
    except InvalidRecordError as error:  # of another source, say, or with a region that another image has there
        raise CopyError(
            f"{error}. The target holds something else under that id: copy with --exact, which removes it, or into an "
            "empty store"
        ) from error
    problems = sum(target.quarantine(batch) for batch in _batches(iter(origin.problems())))
    ours, theirs = (checksums(store, tell) for store in (origin, target))
    different = [kind for kind in ours if ours[kind] != theirs[kind]]
    if different:
        numbers = [", ".join(f"{k} {v:,}" for k, v in asdict(store.counts()).items()) for store in (origin, target)]
        counts = f"the origin has {numbers[0]}; the copy {numbers[1]}"
        raise CopyError(
            f"origin and copy differ in {', '.join(different)}: the target held other records before, the origin lost "
            "some since an earlier copy, or was written to meanwhile. The target was written to: it now holds the "
            f"origin's records too; copy again with --exact, which removes all others, or into an empty store. {counts}"
        )
    return Copied(removed, written, links, problems, ours)


def _write(origin: GraphStore, target: GraphStore, tell: Tell) -> tuple[WriteCounts, WriteCounts]:
    """Records, then links; returns what became of them."""
    written = target.bulk_load(
        _told("items", origin.items(), tell),
        _told("images", origin.images(), tell),
        _told("outfits", origin.outfits(), tell),
    )
    links = WriteCounts()
    for batch in _batches(_told("links", origin.links(), tell)):
        done = target.link(batch)
        links = WriteCounts(links.added + done.added, links.changed + done.changed, links.unchanged + done.unchanged)
    return written, links


def _require_kin(origin: GraphStore, target: GraphStore, *, exact: bool) -> None:
    """See that the first records of a target are the origin's; that one of them is, if ``exact``."""
    found = likeness(origin, target)
    if found.strange is None or (exact and found.shared):
        return
    kind, name = found.strange
    if exact or not found.shared:
        raise CopyError(
            f"the target holds {kind} {name!r}, which the origin does not, and nothing else of it that was looked at: "
            "another graph is in it. Nothing was written or removed; copy into an empty store"
        )
    raise CopyError(
        f"the target holds {kind} {name!r}, which the origin does not: it was deleted there since an earlier copy, or "
        "another graph is in the target. Nothing was written; copy with --exact to remove from the target what the "
        "origin does not hold, or copy into an empty store"
    )


def checksums(store: GraphStore, tell: Tell = lambda what, done: None) -> dict[str, str]:
    """Number and SHA-256 of all records by kind, ``"3:9f86d0..."``: equal for stores that hold the same."""
    readers: dict[str, Iterator[Any]] = {
        "items": store.items(),
        "images": store.images(),
        "outfits": store.outfits(),
        "links": store.links(),
        "problems": iter(store.problems()),
    }
    return {kind: _checksum(_told("comparing", records, tell)) for kind, records in readers.items()}


def _checksum(records: Iterable[ImageRecord | Item | Outfit | ItemLink]) -> str:
    encoder = msgspec.json.Encoder(enc_hook=dict, order="deterministic")
    digest, number = hashlib.sha256(), 0
    for record in records:
        digest.update(encoder.encode(record))
        number += 1
    return f"{number}:{digest.hexdigest()}"


def _told(what: str, records: Iterable[Record], tell: Tell) -> Iterator[Record]:
    done = 0
    for done, record in enumerate(records, start=1):
        yield record
        if done % 1_000 == 0:
            tell(what, done)
    tell(what, done)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, BATCH)):
        yield batch
