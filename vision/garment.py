"""The garment encoder: colour, texture and shape of the masked pixels, without weights and without the backdrop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision import colour
from vision.crops import Crop, fit_within, shrink_mask
from vision.lab import COLOUR_NAMES, FloatArray
from vision.shape import SHAPE_DIM, shape_features
from vision.texture import TEXTURE_DIM, texture_features
from vision.wall import grown

WORK_SIDE: Final = 160
"""Garments are brought to this longer side, in pixels, so that texture is measured on one scale."""

COLOUR: Final = slice(0, colour.COLOUR_DIM)
TEXTURE: Final = slice(COLOUR.stop, COLOUR.stop + TEXTURE_DIM)
SHAPE: Final = slice(TEXTURE.stop, TEXTURE.stop + SHAPE_DIM)

BACKDROP_DIM: Final = 7
_RING: Final = 0.05


class GarmentEncoder:
    """Describes what can be measured on a garment's own pixels, ``dim`` numbers of order 1 in three blocks.

    ``COLOUR`` (`vision.colour.colour_features`), ``TEXTURE`` (`vision.texture.texture_features`) and ``SHAPE``
    (`vision.shape.shape_features`) are slices of the vector. Where a crop has a mask, nothing outside it has any
    influence; without one, all pixels count and the shape block is zero.
    """

    name = "garment"
    version = "1"
    dim = SHAPE.stop

    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Vectors ``[N, dim]`` of ``N`` crops."""
        vectors = np.zeros((len(crops), self.dim), dtype=np.float32)
        for row, crop in enumerate(crops):
            pixels, mask = _garment_alone(crop)
            solid = np.ones(pixels.shape[:2], dtype=bool) if mask is None else mask
            vectors[row, COLOUR] = colour.colour_features(pixels[solid])
            grey = np.asarray(Image.fromarray(pixels).convert("L"))
            vectors[row, TEXTURE] = texture_features(grey, solid)
            vectors[row, SHAPE] = shape_features(mask)
        return vectors


class BackdropEncoder:
    """Describes what is *not* garment, so that a probe can tell how much of an answer the backdrop gives away."""

    name = "backdrop"
    version = "1"
    dim = BACKDROP_DIM

    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Vectors ``[N, 7]`` of ``N`` crops: see `backdrop_colour`."""
        vectors = [backdrop_colour(crop) for crop in crops]
        return np.stack(vectors) if vectors else np.zeros((0, self.dim), dtype=np.float32)


def backdrop_colour(crop: Crop) -> FloatArray:
    """Colour of a crop's surroundings, ``[7]``: mean and spread of Lab over 100, then 1; zeros where there are none.

    Surroundings are the pixels well outside the mask, where neither the garment's rim nor its close shadow colours
    them (right beside it where there is no more room), or, without a mask, a ring along the border.
    """
    outside = _surroundings(crop)
    vector = np.zeros(BACKDROP_DIM, dtype=np.float32)
    if outside.any():
        mean, spread = colour.lab_moments(*colour.distinct_colours(crop.pixels[outside]))
        vector[:3], vector[3:6], vector[6] = mean, spread, 1
    return vector


def colour_distance(a: FloatArray, b: FloatArray) -> FloatArray:
    """How far two garments' colours are apart, in Lab units: 0 same, 2 just visible, 100 black and white.

    The 2-Wasserstein distance between the garments' Lab distributions taken as Gaussians with independent axes:
    ``sqrt(|mean_a - mean_b|^2 + |spread_a - spread_b|^2)``. Takes garment vectors ``[..., dim]``, which broadcast.
    """
    statistics = slice(colour.MEAN.start, colour.SPREAD.stop)
    difference = (a[..., statistics] - b[..., statistics]) * np.float32(colour.LAB_SCALE)
    return np.asarray(np.sqrt((difference * difference).sum(axis=-1)), dtype=np.float32)


def named_colours(vector: FloatArray) -> dict[str, float]:
    """Share of a garment's pixels nearest to each K-Fashion colour name, from its vector ``[dim]``; they sum to 1."""
    shares = vector[..., colour.NAMED]
    return {name: float(share) for name, share in zip(COLOUR_NAMES, shares, strict=True)}


def _surroundings(crop: Crop) -> NDArray[np.bool_]:
    height, width = crop.pixels.shape[:2]
    thickness = max(1, round(_RING * min(height, width)))
    if crop.mask is None:
        ring = np.ones((height, width), dtype=bool)
        ring[thickness:-thickness, thickness:-thickness] = False
        return ring
    within_reach = crop.mask
    for _ in range(thickness):
        within_reach = grown(within_reach)
    return ~crop.mask if within_reach.all() else ~within_reach


def _garment_alone(crop: Crop) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """The garment cut to its bounds, backdrop painted over with its mean colour, at the working size."""
    if crop.mask is None or not crop.mask.any():
        picture = Image.fromarray(crop.pixels)
        size = fit_within(picture.width, picture.height, WORK_SIDE)
        return np.asarray(picture.resize(size, Image.Resampling.BOX)), None
    rows, columns = np.flatnonzero(crop.mask.any(axis=1)), np.flatnonzero(crop.mask.any(axis=0))
    bounds = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    mask, pixels = crop.mask[bounds], crop.pixels[bounds]
    filled = np.where(mask[..., None], pixels, pixels[mask].mean(axis=0).astype(np.uint8))
    size = fit_within(mask.shape[1], mask.shape[0], WORK_SIDE)
    if size == (mask.shape[1], mask.shape[0]):
        return filled, mask
    return np.asarray(Image.fromarray(filled).resize(size, Image.Resampling.BOX)), shrink_mask(mask, size)
