"""Photos with what was found drawn on them: outline, box, and a label that can be read on any ground."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import contourpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from data.atomic import replacing
from data.errors import PhotoError
from data.photos import open_photo
from data.types import Problem
from recsys.pipeline.captions import in_english
from recsys.pipeline.lettering import lettering
from vision.masks import EncodedMask, decode_mask
from vision.tags import TaggedGarment, TaggedPhoto

COLOURS = {
    "outer": (230, 25, 75),
    "top": (245, 130, 48),
    "bottom": (0, 130, 200),
    "dress": (145, 30, 180),
    "shoes": (60, 180, 75),
    "bag": (170, 110, 40),
    "hat": (0, 140, 140),
}
OTHER = (128, 128, 0)
LARGEST = 1600
"""Longer side of a drawn picture, in pixels, at most."""


def write_pictures(folder: Path, photos: Iterable[TaggedPhoto]) -> Iterator[Problem]:
    """Draw each photo into the folder as NAME_tagged.jpg; of photos of one name the later get a number.

    Yields why a photo cannot be drawn, because its file has gone or changed since it was tagged.
    """
    used: set[str] = set()
    for tagged in photos:
        name = _free(f"{Path(tagged.photo.rsplit('::', 1)[-1]).stem}_tagged", used)
        try:
            photo = open_photo(tagged.photo)
            if photo.size != (tagged.width, tagged.height):
                raise PhotoError(tagged.photo, f"had {tagged.width} x {tagged.height} pixels when it was tagged")
        except PhotoError as error:
            yield Problem(file=tagged.photo, field="photo", reason=f"not drawn: {error.reason}", blocking=False)
            continue
        with replacing(folder / f"{name}.jpg") as temporary:
            drawn(photo, tagged.garments).save(temporary, "JPEG", quality=90)


def _free(stem: str, used: set[str]) -> str:
    """The name, or with the first number that makes it a new one; upper and lower case are one to some disks."""
    name, number = stem, 1
    while name.casefold() in used:
        number += 1
        name = f"{stem}_{number}"
    used.add(name.casefold())
    return name


def drawn(photo: Image.Image, garments: Iterable[TaggedGarment]) -> Image.Image:
    """The photo, shrunk to LARGEST where it is larger, with the garments drawn on it, the surest on top."""
    surest = list(garments)
    picture = outlined(photo, [(garment.category, garment.mask) for garment in surest])
    size, scale = picture.size, picture.width / photo.width
    pen = ImageDraw.Draw(picture)
    for garment in reversed(surest):
        x0, y0, x1, y1 = (corner * scale for corner in garment.box)
        pen.rectangle((x0, y0, x1, y1), outline=COLOURS.get(garment.category, OTHER), width=1)
    taken: list[tuple[float, float, float, float]] = []
    for garment in surest:
        _label(pen, size, garment, scale, taken)
    return picture


def outlined(photo: Image.Image, masks: Sequence[tuple[str, EncodedMask]]) -> Image.Image:
    """The photo, shrunk to LARGEST where it is larger, with masks outlined in their category's colour."""
    scale = min(1.0, LARGEST / max(photo.size))
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    picture = photo.resize(size, Image.Resampling.LANCZOS) if scale < 1 else photo.copy()
    pen = ImageDraw.Draw(picture)
    thick = max(2, round(max(size) / 300))
    for category, encoded in reversed(masks):
        mask = np.asarray(Image.fromarray(decode_mask(encoded)).resize(size, Image.Resampling.NEAREST))
        for outline in outlines(mask):
            pen.line(outline, fill=(255, 255, 255), width=thick + 2, joint="curve")
            pen.line(outline, fill=COLOURS.get(category, OTHER), width=thick, joint="curve")
    return picture


def outlines(mask: NDArray[np.bool_]) -> list[list[tuple[float, float]]]:
    """Closed outlines of a mask [H, W], as corners x, y in pixels."""
    lines = contourpy.contour_generator(z=np.pad(mask, 1).astype(np.float32)).lines(0.5)
    return [[(float(x) - 1, float(y) - 1) for x, y in np.asarray(line)] for line in lines]


def _label(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    garment: TaggedGarment,
    scale: float,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Write category, colour and score into the garment's corner, white on its colour, below labels that are there."""
    colour = garment.attributes.get("colour", ())
    words = [*(in_english(value.value) for value in colour[:1]), in_english(garment.category), f"{garment.score:.2f}"]
    text, font = lettering(" ".join(words), max(12, round(max(size) / 45)))
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    wide, high = right - left + 8, bottom - top + 6
    x = min(max(0.0, garment.box[0] * scale), max(0, size[0] - wide))
    y = min(max(0.0, garment.box[1] * scale), max(0, size[1] - high))
    while any(x < b[2] and b[0] < x + wide and y < b[3] and b[1] < y + high for b in taken) and y + high < size[1]:
        y += high / 2
    taken.append((x, y, x + wide, y + high))
    pen.rectangle(taken[-1], fill=COLOURS.get(garment.category, OTHER), outline=(255, 255, 255))
    pen.text((x + 4 - left, y + 3 - top), text, font=font, fill=(255, 255, 255))
