"""What a detector says of a photo: its garments, surest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAME = 0.6
"""Intersection over union of two masks from which they are one garment, called by two names."""


@dataclass(frozen=True)
class Garment:
    """One garment in a photo: its class, how sure that is (0 to 1), its box x1, y1, x2, y2 in pixels of the photo as
    given, and its pixels ``mask`` [H, W]."""

    category: str
    score: float
    box: tuple[float, float, float, float]
    mask: NDArray[np.bool_]


def without_doubles(garments: Sequence[Garment], same: float = SAME) -> list[Garment]:
    """Of garments whose masks nearly cover one another, the surest: a blazer is not a top as well."""
    kept: list[Garment] = []
    for garment in sorted(garments, key=lambda g: -g.score):
        if all(_overlap(garment.mask, other.mask) < same for other in kept):
            kept.append(garment)
    return kept


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    either = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / either if either else 0.0
