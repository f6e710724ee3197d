"""Edges of a bipartite graph as pairs: list them, take some out, make a graph from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph

NodeKind = Literal["image", "item"]
OTHER_KIND: dict[NodeKind, NodeKind] = {"image": "item", "item": "image"}


def edge_list(graph: BipartiteGraph) -> NDArray[np.int64]:
    """All edges as ``[E, 2]`` int64 rows ``(image, item)``, ascending."""
    images = np.repeat(np.arange(graph.n_images, dtype=np.int64), np.diff(graph.image_indptr))
    return np.stack([images, graph.image_items.astype(np.int64)], axis=1)


def with_edges(graph: BipartiteGraph, edges: NDArray[np.int64]) -> BipartiteGraph:
    """The same nodes with other edges: ``edges`` ``[E, 2]`` rows ``(image, item)``, any order, repeats merged."""
    keys = np.unique(edges[:, 0] * max(graph.n_items, 1) + edges[:, 1])
    images, items = np.divmod(keys, max(graph.n_items, 1))
    by_item = np.argsort(items, kind="stable")
    return replace(
        graph,
        image_indptr=_indptr(images, graph.n_images),
        image_items=items.astype(np.int32),
        item_indptr=_indptr(items, graph.n_items),
        item_images=images[by_item].astype(np.int32),
    )


def with_listeners(
    graph: BipartiteGraph, ids: Sequence[str], indptr: NDArray[np.int64], items: NDArray[np.integer]
) -> BipartiteGraph:
    """The graph and, behind its images, new ones that hear their items without being heard by them.

    This is how a photo is asked about: no item changes because of it, and two questions about one photo do not tell
    each other their answers. ``indptr`` [n+1] and ``items`` frame the items of each of the ``ids``, which must come
    after the graph's own. The result is for ``encode`` alone: its two directions hold different edges.
    """
    return replace(
        graph,
        image_ids=[*graph.image_ids, *ids],
        image_indptr=np.concatenate([graph.image_indptr, graph.image_indptr[-1] + indptr[1:]]),
        image_items=np.concatenate([graph.image_items, items.astype(np.int32)]),
    )


def without_edges(graph: BipartiteGraph, edges: NDArray[np.int64]) -> BipartiteGraph:
    """The same nodes less some edges (``[n, 2]`` rows ``(image, item)``; pairs that are no edge change nothing).

    This is how embeddings are cross-fitted: encode the graph without one fold's edges, use them for that fold.
    """
    present = edge_list(graph)
    width = max(graph.n_items, 1)
    gone = np.isin(present[:, 0] * width + present[:, 1], edges[:, 0] * width + edges[:, 1])
    return with_edges(graph, present[~gone])


def _indptr(sources: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=n))]).astype(np.int64)


def csr_rows(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], rows: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Entries of some rows of a CSR matrix, one row after the other, and where each row's begin (``[len(rows)]``)."""
    wide = np.asarray(rows, dtype=np.int64)
    start, count = indptr[wide], indptr[wide + 1] - indptr[wide]
    offsets = np.cumsum(count) - count
    place = np.arange(int(count.sum()), dtype=np.int64) + np.repeat(start - offsets, count)
    return indices[place].astype(np.int64), offsets
