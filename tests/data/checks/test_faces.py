"""Masking and cropping take the face out and leave the rest as it was; the cascade finds real faces."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.checks.faces import HaarFaceDetector, crop_below_faces, mask_faces
from data.types import Box


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(4).integers(0, 255, (90, 60, 3), dtype=np.uint8))


@pytest.mark.parametrize("style", ["blur", "pixelate"])
def test_masking_flattens_the_face_and_nothing_else(style: str) -> None:
    photo, face = noise(), Box(20, 10, 40, 30)
    masked = np.asarray(mask_faces(photo, [face], style=style, margin=0.1), dtype=int)
    before = np.asarray(photo, dtype=int)
    inside = np.zeros((90, 60), dtype=bool)
    inside[8:32, 18:42] = True
    assert np.array_equal(masked[~inside], before[~inside])
    assert masked[10:30, 20:40].std() < 0.4 * before[10:30, 20:40].std()


def test_a_face_past_the_edge_is_masked_as_far_as_it_shows() -> None:
    masked = mask_faces(noise(), [Box(-10, -10, 12, 12), Box(70, 95, 80, 99)])
    assert masked.size == (60, 90)
    assert not np.array_equal(np.asarray(masked)[:8, :8], np.asarray(noise())[:8, :8])


def test_cropping_begins_below_the_lowest_chin() -> None:
    assert crop_below_faces(noise(), [Box(5, 5, 20, 25), Box(30, 10, 40, 33)]).size == (60, 57)
    assert crop_below_faces(noise(), []).size == (60, 90)
    with pytest.raises(ValueError, match="nothing is left"):
        crop_below_faces(noise(), [Box(0, 0, 60, 90)])


def test_a_picture_without_a_face_has_none() -> None:
    assert HaarFaceDetector()(np.full((300, 200, 3), 200, dtype=np.uint8)) == []


@pytest.mark.real
def test_faces_of_street_photos_are_found_and_gone_once_masked() -> None:
    root = Path(os.environ.get("RECSYS_REAL_DATA", Path(__file__).resolve().parents[4] / "shared" / "real"))
    photos = sorted((root / "ccp" / "photos").glob("*.jpg"))[:12]
    if not photos:
        pytest.skip(f"{root}/ccp/photos holds no photos")
    detector = HaarFaceDetector()
    opened = [Image.open(photo).convert("RGB") for photo in photos]
    found = [detector(np.asarray(photo)) for photo in opened]
    assert sum(map(bool, found)) >= 6
    masked = [detector(np.asarray(mask_faces(p, f))) for p, f in zip(opened, found, strict=True)]
    assert sum(map(len, masked)) < sum(map(len, found)) / 3
