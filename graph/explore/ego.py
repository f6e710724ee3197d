"""What lies around a node, to a depth: nodes, distances, and all edges among them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from graph.explore.budget import Budget, Cut
from graph.explore.finding import exists, unknown
from graph.explore.territory import Territory
from graph.nodes import RELATIONS, Edge, Node, Relation
from graph.store import GraphStore

NODES = 500
"""Nodes of an ego network unless more are asked for: what a person can still look at."""


class Placed(Struct, frozen=True):
    """A node and how many edges it is away from the middle."""

    node: Node
    distance: int


class EgoNetwork(Struct, frozen=True):
    """Nodes by distance from the first, then by kind and id; the edges among them by their ends."""

    nodes: tuple[Placed, ...]
    edges: tuple[Edge, ...]
    cut: tuple[Cut, ...] = ()


def ego_network(
    store: GraphStore,
    node: Node,
    *,
    depth: int = 2,
    relations: Sequence[Relation] = RELATIONS,
    budget: Budget | None = None,
) -> EgoNetwork:
    """The nodes at most ``depth`` edges from one, with every edge between two of them.

    The limit is that of nodes (500 unless a budget is given): nearer ones first, then by kind and id.

    Raises
    ------
    UnknownNodeError
        The node is not stored.
    """
    budget = budget or Budget(limit=NODES)
    deadline = budget.start()
    with deadline.step():
        if not exists(store, node):
            raise unknown(store, node, what=node.kind)
    territory = Territory(store, relations, deadline, fan=budget.fan)
    distance, full = {node: 0}, False
    for level in range(depth):
        territory.follow(n for n, d in distance.items() if d == level)
        met = sorted(n for n, d in territory.distances(node).items() if d == level + 1 and n not in distance)
        room = budget.limit - len(distance)
        full = full or len(met) > room
        distance.update(dict.fromkeys(met[: max(room, 0)], level + 1))
    territory.follow(distance)
    inside = [
        edge
        for start in sorted(distance)
        for end, edge in sorted(territory.edges.get(start, {}).items())
        if edge.start == start and end in distance
    ]
    placed = sorted((Placed(n, d) for n, d in distance.items()), key=lambda p: (p.distance, p.node))
    cuts = territory.cuts(n for n, d in distance.items() if d < depth)
    if full:
        cuts += (Cut("limit", f"the {budget.limit:,} nearest nodes are shown; there are more"),)
    return EgoNetwork(tuple(placed), tuple(inside), cuts)
