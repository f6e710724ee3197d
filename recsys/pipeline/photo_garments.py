"""Garments of a photo that nobody annotated: found, cut out, and matched with the items of a release."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from data.types import Box, Item
from graph.tensors import BipartiteGraph
from graphsage import NodeFeatures
from recsys.engine.engine import OutfitEngine
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.embedding import Rows
from recsys.pipeline.visual import unit
from recsys.pipeline.vocabulary import as_tags
from vision.colour_rule import colours
from vision.crops import Crop, masked_crop
from vision.detector.classes import SLOT_OF_CLASS
from vision.detector.detect import Detector
from vision.detector.garments import Garment
from vision.encoder import Encoder
from vision.masks import EncodedMask, encode_mask

Floats = NDArray[np.float32]


class PhotoGarment(Struct, frozen=True, kw_only=True):
    """A garment found in a photo: how sure that is (0 to 1), its place in pixels, and the item most like it.

    The item is of its slot, ``likeness`` a cosine; none where the catalogue has nothing of that slot.
    """

    category: str
    slot: str
    score: float
    box: tuple[float, float, float, float]
    mask: EncodedMask
    item_id: str | None
    likeness: float | None


def find_garments(
    contents: ReleaseContents, engine: OutfitEngine, encoders: Sequence[Encoder], photo: Image.Image, detector: Detector
) -> tuple[PhotoGarment, ...]:
    """Garments of a photo, the surest first, each with the item of its slot that it is most like.

    A garment is compared as if it had been imported: its looks, its colours, and its place in the graph beside what it
    is worn with.
    """
    (found,) = detector.detect([photo])
    cut = [(garment, masked_crop(photo, garment.mask, Box(*garment.box))) for garment in found]
    known = [(garment, crop) for garment, crop in cut if crop is not None]
    if not known:
        return ()
    garments = [garment for garment, _ in known]
    whole = masked_crop(photo, np.logical_or.reduce([g.mask for g in garments]), Box(0, 0, *photo.size), margin=0)
    assert whole is not None, "one of the garments has a pixel"
    items = [_as_item(garment, crop) for garment, crop in known]
    _, likeness = photo_in_graph(contents, encoders, whole, [crop for _, crop in known], items)
    slots = engine.catalogue.slots()
    return tuple(
        _matched(engine, garment, item.slot, row, slots.get(item.slot))
        for garment, item, row in zip(garments, items, likeness, strict=True)
    )


def _as_item(garment: Garment, crop: Crop) -> Item:
    pixels = crop.pixels if crop.mask is None else crop.pixels[crop.mask]
    return Item(
        item_id=f"{garment.category} {garment.box}",
        category=garment.category,
        slot=SLOT_OF_CLASS.get(garment.category, garment.category),
        source="photo",
        attributes={name: tuple(value.value for value in values) for name, values in colours(pixels).items()},
    )


def _matched(
    engine: OutfitEngine, garment: Garment, slot: str, likeness: Floats, rows: NDArray[np.int64] | None
) -> PhotoGarment:
    nearest = engine.nearest(likeness, rows, 1)[0] if rows is not None and len(rows) else None
    x0, y0, x1, y1 = (round(corner, 1) for corner in garment.box)
    return PhotoGarment(
        category=garment.category,
        slot=slot,
        score=round(garment.score, 4),
        box=(x0, y0, x1, y1),
        mask=encode_mask(garment.mask),
        item_id=nearest.item_id if nearest else None,
        likeness=nearest.similarity if nearest else None,
    )


def photo_in_graph(
    contents: ReleaseContents,
    encoders: Sequence[Encoder],
    whole: Crop,
    crops: Sequence[Crop] = (),
    items: Sequence[Item] = (),
) -> tuple[Floats, Floats]:
    """A photo that the graph does not hold and the garments in it, in the space that items are compared in.

    GraphSAGE reads the photo's looks and those of its garments, joined as they would be after an import.

    Parameters
    ----------
    contents
        Of the release.
    encoders
        Those that its features were learned from.
    whole
        The photo.
    crops, items
        Each garment's pixels, and what is known of it beside.

    Returns
    -------
    tuple
        The photo [D] and its garments [len(crops), D], float32, length 1.
    """
    rows: dict[str, Rows] = {e.name: (e.encode([whole, *crops]), np.ones(1 + len(crops), bool)) for e in encoders}
    looks, known, words = contents.features.visual.encode(rows, 1 + len(crops))
    codes = contents.features.vocabulary.encode(items, {name: given[1:] for name, given in words.items()})
    count = len(crops)
    graph = BipartiteGraph(
        image_ids=["query"],
        item_ids=[item.item_id for item in items],
        image_indptr=np.array([0, count]),
        image_items=np.arange(count, dtype=np.int32),
        item_indptr=np.arange(count + 1),
        item_images=np.zeros(count, np.int32),
    )
    features = NodeFeatures(
        image=looks[:1],
        image_known=known[:1],
        item=looks[1:],
        item_known=known[1:],
        image_tags=(np.zeros(2, np.int64), np.zeros(0, np.int32), max(len(contents.styles), 1)),
        item_tags=as_tags(codes),
        item_group=codes.category.astype(np.int32),
    )
    places = np.concatenate(contents.graphsage.encode(graph, features))
    compared = places if not looks.shape[1] else np.concatenate([unit(looks), places], 1)
    likeness = unit(compared)
    return likeness[0], likeness[1:]
