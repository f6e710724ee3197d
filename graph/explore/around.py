"""What surrounds a node, by relation."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.explore.finding import exists, unknown
from graph.nodes import Edge, Node, Relation
from graph.store import GraphStore


class Around(Struct, frozen=True):
    """A node's edges by relation, with the true number of each."""

    node: Node
    degrees: Mapping[Relation, int]
    edges: tuple[Edge, ...]
    cut: tuple[Cut, ...] = ()


def around(
    store: GraphStore,
    node: Node,
    *,
    relations: Collection[Relation] | None = None,
    budget: Budget = DEFAULT,
) -> Around:
    """Neighbours of a node, at most the limit by each relation, in order of id. Raises UnknownNodeError."""
    deadline, limit = budget.start(), budget.limit
    if deadline.passed():
        return Around(node, {}, (), deadline.cuts())
    with deadline.step():
        (found,) = store.neighbours([node], relations=relations, limit=limit)
        if not found.degrees and not exists(store, node):
            raise unknown(store, node, what=node.kind)
        cuts = tuple(
            Cut("limit", f"{relation}: the first {limit:,} of {degree:,} are shown")
            for relation, degree in found.degrees.items()
            if degree > limit
        )
        return Around(node, found.degrees, found.edges, cuts)
    return Around(node, {}, (), deadline.cuts())
