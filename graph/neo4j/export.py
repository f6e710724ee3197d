"""The whole graph as CSR arrays, read page by page.

The server shows each page as it is when it is read, and gives the number of a node that went to one that comes. So the
items are read before and after the images, and only those that had one number all the time are told of.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from graph.neo4j.server import Row, Server, Transaction
from graph.tensors import BipartiteGraph, from_edges

PAGE = 10_000
"""Nodes that a row holds: rows of lists take a tenth of the time of a row a node."""

_IMAGES = (
    "MATCH (n:Image) WHERE n.id {comparison} $last WITH n ORDER BY n.id LIMIT $page"
    " WITH n, COLLECT {{ MATCH (n)-[:CONTAINS]->(i:Item) RETURN id(i) }} AS items"
    " RETURN collect(coalesce(n.full_id, n.id)), max(n.id), collect(size(items)), collect(items)"
)
_ITEMS = (
    "MATCH (n:Item) WHERE n.id {comparison} $last WITH n ORDER BY n.id LIMIT $page"
    " RETURN collect(coalesce(n.full_id, n.id)), max(n.id), collect(id(n))"
)


def export(server: Server) -> BipartiteGraph:
    """CSR arrays of all images, items and links; memory is that of the arrays and ids.

    What is written meanwhile may be in it or not, an image without an item of it that came or went; no link is told of
    that there never was.
    """
    image_ids: list[str] = []
    degrees, shown = array("q"), array("q")
    with server.reading() as transaction:
        item_ids, numbers = _items(transaction)
        for ids, _, sizes, items in _pages(transaction, _IMAGES):
            image_ids += ids
            degrees.extend(sizes)
            shown.extend(chain.from_iterable(items))
        item_ids, numbers = _lasting(item_ids, numbers, *_items(transaction))
    item_ids, item_order = _ascending(item_ids)
    image_ids, image_order = _ascending(image_ids)
    ends = np.asarray(shown, np.int64)
    position = np.full(max(max(numbers, default=0), int(ends.max(initial=0))) + 1, -1, np.int32)
    position[np.asarray(numbers, np.int64)[item_order]] = np.arange(len(item_ids), dtype=np.int32)
    rank = np.empty(len(image_ids), np.int32)
    rank[image_order] = np.arange(len(image_ids), dtype=np.int32)
    images = np.repeat(rank, np.asarray(degrees, np.int64))  # [E]
    items = position[ends]
    return from_edges(image_ids, item_ids, images[items >= 0], items[items >= 0])


def _items(transaction: Transaction) -> tuple[list[str], array[int]]:
    """Ids of all items and the server's numbers for them."""
    item_ids: list[str] = []
    numbers = array("q")
    for ids, _, page_numbers in _pages(transaction, _ITEMS):
        item_ids += ids
        numbers.extend(page_numbers)
    return item_ids, numbers


def _lasting(
    ids: list[str], numbers: array[int], later_ids: list[str], later: array[int]
) -> tuple[list[str], array[int]]:
    """Those of some items that are there later with the same number."""
    if numbers == later and ids == later_ids:
        return ids, numbers
    there = set(zip(later_ids, later, strict=True))
    kept = [k for k, item in enumerate(zip(ids, numbers, strict=True)) if item in there]
    return [ids[k] for k in kept], array("q", [numbers[k] for k in kept])


def _pages(transaction: Transaction, query: str) -> Iterator[Row]:
    comparison, last = ">=", ""
    while True:
        (row,) = transaction.run(query.format(comparison=comparison), last=last, page=PAGE)
        yield row
        if len(row[0]) < PAGE:
            return
        comparison, last = ">", row[1]


def _ascending(ids: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Ids in order, and where each was; they are in order but for long ones with one beginning."""
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    return [ids[k] for k in order.tolist()], order
