"""The outline of a garment as numbers: how tall, how full, and how wide at each height."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.lab import FloatArray

WIDTHS: Final = 16
HEIGHTS: Final = 8

KNOWN: Final = 0
ASPECT: Final = 1
FILL: Final = 2
WIDTH_PROFILE: Final = slice(3, 3 + WIDTHS)
HEIGHT_PROFILE: Final = slice(WIDTH_PROFILE.stop, WIDTH_PROFILE.stop + HEIGHTS)
SHAPE_DIM: Final = HEIGHT_PROFILE.stop


def shape_features(mask: NDArray[np.bool_] | None) -> FloatArray:
    """Describe a mask cut to its bounds ``[H, W]`` as ``[SHAPE_DIM]``; zeros for None, an outline that is not known.

    ``KNOWN``: 1. ``ASPECT``: natural logarithm of height over width, halved. ``FILL``: share of the bounds that is
    garment. ``WIDTH_PROFILE``: share that is garment in each of 16 bands from top to bottom; ``HEIGHT_PROFILE``: in
    each of 8 bands from left to right.
    """
    features = np.zeros(SHAPE_DIM, dtype=np.float32)
    if mask is None:
        return features
    height, width = mask.shape
    features[KNOWN] = 1
    features[ASPECT] = np.log(height / width) / 2
    features[FILL] = mask.mean()
    features[WIDTH_PROFILE] = _bands(mask.mean(axis=1), WIDTHS)
    features[HEIGHT_PROFILE] = _bands(mask.mean(axis=0), HEIGHTS)
    return features


def _bands(profile: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Means of ``count`` equal stretches of a profile of any length: differences of its interpolated integral."""
    integral = np.concatenate([[0.0], np.cumsum(profile)]) / len(profile)
    edges = np.interp(np.linspace(0, 1, count + 1), np.linspace(0, 1, len(integral)), integral)
    return np.diff(edges) * count
