"""Pixels of a region: from its mask, else its polygon, else its box."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from data.errors import PhotoError
from data.types import Box, MaskRef, Region


def region_mask(region: Region, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Mark the pixels of a photo that belong to a region.

    Parameters
    ----------
    region
        Its coordinates are taken as pixels of a photo of this size; nothing is scaled.
    size
        ``(width, height)`` of the photo, as Pillow says it.

    Returns
    -------
    numpy.ndarray
        ``[height, width]`` bool. A region with neither mask, polygon nor box is the whole photo.

    Raises
    ------
    PhotoError
        The mask is missing, not an 8-bit picture, or of another size than the photo.
    """
    width, height = size
    if region.mask is not None:
        return _from_mask(region.mask, size)
    if region.polygon:
        return _from_polygon(region.polygon, size)
    if region.box is not None:
        return _from_box(region.box, size)
    return np.ones((height, width), dtype=np.bool_)


def label_pixels(path: str) -> NDArray[np.uint8]:
    """The values of an 8-bit label picture, ``[height, width]``; raises PhotoError where it is none."""
    try:
        stamp = Path(path).stat().st_mtime_ns
    except OSError as error:
        raise PhotoError(path, f"the mask cannot be read: {error.strerror}") from error
    return _label_pixels(path, stamp)


@lru_cache(maxsize=4)
def _label_pixels(path: str, stamp: int) -> NDArray[np.uint8]:
    """Garments of one photo share a mask, so the last few stay decoded; ``stamp`` makes a changed file a new one."""
    try:
        with Image.open(path) as picture:
            if picture.mode not in {"L", "P"}:
                raise PhotoError(path, f"the mask has mode {picture.mode}; an 8-bit picture of label numbers is needed")
            pixels = np.array(picture, dtype=np.uint8)
    except PhotoError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a damaged file leads them into
        raise PhotoError(path, f"the mask cannot be decoded: {error}") from error
    pixels.flags.writeable = False
    return pixels


def _from_mask(mask: MaskRef, size: tuple[int, int]) -> NDArray[np.bool_]:
    pixels = label_pixels(mask.path)
    height, width = pixels.shape
    if (width, height) != size:
        raise PhotoError(mask.path, f"the mask is {width} x {height}, its photo {size[0]} x {size[1]}")
    return np.equal(pixels, mask.value)


def _from_polygon(polygon: tuple[tuple[float, float], ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    canvas = Image.new("1", size)
    if len(polygon) > 1:
        ImageDraw.Draw(canvas).polygon(list(polygon), fill=1)
    return np.array(canvas, dtype=np.bool_)


def _from_box(box: Box, size: tuple[int, int]) -> NDArray[np.bool_]:
    width, height = size
    filled = np.zeros((height, width), dtype=np.bool_)
    rows = slice(max(0, round(box.y1)), max(0, round(box.y2)))
    columns = slice(max(0, round(box.x1)), max(0, round(box.x2)))
    filled[rows, columns] = True
    return filled
