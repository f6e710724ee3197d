"""Frames around a picture and seams through it: what borders and collages have and photos of one scene lack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEP = 12.0
_FLAT = 3.0
_INNER = 0.12


def border_measure(grey: NDArray[np.floating]) -> float:
    """Share of the shorter side that a flat frame takes on two opposite sides at least, 0 where there is none.

    A frame is a run of rows (or columns) of one brightness from either edge inwards that ends in a step along most of
    its length; a plain studio wall is flat too but ends nowhere in a straight line.
    """
    height, width = grey.shape
    across = min(_frame_depth(grey), _frame_depth(grey[::-1]))
    along = min(_frame_depth(grey.T), _frame_depth(grey.T[::-1]))
    return float(max(across, along) / min(height, width))


def seam_measure(grey: NDArray[np.floating]) -> float:
    """Largest share of a whole row or column, away from the edges, along which the brightness jumps: 1 for a collage.

    ``[H, W]`` brightness of 0 to 255. Joined pictures meet in a line from edge to edge.
    """
    return max(_seam(grey), _seam(grey.T))


def _frame_depth(grey: NDArray[np.floating]) -> int:
    """Rows from the top that are flat and alike, where they end in a step across most of the picture; else 0."""
    limit = grey.shape[0] // 3
    flat = (grey[:limit].std(axis=1) < _FLAT) & (np.abs(grey[:limit].mean(axis=1) - grey[0].mean()) < _FLAT)
    depth = int(np.argmin(flat)) if not flat.all() else 0
    if depth == 0:
        return 0
    inside = grey[min(depth + 1, grey.shape[0] - 1)]
    return depth if float((np.abs(inside - grey[0].mean()) > _STEP).mean()) > 0.6 else 0


def _seam(grey: NDArray[np.floating]) -> float:
    """Strongest horizontal seam: share of columns that jump between one row and the next but one."""
    margin = max(2, int(grey.shape[0] * _INNER))
    jump = np.abs(grey[2:] - grey[:-2]) > _STEP
    inner = jump[margin:-margin]
    return float(inner.mean(axis=1).max()) if inner.size else 0.0
