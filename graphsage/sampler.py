"""A fixed-fanout neighbour sampler over CSR arrays, without Python per node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph
from graphsage.edges import OTHER_KIND, NodeKind

ABSENT = -1
"""Stands in ``Hop.neighbours`` where a node has fewer neighbours than the fanout."""


@dataclass(frozen=True, slots=True)
class Hop:
    """The nodes at one distance from the seeds, and where their sampled neighbours are in the next hop.

    ``nodes`` ``[n]`` int32 indices of kind ``kind``; distinct, but for the first hop, which is the seeds as given.
    ``neighbours`` ``[n, fanout]`` int32 positions in the next hop's ``nodes``, ``ABSENT`` where there is none; of width
    0 in the last hop. ``degree`` ``[n]`` int64 neighbours the node has in the graph, less what was excluded.
    """

    kind: NodeKind
    nodes: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    degree: NDArray[np.int64]


class NeighborSampler:
    """Draws a fixed number of neighbours at each hop (Hamilton et al. 2017, Algorithm 2, lines 2-7).

    Holds scratch space: one sampler for each thread.

    A node with at most ``fanout`` neighbours gives all of them, once; one with more gives ``fanout`` draws *with
    replacement* (the paper draws uniformly and leaves open which way; with replacement needs no Python per node, and
    repeats are rare where degrees are high). A node reached twice at one hop is kept, and drawn for, once.

    Parameters
    ----------
    graph
        The graph; its arrays are shared, not copied.
    fanouts
        Neighbours to draw at hop 1, 2, ...
    """

    def __init__(self, graph: BipartiteGraph, fanouts: Sequence[int]) -> None:
        self.graph = graph
        self.fanouts = tuple(fanouts)
        self._sizes: dict[NodeKind, int] = {"image": graph.n_images, "item": graph.n_items}
        self._csr: dict[NodeKind, tuple[NDArray[np.int64], NDArray[np.int32]]] = {
            "image": (graph.image_indptr, graph.image_items),
            "item": (graph.item_indptr, graph.item_images),
        }
        self._scratch = {kind: np.zeros(max(size, 1), dtype=np.int32) for kind, size in self._sizes.items()}
        self._keys: dict[NodeKind, NDArray[np.int64]] = {}

    def sample(
        self,
        seeds: NDArray[np.integer],
        kind: NodeKind,
        rng: np.random.Generator,
        *,
        exclude: NDArray[np.integer] | None = None,
        isolated: NDArray[np.bool_] | None = None,
    ) -> tuple[Hop, ...]:
        """Hops 0 (the seeds) to ``len(fanouts)``.

        Parameters
        ----------
        seeds
            ``[n]`` indices of ``kind``; repeats are allowed and stay rows of their own.
        exclude
            ``[n]`` for each seed one neighbour that must not be drawn for it (the edge to be predicted), or ``ABSENT``.
        isolated
            ``[n]`` seeds that are treated as having no neighbour at all.
        """
        hops: list[Hop] = []
        nodes = seeds.astype(np.int32)
        for depth, fanout in enumerate(self.fanouts):
            start, count = self._segments(nodes, kind)
            skip = None
            if depth == 0 and exclude is not None:
                skip = self._offsets(nodes, kind, exclude)
                count = count - (skip >= 0)
            if depth == 0 and isolated is not None:
                count = np.where(isolated, 0, count)
            drawn = self._draw(kind, fanout, start, count, rng, skip)
            following, neighbours = self._distinct(drawn, OTHER_KIND[kind])
            hops.append(Hop(kind, nodes, neighbours, count))
            nodes, kind = following, OTHER_KIND[kind]
        hops.append(Hop(kind, nodes, np.empty((len(nodes), 0), np.int32), self._segments(nodes, kind)[1]))
        return tuple(hops)

    def _segments(self, nodes: NDArray[np.int32], kind: NodeKind) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        indptr = self._csr[kind][0]
        start = indptr[nodes]
        return start, indptr[nodes + 1] - start

    def _draw(
        self,
        kind: NodeKind,
        fanout: int,
        start: NDArray[np.int64],
        count: NDArray[np.int64],
        rng: np.random.Generator,
        skip: NDArray[np.int64] | None,
    ) -> NDArray[np.int32]:
        """Neighbours ``[n, fanout]`` by index, ``ABSENT`` beyond what a row has; ``skip`` is left out of a row."""
        targets = self._csr[kind][1]
        offset = np.broadcast_to(np.arange(fanout, dtype=np.int64), (len(start), fanout)).copy()
        many = np.flatnonzero(count > fanout)
        if len(many):
            chance = rng.random((len(many), fanout))
            offset[many] = (chance * count[many, None]).astype(np.int64)
        valid = offset < count[:, None]
        if skip is not None:
            offset += (offset >= skip[:, None]) & (skip[:, None] >= 0)
        if not len(targets):
            return np.full(offset.shape, ABSENT, dtype=np.int32)
        offset += start[:, None]
        drawn = targets[np.minimum(offset, len(targets) - 1)]
        drawn[~valid] = ABSENT
        return drawn

    def _distinct(self, drawn: NDArray[np.int32], kind: NodeKind) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Distinct nodes of ``drawn`` in order of their last draw, and ``drawn`` as positions in them.

        Linear time and no sort: each draw writes its number at its node's place in a scratch array, where the last
        one stays and stands for the node.
        """
        flat = drawn.ravel()
        present = np.flatnonzero(flat >= 0)
        nodes = flat[present]
        number = np.arange(len(nodes), dtype=np.int32)
        scratch = self._scratch[kind]
        scratch[nodes] = number
        stands_for = scratch[nodes]
        is_kept = stands_for == number
        position = np.cumsum(is_kept, dtype=np.int32) - 1
        neighbours = np.full(flat.shape, ABSENT, dtype=np.int32)
        neighbours[present] = position[stands_for]
        return nodes[is_kept], neighbours.reshape(drawn.shape)  # [n * fanout] -> [n, fanout]

    def _offsets(self, nodes: NDArray[np.int32], kind: NodeKind, exclude: NDArray[np.integer]) -> NDArray[np.int64]:
        """Where in its node's neighbour list each excluded neighbour stands; -1 where it is none of them."""
        indptr, targets = self._csr[kind]
        width = max(self._sizes[OTHER_KIND[kind]], 1)
        if kind not in self._keys:
            sources = np.repeat(np.arange(self._sizes[kind], dtype=np.int64), np.diff(indptr))
            self._keys[kind] = sources * width + targets
        keys = self._keys[kind]
        if not len(keys):
            return np.full(len(nodes), -1, dtype=np.int64)
        wanted = nodes.astype(np.int64) * width + exclude
        place = np.searchsorted(keys, wanted)
        found = (exclude >= 0) & (keys[np.minimum(place, len(keys) - 1)] == wanted)
        return np.where(found, place - indptr[nodes], -1)
