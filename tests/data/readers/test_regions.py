"""Pixels of a region from mask, polygon and box, in that order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.errors import PhotoError
from data.regions import region_mask
from data.types import Box, MaskRef, Region


def region(**known: object) -> Region:
    return Region(region_id="1/top#0", part="top", slot="top", **known)  # type: ignore[arg-type]


def test_box_is_half_open_and_clipped() -> None:
    mask = region_mask(region(box=Box(1, 2, 4, 99)), (6, 5))
    assert mask.shape == (5, 6)
    assert np.argwhere(mask).tolist() == [[row, column] for row in (2, 3, 4) for column in (1, 2, 3)]


def test_polygon_goes_before_box() -> None:
    mask = region_mask(region(box=Box(0, 0, 10, 8), polygon=((1.0, 1.0), (8.0, 1.0), (1.0, 6.0))), (10, 8))
    assert mask[1, 7] and mask[5, 1] and not mask[5, 7] and not mask[0, 0]


def test_mask_goes_before_polygon(tmp_path: Path) -> None:
    labels = np.zeros((3, 4), dtype=np.uint8)
    labels[1, 2:] = 7
    labels[2, 0] = 6
    path = tmp_path / "mask.png"
    Image.fromarray(labels).save(path)
    mask = region_mask(region(mask=MaskRef(str(path), 7), polygon=((0, 0), (3, 0), (0, 2))), (4, 3))
    assert np.argwhere(mask).tolist() == [[1, 2], [1, 3]]
    with pytest.raises(PhotoError, match="the mask is 4 x 3, its photo 3 x 4"):
        region_mask(region(mask=MaskRef(str(path), 7)), (3, 4))


def test_a_region_of_unknown_place_is_the_whole_photo() -> None:
    assert region_mask(region(), (3, 2)).all()


def test_masks_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="cannot be read"):
        region_mask(region(mask=MaskRef(str(tmp_path / "none.png"), 1)), (3, 2))
    coloured = tmp_path / "rgb.png"
    Image.new("RGB", (3, 2)).save(coloured)
    with pytest.raises(PhotoError, match="8-bit"):
        region_mask(region(mask=MaskRef(str(coloured), 1)), (3, 2))
