"""Scorers of photo-item links to compare with GraphSAGE, and GraphSAGE itself: each gives a score for every item."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.link_questions import Asked, Cut, incidence
from evaluation.baselines import AttributePmi
from graphsage import GraphSageConfig, NodeFeatures, TrainedGraphSage, fit, with_listeners
from recsys.engine.catalogue import Catalogue

Matrix = NDArray[np.floating]


def popularity(cut: Cut, asked: Asked) -> Matrix:
    """In how many known photos an item is."""
    degree = np.diff(cut.known.item_indptr).astype(np.float32)
    return np.broadcast_to(degree, (len(asked.target), len(degree)))


def worn_together(cut: Cut) -> sp.csr_matrix:
    """[J, J]: in how many known photos two items are together, 0 on the diagonal."""
    shows = incidence(cut.known)
    together = (shows.T @ shows).tolil()
    together.setdiag(0)
    return sp.csr_matrix(together)


def counting(cut: Cut, asked: Asked, *, second: float = 0.0) -> Matrix:
    """Sum over the shown items of the photos they share with the candidate; ties by popularity.

    ``second`` weighs the sum over third items of both counts, each third item's share less the more it is worn.
    """
    degree = np.diff(cut.known.item_indptr)
    together = worn_together(cut)
    direct = asked.shown @ together
    scores = np.asarray(direct.todense(), np.float32) + 1e-3 * degree.astype(np.float32)
    if second:
        scores += second * np.asarray((direct @ sp.diags(1.0 / np.maximum(degree, 1)) @ together).todense(), np.float32)
    return scores


def standardised(nodes: NodeFeatures) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Looks of photos and items over the items' mean and spread, rows of length 1 (0 where unknown)."""
    known = nodes.item[nodes.item_known]
    mean, spread = known.mean(axis=0), np.maximum(known.std(axis=0), 1e-6)
    rows = []
    for dense, there in ((nodes.image, nodes.image_known), (nodes.item, nodes.item_known)):
        vectors = np.clip((dense - mean) / spread, -8, 8) * there[:, None]
        rows.append((vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32))
    return rows[0], rows[1]


def content(nodes: NodeFeatures, asked: Asked) -> Matrix:
    """Cosine of an item's looks with the mean of the shown items', or with the photo's."""
    photos, items = standardised(nodes)
    query = photos[asked.photo] if asked.with_looks else asked.shown @ items
    return np.asarray(query @ items.T)


def attributes(cut: Cut, catalogue: Catalogue, asked: Asked) -> Matrix:
    """Which attribute values go together in known photos (mutual information)."""
    ids = [item.item_id for item in catalogue.items]
    shown, known = asked.shown, incidence(cut.known)
    outfits = [[ids[j] for j in known[i].indices] for i in range(known.shape[0])]
    model = AttributePmi.fit([outfit for outfit in outfits if len(outfit) > 1], catalogue.items)
    rows = [[ids[j] for j in shown.indices[shown.indptr[q] : shown.indptr[q + 1]]] for q in range(len(asked.target))]
    return np.stack([np.asarray(model.score(row, ids), np.float32) for row in rows])


@dataclass(frozen=True)
class Sage:
    """A trained graph model with the graph that it may hear, and its vectors of all items."""

    model: TrainedGraphSage
    cut: Cut
    nodes: NodeFeatures
    items: NDArray[np.float32]

    @classmethod
    def train(cls, cut: Cut, nodes: NodeFeatures, config: GraphSageConfig) -> Sage:
        """Train on the known links alone."""
        model = fit(cut.known, nodes, config)
        return cls(model, cut, nodes, model.encode(cut.known, nodes)[1])

    def scores(self, asked: Asked) -> Matrix:
        """Each question is a photo of its own, which hears its shown items; no item hears it."""
        n_asked, graph, nodes = len(asked.target), self.cut.known, self.nodes
        names = [f"{graph.image_ids[-1]}?{q:07d}" for q in range(n_asked)]
        asking = with_listeners(graph, names, asked.shown.indptr.astype(np.int64), asked.shown.indices)
        tags = nodes.image_tags
        looks = nodes.image[asked.photo]
        features = replace(
            nodes,
            image=np.concatenate([nodes.image, looks]),
            image_known=np.concatenate([nodes.image_known, nodes.image_known[asked.photo] & asked.with_looks]),
            image_tags=(np.concatenate([tags[0], np.full(n_asked, tags[0][-1])]), tags[1], tags[2]),
        )
        photos, items = self.model.encode(asking, features)
        return np.asarray(photos[graph.n_images :] @ items.T)
