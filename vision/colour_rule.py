"""Colours of a garment by rule: the named colours of its own pixels, where no model was trained, and a check on one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.lab import COLOUR_NAMES, nearest_colour, rgb_to_lab
from vision.tags import Value

RULE = "colour rule"
LEAST_SUB = 0.15
"""Share of the pixels from which a second colour is named."""


def colours(pixels: NDArray[np.uint8]) -> dict[str, tuple[Value, ...]]:
    """``colour`` and, where there is one, ``sub_colour`` of a garment's pixels [N, 3]; the confidence is the share."""
    if not len(pixels):
        return {}
    shares = np.bincount(nearest_colour(rgb_to_lab(pixels)), minlength=len(COLOUR_NAMES)) / len(pixels)
    first, second = (int(k) for k in np.argsort(-shares, kind="stable")[:2])
    named: dict[str, tuple[Value, ...]] = {"colour": (_value(first, shares),)}
    if shares[second] >= LEAST_SUB:
        named["sub_colour"] = (_value(second, shares),)
    return named


def _value(number: int, shares: NDArray[np.float64]) -> Value:
    return Value(COLOUR_NAMES[number], round(float(shares[number]), 4), RULE)
