"""How well embeddings predict held-out edges, beside what popularity alone predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from graph.tensors import BipartiteGraph
from graphsage.edges import csr_rows

Scores = NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]]
"""A score for each item ``[J]`` (popularity), or image and item embeddings, whose dot products are the scores."""


@dataclass(frozen=True, slots=True)
class LinkRanks:
    """Where the items of ``n`` held-out edges rank: ``above`` ``[n]`` items with a higher score, ``tied`` ``[n]`` with
    the same, itself among them. Ties share their ranks: measures are means over their orders."""

    above: NDArray[np.int64]
    tied: NDArray[np.int64]

    def hit_rate(self, top: int = 10) -> float:
        """Share in the first ``top``, 0 to 1; NaN where there are no edges."""
        if not len(self.above):
            return float("nan")
        return float(np.clip((top - self.above) / self.tied, 0.0, 1.0).mean())

    def mean_reciprocal_rank(self) -> float:
        """Mean of 1 / rank, 0 to 1; NaN where there are no edges. Tells models apart where all find their items among
        the first ten, as in groups of ten."""
        if not len(self.above):
            return float("nan")
        return float(((digamma(self.above + self.tied + 1) - digamma(self.above + 1)) / self.tied).mean())


def link_ranks(
    edges: NDArray[np.int64], item_scores: Scores, graph: BipartiteGraph, item_group: NDArray[np.int32]
) -> LinkRanks:
    """Rank each edge's item within its group for its image.

    Parameters
    ----------
    edges
        ``[n, 2]`` held-out ``(image, item)``.
    item_scores
        What ranks.
    graph
        The graph scored with; other items it holds for an image do not compete there.
    item_group
        ``[J]`` group codes.
    """
    groups = item_group[edges[:, 1]]
    above, tied = np.zeros(len(edges), np.int64), np.ones(len(edges), np.int64)
    for group in np.unique(groups):
        members = np.flatnonzero(item_group == group)
        places = np.flatnonzero(groups == group)
        for part in np.array_split(places, max(1, len(places) // 512)):
            above[part], tied[part] = _compare(edges[part], members, item_scores, graph)
    return LinkRanks(above, tied)


def _compare(
    edges: NDArray[np.int64],
    members: NDArray[np.int64],
    item_scores: Scores,
    graph: BipartiteGraph,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if isinstance(item_scores, tuple):
        image_vectors, item_vectors = item_scores
        scores = image_vectors[edges[:, 0]] @ item_vectors[members].T  # [n, members]
    else:
        scores = np.broadcast_to(item_scores[members], (len(edges), len(members))).copy()
    own_column = np.searchsorted(members, edges[:, 1])
    own = scores[np.arange(len(edges)), own_column]
    shown, offsets = csr_rows(graph.image_indptr, graph.image_items, edges[:, 0])
    row = np.repeat(np.arange(len(edges)), np.diff(offsets, append=len(shown)))
    column = np.minimum(np.searchsorted(members, shown), len(members) - 1)
    known = members[column] == shown
    scores[row[known], column[known]] = -np.inf
    scores[np.arange(len(edges)), own_column] = own
    return (scores > own[:, None]).sum(axis=1), (scores == own[:, None]).sum(axis=1)
