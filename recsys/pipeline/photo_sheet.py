"""What was found in a photo, for a sheet: the photo with outlines, and each garment cut out."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from data.types import Box
from recsys.pipeline.captions import in_english
from recsys.pipeline.photo_garments import PhotoGarment
from recsys.pipeline.sheet import Cell, Seen, on_paper
from recsys.pipeline.tag_pictures import outlined
from vision.crops import masked_crop
from vision.masks import decode_mask


def seen_in(photo: Image.Image, garments: Sequence[PhotoGarment]) -> Seen:
    """The photo with the garments found in it outlined, and each of them alone."""
    marked = outlined(photo, [(garment.category, garment.mask) for garment in garments])
    found = f"{len(garments)} garment{'s' * (len(garments) != 1)} found" if garments else ""
    return Seen(Cell(marked, "your photo", found), [(_alone(photo, garment), garment.item_id) for garment in garments])


def _alone(photo: Image.Image, garment: PhotoGarment) -> Cell:
    crop = masked_crop(photo, decode_mask(garment.mask), Box(*garment.box))
    picture = None if crop is None else on_paper(crop)
    return Cell(picture, f"found: {in_english(garment.category)}", f"score {garment.score:.2f}")
