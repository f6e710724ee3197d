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
from recsys.engine.answers import SimilarItem
from recsys.engine.engine import OutfitEngine
from recsys.errors import ReleaseError
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.photo_garments import PhotoGarment, find_garments, photo_in_graph
from recsys.pipeline.visual import NeededEncoder
from vision.connect import open_encoder
from vision.crops import photo_crop
from vision.detector.detect import Detector
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
    """What a photo was taken for: the items linked to it where it was imported, else those that come nearest.

    ``garments``: what a detector found in a photo that was not imported, the surest first.
    """

    file: str
    imported: bool
    items: tuple[PhotoItem, ...]
    garments: tuple[PhotoGarment, ...] = ()


def read_photo(
    store: GraphStore, contents: ReleaseContents, engine: OutfitEngine, photo: Path, detector: Path
) -> PhotoReading:
    """Items that stand for a photo: those it was imported with, else those most like the garments found in it.

    Of each slot the surest garment counts. Where the detector of that folder finds none that the catalogue has a slot
    for, the photo as a whole is compared.

    Raises
    ------
    PhotoError
        The photo was not imported and is no picture that can be read.
    ReleaseError
        The encoders that the release needs are not the ones installed.
    CheckpointError
        The detector cannot be read.
    """
    image = known_photo(store, photo)
    linked = [r.item_id for r in image.regions if r.item_id and r.item_id in engine.catalogue] if image else []
    if linked:
        items = [engine.catalogue.item(item_id) for item_id in dict.fromkeys(linked)]
        found = tuple(PhotoItem(item_id=i.item_id, slot=i.slot, category=i.category, likeness=None) for i in items)
        return PhotoReading(file=str(photo), imported=True, items=found)
    encoders = open_needed(contents)
    garments = find_garments(contents, engine, encoders, open_photo(str(photo)), Detector.load(detector))
    worn = worn_items(engine, garments)
    if not worn:
        worn = nearest_garments(engine, photo_likeness(contents, encoders, photo))
    return PhotoReading(file=str(photo), imported=False, items=worn, garments=garments)


def worn_items(engine: OutfitEngine, garments: Sequence[PhotoGarment]) -> tuple[PhotoItem, ...]:
    """The items of the surest garment of each slot; a dress, or else a top and a bottom."""
    taken: dict[str, PhotoItem] = {}
    for garment in garments:
        slot, item_id = garment.slot, garment.item_id
        if item_id is not None and slot not in taken and not _APART.get(slot, set()) & taken.keys():
            category = engine.catalogue.item(item_id).category
            taken[slot] = PhotoItem(item_id=item_id, slot=slot, category=category, likeness=garment.likeness)
    return tuple(taken.values())


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
    whole = photo_crop(open_photo(str(photo)), None)
    return photo_in_graph(contents, encoders, whole)[0]


def items_like_photo(
    engine: OutfitEngine, likeness: NDArray[np.float32], count: int, slot: str | None = None
) -> list[SimilarItem]:
    """Items nearest to a photo, of one slot or of all."""
    slots = engine.catalogue.slots()
    rows = slots[slot] if slot else np.arange(len(engine.catalogue))
    return engine.nearest(likeness, rows, count)
