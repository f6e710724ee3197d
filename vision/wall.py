"""Finding the clean studio wall behind a product, so that its colour does not enter the product's embedding.

A shoot shares a wall, so the wall's colour gives an outfit away. A studio wall is smooth but not flat: light falls off
over it. It is modelled as a low-order polynomial surface in CIE Lab, fitted to the photo's border without what lies on
it, and refined on the pixels found to be wall. What does not fit the surface, and wall-like pixels that cannot be
reached from the border, are product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vision.lab import FloatArray, rgb_to_lab

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class WallConfig:
    """When a photo's surroundings count as a clean wall. Distances are CIE76 differences in Lab.

    ``border`` is the width of the ring looked at, as a share of the shorter side. ``noise`` is the largest median
    residual of a clean wall, ``clean_share`` the least share of the ring that must fit it. A pixel is wall within
    ``tolerance`` of the surface. Product must fill between ``min_product`` and ``max_product`` of the photo.
    """

    border: float = 0.04
    noise: float = 2.5
    clean_share: float = 0.7
    tolerance: float = 4.0
    min_product: float = 0.002
    max_product: float = 0.95


def product_mask(pixels: NDArray[np.uint8], config: WallConfig | None = None) -> BoolArray | None:
    """Pixels of the product before a clean wall: ``[H, W, 3]`` to ``[H, W]``; None where the wall is not clean.

    None also where nothing, or all but nothing, would remain: a white shirt on a white wall is kept with its wall
    rather than torn apart.
    """
    config = config or WallConfig()
    height, width = pixels.shape[:2]
    if min(height, width) < 16:
        return None
    lab = rgb_to_lab(pixels)
    ring = _ring(height, width, config.border)
    terms = _surface_terms(height, width)
    residual = _fit_wall(lab, terms, ring)
    on_wall = residual[ring] < config.tolerance
    if on_wall.mean() < config.clean_share or np.median(residual[ring][on_wall]) > config.noise:
        return None
    wall = _reached_from_border(residual < config.tolerance, ring)
    residual = _fit_wall(lab, terms, wall)
    wall = _reached_from_border(residual < config.tolerance, ring)
    product = _tidy(~wall, residual, config.tolerance)
    share = product.mean()
    return product if config.min_product <= share <= config.max_product else None


def _ring(height: int, width: int, share: float) -> BoolArray:
    """The photo's border as a mask, at least two pixels wide."""
    thickness = max(2, round(share * min(height, width)))
    ring = np.ones((height, width), dtype=bool)
    ring[thickness:-thickness, thickness:-thickness] = False
    return ring


def _surface_terms(height: int, width: int) -> FloatArray:
    """Polynomial terms of each pixel, ``[H, W, 8]``: cubic downwards, quadratic across, coordinates in -1..1."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x * x * y, y**3], axis=-1).astype(np.float32)


def _fit_wall(lab: FloatArray, terms: FloatArray, where: BoolArray, rounds: int = 3) -> FloatArray:
    """Distance of every pixel ``[H, W]`` from the surface fitted to ``where``, outliers dropped in each round."""
    known_terms, known_lab = terms[where], lab[where]
    step = max(1, len(known_terms) // 4000)
    known_terms, known_lab = known_terms[::step], known_lab[::step]
    kept = np.linalg.norm(known_lab - np.median(known_lab, axis=0), axis=1) < 25
    coefficients = np.zeros((terms.shape[-1], 3), dtype=np.float32)
    for _ in range(rounds):
        if kept.sum() < 3 * terms.shape[-1]:
            break
        coefficients = np.linalg.lstsq(known_terms[kept], known_lab[kept], rcond=None)[0]
        distance = np.linalg.norm(known_lab - known_terms @ coefficients, axis=1)
        kept = distance < max(3.0 * float(np.median(distance[kept])), 1.0)
    difference = lab - terms @ coefficients
    distance_to_wall: FloatArray = np.sqrt((difference * difference).sum(axis=-1))
    return distance_to_wall


def _reached_from_border(wall_like: BoolArray, ring: BoolArray) -> BoolArray:
    """Wall-like pixels that hang together with the photo's border."""
    labels, count = ndimage.label(wall_like)
    touching = np.zeros(count + 1, dtype=bool)
    touching[labels[ring]] = True
    touching[0] = False
    reached: BoolArray = touching[labels]
    return reached


def _tidy(product: BoolArray, residual: FloatArray, tolerance: float) -> BoolArray:
    """Drop specks and open holes: enclosed patches that show the wall itself, as in a scarf or between handles."""
    opened = ndimage.binary_opening(product)
    labels, count = ndimage.label(opened if opened.any() else product)
    if count == 0:
        return product
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    keep = sizes >= max(4, 0.02 * sizes[1:].max())
    keep[0] = False
    kept: BoolArray = ndimage.binary_dilation(keep[labels]) & product
    holes, hole_count = ndimage.label(kept & (residual < tolerance / 2))
    if hole_count:
        hole_sizes = np.bincount(holes.ravel(), minlength=hole_count + 1)
        wall_behind = hole_sizes >= 0.01 * kept.sum()
        wall_behind[0] = False
        kept &= ~wall_behind[holes]
    return kept
