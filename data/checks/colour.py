"""Colour casts and one-colour filters: is what should be neutral neutral, and is there colour at all?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.checks.findings import Pixels

_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_EPSILON = 216 / 24389
_KAPPA = 24389 / 27


def to_lab(pixels: Pixels) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of sRGB pixels; ``[..., 3]`` to ``[..., 3]``, L* 0 to 100."""
    scaled = pixels.astype(np.float64) / 255.0
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    relative = linear @ _TO_XYZ.T / _WHITE
    cubic = np.where(relative > _EPSILON, np.cbrt(relative), (_KAPPA * relative + 16.0) / 116.0)
    x, y, z = cubic[..., 0], cubic[..., 1], cubic[..., 2]
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def cast_measure(lab: NDArray[np.float64]) -> float:
    """Chroma that even the most neutral of the bright pixels keep: near 0 without a cast.

    Where something in a photo is white or light grey its highlights are neutral; a cast tints them all. Of the
    brightest quarter of ``[N, 3]`` L*a*b* pixels, this is the chroma that a tenth of them stay below.
    """
    bright = lab[:, 0] >= np.percentile(lab[:, 0], 75)
    return float(np.percentile(np.hypot(lab[bright, 1], lab[bright, 2]), 10))


def colour_spread(lab: NDArray[np.float64]) -> float:
    """Standard deviation of ``[N, 3]`` L*a*b* pixels across their main hue axis.

    A black-and-white or a sepia photo has one hue at most, so next to nothing lies off that axis.
    """
    covariance = np.cov(lab[:, 1:].T)
    return float(np.sqrt(max(0.0, np.linalg.eigvalsh(covariance)[0])))
