"""Embeddings of every node from its full neighbourhood: deterministic, layer by layer, in chunks."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from graph.tensors import BipartiteGraph
from graphsage.edges import OTHER_KIND, NodeKind, csr_rows
from graphsage.errors import FeatureError
from graphsage.features import FeatureRows, NodeFeatures
from graphsage.model import KINDS, GraphSage, InputWidths

CHUNK_ROWS = 8192
"""Rows computed at a time; bounds memory beyond the states themselves."""

Embeddings = tuple[NDArray[np.float32], NDArray[np.float32]]


@torch.no_grad()
def encode_graph(model: GraphSage, graph: BipartiteGraph, features: NodeFeatures) -> Embeddings:
    """Image embeddings ``[I, dim]`` and item embeddings ``[J, dim]``, float32, each row of length 1.

    All neighbours are heard, none drawn (Hamilton et al. 2017, Algorithm 1), each layer for all nodes before the next,
    so that work grows with edges and not with neighbourhoods. Memory: at most three states
    ``[I + J, hidden]`` float32.

    Raises
    ------
    FeatureError
        ``features`` do not fit ``graph``, or have other widths than those the model was trained with.
    """
    widths = InputWidths.of(features)
    if widths != model.widths:
        raise FeatureError(f"features have widths {widths}; the model was trained with {model.widths}")
    rows = FeatureRows(graph, features, model.config.signature_bits)
    csr: dict[NodeKind, tuple[NDArray[np.int64], NDArray[np.int32]]] = {
        "image": (graph.image_indptr, graph.image_items),
        "item": (graph.item_indptr, graph.item_images),
    }
    started = {kind: _start(model, kind, rows, np.diff(csr[kind][0])) for kind in KINDS}
    states, told = ({kind: started[kind][place] for kind in KINDS} for place in (0, 1))
    for depth in range(len(model.layers)):
        states = told = {
            kind: _step(model, depth, kind, (states[kind], told[OTHER_KIND[kind]]), csr[kind]) for kind in KINDS
        }
    image, item = (_finish(model, kind, states[kind]) for kind in KINDS)
    return image, item


def _chunks(n_rows: int) -> list[NDArray[np.int64]]:
    return [np.arange(start, min(start + CHUNK_ROWS, n_rows)) for start in range(0, n_rows, CHUNK_ROWS)]


def _start(model: GraphSage, kind: NodeKind, rows: FeatureRows, degree: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    own = torch.empty(len(degree), model.config.hidden)
    told = torch.empty_like(own)
    for nodes in _chunks(len(degree)):
        chunk = slice(nodes[0], nodes[-1] + 1)
        own[chunk], told[chunk] = model.start(kind, rows.gather(kind, nodes, degree[nodes]))
    return own, told


def _step(
    model: GraphSage,
    depth: int,
    kind: NodeKind,
    states: tuple[Tensor, Tensor],
    csr: tuple[NDArray[np.int64], NDArray[np.int32]],
) -> Tensor:
    own, others = states
    after = torch.empty_like(own)
    for nodes in _chunks(len(own)):
        neighbours, offsets = csr_rows(*csr, nodes)
        if len(others):
            heard = F.embedding_bag(torch.from_numpy(neighbours), others, torch.from_numpy(offsets), mode="mean")
        else:
            heard = own.new_zeros(len(nodes), own.shape[1])
        chunk = slice(nodes[0], nodes[-1] + 1)
        after[chunk] = model.step(depth, kind, own[chunk], heard)
    return after


def _finish(model: GraphSage, kind: NodeKind, states: Tensor) -> NDArray[np.float32]:
    vectors = torch.empty(len(states), model.config.dim)
    for nodes in _chunks(len(states)):
        chunk = slice(nodes[0], nodes[-1] + 1)
        vectors[chunk] = model.finish(kind, states[chunk])
    result: NDArray[np.float32] = vectors.numpy()
    return result
