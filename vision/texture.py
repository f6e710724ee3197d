"""The surface of a garment as numbers: direction of edges, small patterns, roughness at several scales."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.lab import FloatArray

DIRECTIONS: Final = 8
PATTERNS: Final = 10
SCALES: Final = 4
_SCALES_OF_PATTERN: Final = 2

DIRECTION: Final = slice(0, DIRECTIONS * _SCALES_OF_PATTERN)
PATTERN: Final = slice(DIRECTION.stop, DIRECTION.stop + PATTERNS * _SCALES_OF_PATTERN)
ENERGY: Final = slice(PATTERN.stop, PATTERN.stop + SCALES)
TEXTURE_DIM: Final = ENERGY.stop

BoolArray = NDArray[np.bool_]


def texture_features(grey: NDArray[np.uint8], mask: BoolArray) -> FloatArray:
    """Describe the texture of the pixels ``[H, W]`` under ``mask`` as ``[TEXTURE_DIM]``; zeros where none has room.

    Only pixels whose neighbours are garment too are looked at, so that neither backdrop nor outline enters.
    ``DIRECTION``: square roots of the shares of 8 edge directions (0 to 180 degrees, weighted by strength), at full and
    half size. ``PATTERN``: the same of 10 rotation-invariant uniform local binary patterns (Ojala et al. 2002, 8
    neighbours, radius 1). ``ENERGY``: root mean square of the detail lost by each of four halvings, over 64.
    """
    features = np.zeros(TEXTURE_DIM, dtype=np.float32)
    level = grey.astype(np.float32)
    for scale in range(SCALES):
        inner = _inner(mask)
        if not inner.any():
            break
        if scale < _SCALES_OF_PATTERN:
            at = slice(DIRECTION.start + scale * DIRECTIONS, DIRECTION.start + (scale + 1) * DIRECTIONS)
            features[at] = _edge_directions(level, inner)
            at = slice(PATTERN.start + scale * PATTERNS, PATTERN.start + (scale + 1) * PATTERNS)
            features[at] = _local_patterns(level, inner)
        half, half_mask = _halve(level, mask)
        if not half_mask.any():
            break
        features[ENERGY.start + scale] = _lost_detail(level, half, half_mask) / 64
        level, mask = half, half_mask
    return features


def _inner(mask: BoolArray) -> BoolArray:
    """Pixels, without the picture's rim, whose eight neighbours are in the mask: ``[H - 2, W - 2]``."""
    rows = mask[:-2] & mask[1:-1] & mask[2:]
    return rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]


def _edge_directions(level: FloatArray, inner: BoolArray) -> FloatArray:
    across = (level[1:-1, 2:] - level[1:-1, :-2])[inner]
    down = (level[2:, 1:-1] - level[:-2, 1:-1])[inner]
    strength = np.hypot(across, down)
    angle = np.arctan2(down, across) % np.pi
    index = np.minimum((angle * (DIRECTIONS / np.pi)).astype(np.intp), DIRECTIONS - 1)
    return _root_shares(np.bincount(index, weights=strength, minlength=DIRECTIONS))


def _local_patterns(level: FloatArray, inner: BoolArray) -> FloatArray:
    """Shares of local binary patterns; a neighbour counts as brighter from 2 grey values on, to sit above noise."""
    height, width = level.shape
    centre = level[1:-1, 1:-1] + 2
    code = np.zeros(centre.shape, dtype=np.uint8)
    ring = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    for bit, (row, column) in enumerate(ring):
        neighbour = level[row : height - 2 + row, column : width - 2 + column]
        code |= (neighbour >= centre).astype(np.uint8) << bit
    return _root_shares(np.bincount(_pattern_of_code()[code[inner]], minlength=PATTERNS))


@lru_cache(maxsize=1)
def _pattern_of_code() -> NDArray[np.intp]:
    """Pattern of each of the 256 codes: the number of set bits where at most two steps turn, else 9."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    steps = (bits != np.roll(bits, 1, axis=1)).sum(axis=1)
    return np.where(steps <= 2, bits.sum(axis=1), PATTERNS - 1).astype(np.intp)


def _halve(level: FloatArray, mask: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Means of 2 x 2 pixels; a pixel of the result is garment where all four are."""
    height, width = (side // 2 * 2 for side in level.shape)
    quarter = [(slice(row, height, 2), slice(column, width, 2)) for row in (0, 1) for column in (0, 1)]
    mean = (level[quarter[0]] + level[quarter[1]] + level[quarter[2]] + level[quarter[3]]) * np.float32(0.25)
    return mean, mask[quarter[0]] & mask[quarter[1]] & mask[quarter[2]] & mask[quarter[3]]


def _lost_detail(level: FloatArray, half: FloatArray, half_mask: BoolArray) -> float:
    height, width = half.shape
    blocks = level[: 2 * height, : 2 * width].reshape(height, 2, width, 2)  # [H/2, 2, W/2, 2]
    squared = ((blocks - half[:, None, :, None]) ** 2).mean(axis=(1, 3))
    return float(np.sqrt(squared[half_mask].mean()))


def _root_shares(counts: NDArray[np.integer | np.floating]) -> FloatArray:
    total = float(counts.sum())
    shares = counts / total if total > 0 else np.zeros(len(counts))
    return np.sqrt(shares).astype(np.float32)
