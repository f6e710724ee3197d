"""The statistics of everything that a store holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from data.hashing import PhotoHash
from data.splits import group_images, split, split_shares
from data.statistics import Statistics, collect
from data.table import SOURCE as TABLE
from data.types import ImageRecord
from graph.store import GraphStore


def count_store(store: GraphStore, *, seed: int, hashes: Mapping[str, PhotoHash] | None = None) -> Statistics:
    """Count all images, items of tables and problems, with the shares of a split by shoot.

    With ``hashes``, fingerprints by image id, near-duplicates are in one part of the split too. Items that
    identity found in photos are not counted as items: their garments are counted already.
    """
    styles: dict[str, tuple[str, ...]] = {}

    def passing() -> Iterator[ImageRecord]:
        for image in store.images():
            styles[image.image_id] = image.styles
            yield image

    items = (item for item in store.items() if item.source == TABLE)
    statistics = collect(passing(), items, store.problems())
    if styles:
        groups = group_images(store.images(), hashes=hashes)
        statistics.split_shares = split_shares(split(styles, groups, seed))
    return statistics
