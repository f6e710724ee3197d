"""Annotated photos as a detector learns from them: opened, mirrored, cut, brought to size, and put into batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from torch import Tensor

from data.errors import DataError
from data.photos import open_photo
from data.regions import region_mask
from data.types import ImageRecord, Problem, Region
from vision.crops import fit_within
from vision.detector.classes import class_of
from vision.detector.config import DetectorConfig
from vision.detector.garments import Garment

LEAST_PIXELS = 16
"""Pixels of a garment under which it is not learned from: too few after shrinking or cutting to be told from noise."""

LEAST_CUT = 0.6
"""Smallest part of a photo's width and height that is cut out of it."""

COLOUR = 0.25
"""Brightness, contrast and saturation are changed by up to so much."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A photo with its garments: regions with a mask or polygon, and the number of each one's class."""

    image_id: str
    photo: str
    regions: tuple[Region, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A photo in memory: ``pixels`` [H, W, 3] sRGB, ``masks`` [R, H, W] of its garments, ``labels`` [R] from 0."""

    pixels: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    labels: NDArray[np.int64]

    @classmethod
    def open(cls, annotated: Annotated) -> Self:
        """Read photo and masks; raises data.errors.DataError where one cannot be read."""
        photo = open_photo(annotated.photo)
        masks = [region_mask(region, photo.size) for region in annotated.regions]
        stacked = np.stack(masks) if masks else np.zeros((0, photo.height, photo.width), bool)
        return cls(np.asarray(photo), stacked, np.array(annotated.labels, np.int64))

    def picture(self) -> Image.Image:
        """The photo as Pillow has it."""
        return Image.fromarray(self.pixels)

    def garments(self, classes: Sequence[str]) -> list[Garment]:
        """What a detector should find, surely."""
        boxes = _boxes(self.masks[self.masks.any((1, 2))]).tolist()
        present = [k for k, mask in enumerate(self.masks) if mask.any()]
        return [
            Garment(classes[self.labels[k]], 1.0, (x1, y1, x2, y2), self.masks[k])
            for k, (x1, y1, x2, y2) in zip(present, boxes, strict=True)
        ]

    def resized(self, side: int) -> Sample:
        """With the longer side of ``side`` pixels, shrunk or blown up."""
        height, width = self.pixels.shape[:2]
        scale = side / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = np.asarray(Image.fromarray(self.pixels).resize(size, Image.Resampling.BILINEAR))
        masks = [np.asarray(Image.fromarray(m).resize(size, Image.Resampling.NEAREST)) for m in self.masks]
        return replace(self, pixels=pixels, masks=np.stack(masks) if masks else np.zeros((0, *size[::-1]), bool))

    def cut(self, left: int, top: int, right: int, bottom: int) -> Sample:
        """The part between these columns and rows."""
        return replace(self, pixels=self.pixels[top:bottom, left:right], masks=self.masks[:, top:bottom, left:right])

    def mirrored(self) -> Sample:
        """Left and right exchanged."""
        return replace(self, pixels=self.pixels[:, ::-1], masks=self.masks[:, :, ::-1])


@dataclass(frozen=True, slots=True)
class Targets:
    """What a detector should find in a photo [3, H, W] of 0..1.

    ``boxes`` [R, 4] x1, y1, x2, y2 in pixels, ``labels`` [R] from 1 (0 is the background), ``masks`` [R, H, W] uint8.
    """

    photo: Tensor
    boxes: Tensor
    labels: Tensor
    masks: Tensor


def annotated(
    records: Iterable[ImageRecord | Problem], classes: Sequence[str]
) -> tuple[list[Annotated], list[Problem]]:
    """Photos to learn from, and why others are none.

    A photo of which a garment's place is known by its box alone, or not at all, is left out as a whole, for what is
    not marked is taken for background.
    """
    found: list[Annotated] = []
    problems: list[Problem] = []
    number = {name: k for k, name in enumerate(classes)}
    for record in records:
        if isinstance(record, Problem):
            problems.append(record)
            continue
        named = [(region, number.get(class_of(region) or "")) for region in record.regions]
        known = [(region, label) for region, label in named if label is not None]
        unplaced = [region for region, _ in known if region.mask is None and not region.polygon]
        file, record_id = record.photo or record.image_id, record.image_id
        if record.photo is None:
            problems.append(
                Problem(file=file, field="photo", reason="there is no photo to learn from", record_id=record_id)
            )
        elif unplaced:
            reason = (
                f"{unplaced[0].region_id} has neither mask nor polygon, and what is not marked counts as background"
            )
            problems.append(Problem(file=file, field="regions", reason=reason, record_id=record_id))
        else:
            regions, labels = tuple(region for region, _ in known), tuple(label for _, label in known)
            found.append(Annotated(record.image_id, record.photo, regions, labels))
    return found, problems


def batch(photos: Sequence[Annotated], step: int, config: DetectorConfig) -> tuple[list[Targets], list[Problem]]:
    """The batch of a step, which depends on seed and step alone; photos that cannot be opened are told and left out."""
    size = min(config.batch_size, len(photos))
    first = step * size
    chosen = [
        _shuffled(len(photos), k // len(photos), config.seed)[k % len(photos)] for k in range(first, first + size)
    ]
    rng = np.random.default_rng([config.seed, 1, step])
    targets: list[Targets] = []
    problems: list[Problem] = []
    for k in chosen:
        try:
            sample = Sample.open(photos[k])
        except DataError as error:
            problems.append(unreadable(photos[k], error))
            continue
        targets.append(to_targets(_varied(sample, config, rng)))
    return targets, problems


def unreadable(photo: Annotated, error: Exception) -> Problem:
    """A photo, or a mask of it, that cannot be opened."""
    return Problem(file=photo.photo, field="photo", reason=str(error), record_id=photo.image_id)


def to_targets(sample: Sample) -> Targets:
    """A sample as tensors, without garments of which next to nothing is left."""
    kept = np.flatnonzero(sample.masks.sum((1, 2)) >= LEAST_PIXELS)
    masks = torch.from_numpy(np.ascontiguousarray(sample.masks[kept]).astype(np.uint8))
    return Targets(
        to_tensor(sample.pixels), _boxes(sample.masks[kept]), torch.from_numpy(sample.labels[kept] + 1), masks
    )


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """[H, W, 3] sRGB to [3, H, W] float32 of 0..1."""
    return torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255)


def photo_tensor(photo: Image.Image, side: int) -> Tensor:
    """A photo [3, H, W] as the network takes it, its longer side ``side`` pixels at most."""
    size = fit_within(photo.width, photo.height, side)
    return to_tensor(np.asarray(photo.resize(size, Image.Resampling.BILINEAR)))


def _varied(sample: Sample, config: DetectorConfig, rng: np.random.Generator) -> Sample:
    if rng.random() < 0.5:
        sample = sample.mirrored()
    if rng.random() < config.crop_share:
        height, width = sample.pixels.shape[:2]
        tall, wide = (max(1, round(n * rng.uniform(LEAST_CUT, 1))) for n in (height, width))
        top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
        sample = sample.cut(left, top, left + wide, top + tall)
    sample = sample.resized(round(config.side * rng.uniform(*config.zoom)))
    picture = Image.fromarray(sample.pixels)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = change(picture).enhance(1 + rng.uniform(-COLOUR, COLOUR))
    return replace(sample, pixels=np.asarray(picture))


def _shuffled(n: int, epoch: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, 0, epoch]).permutation(n)


def _boxes(masks: NDArray[np.bool_]) -> Tensor:
    """The smallest boxes [R, 4] around masks [R, H, W] none of which is empty."""
    boxes = np.zeros((len(masks), 4), np.float32)
    for row, mask in zip(boxes, masks, strict=True):
        down, across = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        row[:] = across[0], down[0], across[-1] + 1, down[-1] + 1
    return torch.from_numpy(boxes)
