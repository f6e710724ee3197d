"""Ways between two items: the shortest, and the strongest."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.explore.chains import Chain, Way, chains_of
from graph.explore.finding import require
from graph.explore.strength import edge_strength, edges_strength
from graph.explore.territory import Territory, walk
from graph.nodes import Edge, Neighbourhood, Node, Relation
from graph.store import GraphStore

STEPS = 3
"""Steps that are looked for; a step is two edges, as from an item over a photo to another item."""

WORN: tuple[Relation, ...] = ("CONTAINS", "STYLED_IN")
ALIKE: tuple[Relation, ...] = (*WORN, "HAS_ATTRIBUTE", "HAS_STYLE")

_POOL = 2_000
"""Shortest paths among which the strongest come first."""


class Paths(Struct, frozen=True):
    """Ways from one item to another, or none within so many ``steps``; ``text`` says which."""

    start: str
    end: str
    steps: int
    chains: tuple[Chain, ...]
    text: str
    cut: tuple[Cut, ...] = ()


def shortest_paths(
    store: GraphStore,
    start: str,
    end: str,
    *,
    relations: Sequence[Relation] = WORN,
    steps: int = STEPS,
    budget: Budget = DEFAULT,
) -> Paths:
    """All ways with the fewest steps, the strongest first, ties by node.

    Over photos, and outfits that were not read from one, unless ``relations`` says otherwise. Ways over the same items
    are one chain, told over the strongest of them. Raises UnknownNodeError.
    """
    deadline = budget.start()
    territory = Territory(store, relations, deadline, fan=budget.fan, retell=False)
    with deadline.step():
        _require_ends(store, start, end)
        return ways_within(store, territory, (start, end, steps), budget.limit)
    return _answer(store, territory, (start, end, steps), (), territory.cuts())


def ways_within(store: GraphStore, territory: Territory, asked: tuple[str, str, int], limit: int) -> Paths:
    """The shortest ways between two items that are stored, within so many steps, walking on from a territory."""
    start, end, steps = asked
    ends = Node("item", start), Node("item", end)
    found = walk(territory, *ends, 2 * steps, stop=True) if start != end else False
    ways = list(islice(_all_shortest(territory, *ends), _POOL)) if found else []
    strong = _strengths(territory, ways)
    told: dict[tuple[Node, ...], list[int]] = {}
    for n in sorted(range(len(ways)), key=lambda n: (-round(strong[n], 12), ways[n])):
        told.setdefault(tuple(node for node in ways[n] if node.kind == "item"), []).append(n)
    chosen = [Way(ways[group[0]], strong[group[0]], len(group)) for group in list(told.values())[:limit]]
    cuts = territory.cuts()
    if len(ways) == _POOL:
        cuts += (Cut("limit", f"only {_POOL:,} shortest ways were compared; there are more"),)
    if len(told) > limit:
        cuts += (Cut("limit", f"the first {limit:,} of {len(told):,} shortest ways are shown"),)
    return _answer(store, territory, asked, chosen, cuts)


def strongest_path(
    store: GraphStore,
    start: str,
    end: str,
    *,
    relations: Sequence[Relation] = ALIKE,
    steps: int = STEPS,
    budget: Budget = DEFAULT,
) -> Paths:
    """The one way with the highest path-degree product (``graph.explore.strength``) of at most so many steps.

    Attributes and styles may be walked too; what half of the catalogue has weighs next to nothing. Of ways that are as
    strong, the one with fewer edges is given. Raises UnknownNodeError.
    """
    deadline = budget.start()
    territory = Territory(store, relations, deadline, fan=budget.fan, retell=False)
    with deadline.step():
        ends = _require_ends(store, start, end)
        found = walk(territory, *ends, 2 * steps, stop=False) if start != end else False
        way = _strongest(territory, *ends, 2 * steps) if found else None
        chosen = [] if way is None else [Way(way, _strengths(territory, [way])[0], 1)]
        return _answer(store, territory, (start, end, steps), chosen, territory.cuts())
    return _answer(store, territory, (start, end, steps), (), territory.cuts())


def _require_ends(store: GraphStore, start: str, end: str) -> tuple[Node, Node]:
    ends = Node("item", start), Node("item", end)
    found = store.neighbours(ends, relations=["IN_CATEGORY"], limit=0)
    require(store, found)
    return ends


def _answer(
    store: GraphStore,
    territory: Territory,
    asked: tuple[str, str, int],
    chosen: Sequence[Way],
    cuts: tuple[Cut, ...],
) -> Paths:
    start, end, steps = asked
    chains = chains_of(store, territory.edges, chosen)
    text = f"{len(chains)} way{'s' * (len(chains) > 1)} found"
    if not chains:
        text = f"no path within {steps} step{'s' * (steps > 1)} from {start} to {end}"
        text = f"{start} is the item itself" if start == end else text
        text += ", as far as was looked" * bool(cuts)
    return Paths(start, end, steps, chains, text, cuts)


def _all_shortest(territory: Territory, start: Node, end: Node) -> Iterator[tuple[Node, ...]]:
    """Shortest paths in order of their nodes."""
    left = territory.distances(end)

    def onward(way: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
        if way[-1] == end:
            yield way
            return
        near = [node for node in territory.edges[way[-1]] if left.get(node, math.inf) == left[way[-1]] - 1]
        for node in sorted(near):
            yield from onward((*way, node))

    return onward((start,))


def _strengths(territory: Territory, ways: Sequence[tuple[Node, ...]]) -> list[float]:
    around = territory.degrees(node for way in ways for node in way)

    def edges(way: tuple[Node, ...]) -> Iterator[tuple[Edge, int, int]]:
        for left, right in pairwise(way):
            edge = territory.edges[left][right]
            yield edge, around[left].degrees.get(edge.relation, 0), around[right].degrees.get(edge.relation, 0)

    return [edges_strength(edges(way)) for way in ways]


def _strongest(territory: Territory, start: Node, end: Node, most: int) -> tuple[Node, ...] | None:
    """Dijkstra over costs ``-log(strength)``, never negative; a node is left for good only by fewer edges."""
    left = territory.distances(end)
    near = {node for node, distance in territory.distances(start).items() if distance + left[node] <= most}
    around = territory.degrees(near)
    reached: dict[Node, int] = {}
    waiting: list[tuple[float, int, tuple[Node, ...]]] = [(0.0, 0, (start,))]
    while waiting:
        cost, length, way = heapq.heappop(waiting)
        node = way[-1]
        if node == end:
            return way
        if reached.get(node, most + 1) <= length:
            continue
        reached[node] = length
        for other, edge in territory.edges.get(node, {}).items():
            if other in near and length + 1 + left[other] <= most and reached.get(other, most + 1) > length + 1:
                step = _cost(edge, around[node], around[other])
                heapq.heappush(waiting, (round(cost + step, 12), length + 1, (*way, other)))
    return None


def _cost(edge: Edge, here: Neighbourhood, there: Neighbourhood) -> float:
    strength = edge_strength(here.degrees.get(edge.relation, 0), there.degrees.get(edge.relation, 0), edge.confidence)
    return -math.log(strength) if strength > 0 else math.inf
