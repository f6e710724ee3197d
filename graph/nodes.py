"""Nodes and edges of the graph as people walk it: what a store answers to questions about surroundings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from msgspec import Struct

from data.types import IdentityMethod

NodeKind = Literal["image", "item", "outfit", "shoot", "style", "category", "attribute"]

Relation = Literal["CONTAINS", "IN_CATEGORY", "HAS_ATTRIBUTE", "HAS_STYLE", "IN_SHOOT", "STYLED_IN", "READ_FROM"]
"""Kinds of edges, named as in Neo4j."""

NODE_KINDS: tuple[NodeKind, ...] = get_args(NodeKind)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
"""All relations, in the order in which answers give them."""

ENDS: Mapping[Relation, tuple[NodeKind, NodeKind]] = {
    "CONTAINS": ("image", "item"),
    "IN_CATEGORY": ("item", "category"),
    "HAS_ATTRIBUTE": ("item", "attribute"),
    "HAS_STYLE": ("image", "style"),
    "IN_SHOOT": ("image", "shoot"),
    "STYLED_IN": ("item", "outfit"),
    "READ_FROM": ("outfit", "image"),
}
"""From which kind of node to which each relation leads."""


class Node(Struct, frozen=True, order=True):
    """One node. Of an attribute, ``id`` is its name and ``value`` its value; other kinds have no value.

    Nodes of one kind are in order of ``id``, then ``value``, by code point.
    """

    kind: NodeKind
    id: str
    value: str = ""

    @property
    def label(self) -> str:
        """What people call it: the id, of an attribute ``name=value``."""
        return f"{self.id}={self.value}" if self.kind == "attribute" else self.id

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"


class Edge(Struct, frozen=True):
    """One relationship from ``start`` to ``end``.

    Only CONTAINS has the rest: ``regions`` are the ids of the garments of the image that show the item, ascending;
    ``confidence`` (0 to 1) and ``method`` are those of the surest of their links, the first region's where several are
    as sure.
    """

    relation: Relation
    start: Node
    end: Node
    regions: tuple[str, ...] = ()
    confidence: float = 1.0
    method: IdentityMethod | None = None

    def other(self, node: Node) -> Node:
        """The end that is not ``node``."""
        return self.end if node == self.start else self.start


class Neighbourhood(Struct, frozen=True):
    """What surrounds a node: ``degrees`` are the true numbers of neighbours by relation, those that are not 0.

    ``edges`` come by relation, in the order of ``RELATIONS``, then in order of the other end; of a relation with more
    neighbours than were asked for they are the first.
    """

    node: Node
    edges: tuple[Edge, ...]
    degrees: Mapping[Relation, int]

    def others(self, relation: Relation) -> list[Node]:
        """The other ends of one relation's edges."""
        return [edge.other(self.node) for edge in self.edges if edge.relation == relation]

    def left_out(self, relation: Relation) -> int:
        """How many neighbours by one relation were cut."""
        return self.degrees.get(relation, 0) - sum(edge.relation == relation for edge in self.edges)


class NodeDegree(Struct, frozen=True):
    """A node and its number of neighbours."""

    node: Node
    degree: int


class Sighting(Struct, frozen=True):
    """What one image shows, and when it was made, without where in the picture.

    ``created`` is the text that the source gave, None where it gave none. ``styles`` (main styles and substyles) and
    ``item_ids`` are ascending and distinct.
    """

    image_id: str
    source: str
    created: str | None = None
    shoot: str | None = None
    styles: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()


def relations_of(kind: NodeKind) -> tuple[Relation, ...]:
    """Relations that nodes of a kind can have, in order."""
    return tuple(relation for relation in RELATIONS if kind in ENDS[relation])


def require_relations(kind: NodeKind, relations: Collection[Relation]) -> list[Relation]:
    """The relations in order; raises ValueError where nodes of a kind cannot have one."""
    possible = relations_of(kind)
    for relation in relations:
        if relation not in possible:
            raise ValueError(f"{kind} nodes have no {relation}; they have {', '.join(possible)}")
    return [relation for relation in possible if relation in relations]
