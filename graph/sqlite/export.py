"""The whole graph as CSR arrays, read in one snapshot."""

from __future__ import annotations

import sqlite3
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from graph.tensors import BipartiteGraph, from_edges


def export(connection: sqlite3.Connection) -> BipartiteGraph:
    """CSR arrays of all images, items and links; rows are streamed, so memory is that of the arrays and ids."""
    image_ids, image_position = _positions(connection, "SELECT idx, image_id FROM image ORDER BY image_id")
    item_ids, item_position = _positions(connection, "SELECT idx, item_id FROM item ORDER BY item_id")
    edges = connection.execute("SELECT image, item FROM region WHERE item IS NOT NULL")
    pairs = np.fromiter(chain.from_iterable(edges), dtype=np.int64).reshape(-1, 2)  # [E, 2]
    return from_edges(image_ids, item_ids, image_position[pairs[:, 0]], item_position[pairs[:, 1]])


def _positions(connection: sqlite3.Connection, query: str) -> tuple[list[str], NDArray[np.int32]]:
    """Ids in ascending order, and the position of each internal number among them."""
    ids: list[str] = []
    numbers: list[int] = []
    for number, node_id in connection.execute(query):
        numbers.append(number)
        ids.append(node_id)
    position = np.zeros(max(numbers, default=0) + 1, dtype=np.int32)
    position[np.asarray(numbers, dtype=np.int64)] = np.arange(len(ids), dtype=np.int32)
    return ids, position
