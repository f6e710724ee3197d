"""Photos that nobody annotated as records: what a detector found sure enough, and the rest for review."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from data.archives import read_member, split_reference
from data.atomic import replacing
from data.errors import DataError
from data.taxonomy import slot_of
from data.types import Box, ImageRecord, MaskRef, Problem, Region
from recsys.pipeline.tagging import read_answers
from vision.detector.classes import SLOT_OF_CLASS
from vision.masks import decode_mask
from vision.tags import TaggedGarment, TaggedPhoto

SOURCE = "photos"

MOST = 255
"""Garments of one photo that its label picture of 8 bits can tell apart."""


def read_tagged(file: Path, masks: Path, sure: float) -> Iterator[ImageRecord | Problem]:
    """Records of what tagging answered (:func:`recsys.pipeline.tagging.write_answers`).

    A photo goes by its content: of the same file under two names the first is read. Its garments' pixels become label
    pictures in ``masks``, in which a pixel is the surest one's. Garments with a score below ``sure``, and those that
    surer ones cover wholly, become problems that are not blocking: a list to look through.

    Raises
    ------
    SourceError
        The file is missing, or holds something else.
    """
    seen: set[str] = set()
    for answer in read_answers(file):
        if answer.problem is not None:
            yield answer.problem
        if answer.tagged is None:
            continue
        try:
            image_id = f"photo:{_digest(answer.photo)}"
        except (DataError, OSError) as error:
            yield Problem(file=answer.photo, field="photo", reason=f"was tagged and is gone: {error}")
            continue
        if image_id not in seen:
            seen.add(image_id)
            yield from _records(image_id, answer.tagged, masks, sure)


def _records(image_id: str, photo: TaggedPhoto, masks: Path, sure: float) -> Iterator[ImageRecord | Problem]:
    labels = np.zeros((photo.height, photo.width), np.uint8)
    kept: list[TaggedGarment] = []
    for number, garment in enumerate(photo.garments, 1):  # the surest first
        free = decode_mask(garment.mask) & (labels == 0)
        if garment.score >= sure and free.any() and len(kept) < MOST:
            kept.append(garment)
            labels[free] = len(kept)
            continue
        lack = f"below {sure:g}" if garment.score < sure else "all of it under garments that are surer"
        yield Problem(
            file=photo.photo,
            field=f"garment {number}",
            reason=f"{garment.category} with a score of {garment.score:.2f}, {lack}: to be looked at",
            record_id=image_id,
            blocking=False,
        )
    path = masks / f"{image_id.removeprefix('photo:')}.png"
    if kept:
        with replacing(path) as temporary:
            Image.fromarray(labels).save(temporary, "PNG")
    yield ImageRecord(
        image_id=image_id,
        source=SOURCE,
        photo=photo.photo,
        width=photo.width,
        height=photo.height,
        regions=_regions(image_id, kept, path),
        original_name=Path(photo.photo.rsplit("::", 1)[-1]).name,
    )


def _regions(image_id: str, garments: list[TaggedGarment], mask: Path) -> tuple[Region, ...]:
    numbers: Counter[str] = Counter()
    regions = []
    for value, garment in enumerate(garments, 1):
        name = garment.category
        regions.append(
            Region(
                region_id=f"{image_id}/{name}#{numbers[name]}",
                part=name,
                slot=SLOT_OF_CLASS.get(name) or slot_of(name),
                category=name,
                attributes={key: tuple(v.value for v in values) for key, values in garment.attributes.items()},
                box=Box(*garment.box),
                mask=MaskRef(str(mask), value),
                confidence=garment.score,
            )
        )
        numbers[name] += 1
    return tuple(regions)


def _digest(ref: str) -> str:
    file, member = split_reference(ref)
    content = Path(file).read_bytes() if member is None else read_member(file, member)
    return hashlib.blake2b(content, digest_size=12).hexdigest()
