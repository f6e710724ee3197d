"""From garments in photos to the items they show: descriptors, identity, links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.identity import Identities, IdentitySettings, RegionFact, facts_of, resolve
from data.types import ImageRecord, Item, ItemLink, Problem
from graph.store import GraphStore, InvalidRecordError
from recsys.pipeline.batches import batched
from recsys.pipeline.crops import garment_jobs

DESCRIPTOR = "garment"
"""The encoder whose vectors tell garments apart: colour, texture and shape, measured on the garment's own pixels."""

MADE = "item:"
"""How the ids of items begin that were found, not given."""

Progress = Callable[[str, int, int | None], None]


class IdentityCounts(Struct, frozen=True, kw_only=True):
    """How garments became items: the ``method`` asked for, garments and items in all, links by their own method."""

    method: str
    regions: int
    items: int
    methods: dict[str, int]


class Garments(NamedTuple):
    """Whose items are looked for: garments in the photos of one ``source``, but for some that stay ``unknown``."""

    source: str
    unknown: frozenset[str] = frozenset()


class Found(Struct, frozen=True):
    """Which items the photos show, and which photos could not be looked at on the way."""

    counts: IdentityCounts
    problems: tuple[Problem, ...]


def assign_items(
    store: GraphStore,
    embeddings: Path,
    garments: Garments,
    settings: IdentitySettings,
    progress: Progress,
    *,
    batch: int,
) -> Found:
    """Find the items that the photos of one source show, and link each garment to its item.

    Links of earlier runs are taken into account: items keep their ids, and what a person said stands. Items that no
    garment shows any more are removed.

    Parameters
    ----------
    embeddings
        Folder where descriptors are kept, so that each garment is measured once.
    garments
        The photos' source, since garments of different sources are never one item, and ids of regions that stay without
        an item.
    batch
        Records written at once.
    """

    def photos() -> Iterator[ImageRecord]:
        return (image for image in store.images() if image.source == garments.source and image.kind == "photo")

    facts = [fact for image in photos() for fact in facts_of(image) if fact.region_id not in garments.unknown]
    descriptors, problems = None, tuple[Problem, ...]()
    if settings.method == "auto":
        descriptors, problems = _describe(photos(), facts, embeddings, progress)
    regions = {fact.region_id for fact in facts}
    known = [link for link in store.links() if link.region_id in regions]
    progress("finding items", 0, None)
    identities = resolve(facts, descriptors, settings, known=known)
    _write(store, identities, batch)
    _remove_unused(store, known, identities)
    methods = Counter(link.method for link in identities.links)
    counts = IdentityCounts(
        method=settings.method, regions=len(facts), items=len(identities.items), methods=dict(sorted(methods.items()))
    )
    return Found(counts, problems)


def write_found_items(store: GraphStore, items: Iterable[Item]) -> None:
    """Write items found in photos, all but those that another source gave: they stay as that source has them."""
    found = list(items)
    try:
        store.upsert_items(found)
    except InvalidRecordError:
        stored = {item.item_id: store.item(item.item_id) for item in found}
        store.upsert_items([i for i in found if (old := stored[i.item_id]) is None or old.source == i.source])


def _describe(
    images: Iterable[ImageRecord], facts: list[RegionFact], embeddings: Path, progress: Progress
) -> tuple[NDArray[np.float32] | None, tuple[Problem, ...]]:
    """Descriptors ``[R, D]`` of the facts' garments, NaN where there is none; None where none has any."""
    from vision.connect import open_encoder
    from vision.embed import embed
    from vision.embeddings import EmbeddingStore

    encoder, store, done = open_encoder(DESCRIPTOR), EmbeddingStore(embeddings), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress("measuring garments", done, len(facts))

    report = embed([encoder], garment_jobs(images), store, workers=2, progress=advance)
    vectors, known = store.load(encoder, [fact.region_id for fact in facts])
    vectors[~known] = np.nan
    return (vectors if known.any() else None), _once_a_photo(report.failed)


def _once_a_photo(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """A photo that cannot be opened fails for each of its garments; say so once."""
    return tuple({(problem.file, problem.reason): problem for problem in problems}.values())


def _write(store: GraphStore, identities: Identities, batch: int) -> None:
    for items in batched(identities.items, batch):
        write_found_items(store, items)
    for links in batched(identities.links, batch):
        store.link(links)


def _remove_unused(store: GraphStore, before: Iterable[ItemLink], now: Identities) -> None:
    still = {item.item_id for item in now.items}
    gone = {link.item_id for link in before if link.item_id.startswith(MADE)} - still
    store.delete_items(sorted(gone))
