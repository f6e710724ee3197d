"""The graph as two Parquet files, nodes and edges, for polars, DuckDB, Spark and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from data.atomic import replacing
from graph.nodes import NODE_KINDS, Edge, Node, NodeKind, Relation
from graph.store import GraphStore

Record = TypeVar("Record")

NODES = "nodes.parquet"
EDGES = "edges.parquet"

BATCH = 500
"""Nodes whose edges one call to the store gives."""

ROWS = 50_000
"""Rows that are held in memory and written as one row group."""

_EVERYTHING = 2**31 - 1

_FROM: Mapping[NodeKind, tuple[Relation, ...]] = {
    "image": ("CONTAINS", "HAS_STYLE", "IN_SHOOT"),
    "item": ("IN_CATEGORY", "HAS_ATTRIBUTE", "STYLED_IN"),
    "outfit": ("READ_FROM",),
}
"""Relations by the kind that they start at: each edge is written once."""

_NODE_FIELDS = [
    *[pa.field(name, pa.string(), nullable=False) for name in ("kind", "id", "value")],
    *[pa.field(name, pa.string()) for name in ("source", "slot", "photo", "created")],
    pa.field("distance", pa.int32()),
]
_EDGE_FIELDS = [
    *[
        pa.field(name, pa.string(), nullable=False)
        for name in ("relation", "start_kind", "start_id", "end_kind", "end_id", "end_value")
    ],
    pa.field("regions", pa.list_(pa.string())),
    pa.field("confidence", pa.float64()),
    pa.field("method", pa.string()),
]


class ParquetCounts(Struct, frozen=True):
    """Rows written."""

    nodes: int
    edges: int


def write_parquet(store: GraphStore, folder: str | Path) -> ParquetCounts:
    """Write the whole graph, streaming: both files are there whole or not at all.

    ``nodes.parquet``: ``kind``, ``id``, ``value``; of images and items ``source``, of items ``slot`` and ``photo``, of
    images ``created``. Images, items and outfits come by id, then the small nodes. ``edges.parquet``: ``relation``, the
    ends, and of CONTAINS ``regions``, ``confidence`` and ``method``.

    Raises
    ------
    OSError
        The folder cannot be written, or the disk is full.
    """
    return write_rows(_nodes(store), _edges(store), folder)


def write_rows(
    nodes: Iterable[tuple[Node, Mapping[str, Any]]], edges: Iterable[Edge], folder: str | Path
) -> ParquetCounts:
    """Write nodes, each with what else is known of it, and edges. Raises OSError."""
    folder = Path(folder)
    with replacing(folder / NODES) as node_file, replacing(folder / EDGES) as edge_file:
        node_rows = ({"kind": n.kind, "id": n.id, "value": n.value, **fields} for n, fields in nodes)
        return ParquetCounts(
            _write(node_file, pa.schema(_NODE_FIELDS), node_rows),
            _write(edge_file, pa.schema(_EDGE_FIELDS), map(_edge_row, edges)),
        )


def _write(path: Path, schema: Any, rows: Iterable[Mapping[str, Any]]) -> int:
    written = 0
    with pq.ParquetWriter(path, schema) as writer:
        for batch in _batches(rows, ROWS):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
            written += len(batch)
    return written


def _edge_row(edge: Edge) -> dict[str, Any]:
    seen = edge.relation == "CONTAINS"
    return {
        "relation": edge.relation,
        "start_kind": edge.start.kind,
        "start_id": edge.start.id,
        "end_kind": edge.end.kind,
        "end_id": edge.end.id,
        "end_value": edge.end.value,
        "regions": list(edge.regions) if seen else None,
        "confidence": edge.confidence if seen else None,
        "method": edge.method,
    }


def _nodes(store: GraphStore) -> Iterator[tuple[Node, dict[str, Any]]]:
    for image in store.sightings():
        yield Node("image", image.image_id), {"source": image.source, "created": image.created}
    for item in store.items():
        yield Node("item", item.item_id), {"source": item.source, "slot": item.slot, "photo": item.photo}
    for outfit in store.outfits():
        yield Node("outfit", outfit.outfit_id), {"source": outfit.source}
    for kind in NODE_KINDS:
        if kind not in _FROM:
            small = [degree.node for degree in store.ranked(kind, [], limit=_EVERYTHING)]
            yield from ((node, {}) for node in small)


def _edges(store: GraphStore) -> Iterator[Edge]:
    starts: Mapping[NodeKind, Iterable[str]] = {
        "image": (image.image_id for image in store.sightings()),
        "item": (item.item_id for item in store.items()),
        "outfit": (outfit.outfit_id for outfit in store.outfits()),
    }
    for kind, ids in starts.items():
        for batch in _batches(ids, BATCH):
            nodes = [Node(kind, node_id) for node_id in batch]
            found = store.neighbours(nodes, relations=_FROM[kind], limit=_EVERYTHING)
            yield from chain.from_iterable(around.edges for around in found)


def _batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    iterator = iter(records)
    while batch := list(islice(iterator, size)):
        yield batch
