"""How well embeddings predict held-out edges, beside what popularity alone predicts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph
from graphsage.edges import csr_rows


def hit_rate(
    edges: NDArray[np.int64],
    item_scores: NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]],
    graph: BipartiteGraph,
    item_group: NDArray[np.int32],
    *,
    top: int = 10,
) -> float:
    """Share of edges whose item ranks in the first ``top`` of its group for its image, 0 to 1; ties share their ranks.

    Parameters
    ----------
    edges
        ``[n, 2]`` held-out ``(image, item)``.
    item_scores
        Either a score for each item ``[J]`` (popularity), or the pair of image and item embeddings, whose dot products
        are the scores.
    graph
        The graph scored with; other items it holds for an image do not compete there.
    item_group
        ``[J]`` group codes.
    top
        Length of the list.

    Returns
    -------
    float
        NaN where there are no edges. With ``k`` equal scores around the end of the list, an edge counts the share of
        tie orders that put it in.
    """
    if not len(edges):
        return float("nan")
    groups = item_group[edges[:, 1]]
    hits = 0.0
    for group in np.unique(groups):
        members = np.flatnonzero(item_group == group)
        for part in np.array_split(edges[groups == group], max(1, int((groups == group).sum()) // 512)):
            hits += _hits(part, members, item_scores, graph, top)
    return hits / len(edges)


def _hits(
    edges: NDArray[np.int64],
    members: NDArray[np.int64],
    item_scores: NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]],
    graph: BipartiteGraph,
    top: int,
) -> float:
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
    above = (scores > own[:, None]).sum(axis=1)
    tied = (scores == own[:, None]).sum(axis=1)
    return float(np.clip((top - above) / tied, 0.0, 1.0).sum())
