"""Questions about links of a graph that training does not see: which photos and items are held out, what is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph
from graphsage import edge_list, with_edges

TOP = 10


@dataclass(frozen=True, slots=True)
class Cut:
    """A graph without the links of held-out photos and of held-out items, and which these are.

    ``held_photo`` [I] bool: whole groups, so that no twin of a held-out photo stays. ``new_item`` [J] bool.
    ``cluster`` [I]: what is resampled for intervals.
    """

    whole: BipartiteGraph
    known: BipartiteGraph
    held_photo: NDArray[np.bool_]
    new_item: NDArray[np.bool_]
    cluster: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """``Q`` questions: which item belongs to a photo.

    ``photo`` and ``target`` [Q]; ``shown`` [Q, J] sparse: the photo's other items, which are given; ``candidates`` [J]
    bool: what is ranked, less the shown, within the target's group. ``with_looks``: the photo's own features are given.
    """

    photo: NDArray[np.int64]
    target: NDArray[np.int64]
    shown: sp.csr_matrix
    candidates: NDArray[np.bool_]
    with_looks: bool = False


def incidence(graph: BipartiteGraph) -> sp.csr_matrix:
    """[I, J] of ones where an image shows an item."""
    ones = np.ones(graph.n_edges, np.float32)
    return sp.csr_matrix((ones, graph.image_items, graph.image_indptr), shape=(graph.n_images, graph.n_items))


def hold_out(
    graph: BipartiteGraph, group: NDArray[np.int64], shares: tuple[float, float], rng: np.random.Generator
) -> Cut:
    """Hold out a share of the groups of photos, and then a share of the items that are still known.

    ``group`` [I]: of each photo, -1 where it is a group of its own.
    """
    own = group.max(initial=-1) + 1 + np.arange(graph.n_images)
    cluster = np.unique(np.where(group < 0, own, group), return_inverse=True)[1]
    n_groups = int(cluster.max()) + 1
    held_photo = np.isin(cluster, rng.permutation(n_groups)[: round(shares[0] * n_groups)])
    edges = edge_list(graph)
    edges = edges[~held_photo[edges[:, 0]]]
    seen = np.unique(edges[:, 1])
    new = np.zeros(graph.n_items, np.bool_)
    new[rng.permutation(seen)[: round(shares[1] * len(seen))]] = True
    return Cut(graph, with_edges(graph, edges[~new[edges[:, 1]]]), held_photo, new, cluster)


def known_items(cut: Cut) -> Asked:
    """Every known item of every held-out photo, the photo's other items given; ranked among all items."""
    degree = np.diff(cut.known.item_indptr)
    edges = edge_list(cut.whole)
    return _ask(cut, edges[cut.held_photo[edges[:, 0]] & (degree[edges[:, 1]] > 0)])


def photos_alone(cut: Cut) -> Asked:
    """The same items, asked of the photo's own features alone."""
    asked = known_items(cut)
    nothing = asked.shown * 0.0
    nothing.eliminate_zeros()
    return Asked(asked.photo, asked.target, nothing, asked.candidates, with_looks=True)


def new_items(cut: Cut, *, among_new: bool) -> Asked:
    """Every link of a held-out item, the photo's known items given; ranked among all items or the new ones alone."""
    edges = edge_list(cut.whole)
    asked = _ask(cut, edges[cut.new_item[edges[:, 1]]])
    shown = (asked.shown @ sp.diags((~cut.new_item).astype(np.float32))).tocsr()
    shown.eliminate_zeros()
    return Asked(asked.photo, asked.target, shown, cut.new_item if among_new else asked.candidates)


def _ask(cut: Cut, edges: NDArray[np.int64]) -> Asked:
    photo, target = edges[:, 0], edges[:, 1]
    own = sp.csr_matrix(
        (np.ones(len(edges), np.float32), (np.arange(len(edges)), target)), (len(edges), cut.whole.n_items)
    )
    shown = (incidence(cut.whole)[photo] - own).tocsr()
    shown.eliminate_zeros()
    return Asked(photo, target, shown, np.ones(cut.whole.n_items, np.bool_))


def ranked_of(asked: Asked, group: NDArray[np.int32], question: int) -> NDArray[np.int64]:
    """Items that compete in a question: candidates of the target's group that are not shown."""
    ranked = asked.candidates & (group == group[asked.target[question]])
    ranked[asked.shown.indices[asked.shown.indptr[question] : asked.shown.indptr[question + 1]]] = False
    return np.flatnonzero(ranked)


def hits(asked: Asked, scores: NDArray[np.floating], group: NDArray[np.int32]) -> NDArray[np.float64]:
    """[Q]: 1 where the target is among the first ten of its group, 0 where not; ties count the share of their orders.

    ``scores`` [Q, J].
    """
    found = np.empty(len(asked.target))
    for q, target in enumerate(asked.target):
        ranked = ranked_of(asked, group, q)
        row, own = scores[q, ranked], scores[q, target]
        found[q] = np.clip((TOP - (row > own).sum()) / (row == own).sum(), 0.0, 1.0)
    return found
