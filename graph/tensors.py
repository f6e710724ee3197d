"""The bipartite image-item graph as arrays: what samplers and models read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

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


def from_edges(
    image_ids: list[str], item_ids: list[str], image_index: NDArray[np.integer], item_index: NDArray[np.integer]
) -> BipartiteGraph:
    """A graph from edge lists in any order; parallel edges are merged.

    Parameters
    ----------
    image_ids, item_ids
        All ids, ascending and distinct.
    image_index, item_index
        [E] positions in them, one pair an edge.

    Raises
    ------
    ValueError
        Ids are not ascending, or an edge names a position that is not there.
    """
    _require_ascending("image_ids", image_ids)
    _require_ascending("item_ids", item_ids)
    n_images, n_items = len(image_ids), len(item_ids)
    _require_within("image_index", image_index, n_images)
    _require_within("item_index", item_index, n_items)
    forward = np.unique(image_index.astype(np.int64) * max(n_items, 1) + item_index)  # [E] by image, then item
    images, items = np.divmod(forward, max(n_items, 1))
    order = np.argsort(items, kind="stable")  # by item, then image
    return BipartiteGraph(
        image_ids=image_ids,
        item_ids=item_ids,
        image_indptr=_indptr(images, n_images),
        image_items=items.astype(np.int32),
        item_indptr=_indptr(items, n_items),
        item_images=images[order].astype(np.int32),
    )


def _indptr(rows: NDArray[np.int64], n_rows: int) -> NDArray[np.int64]:
    """[n_rows + 1] offsets of each row's run among sorted or unsorted row numbers."""
    indptr = np.zeros(n_rows + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n_rows), out=indptr[1:])
    return indptr


def _require_ascending(name: str, ids: list[str]) -> None:
    for position, (left, right) in enumerate(pairwise(ids)):
        if left >= right:
            raise ValueError(f"{name}[{position + 1}] is {right!r} after {left!r}; ids must be ascending and distinct")


def _require_within(name: str, index: NDArray[np.integer], size: int) -> None:
    if index.size and (int(index.min()) < 0 or int(index.max()) >= size):
        raise ValueError(f"{name} holds {int(index.min())} to {int(index.max())}; positions go from 0 to {size - 1}")
