"""Photos in, tagged photos out: garments found and described, decoding and detecting side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final

from PIL import Image

from data.errors import PhotoError
from data.photos import open_photo
from data.types import Problem
from vision.colour_rule import colours
from vision.crops import fit_within, masked_crop
from vision.detector.detect import Detector
from vision.detector.garments import Garment
from vision.masks import encode_mask
from vision.tags import TaggedGarment, TaggedPhoto

TOGETHER: Final = 4
"""Photos that are read in one go, those of one shape by one call of the network; as many are decoded meanwhile."""


class Tagger:
    """Finds the garments of photos and says what each is like."""

    def __init__(self, detector: Detector, *, sure: float) -> None:
        self.detector, self.sure = detector, sure

    def tag(self, photos: Iterable[str]) -> Iterator[TaggedPhoto | Problem]:
        """Each photo tagged, or why it cannot be read, in the order given.

        ``photos``: paths, or ``<archive>.zip::<member>``.
        """
        waiting = iter(photos)
        with ThreadPoolExecutor(TOGETHER, "decode") as pool:
            ahead = [(ref, pool.submit(_opened, ref)) for ref in islice(waiting, TOGETHER)]
            while ahead:
                now, ahead = ahead, [(ref, pool.submit(_opened, ref)) for ref in islice(waiting, TOGETHER)]
                yield from self._told([(ref, opened.result()) for ref, opened in now])

    def _told(self, opened: Sequence[tuple[str, Image.Image | Problem]]) -> Iterator[TaggedPhoto | Problem]:
        of_shape: dict[tuple[int, int], list[int]] = defaultdict(list)
        for k, (_, photo) in enumerate(opened):
            if not isinstance(photo, Problem):
                of_shape[fit_within(photo.width, photo.height, self.detector.config.side)].append(k)
        found: dict[int, list[Garment]] = {}
        for group in of_shape.values():
            pictures = [photo for _, photo in (opened[k] for k in group) if not isinstance(photo, Problem)]
            found |= zip(group, self.detector.detect(pictures, sure=self.sure), strict=True)
        for k, (ref, photo) in enumerate(opened):
            yield photo if isinstance(photo, Problem) else tagged(ref, photo, found[k])


def tagged(ref: str, photo: Image.Image, garments: Sequence[Garment]) -> TaggedPhoto:
    """A photo with the garments found in it, each with its colours."""
    described = []
    for garment in garments:
        crop = masked_crop(photo, garment.mask, margin=0.0)
        if crop is None or crop.mask is None:  # a box without a pixel of its own
            continue
        described.append(
            TaggedGarment(
                category=garment.category,
                score=round(garment.score, 4),
                box=_rounded(garment.box),
                mask=encode_mask(garment.mask),
                attributes=colours(crop.pixels[crop.mask]),
            )
        )
    return TaggedPhoto(photo=ref, width=photo.width, height=photo.height, garments=tuple(described))


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(corner, 1) for corner in box)
    return x0, y0, x1, y1


def _opened(ref: str) -> Image.Image | Problem:
    try:
        return open_photo(ref)
    except PhotoError as error:
        return Problem(file=ref, field="photo", reason=error.reason, record_id=ref)
