"""Whether the photo's edge cuts a garment off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.types import Box, Region


def region_box(region: Region) -> Box | None:
    """The region's box, else the bounds of its polygon; None where it has neither or no area."""
    box = region.box
    if box is None and region.polygon:
        points = np.asarray(region.polygon)
        low, high = points.min(axis=0), points.max(axis=0)
        box = Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return box if box is not None and box.area > 0.0 else None


def edge_distance(box: Box, size: tuple[int, int]) -> float:
    """Pixels between a garment's box and the photo's nearest edge; negative where the box goes past it."""
    return min(box.x1, box.y1, size[0] - box.x2, size[1] - box.y2)


def boxes_at_edge(regions: Sequence[Region], size: tuple[int, int], margin: float) -> tuple[float | None, list[Box]]:
    """The least distance to an edge over all garments (None without a box), and the boxes nearer than ``margin``."""
    boxes = [box for region in regions if (box := region_box(region)) is not None]
    if not boxes:
        return None, []
    return min(edge_distance(box, size) for box in boxes), [box for box in boxes if edge_distance(box, size) < margin]
