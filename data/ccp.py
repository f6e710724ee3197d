"""Clothing Co-Parsing: street photos with a pixel mask each (Yang, Luo and Lin, CVPR 2014, "Clothing Co-Parsing")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import PhotoError, SourceError
from data.photos import photo_size
from data.regions import label_pixels
from data.taxonomy import slot_of
from data.types import Box, ImageRecord, MaskRef, Note, Problem, Region

SOURCE = "ccp"
NOT_GARMENTS = frozenset({"null", "skin", "hair"})
"""Labels that are no item."""

MIN_PIXELS = 64
"""Fewer pixels of a label than this (8 x 8 of a photo 400 wide) are stray marks of the labelling, not an item."""


def read_ccp(root: Path, *, min_pixels: int = MIN_PIXELS) -> Iterator[ImageRecord | Problem]:
    """Read ``photos/ID.jpg`` with ``masks/ID.png``, whose values are lines of ``labels.txt`` counted from 0.

    Each label of a photo is one region with its box and mask; the slot follows from the label. Items are seen once and
    carry no product number.

    Yields
    ------
    ImageRecord
        ``image_id`` is ``ccp:ID``. A photo that is missing is noted (``photo_missing``).
    Problem
        A mask that is missing, unreadable, or of another size than its photo; not ``blocking`` for an unreadable photo,
        whose regions follow without it.

    Raises
    ------
    SourceError
        ``labels.txt``, ``photos`` or ``masks`` is not there (at once).
    """
    photos, masks, labels = root / "photos", root / "masks", root / "labels.txt"
    for needed in (labels, photos, masks):
        if not needed.exists():
            raise SourceError(f"{needed}: not found; a CCP folder holds labels.txt, photos/ and masks/")
    names = labels.read_text(encoding="utf-8").split()
    return _records(_by_stem(photos, {".jpg", ".jpeg"}), _by_stem(masks, {".png"}), names, min_pixels)


def _records(
    photos: dict[str, Path], masks: dict[str, Path], names: Sequence[str], min_pixels: int
) -> Iterator[ImageRecord | Problem]:
    for stem in sorted(photos.keys() | masks.keys()):
        image_id = f"{SOURCE}:{stem}"
        photo, mask = photos.get(stem), masks.get(stem)
        if mask is None:
            reason = f"there is no mask {stem}.png, so no garment is known"
            yield Problem(file=str(photo), field="mask", reason=reason, record_id=image_id)
            continue
        notes: list[Note] = []
        size = None
        if photo is None:
            notes.append(Note("photo_missing", "photo", f"no photo named {stem}"))
        else:
            try:
                size = photo_size(str(photo))
            except PhotoError as error:
                yield Problem(file=str(photo), field="photo", reason=error.reason, record_id=image_id, blocking=False)
                notes.append(Note("photo_unreadable", "photo", error.reason))
                photo = None
        yield _record(image_id, mask, names, min_pixels, _Picture(photo, size, notes))


class _Picture:
    """What is known of the photo beside a mask."""

    def __init__(self, path: Path | None, size: tuple[int, int] | None, notes: list[Note]) -> None:
        self.path = path
        self.size = size
        self.notes = notes


def _record(
    image_id: str, mask: Path, names: Sequence[str], min_pixels: int, picture: _Picture
) -> ImageRecord | Problem:
    try:
        pixels = label_pixels(str(mask))
    except PhotoError as error:
        return Problem(file=str(mask), field="mask", reason=error.reason, record_id=image_id)
    height, width = pixels.shape
    if picture.size not in (None, (width, height)):
        reason = f"the mask is {width} x {height}, its photo {picture.size}; they must be of one size"
        return Problem(file=str(mask), field="mask", reason=reason, record_id=image_id)
    regions: list[Region] = []
    counts = np.bincount(pixels.ravel(), minlength=len(names))
    for value in np.flatnonzero(counts).tolist():
        if value >= len(names):
            said = f"value {value} has no line in labels.txt ({len(names)} lines)"
            picture.notes.append(Note("label_unknown", "mask", said))
        elif names[value] not in NOT_GARMENTS and counts[value] >= min_pixels:
            regions.append(_region(image_id, names[value], _box(pixels == value), MaskRef(str(mask), value)))
    return ImageRecord(
        image_id=image_id,
        source=SOURCE,
        photo=None if picture.path is None else str(picture.path),
        width=width,
        height=height,
        regions=tuple(regions),
        notes=tuple(picture.notes),
    )


def _region(image_id: str, label: str, box: Box, mask: MaskRef) -> Region:
    return Region(
        region_id=f"{image_id}/{label}#0", part=label, slot=slot_of(label), category=label, box=box, mask=mask
    )


def _box(inside: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def _by_stem(folder: Path, suffixes: set[str]) -> dict[str, Path]:
    return {path.stem: path for path in folder.iterdir() if path.suffix.lower() in suffixes}
