"""Drawn garments: crops with a known colour, pattern and outline on any backdrop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.crops import Crop

Colour = tuple[int, int, int]
DrawGarment = Callable[..., Crop]


def drawn_garment(colour: Colour, backdrop: Colour = (200, 190, 170), *, noise: int = 0, stripes: int = 0) -> Crop:
    """A trapezium, 90 wide at the top and 60 at the bottom, in a crop of 120 x 160."""
    rows, columns = np.mgrid[:160, :120]
    mask = (rows >= 10) & (rows < 150) & (abs(columns - 60) < 45 - 15 * (rows - 10) / 140)
    pixels = np.empty((160, 120, 3), dtype=np.int64)
    pixels[:] = backdrop
    generator = np.random.default_rng(5)
    pixels += generator.integers(-noise, noise + 1, pixels.shape)
    garment: NDArray[np.int64] = np.broadcast_to(np.array(colour), pixels.shape).copy()
    if stripes:
        garment[(rows // stripes) % 2 == 0] //= 3
    pixels[mask] = garment[mask]
    return Crop(pixels.clip(0, 255).astype(np.uint8), mask)


@pytest.fixture
def draw_garment() -> DrawGarment:
    return drawn_garment
