"""How blurred a picture is, without a sharp one to compare it with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

_WINDOW = 9
_FLAT = 1e-6


def blur_measure(grey: NDArray[np.floating]) -> float:
    """How little a further blur changes the picture's edges: 0 sharp, 1 blurred beyond measure.

    Crete, Dolmiere, Ladret, Nicolas, "The blur effect" (2007): the picture is blurred once more along each axis; where
    that takes away much of the difference between neighbours, it had been sharp. Large differences weigh most, so a
    soft backdrop behind a sharp garment counts little.

    Parameters
    ----------
    grey
        ``[H, W]`` brightness, any scale.

    Returns
    -------
    The larger of the two axes' measures; 1.0 for a picture with no edge at all.
    """
    return max(_along(grey, 0), _along(grey, 1))


def _along(grey: NDArray[np.floating], axis: int) -> float:
    values = grey.astype(np.float64)
    sharp = np.abs(np.diff(values, axis=axis))
    soft = np.abs(np.diff(uniform_filter1d(values, _WINDOW, axis=axis, mode="nearest"), axis=axis))
    total = float(sharp.sum())
    if total <= _FLAT * sharp.size:
        return 1.0
    lost = float(np.maximum(0.0, sharp - soft).sum())
    return (total - lost) / total
