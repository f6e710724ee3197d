"""Training batches: edges to predict, negatives beside them, and how often each negative is expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph
from graphsage.config import GraphSageConfig
from graphsage.edges import csr_rows, edge_list
from graphsage.sampler import Hop, NeighborSampler

POPULARITY_POWER = 0.75
"""Popularity draws go by degree to this power (Mikolov et al. 2013, §2.2)."""

MIN_STEPS = 8
"""Steps an epoch has at least, where there are 16 edges for each."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One training step's worth of ``B`` edges and ``M = B + negatives`` candidate items.

    ``image_hops`` have the B images as seeds, ``item_hops`` the M items, of which the first B are the edges' own.
    ``allowed`` ``[B, M]``: the candidate is a negative for the row (not its own item, nor any other item of its image).
    ``same_group`` ``[B, M]``: the candidate is of the same group as the row's own item. ``log_count`` ``[M]`` float32:
    log of how often the item is expected among the candidates. ``distinct_images`` (places below B) and
    ``distinct_items`` (places below M) name each image and item of the batch once.
    """

    image_hops: tuple[Hop, ...]
    item_hops: tuple[Hop, ...]
    allowed: NDArray[np.bool_]
    same_group: NDArray[np.bool_]
    log_count: NDArray[np.float32]
    distinct_images: NDArray[np.int64]
    distinct_items: NDArray[np.int64]


class EdgeBatches:
    """Shuffled edges of a graph, each epoch's draw fixed by ``(seed, epoch)`` alone.

    Every seed loses one edge before its neighbours are drawn: a positive pair the edge between them, so that nothing
    can be read off it, and a drawn negative a random one of its own, so that having lost an edge says nothing either.
    Negatives are drawn in the groups of the batch's own items, half of them uniformly and half by popularity, and only
    items with an edge: an item that no image shows yet is unknown, not wrong.
    """

    def __init__(self, graph: BipartiteGraph, item_group: NDArray[np.int32], config: GraphSageConfig) -> None:
        self._graph, self._group, self._config = graph, item_group, config
        self._sampler = NeighborSampler(graph, config.fanouts)
        self._edges = edge_list(graph)
        degree = np.diff(graph.item_indptr)
        warm = np.flatnonzero(degree > 0)
        self._warm = warm[np.argsort(item_group[warm], kind="stable")]
        groups = item_group[self._warm]
        n_groups = int(groups.max()) + 1 if len(groups) else 0
        bounds = np.searchsorted(groups, np.arange(n_groups + 1))
        self._first, self._count = bounds[:-1], np.diff(bounds)
        weight = degree[self._warm] ** POPULARITY_POWER
        self._cumulated = np.concatenate([[0.0], np.cumsum(weight)])
        self._log_count = self._expected_log_count(degree, groups, weight)

    def __len__(self) -> int:
        """Steps an epoch; small graphs take smaller batches rather than too few steps."""
        n_edges = len(self._edges)
        return max(round(n_edges / self._config.batch_size), min(MIN_STEPS, n_edges // 16), 1)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch."""
        rng = np.random.default_rng([self._config.seed, epoch])
        order = rng.permutation(len(self._edges))
        for part in np.array_split(order, len(self)):
            yield self._batch(self._edges[part], rng)

    def _batch(self, edges: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        images, own = edges[:, 0], edges[:, 1]
        drawn = self._draw_negatives(self._group[own], rng)
        items = np.concatenate([own, drawn])
        lost = np.concatenate([images, self._any_image_of(drawn, rng)])
        isolated_images = rng.random(len(images)) < self._config.isolation
        isolated_items = rng.random(len(items)) < self._config.isolation
        return Batch(
            image_hops=self._sampler.sample(images, "image", rng, exclude=own, isolated=isolated_images),
            item_hops=self._sampler.sample(items, "item", rng, exclude=lost, isolated=isolated_items),
            allowed=~self._is_edge(images, items),
            same_group=self._group[own][:, None] == self._group[items][None, :],
            log_count=self._log_count[items],
            distinct_images=np.unique(images, return_index=True)[1],
            distinct_items=np.unique(items, return_index=True)[1],
        )

    def _draw_negatives(self, own_groups: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.int64]:
        n_drawn = self._config.negatives
        group = own_groups[rng.integers(len(own_groups), size=n_drawn)]
        first, count = self._first[group], self._count[group]
        uniform = first + (rng.random(n_drawn) * count).astype(np.int64)
        low, high = self._cumulated[first], self._cumulated[first + count]
        popular = np.searchsorted(self._cumulated, low + rng.random(n_drawn) * (high - low), side="right") - 1
        place = np.where(np.arange(n_drawn) % 2 == 0, uniform, np.clip(popular, first, first + count - 1))
        return self._warm[place]

    def _any_image_of(self, items: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        start = self._graph.item_indptr[items]
        degree = self._graph.item_indptr[items + 1] - start
        return self._graph.item_images[start + (rng.random(len(items)) * degree).astype(np.int64)].astype(np.int64)

    def _is_edge(self, images: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``[len(images), len(items)]``: whether the graph holds the pair."""
        distinct, column = np.unique(items, return_inverse=True)
        shown, offsets = csr_rows(self._graph.image_indptr, self._graph.image_items, images)
        row = np.repeat(np.arange(len(images)), np.diff(offsets, append=len(shown)))
        place = np.minimum(np.searchsorted(distinct, shown), len(distinct) - 1)
        found = distinct[place] == shown
        is_edge = np.zeros((len(images), len(distinct)), dtype=np.bool_)
        is_edge[row[found], place[found]] = True
        return is_edge[:, column]

    def _expected_log_count(
        self, degree: NDArray[np.int64], groups: NDArray[np.int32], weight: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """[J]: log of expected appearances in a batch, as another edge's item or as a drawn negative."""
        n_edges = max(len(self._edges), 1)
        share = np.bincount(groups, weights=degree[self._warm], minlength=len(self._count)) / n_edges
        total = np.bincount(groups, weights=weight, minlength=len(self._count))
        drawn = share[groups] * (0.5 / self._count[groups] + 0.5 * weight / total[groups])
        expected = degree / len(self)
        expected[self._warm] += self._config.negatives * drawn
        log_count: NDArray[np.float32] = np.log(np.maximum(expected, 1e-12)).astype(np.float32)
        return log_count
