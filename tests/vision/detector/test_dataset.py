"""What a detector learns from: photos varied in ways that keep garments and masks together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from data.types import Box, ImageRecord, Problem, Region
from vision.detector.config import DetectorConfig
from vision.detector.dataset import Sample, annotated, batch, to_targets

CLASSES = ("top", "bottom")


def sample() -> Sample:
    """4 high, 6 wide: a bright garment of label 1 in rows 1-2, columns 0-1."""
    masks = np.zeros((1, 4, 6), bool)
    masks[0, 1:3, 0:2] = True
    pixels = np.where(masks[0][..., None], 255, 0).astype(np.uint8).repeat(3, -1)
    return Sample(pixels, masks, np.array([1]))


def test_pixels_and_masks_are_varied_together() -> None:
    mirrored = sample().mirrored()
    assert mirrored.masks[0, 1:3, 4:6].all() and mirrored.masks.sum() == 4
    cut = mirrored.cut(3, 1, 6, 4)
    assert cut.pixels.shape == (3, 3, 3) and cut.masks[0, 0:2, 1:3].all() and cut.masks.sum() == 4
    large = cut.resized(30)
    assert large.pixels.shape == (30, 30, 3) and large.masks.sum() == 400
    assert large.pixels[large.masks[0]].mean() > 200
    assert large.pixels[~large.masks[0]].mean() < 30


def test_targets_number_classes_from_one_and_drop_specks() -> None:
    large = sample().resized(60)  # 40 x 60, ten times the size
    targets = to_targets(large)
    assert targets.boxes.tolist() == [[0.0, 10.0, 20.0, 30.0]]
    assert targets.labels.tolist() == [2]
    assert targets.photo.shape == (3, 40, 60) and targets.photo.max() == 1
    speck = to_targets(sample())  # four pixels of garment
    assert speck.boxes.shape == (0, 4) and speck.masks.shape == (0, 4, 6)


def test_photos_with_a_garment_without_outline_are_left_out(records: list[ImageRecord]) -> None:
    boxed = Region(region_id="x/top#0", part="top", slot="top", box=Box(0, 0, 5, 5))
    hosiery = Region(region_id="y/tights#0", part="tights", slot="accessory", box=Box(0, 0, 5, 5))
    unreadable = Problem(file="gone.png", field="mask", reason="there is none")
    given = [
        records[0],
        replace_regions(records[1], boxed),
        replace_regions(records[2], hosiery),
        ImageRecord(image_id="z", source="drawn"),
        unreadable,
    ]
    found, problems = annotated(given, CLASSES)
    assert [photo.image_id for photo in found] == ["drawn:0", "drawn:2"]
    assert found[0].labels == (0, 1) and found[1].labels == ()
    assert [p.field for p in problems] == ["regions", "photo", "mask"]
    assert "x/top#0" in problems[0].reason


def replace_regions(record: ImageRecord, region: Region) -> ImageRecord:
    return ImageRecord(image_id=record.image_id, source=record.source, photo=record.photo, regions=(region,))


def test_a_batch_depends_on_its_step_alone_and_an_epoch_has_every_photo_once(
    records: list[ImageRecord], config: DetectorConfig
) -> None:
    photos, _ = annotated(records, CLASSES)
    first, again = (batch(photos, 3, config)[0] for _ in range(2))
    assert all(torch.equal(a.photo, b.photo) for a, b in zip(first, again, strict=True))
    assert not torch.equal(batch(photos, 3, config)[0][0].photo, batch(photos, 4, config)[0][0].photo)
    plain = replace(config, zoom=(1.0, 1.0), crop_share=0.0)
    areas = sorted(float(t.masks.sum()) for step in range(5) for t in batch(photos, step, plain)[0])
    assert areas == sorted(float(to_targets(Sample.open(p).resized(64)).masks.sum()) for p in photos)


def test_a_photo_that_cannot_be_opened_is_told_and_the_rest_goes_on(
    records: list[ImageRecord], config: DetectorConfig, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(Path(records[0].photo or "").read_bytes()[:200])
    photos, _ = annotated(records[:2], CLASSES)
    targets, problems = batch([replace(photos[0], photo=str(broken)), photos[1]], 0, config)
    assert len(targets) == 1
    assert [(p.file, p.record_id) for p in problems] == [(str(broken), "drawn:0")]
