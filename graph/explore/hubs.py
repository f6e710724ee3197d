"""The nodes with the most neighbours, and those with none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.nodes import NodeDegree, NodeKind, Relation
from graph.store import GraphStore

MAIN: Mapping[NodeKind, Relation] = {
    "image": "CONTAINS",
    "item": "CONTAINS",
    "outfit": "STYLED_IN",
    "shoot": "IN_SHOOT",
    "style": "HAS_STYLE",
    "category": "IN_CATEGORY",
    "attribute": "HAS_ATTRIBUTE",
}
"""The relation by which nodes of a kind are hubs, unless another is asked for."""

WORN: Mapping[Literal["image", "item"], Collection[Relation]] = {
    "image": ("CONTAINS", "READ_FROM"),
    "item": ("CONTAINS", "STYLED_IN"),
}
"""Relations without which an image or item is an orphan: nothing can be learned from it."""


class Ranking(Struct, frozen=True):
    """Nodes with their numbers of neighbours by ``relations``."""

    kind: NodeKind
    relations: tuple[Relation, ...]
    nodes: tuple[NodeDegree, ...]
    cut: tuple[Cut, ...] = ()


def hubs(
    store: GraphStore,
    kind: NodeKind = "item",
    *,
    relation: Relation | None = None,
    budget: Budget = DEFAULT,
) -> Ranking:
    """Nodes of a kind with the most neighbours by one relation, ties by id.

    Raises ValueError where nodes of the kind cannot have the relation.
    """
    relations = (relation or MAIN[kind],)
    return _ranking(store, kind, relations, budget, lowest=False)


def orphans(store: GraphStore, kind: Literal["image", "item"] = "item", *, budget: Budget = DEFAULT) -> Ranking:
    """Items in no image and no outfit, or images that show no item and gave no outfit, by id."""
    return _ranking(store, kind, tuple(WORN[kind]), budget, lowest=True)


def _ranking(
    store: GraphStore, kind: NodeKind, relations: tuple[Relation, ...], budget: Budget, *, lowest: bool
) -> Ranking:
    deadline, limit = budget.start(), budget.limit
    if deadline.passed():
        return Ranking(kind, relations, (), deadline.cuts())
    found: list[NodeDegree] = []
    with deadline.step():
        found = store.ranked(kind, relations, lowest=lowest, limit=limit + 1)
    found = [degree for degree in found if (degree.degree == 0) == lowest]
    cuts = (Cut("limit", f"the first {limit:,} are shown; there are more"),) if len(found) > limit else ()
    return Ranking(kind, relations, tuple(found[:limit]), (*cuts, *deadline.cuts()))
