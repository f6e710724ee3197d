"""What is known of each node: photo and item features, tags, and a sketch of each item's identity."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graph.tensors import BipartiteGraph
from graphsage.edges import NodeKind, csr_rows
from graphsage.errors import FeatureError

Tags = tuple[NDArray[np.int64], NDArray[np.int32], int]
"""Multi-hot rows as CSR: ``indptr`` [n+1], ``indices`` [nnz] in ``0..n_values-1``, and ``n_values``."""


def no_tags(n_nodes: int) -> Tags:
    """Tags of nodes that have none."""
    return np.zeros(n_nodes + 1, dtype=np.int64), np.empty(0, dtype=np.int32), 0


@dataclass(frozen=True)
class NodeFeatures:
    """Inputs of the model, one row a node, in the graph's order.

    ``image`` ``[I, Fi]`` and ``item`` ``[J, Fj]`` float32: dense features of whole photos and of items, any scale (they
    are standardised on the training rows), width 0 where there are none; rows where ``image_known`` ``[I]`` or
    ``item_known`` ``[J]`` is False are not read. ``image_tags`` and ``item_tags``: styles, category, attribute values.
    ``item_group`` ``[J]`` int32: category or slot code; negatives and ranks are taken within a group.
    """

    image: NDArray[np.float32]
    image_known: NDArray[np.bool_]
    item: NDArray[np.float32]
    item_known: NDArray[np.bool_]
    image_tags: Tags
    item_tags: Tags
    item_group: NDArray[np.int32]

    def check(self, graph: BipartiteGraph) -> None:
        """Raise FeatureError where shapes, values or codes do not fit ``graph``."""
        _check_kind("image", graph.n_images, self.image, self.image_known, self.image_tags)
        _check_kind("item", graph.n_items, self.item, self.item_known, self.item_tags)
        if self.item_group.shape != (graph.n_items,):
            raise FeatureError(f"item_group has shape {self.item_group.shape}; the graph has {graph.n_items} items")
        if len(self.item_group) and int(self.item_group.min()) < 0:
            raise FeatureError("item_group has a negative code; codes start at 0")


def describes_images(features: NodeFeatures) -> bool:
    """Whether any image has features or tags."""
    return bool(features.image_known.any()) or len(features.image_tags[1]) > 0


def without_photos(features: NodeFeatures) -> NodeFeatures:
    """The same where no image has features or tags: what is known of an outfit of which there is no photo."""
    indptr, indices, n_values = features.image_tags
    return replace(
        features,
        image_known=np.zeros_like(features.image_known),
        image_tags=(np.zeros_like(indptr), indices[:0], n_values),
    )


def _check_kind(kind: NodeKind, n_nodes: int, dense: NDArray[np.float32], known: NDArray[np.bool_], tags: Tags) -> None:
    indptr, indices, n_values = tags
    if dense.ndim != 2 or len(dense) != n_nodes:
        raise FeatureError(f"{kind} features have shape {dense.shape}; the graph needs [{n_nodes}, any width]")
    if known.shape != (n_nodes,):
        raise FeatureError(f"{kind}_known has shape {known.shape}; the graph has {n_nodes} {kind}s")
    if len(indptr) != n_nodes + 1 or (len(indptr) and int(indptr[-1]) != len(indices)):
        raise FeatureError(f"{kind}_tags: indptr of {len(indptr)} entries does not frame {n_nodes} rows")
    if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < n_values:
        raise FeatureError(f"{kind}_tags: a value code lies outside 0..{n_values - 1}")
    for start in range(0, n_nodes, 65_536):
        rows = slice(start, start + 65_536)
        if not np.isfinite(dense[rows][known[rows]]).all():
            raise FeatureError(f"{kind} features between rows {start} and {start + 65_536} hold NaN or infinity")


def signatures(ids: Sequence[str], bits: int) -> NDArray[np.uint8]:
    """A fixed pseudo-random row of bits for each id, packed ``[n, bits / 8]`` uint8, the same on every machine.

    Read as signs, rows of different ids are nearly orthogonal, so that the mean over an image's items is a random
    projection of its row of the adjacency matrix (Johnson-Lindenstrauss; cf. RandNE, Zhang et al. 2018). Items thus
    carry *who they are* without learned id vectors: an item never seen has a signature too, and no weight remembers a
    single edge; embeddings of a graph without some edges know of those edges only what all weights together kept.
    """
    if bits == 0 or not ids:
        return np.empty((len(ids), bits // 8), dtype=np.uint8)
    size = bits // 8
    digests = b"".join(hashlib.blake2b(node.encode(), digest_size=size, person=b"signature").digest() for node in ids)
    return np.frombuffer(digests, dtype=np.uint8).reshape(len(ids), size)


@dataclass(frozen=True, slots=True)
class NodeInputs:
    """Rows of features as tensors: what the encoder of one node kind reads.

    ``dense`` [n, F] float32 (zero rows where not ``known`` [n] bool), ``tag_indices`` [nnz] and ``tag_offsets`` [n]
    int64 for an embedding bag, ``signature`` [n, bits] float32 of signs, ``degree`` [n] float32.
    """

    dense: Tensor
    known: Tensor
    tag_indices: Tensor
    tag_offsets: Tensor
    signature: Tensor
    degree: Tensor


class FeatureRows:
    """Gathers feature rows of any nodes as tensors; holds the arrays, copies only what is asked for."""

    def __init__(self, graph: BipartiteGraph, features: NodeFeatures, signature_bits: int) -> None:
        features.check(graph)
        self._dense: dict[NodeKind, NDArray[np.float32]] = {"image": features.image, "item": features.item}
        self._known: dict[NodeKind, NDArray[np.bool_]] = {"image": features.image_known, "item": features.item_known}
        self._tags: dict[NodeKind, Tags] = {"image": features.image_tags, "item": features.item_tags}
        self._signature: dict[NodeKind, NDArray[np.uint8]] = {
            "image": np.empty((graph.n_images, 0), dtype=np.uint8),
            "item": signatures(graph.item_ids, signature_bits),
        }

    def gather(self, kind: NodeKind, nodes: NDArray[np.integer], degree: NDArray[np.integer]) -> NodeInputs:
        """Rows of ``nodes`` [n]; ``degree`` [n] is what each is to be told of its own degree."""
        known = self._known[kind][nodes]
        dense = self._dense[kind][nodes].astype(np.float32, copy=False)
        dense[~known] = 0.0
        indptr, indices, _ = self._tags[kind]
        tag_indices, tag_offsets = csr_rows(indptr, indices, nodes)
        signs = np.unpackbits(self._signature[kind][nodes], axis=1).astype(np.float32) * 2.0 - 1.0
        return NodeInputs(
            dense=torch.from_numpy(dense),
            known=torch.from_numpy(known),
            tag_indices=torch.from_numpy(tag_indices),
            tag_offsets=torch.from_numpy(tag_offsets),
            signature=torch.from_numpy(signs),
            degree=torch.from_numpy(degree.astype(np.float32)),
        )
