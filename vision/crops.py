"""Cutting garments out of photos: the pixels an encoder sees and, where it is known, which of them are garment.

A pixel of a shrunk crop counts as garment only where all the pixels it was made from are, so that a masked crop
carries nothing of its backdrop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.regions import region_mask
from data.types import Box, ImageRecord, Region
from vision.errors import CropError
from vision.wall import product_mask

MAX_SIDE = 256
"""Longer side of a crop, in pixels, unless asked otherwise; smaller pictures are never blown up."""

PRODUCT_MARGIN = 0.05
"""Wall left around a product, as a share of its box."""

_MIN_PURE = 16  # with fewer pure pixels than this, mixed ones at least half garment are taken too

Corners = tuple[int, int, int, int]


@dataclass(frozen=True)
class Crop:
    """Pixels of one garment (or of a whole photo): ``pixels`` [H, W, 3] sRGB, ``mask`` [H, W], True on the garment.

    ``mask`` is None where it is not known which pixels are garment.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or 0 in self.pixels.shape:
            raise CropError(f"crop pixels have shape {self.pixels.shape}; [height, width, 3] without a zero is needed")
        if self.mask is not None and self.mask.shape != self.pixels.shape[:2]:
            raise CropError(f"crop mask has shape {self.mask.shape}, its pixels {self.pixels.shape[:2]}")


def garment_crop(photo: Image.Image, region: Region, *, margin: float = 0.05, max_side: int = MAX_SIDE) -> Crop:
    """Cut one garment out of its photo.

    Parameters
    ----------
    photo
        RGB, of the size that the region's coordinates refer to.
    region
        Its box, or the bounds of its mask or polygon, says what is cut; its mask, polygon or box what is garment.
    margin
        Surroundings kept on each side, as a share of the box's width and height.
    max_side
        Longer side of the crop in pixels, at most.

    Returns
    -------
    Crop
        Without a mask where the region has no place in the photo at all: then it is the whole photo.

    Raises
    ------
    CropError
        The region lies outside the photo or holds no pixel.
    data.errors.PhotoError
        The region's mask cannot be read or does not fit the photo.
    """
    if region.mask is None and not region.polygon and region.box is None:
        return _cut(photo, (0, 0, *photo.size), None, max_side)
    crop = masked_crop(photo, region_mask(region, photo.size), region.box, margin=margin, max_side=max_side)
    if crop is None:
        raise CropError(
            f"{region.region_id}: no pixel of the region lies in its photo of {photo.width} x {photo.height} pixels"
        )
    return crop


def masked_crop(
    photo: Image.Image,
    mask: NDArray[np.bool_],
    box: Box | None = None,
    *,
    margin: float = 0.05,
    max_side: int = MAX_SIDE,
) -> Crop | None:
    """Cut the garment ``mask`` [H, W] out of its photo, to ``box`` or the mask's bounds; None where it has no pixel."""
    box = box if box is not None else _bounds(mask)
    corners = _with_margin(box, margin, photo.size) if box is not None else (0, 0, 0, 0)
    left, top, right, bottom = corners
    if right <= left or bottom <= top or not mask[top:bottom, left:right].any():
        return None
    return _cut(photo, corners, mask, max_side)


def product_crop(photo: Image.Image, *, max_side: int = MAX_SIDE) -> Crop:
    """Cut a product out of its studio photo; the whole photo without a mask where the wall is not clean."""
    mask = _mask_before_wall(photo, 2 * max_side)
    box = None if mask is None else _bounds(mask)
    if mask is None or box is None:
        return _cut(photo, (0, 0, *photo.size), None, max_side)
    return _cut(photo, _with_margin(box, PRODUCT_MARGIN, photo.size), mask, max_side)


def photo_crop(photo: Image.Image, record: ImageRecord | None, max_side: int = MAX_SIDE) -> Crop:
    """Take a whole photo, masked to the garments it is known to show, else to what stands before a clean wall.

    Raises
    ------
    data.errors.PhotoError
        A region's mask cannot be read or does not fit the photo.
    """
    placed = [r for r in record.regions if r.mask or r.polygon or r.box] if record else []
    garments = np.zeros((photo.height, photo.width), dtype=bool)
    for region in placed:
        garments |= region_mask(region, photo.size)
    mask = garments if garments.any() else _mask_before_wall(photo, 2 * max_side)
    return _cut(photo, (0, 0, *photo.size), mask, max_side)


def fit_within(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Size of the same ratio whose longer side is at most ``max_side``; never larger than given, never below 1."""
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink_mask(mask: NDArray[np.bool_], size: tuple[int, int], box: Corners | None = None) -> NDArray[np.bool_]:
    """Shrink a mask to ``(width, height)``; only pixels made of garment alone stay, unless next to none would."""
    coverage = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX, box=box))
    pure: NDArray[np.bool_] = np.equal(coverage, 255)
    if np.count_nonzero(pure) >= _MIN_PURE:
        return pure
    half: NDArray[np.bool_] = np.greater(coverage, 127)
    return half if half.any() else np.equal(coverage, coverage.max())


def _cut(photo: Image.Image, corners: Corners, mask: NDArray[np.bool_] | None, max_side: int) -> Crop:
    left, top, right, bottom = corners
    size = fit_within(right - left, bottom - top, max_side)
    pixels = np.asarray(photo.resize(size, Image.Resampling.BOX, box=corners))
    return Crop(pixels, None if mask is None else shrink_mask(mask, size, corners))


def _with_margin(box: Box, margin: float, size: tuple[int, int]) -> Corners:
    across, down = margin * box.width, margin * box.height
    return (
        max(0, int(np.floor(box.x1 - across))),
        max(0, int(np.floor(box.y1 - down))),
        min(size[0], int(np.ceil(box.x2 + across))),
        min(size[1], int(np.ceil(box.y2 + down))),
    )


def _bounds(mask: NDArray[np.bool_]) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def _mask_before_wall(photo: Image.Image, side: int) -> NDArray[np.bool_] | None:
    """The product's mask at the photo's own size, found on a copy of at most ``side`` pixels."""
    size = fit_within(photo.width, photo.height, side)
    mask = product_mask(np.asarray(photo.resize(size, Image.Resampling.BOX)))
    if mask is None or size == photo.size:
        return mask
    return np.asarray(Image.fromarray(mask).resize(photo.size, Image.Resampling.NEAREST))
