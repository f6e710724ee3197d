"""The graph for people's tools: networkx, and GraphML for Gephi, yEd and the like; whole, or some nodes and edges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx

from data.atomic import replacing
from graph.nodes import Edge, Node
from graph.store import GraphStore

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_networkx(store: GraphStore) -> nx.Graph[str]:
    """The image-item graph as a bipartite networkx graph; everything is held in memory, about 1 KB an edge.

    Nodes are ``image:<id>`` (``bipartite`` 0) and ``item:<id>`` (``bipartite`` 1), in ascending order of id, so that an
    image and an item of one id stay apart. Both have ``id``, ``kind`` and ``source``; images have ``shoot``, ``styles``
    and ``photo``, items ``category``, ``slot`` and ``attributes``. An edge has ``regions``, the ids of the garments
    that show the item in the image, and ``confidence``, that of the surest link (0 to 1). The store is read in several
    steps: links that came or went meanwhile are left out.
    """
    graph: nx.Graph[str] = nx.Graph()
    confidences = {link.region_id: link.confidence for link in store.links()}
    images = list(store.images())
    for image in images:
        graph.add_node(
            f"image:{image.image_id}",
            bipartite=0,
            id=image.image_id,
            kind=image.kind,
            source=image.source,
            shoot=image.shoot,
            styles=image.styles,
            photo=image.photo,
        )
    for item in store.items():
        graph.add_node(
            f"item:{item.item_id}",
            bipartite=1,
            id=item.item_id,
            kind="item",
            source=item.source,
            category=item.category,
            slot=item.slot,
            attributes=dict(item.attributes),
        )
    for image in images:
        for region in image.regions:
            confidence = confidences.get(region.region_id)
            if region.item_id is not None and confidence is not None and f"item:{region.item_id}" in graph:
                _join(graph, image.image_id, region.item_id, region.region_id, confidence)
    return graph


def _join(graph: nx.Graph[str], image_id: str, item_id: str, region_id: str, confidence: float) -> None:
    ends = f"image:{image_id}", f"item:{item_id}"
    regions: tuple[str, ...] = ()
    if graph.has_edge(*ends):
        edge = graph.edges[ends]
        regions, confidence = edge["regions"], max(edge["confidence"], confidence)
    graph.add_edge(*ends, regions=(*regions, region_id), confidence=confidence)


def nodes_to_networkx(nodes: Iterable[tuple[Node, Mapping[str, Any]]], edges: Iterable[Edge]) -> nx.Graph[str]:
    """Some nodes, each with fields to keep, and the edges among them as a networkx graph.

    Nodes are ``<kind>:<id>``, an attribute ``attribute:<name>=<value>`` (a ``=`` or ``%`` in its name written ``%3D``
    or ``%25``); all have ``id``, ``value`` and ``kind``. An edge has ``relation``, and CONTAINS ``regions``,
    ``confidence`` and ``method`` besides.
    """
    graph: nx.Graph[str] = nx.Graph()
    for node, fields in nodes:
        graph.add_node(node_name(node), id=node.id, value=node.value, kind=node.kind, **fields)
    for edge in edges:
        kept: dict[str, Any] = {"relation": edge.relation}
        if edge.regions:
            kept |= {"regions": edge.regions, "confidence": edge.confidence, "method": edge.method}
        graph.add_edge(node_name(edge.start), node_name(edge.end), **kept)
    return graph


def node_name(node: Node) -> str:
    """Name of a node that no other has."""
    if node.kind != "attribute":
        return f"{node.kind}:{node.id}"
    return f"attribute:{node.id.replace('%', '%25').replace('=', '%3D')}={node.value}"


def write_graphml(graph: GraphStore | nx.Graph[str], path: str | Path) -> None:
    """Write a store's graph, or another, as GraphML, whole or not at all.

    GraphML knows no lists: values are joined by ``; ``, an attribute ``colour`` becomes ``attribute_colour``, and
    characters that XML cannot hold become U+FFFD.
    """
    flat: nx.Graph[str] = nx.Graph()
    graph = to_networkx(graph) if isinstance(graph, GraphStore) else graph
    for node, fields in graph.nodes(data=True):
        flat.add_node(_xml(node), **_flat(fields))
    for left, right, fields in graph.edges(data=True):
        flat.add_edge(_xml(left), _xml(right), **_flat(fields))
    with replacing(Path(path), parents=False) as temporary:
        nx.write_graphml(flat, temporary, encoding="utf-8")


def _flat(fields: dict[str, Any]) -> dict[str, str | int | float]:
    """Fields as GraphML can hold them."""
    flat: dict[str, str | int | float] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat.update(_flat({f"attribute_{key}": values for key, values in value.items()}))
        elif isinstance(value, int | float):
            flat[_xml(name)] = value
        elif value is not None:
            flat[_xml(name)] = _xml(value if isinstance(value, str) else "; ".join(value))
    return flat


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
