"""A photo as a question: which items of the catalogue it shows, or comes nearest to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.photos import open_photo
from data.types import ImageRecord
from graph.store import GraphStore
from graph.tensors import BipartiteGraph
from graphsage import NodeFeatures
from recsys.engine.answers import SimilarItem
from recsys.engine.engine import OutfitEngine
from recsys.errors import ReleaseError
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.embedding import Rows
from recsys.pipeline.visual import NeededEncoder, unit
from vision.connect import open_encoder
from vision.crops import photo_crop
from vision.encoder import Encoder

GARMENTS = ("top", "bottom", "dress", "outer")
"""Slots that a photo of a person is read for."""

NEAR = 0.9
"""Share of the best likeness that the item of another slot must reach to be taken for shown as well."""

_APART = {"dress": {"top", "bottom"}, "top": {"dress"}, "bottom": {"dress"}}  # not worn together


class PhotoItem(Struct, frozen=True, kw_only=True):
    """An item that a photo is read as; ``likeness`` is a cosine, None where the photo is known to show it."""

    item_id: str
    slot: str
    category: str
    likeness: float | None


class PhotoReading(Struct, frozen=True, kw_only=True):
    """What a photo was taken for: the items linked to it where it was imported, else those that come nearest."""

    file: str
    imported: bool
    items: tuple[PhotoItem, ...]


def read_photo(store: GraphStore, contents: ReleaseContents, engine: OutfitEngine, photo: Path) -> PhotoReading:
    """Items that stand for a photo.

    Raises
    ------
    PhotoError
        The photo was not imported and is no picture that can be read.
    ReleaseError
        The encoders that the release needs are not the ones installed.
    """
    image = known_photo(store, photo)
    linked = [r.item_id for r in image.regions if r.item_id and r.item_id in engine.catalogue] if image else []
    if linked:
        items = [engine.catalogue.item(item_id) for item_id in dict.fromkeys(linked)]
        found = tuple(PhotoItem(item_id=i.item_id, slot=i.slot, category=i.category, likeness=None) for i in items)
        return PhotoReading(file=str(photo), imported=True, items=found)
    likeness = photo_likeness(contents, open_needed(contents), photo)
    return PhotoReading(file=str(photo), imported=False, items=nearest_garments(engine, likeness))


def nearest_garments(engine: OutfitEngine, likeness: NDArray[np.float32]) -> tuple[PhotoItem, ...]:
    """The nearest item of each garment slot that comes nearly as near as the best, best first; at least the best.

    Where a catalogue has no garments, the nearest of all its items.
    """
    slots: list[str | None] = [slot for slot in GARMENTS if slot in engine.catalogue.slots()]
    nearest = [items_like_photo(engine, likeness, 1, slot)[0] for slot in slots or [None]]
    nearest.sort(key=lambda item: -item.similarity)
    taken: dict[str, PhotoItem] = {}
    for one in nearest:
        slot = engine.catalogue.item(one.item_id).slot
        near = one.similarity >= NEAR * nearest[0].similarity > 0
        if not taken or (near and not _APART.get(slot, set()) & taken.keys()):
            taken[slot] = PhotoItem(item_id=one.item_id, slot=slot, category=one.category, likeness=one.similarity)
    return tuple(taken.values())


def open_needed(contents: ReleaseContents) -> list[Encoder]:
    """The encoders that a release was trained with, whatever the settings name today.

    Raises
    ------
    ReleaseError
        An encoder is installed in another version, or the release does not say which it needs.
    EncoderError
        An encoder cannot be opened.
    """
    needs = {view.encoder: view.needs for view in contents.features.visual.views}
    return [_open(name, needed) for name, needed in needs.items()]


def _open(name: str, needed: NeededEncoder | None) -> Encoder:
    if needed is None:
        raise ReleaseError(f"the release does not say which version of encoder {name!r} it needs; train it again")
    encoder = open_encoder(needed.spec)
    if (encoder.version, encoder.dim) != (needed.version, needed.dim):
        raise ReleaseError(
            f"encoder {needed.spec!r}: the release needs version {needed.version} ({needed.dim} numbers), installed is "
            f"version {encoder.version} ({encoder.dim} numbers); install that version or train again"
        )
    return encoder


def known_photo(store: GraphStore, photo: Path) -> ImageRecord | None:
    """The imported image of that file, with the items it shows; None where it was not imported.

    Only photos of the same file name are looked up on disk.
    """
    wanted = os.path.realpath(photo)
    names = {photo.name, os.path.basename(wanted)}
    for image in store.images():
        if image.photo and os.path.basename(image.photo) in names and os.path.realpath(image.photo) == wanted:
            return image
    return None


def photo_likeness(contents: ReleaseContents, encoders: Sequence[Encoder], photo: Path) -> NDArray[np.float32]:
    """A photo never seen, in the space that items are compared in [D], length 1.

    Its looks are those of the whole photo before a masked backdrop; its place in the graph is what GraphSAGE makes of
    those looks without any neighbour.

    Raises
    ------
    PhotoError
        The file is no picture that can be read.
    """
    crop = photo_crop(open_photo(str(photo)), None)
    rows: dict[str, Rows] = {e.name: (e.encode([crop]), np.ones(1, bool)) for e in encoders}
    dense, known, _ = contents.features.visual.encode(rows, 1)
    graph = BipartiteGraph(
        image_ids=["query"],
        item_ids=[],
        image_indptr=np.zeros(2, np.int64),
        image_items=np.zeros(0, np.int32),
        item_indptr=np.zeros(1, np.int64),
        item_images=np.zeros(0, np.int32),
    )
    features = NodeFeatures(
        image=dense,
        image_known=known,
        item=np.zeros((0, contents.features.dense.shape[1]), np.float32),
        item_known=np.zeros(0, bool),
        image_tags=(np.zeros(2, np.int64), np.zeros(0, np.int32), max(len(contents.styles), 1)),
        item_tags=(np.zeros(1, np.int64), np.zeros(0, np.int32), max(contents.features.codes.n_values, 1)),
        item_group=np.zeros(0, np.int32),
    )
    image, _ = contents.graphsage.encode(graph, features)
    parts = [image] if not dense.shape[1] else [unit(dense), image]
    return np.asarray(unit(np.concatenate(parts, 1))[0])


def items_like_photo(
    engine: OutfitEngine, likeness: NDArray[np.float32], count: int, slot: str | None = None
) -> list[SimilarItem]:
    """Items nearest to a photo, of one slot or of all."""
    slots = engine.catalogue.slots()
    rows = slots[slot] if slot else np.arange(len(engine.catalogue))
    return engine.nearest(likeness, rows, count)
