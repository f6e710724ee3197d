"""Finding the clean studio wall behind a product, so that its colour does not enter the product's embedding.

A shoot shares a wall, so the wall's colour gives an outfit away. A studio wall is smooth but not flat: light falls off
over it. It is modelled as a low-order polynomial surface in CIE Lab, fitted to the photo's border without what lies on
it, and refined on the pixels found to be wall. What does not fit the surface, and wall-like pixels that cannot be
reached from the border, are product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vision.lab import FloatArray, rgb_to_lab

BoolArray = NDArray[np.bool_]

_FIT_PIXELS: Final = 1500
_FAR_FROM_WALL: Final = 25.0
_WALL_ITSELF: Final = 1.6
_STEEP: Final = 3.0  # lightness a pixel: shadows change slower, outlines faster
_WHOLE: Final = 0.98
_MIN_SIDE: Final = 16


@dataclass(frozen=True)
class WallConfig:
    """When a photo's surroundings count as a clean wall. Distances are CIE76 differences in Lab.

    ``border`` is the width of the ring looked at, as a share of the shorter side. ``noise`` is the largest median
    residual of a clean wall, ``clean_share`` the least share of the ring that must fit it. ``tolerances`` are the
    distances within which a pixel is wall, tried in turn until the next one would no longer grow the product beyond
    ``growth``: a white shirt needs a fine one, which in most photos would take shadows for product. Product must fill
    between ``min_product`` and ``max_product`` of the photo. One that differs from its wall by less than ``contrast``
    (upper quartile) keeps its shadow, is taken to be all that its outermost pixels enclose, and must have been found
    to the share ``solid`` of it.
    """

    border: float = 0.04
    noise: float = 2.0
    clean_share: float = 0.7
    tolerances: tuple[float, ...] = (4.0, 2.5, 1.6)
    growth: float = 1.3
    min_product: float = 0.002
    max_product: float = 0.95
    contrast: float = 18.0
    solid: float = 0.4


def product_mask(pixels: NDArray[np.uint8], config: WallConfig | None = None) -> BoolArray | None:
    """Pixels of the product before a clean wall: ``[H, W, 3]`` to ``[H, W]``; None where the wall is not clean.

    None also where nothing, or all but nothing, would remain: a white shirt on a white wall is kept with its wall
    rather than torn apart.
    """
    config = config or WallConfig()
    height, width = pixels.shape[:2]
    if min(height, width) < _MIN_SIDE:
        return None
    lab = rgb_to_lab(pixels)
    ring = _ring(height, width, config.border)
    residual = _distance_to_wall(lab, ring)
    coarse = config.tolerances[0]
    on_wall = residual[ring] < coarse
    if on_wall.mean() < config.clean_share or np.median(residual[ring][on_wall]) > config.noise:
        return None
    residual = _distance_to_wall(lab, _reached_from_border(residual < coarse, ring))
    wall, tolerance = _stable_wall(residual, ring, config)
    product = _without_specks(~wall)
    if not product.any():
        return None
    if np.percentile(residual[product], 75) >= config.contrast:
        wall = _reached_from_border((residual < tolerance) | _soft_shadow(lab, wall), ring)
        product = _without_wall_behind(_without_specks(~wall), residual)
    else:
        found = np.count_nonzero(product)
        product = _mended(product)
        if found < config.solid * np.count_nonzero(product):
            return None
    return product if config.min_product <= product.mean() <= config.max_product else None


def _stable_wall(residual: FloatArray, ring: BoolArray, config: WallConfig) -> tuple[BoolArray, float]:
    """The wall at the coarsest tolerance that the next finer one hardly changes, and that tolerance.

    A tolerance that the border itself no longer fits is not used.
    """
    tolerance, wall = config.tolerances[0], _reached_from_border(residual < config.tolerances[0], ring)
    for finer in config.tolerances[1:]:
        if (residual[ring & wall] < finer).mean() < 0.95:
            break
        finer_wall = _reached_from_border(residual < finer, ring)
        if np.count_nonzero(~finer_wall) <= config.growth * np.count_nonzero(~wall):
            break
        tolerance, wall = finer, finer_wall
    return wall, tolerance


def _ring(height: int, width: int, share: float) -> BoolArray:
    """The photo's border as a mask, at least two pixels wide."""
    thickness = max(2, round(share * min(height, width)))
    ring = np.ones((height, width), dtype=bool)
    ring[thickness:-thickness, thickness:-thickness] = False
    return ring


@lru_cache(maxsize=4)
def _surface_terms(height: int, width: int) -> FloatArray:
    """Polynomial terms of each pixel, ``[H * W, 8]``: cubic downwards, quadratic across, coordinates in -1..1."""
    y = np.repeat(np.linspace(-1, 1, height, dtype=np.float32), width)
    x = np.tile(np.linspace(-1, 1, width, dtype=np.float32), height)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x * x * y, y * y * y], axis=-1)


def _distance_to_wall(lab: FloatArray, where: BoolArray, rounds: int = 3) -> FloatArray:
    """Distance of every pixel ``[H, W]`` from the surface fitted to ``where``, outliers dropped in each round."""
    terms = _surface_terms(*lab.shape[:2])
    sample = np.flatnonzero(where)
    sample = sample[:: max(1, len(sample) // _FIT_PIXELS)]
    known_terms, known_lab = terms[sample], lab.reshape(-1, 3)[sample]
    kept = np.linalg.norm(known_lab - np.median(known_lab, axis=0), axis=1) < _FAR_FROM_WALL
    coefficients = np.zeros((terms.shape[1], 3), dtype=np.float32)
    for _ in range(rounds):
        if kept.sum() < 3 * terms.shape[1]:
            break
        coefficients = np.linalg.lstsq(known_terms[kept], known_lab[kept], rcond=None)[0]
        distance = np.linalg.norm(known_lab - known_terms @ coefficients, axis=1)
        kept = distance < max(3.0 * float(np.median(distance[kept])), 1.0)
    difference = lab - (terms @ coefficients).reshape(lab.shape)  # [H * W, 3] -> [H, W, 3]
    squared: FloatArray = difference[..., 0] ** 2 + difference[..., 1] ** 2 + difference[..., 2] ** 2
    return np.sqrt(squared)


def _soft_shadow(lab: FloatArray, wall: BoolArray) -> BoolArray:
    """Pixels of the wall's own hue, up to 40 darker, where lightness changes gradually as a shadow's does."""
    lightness = lab[..., 0]
    usual = np.median(lab[wall], axis=0)
    tint = np.hypot(lab[..., 1] - usual[1], lab[..., 2] - usual[2])
    shadow: BoolArray = (tint < 6) & (lightness > usual[0] - 40) & (lightness < usual[0] + 6)
    steep_down, steep_across = (abs(np.diff(lightness, axis=axis)) > _STEEP for axis in (0, 1))
    shadow[1:] &= ~steep_down
    shadow[:-1] &= ~steep_down
    shadow[:, 1:] &= ~steep_across
    shadow[:, :-1] &= ~steep_across
    return shadow


def _mended(product: BoolArray) -> BoolArray:
    """A product that hardly differs from its wall, with what the wall's tolerance tore out of it.

    Pixels with product on both sides in their row *and* in their column are product. Where these are many, the product
    was torn, and one of the two is enough.
    """
    over, under = np.logical_or.accumulate(product), np.logical_or.accumulate(product[::-1])[::-1]
    left = np.logical_or.accumulate(product, axis=1)
    right = np.logical_or.accumulate(product[:, ::-1], axis=1)[:, ::-1]
    enclosed: BoolArray = over & under & left & right
    if np.count_nonzero(product) >= _WHOLE * np.count_nonzero(enclosed):
        return enclosed
    return (over & under) | (left & right)


def _reached_from_border(wall_like: BoolArray, ring: BoolArray) -> BoolArray:
    """Wall-like pixels that hang together with the photo's border."""
    labels, count = ndimage.label(wall_like)
    touching = np.zeros(count + 1, dtype=bool)
    touching[labels[ring]] = True
    touching[0] = False
    reached: BoolArray = touching[labels]
    return reached


def _without_specks(product: BoolArray) -> BoolArray:
    """The product without crumbs: pieces, once thin bridges are cut, of less than 2 % of the largest."""
    opened = grown(_shrunk(product))
    labels, count = ndimage.label(opened if opened.any() else product)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    keep = sizes >= max(4, 0.02 * sizes.max())
    return grown(grown(keep[labels])) & product


def _without_wall_behind(product: BoolArray, residual: FloatArray) -> BoolArray:
    """The product with its holes open: enclosed patches that show the wall itself, as in a scarf or between handles."""
    patches, count = ndimage.label(product & (residual < _WALL_ITSELF))
    sizes = np.bincount(patches.ravel(), minlength=count + 1)
    behind = sizes >= 0.01 * np.count_nonzero(product)
    behind[0] = False
    return product & ~grown(behind[patches])


def _shrunk(mask: BoolArray) -> BoolArray:
    """Binary erosion by the four neighbours; outside the picture counts as mask."""
    shrunk = mask.copy()
    shrunk[1:] &= mask[:-1]
    shrunk[:-1] &= mask[1:]
    shrunk[:, 1:] &= mask[:, :-1]
    shrunk[:, :-1] &= mask[:, 1:]
    return shrunk


def grown(mask: BoolArray) -> BoolArray:
    """Binary dilation by the four neighbours."""
    return ~_shrunk(~mask)
