"""The colour of a garment as numbers: how its pixels are spread in CIE Lab, and which colour names they go by."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.lab import COLOUR_NAMES, FloatArray, nearest_colour, rgb_to_lab

LAB_SCALE: Final = 100.0
"""Lab values are divided by this in vectors, so that they weigh about as much as shares do."""

LIGHTNESS_CENTRES: Final = np.array([0, 20, 40, 60, 80, 100], dtype=np.float32)
GREEN_RED_CENTRES: Final = np.array([-40, -20, 0, 20, 40, 60], dtype=np.float32)
BLUE_YELLOW_CENTRES: Final = np.array([-50, -25, 0, 25, 50, 75], dtype=np.float32)
HISTOGRAM_BINS: Final = 216

DOMINANT: Final = 3
_ROUNDS: Final = 6

HISTOGRAM: Final = slice(0, HISTOGRAM_BINS)
MEAN: Final = slice(HISTOGRAM.stop, HISTOGRAM.stop + 3)
SPREAD: Final = slice(MEAN.stop, MEAN.stop + 3)
DOMINANTS: Final = slice(SPREAD.stop, SPREAD.stop + 4 * DOMINANT)
NAMED: Final = slice(DOMINANTS.stop, DOMINANTS.stop + len(COLOUR_NAMES))
COLOUR_DIM: Final = NAMED.stop


def colour_features(rgb: NDArray[np.uint8]) -> FloatArray:
    """Describe the colour of ``[N, 3]`` sRGB pixels, N at least 1, as ``[COLOUR_DIM]``.

    ``HISTOGRAM``: square roots of a soft Lab histogram's shares (6 x 6 x 6 bins, trilinear), so that Euclidean
    distance is the Hellinger distance. ``MEAN``, ``SPREAD``: mean and standard deviation of L, a, b over ``LAB_SCALE``.
    ``DOMINANTS``: the main colours, most frequent first, as L, a, b over ``LAB_SCALE`` and share. ``NAMED``: share of
    the pixels nearest to each of ``COLOUR_NAMES``.
    """
    lab, weight = distinct_colours(rgb)
    mean, spread = lab_moments(lab, weight)
    named = np.bincount(nearest_colour(lab), weights=weight, minlength=len(COLOUR_NAMES))
    blocks = (np.sqrt(_soft_histogram(lab, weight)), mean, spread, _dominant_colours(lab, weight), named)
    return np.concatenate(blocks).astype(np.float32)


def distinct_colours(rgb: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """Distinct colours of ``[N, 3]`` pixels at 6 bits a channel: their Lab ``[K, 3]`` and shares ``[K]``, sum 1."""
    codes = (rgb >> 2).astype(np.int32) @ np.array([4096, 64, 1], dtype=np.int32)
    counts = np.bincount(codes, minlength=1)
    present = np.flatnonzero(counts)
    centres = np.stack([present >> 12, (present >> 6) & 63, present & 63], axis=1) * 4 + 2
    weight = counts[present] / len(codes)
    return rgb_to_lab(centres.astype(np.uint8)), weight.astype(np.float32)


def lab_moments(lab: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean and standard deviation of Lab colours ``[K, 3]``, each ``[3]``, over ``LAB_SCALE``."""
    mean = weight @ lab
    variance = weight @ (lab - mean) ** 2
    return (mean / LAB_SCALE).astype(np.float32), (np.sqrt(variance) / LAB_SCALE).astype(np.float32)


def _soft_histogram(lab: FloatArray, weight: FloatArray) -> NDArray[np.float64]:
    """Shares of the 216 bins; each colour is split between the eight bin centres around it."""
    axes = (LIGHTNESS_CENTRES, GREEN_RED_CENTRES, BLUE_YELLOW_CENTRES)
    histogram = np.zeros(HISTOGRAM_BINS)
    lower, upper_part = zip(*(_position(lab[:, i], centres) for i, centres in enumerate(axes)), strict=True)
    for corner in range(8):
        index = np.zeros(len(lab), dtype=np.intp)
        share = weight.astype(np.float64)
        for axis, centres in enumerate(axes):
            up = corner >> axis & 1
            index = index * len(centres) + lower[axis] + up
            share = share * (upper_part[axis] if up else 1 - upper_part[axis])
        histogram += np.bincount(index, weights=share, minlength=HISTOGRAM_BINS)
    return histogram


def _position(values: FloatArray, centres: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """Index of the bin centre below each value and how far it is towards the next, 0 to 1; ends are clamped."""
    step = centres[1] - centres[0]
    place = np.clip((values - centres[0]) / step, 0, len(centres) - 1)
    lower = np.minimum(place.astype(np.intp), len(centres) - 2)
    return lower, (place - lower).astype(np.float32)


def _dominant_colours(lab: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted k-means from farthest-point seeds: ``[DOMINANT * 4]``, shares falling; missing colours repeat the first.

    Seeds are colours, not pixels, so that a small bright print is found beside a large plain ground.
    """
    seeds = [int(weight.argmax())]
    distance = ((lab - lab[seeds[0]]) ** 2).sum(axis=1)
    for _ in range(DOMINANT - 1):
        seeds.append(int((distance * np.sqrt(weight)).argmax()))
        distance = np.minimum(distance, ((lab - lab[seeds[-1]]) ** 2).sum(axis=1))
    centres = lab[seeds]
    for _ in range(_ROUNDS):
        owner = ((lab[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
        share = np.bincount(owner, weights=weight, minlength=DOMINANT)
        for k in np.flatnonzero(share):
            centres[k] = weight[owner == k] @ lab[owner == k] / share[k]
    order = np.argsort(-share, kind="stable")
    centres, share = centres[order], share[order]
    centres[share == 0] = centres[0]
    return np.column_stack([centres / LAB_SCALE, share]).ravel().astype(np.float32)
