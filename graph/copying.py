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
from graph.store import GraphError, GraphStore, WriteCounts

Record = TypeVar("Record")

BATCH = 5_000

LOOKED_AT = 200
"""Records of each kind of a target by which another graph is known before anything is written."""

ONE_STORE = (
    "FROM and TO are one store, named twice: there is nothing to copy. Give another store as TO, as in "
    "recsys graph copy workspace sqlite:///backup.sqlite"
)

Tell = Callable[[str, int], None]
"""Called with what is being copied ("items", "images", "outfits", "links", "comparing") and how many are through."""


class CopyError(GraphError):
    """The copy does not hold what its origin holds."""


class Copied(Struct, frozen=True):
    """What a copy wrote, and the checksums of origin and copy by kind, which are equal."""

    written: WriteCounts
    links: WriteCounts
    problems: int
    checksums: dict[str, str]


def copy(origin: GraphStore, target: GraphStore, tell: Tell = lambda what, done: None) -> Copied:
    """Write everything that one store holds into another, and compare the two.

    What the target has already is left as it is where it is the same, so a copy that was stopped is begun again and
    goes on, and one repeated later brings what is new. The records are read page by page: memory is constant.

    Raises
    ------
    CopyError
        The two are one store, or the target holds another graph: nothing was written. Or afterwards the two differ:
        the target held something else, or the origin was written to meanwhile.
    """
    if origin.identity() == target.identity():
        raise CopyError(ONE_STORE)
    _require_kin(origin, target)
    written = target.bulk_load(
        _told("items", origin.items(), tell),
        _told("images", origin.images(), tell),
        _told("outfits", origin.outfits(), tell),
    )
    links = WriteCounts()
    for batch in _batches(_told("links", origin.links(), tell)):
        done = target.link(batch)
        links = WriteCounts(links.added + done.added, links.changed + done.changed, links.unchanged + done.unchanged)
    problems = target.quarantine(origin.problems())
    ours, theirs = (checksums(store, tell) for store in (origin, target))
    different = [kind for kind in ours if ours[kind] != theirs[kind]]
    if different:
        numbers = [", ".join(f"{k} {v:,}" for k, v in asdict(store.counts()).items()) for store in (origin, target)]
        counts = f"the origin has {numbers[0]}; the copy {numbers[1]}"
        raise CopyError(
            f"origin and copy differ in {', '.join(different)}: the target held other records before, or the origin "
            "was written to meanwhile. The target was written to: it now holds the origin's records too; copy into an "
            f"empty store, or copy again. {counts}"
        )
    return Copied(written, links, problems, ours)


def _require_kin(origin: GraphStore, target: GraphStore) -> None:
    """See, of the first records of a target that holds something, that they are the origin's too."""
    for kind, there, here in (
        ("item", (item.item_id for item in target.items()), origin.item),
        ("image", (image.image_id for image in target.images()), origin.image),
    ):
        for name in islice(there, LOOKED_AT):
            if here(name) is None:
                raise CopyError(
                    f"the target holds {kind} {name!r}, which the origin does not: another graph is in it. "
                    "Nothing was written; copy into an empty store"
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
