"""What a copy holds beyond its origin, and its removal: the origin deleted it, or made it anew as something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from msgspec import Struct

from data.types import ImageRecord, Item, Outfit
from graph.store import GraphStore

Record = TypeVar("Record", ImageRecord, Item, Outfit)

BATCH = 1_000

LOOKED_AT = 200
"""Records of each kind of a target by which another graph is known before anything is written."""


class Removed(Struct, frozen=True):
    """How much was taken from a copy; what is there in another form is written anew afterwards."""

    outfits: int = 0
    images: int = 0
    items: int = 0
    problems: int = 0


class Likeness(Struct, frozen=True):
    """Of the first items and images of a target, how many the origin holds too, and one that it does not."""

    shared: int
    strange: tuple[str, str] | None


def likeness(origin: GraphStore, target: GraphStore) -> Likeness:
    """Compare the first records of a target with the origin."""
    shared, strange = 0, None
    for kind, there, here in (
        ("item", (item.item_id for item in target.items()), origin.item),
        ("image", (image.image_id for image in target.images()), origin.image),
    ):
        for name in islice(there, LOOKED_AT):
            if here(name) is not None:
                shared += 1
            elif strange is None:
                strange = (kind, name)
    return Likeness(shared, strange)


def remove_surplus(origin: GraphStore, target: GraphStore) -> Removed:
    """Take from a target what the origin does not hold, or what no upsert makes of it what the origin holds.

    That is what another source brought, an image with a region or a link of a region that is gone, and problems of
    files that have others now. Both are read once, page by page; a stop leaves a part of it, and the next call goes on.
    """
    outfits = _remove(origin.outfits(), target.outfits(), lambda o: o.outfit_id, _same_source, target.delete_outfits)
    images = _remove(origin.images(), target.images(), lambda i: i.image_id, _same_regions, target.delete_images)
    items = _remove(origin.items(), target.items(), lambda i: i.item_id, _same_source, target.delete_items)
    kept = set(origin.problems())
    files = sorted({problem.file for problem in target.problems() if problem not in kept})
    return Removed(outfits, images, items, target.release_problems(files) if files else 0)


def _remove(
    ours: Iterator[Record],
    theirs: Iterator[Record],
    id_of: Callable[[Record], str],
    stays: Callable[[Record, Record], bool],
    delete: Callable[[Sequence[str]], int],
) -> int:
    doomed = _beyond(ours, theirs, id_of, stays)
    gone = 0
    while batch := list(islice(doomed, BATCH)):
        gone += delete(batch)
    return gone


def _beyond(
    ours: Iterator[Record],
    theirs: Iterator[Record],
    id_of: Callable[[Record], str],
    stays: Callable[[Record, Record], bool],
) -> Iterator[str]:
    """Ids of records that are theirs alone, or of which ours cannot be made; both come by ascending id."""
    mine = next(ours, None)
    for record in theirs:
        name = id_of(record)
        while mine is not None and id_of(mine) < name:
            mine = next(ours, None)
        if mine is None or id_of(mine) != name or not stays(record, mine):
            yield name


def _same_source(theirs: Item | Outfit, ours: Item | Outfit) -> bool:
    return theirs.source == ours.source


def _same_regions(theirs: ImageRecord, ours: ImageRecord) -> bool:
    """Whether an upsert of our image, and the links of its regions, lead from theirs to it."""
    linked = {region.region_id: region.item_id is not None for region in ours.regions}
    return theirs.source == ours.source and all(
        region.region_id in linked and (region.item_id is None or linked[region.region_id]) for region in theirs.regions
    )
