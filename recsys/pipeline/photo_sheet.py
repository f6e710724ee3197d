"""What was found in a photo, as cells of a sheet: the photo with outlines, and each garment cut out."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from data.types import Box
from recsys.pipeline.captions import in_english
from recsys.pipeline.photo_garments import PhotoGarment
from recsys.pipeline.sheet import Cell, on_paper
from recsys.pipeline.tag_pictures import outlined
from vision.crops import masked_crop
from vision.masks import decode_mask


def photo_cells(photo: Image.Image, garments: Sequence[PhotoGarment]) -> list[Cell]:
    """The photo, what was found in it outlined, then each garment alone."""
    marked = outlined(photo, [(garment.category, garment.mask) for garment in garments])
    cells = [Cell(marked, "your photo", f"{len(garments)} garments found" if garments else "")]
    for garment in garments:
        crop = masked_crop(photo, decode_mask(garment.mask), Box(*garment.box))
        picture = None if crop is None else on_paper(crop)
        cells.append(Cell(picture, f"found: {in_english(garment.category)}", f"score {garment.score:.2f}"))
    return cells
