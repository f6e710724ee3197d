"""The bipartite image-item graph as arrays: what samplers and models read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BipartiteGraph:
    """Images and items in CSR form, both directions.

    ``image_ids`` and ``item_ids`` are ascending; positions in them are the indices used everywhere below. Items without
    an image and images without an item are there, with degree 0.

    ``image_indptr`` [I+1] int64 and ``image_items`` [E] int32: the items of image i are
    ``image_items[image_indptr[i]:image_indptr[i+1]]``, ascending. ``item_indptr`` [J+1] int64 and ``item_images`` [E]
    int32: the same edges from the other side.
    """

    image_ids: list[str]
    item_ids: list[str]
    image_indptr: NDArray[np.int64]
    image_items: NDArray[np.int32]
    item_indptr: NDArray[np.int64]
    item_images: NDArray[np.int32]

    @property
    def n_images(self) -> int:
        return len(self.image_ids)

    @property
    def n_items(self) -> int:
        return len(self.item_ids)

    @property
    def n_edges(self) -> int:
        return len(self.image_items)
