"""The whole graph as CSR arrays, streamed out of one transaction."""

from __future__ import annotations

from array import array
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from graph.neo4j.server import Server, Transaction
from graph.tensors import BipartiteGraph, from_edges

_NODES = "MATCH (n:{label}) RETURN id(n), coalesce(n.full_id, n.id)"
_EDGES = "MATCH (p:Image)-[:CONTAINS]->(i:Item) RETURN id(p), id(i)"


def export(server: Server) -> BipartiteGraph:
    """CSR arrays of all images, items and links; rows are streamed, so memory is that of the arrays and ids."""
    with server.reading() as transaction:
        image_ids, image_position = _positions(transaction, "Image")
        item_ids, item_position = _positions(transaction, "Item")
        ends = array("q", chain.from_iterable(transaction.stream(_EDGES)))
        pairs = np.frombuffer(ends, dtype=np.int64).reshape(-1, 2)  # [E, 2]
    return from_edges(image_ids, item_ids, image_position[pairs[:, 0]], item_position[pairs[:, 1]])


def _positions(transaction: Transaction, label: str) -> tuple[list[str], NDArray[np.int32]]:
    """Ids in ascending order, and the position of each internal number among them."""
    numbers, ids = array("q"), []
    for number, node_id in transaction.stream(_NODES.format(label=label)):
        numbers.append(number)
        ids.append(node_id)
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    position = np.zeros(max(numbers, default=0) + 1, dtype=np.int32)
    position[np.asarray(numbers, dtype=np.int64)[order]] = np.arange(len(ids), dtype=np.int32)
    return [ids[k] for k in order], position
