"""Which garments can be cut out of which photos: jobs for the encoders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from data.types import ImageRecord
from vision.crops import garment_crop
from vision.embed import PhotoJob
from vision.fingerprint import place_of

SIZE_MISMATCH = "size_mismatch"
"""Note of a photo whose annotation was made for another size: its coordinates mean nothing in it."""


def garment_jobs(images: Iterable[ImageRecord]) -> Iterator[PhotoJob]:
    """One job a photo with a crop for each of its regions, filed under the region's id.

    Images without a photo, and those whose photo is not the size that was annotated, give none.
    """
    for image in images:
        if image.photo is None or not image.regions or any(note.code == SIZE_MISMATCH for note in image.notes):
            continue
        crops = tuple((region.region_id, partial(garment_crop, region=region)) for region in image.regions)
        yield PhotoJob(image.photo, crops, {region.region_id: place_of(region) for region in image.regions})
