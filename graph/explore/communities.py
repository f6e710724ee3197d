"""Styles that shops mix, or items that are worn together: communities of them, period by period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, Literal

import networkx as nx
from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut
from graph.explore.dates import Period, day_of, period_of
from graph.nodes import Sighting
from graph.store import GraphStore

MOST = 2_000
"""Items of a period that are divided, the most often worn with others: Louvain takes about a second for them."""

Of = Literal["style", "item"]


class Community(Struct, frozen=True):
    """Members, those with the most weight to the others of the community first, and how many there are."""

    members: tuple[str, ...]
    size: int


class Mixed(Struct, frozen=True):
    """Two styles or items that go together: ``weight`` as counted, ``lift`` over what chance gives them (1)."""

    left: str
    right: str
    weight: int
    lift: float


class Division(Struct, frozen=True):
    """One period: communities, the largest first, of so many ``found``, and the pairs with the most weight.

    ``modularity`` (below 1) says how well divided the period is: chance alone reaches about .3 where edges are few.
    """

    period: str
    images: int
    communities: tuple[Community, ...]
    found: int
    modularity: float
    pairs: tuple[Mixed, ...]


class Divisions(Struct, frozen=True):
    """Periods in order; ``undated`` images have none."""

    periods: tuple[Division, ...]
    undated: int
    cut: tuple[Cut, ...] = ()


def communities(
    store: GraphStore, of: Of = "style", *, period: Period = "quarter", seed: int = 0, budget: Budget = DEFAULT
) -> Divisions:
    """Communities of the graph of styles that are mixed, or of items that are worn together, in each period.

    Two styles are joined as strongly as there are items seen in both in the period, in one photo or in several; two
    items as strongly as there are images that show both. Divided by Louvain with weights, resolution 1 and a fixed
    seed (Blondel, Guillaume, Lambiotte, Lefebvre, "Fast unfolding of communities in large networks", J. Stat. Mech.
    2008 P10008). A style or item joined to no other is in no community. The limit is that of communities, of their
    members, and of pairs.
    """
    deadline = budget.start()
    by_period: dict[str, _Counted] = defaultdict(_Counted)
    undated = 0
    for sighting in deadline.within(store.sightings()):
        name = period_of(day_of(sighting.created), period)
        if name is None:
            undated += 1
        else:
            by_period[name].add(sighting, of)
    found: list[Division] = []
    cuts: list[Cut] = []
    for name in deadline.within(sorted(by_period), every=1):
        graph, cut = _graph(name, by_period[name].weights(of))
        found.append(_divide(name, by_period[name].images, graph, seed, budget.limit))
        cuts += cut
        if found[-1].found > budget.limit:
            cuts.append(
                Cut("limit", f"{name}: the first {budget.limit:,} of {found[-1].found:,} communities are shown")
            )
    return Divisions(tuple(found), undated, (*cuts, *deadline.cuts()))


class _Counted:
    """What the images of one period say."""

    def __init__(self) -> None:
        self.images = 0
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._styles: dict[str, set[str]] = defaultdict(set)

    def add(self, sighting: Sighting, of: Of) -> None:
        self.images += 1
        if of == "item":
            self._pairs.update(combinations(sighting.item_ids, 2))
            return
        for item_id in sighting.item_ids:
            self._styles[item_id].update(sighting.styles)

    def weights(self, of: Of) -> Mapping[tuple[str, str], int]:
        if of == "item":
            return self._pairs
        return Counter(pair for styles in self._styles.values() for pair in combinations(sorted(styles), 2))


def _graph(name: str, weights: Mapping[tuple[str, str], int]) -> tuple[nx.Graph[str], list[Cut]]:
    """The graph, its nodes and edges in order, so that one seed gives one answer."""
    strength: Counter[str] = Counter()
    for pair, weight in weights.items():
        strength.update(dict.fromkeys(pair, weight))
    kept = sorted(strength, key=lambda node: (-strength[node], node))[:MOST]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(kept))
    graph.add_weighted_edges_from((*pair, weights[pair]) for pair in sorted(weights) if set(pair) <= graph.nodes.keys())
    more = len(strength) - len(kept)
    cut = [Cut("limit", f"{name}: the {MOST:,} most worn were divided, {more:,} others left out")] if more else []
    return graph, cut


def _divide(name: str, images: int, graph: nx.Graph[str], seed: int, limit: int) -> Division:
    whole: nx.Graph[Any] = graph
    numbers = nx.convert_node_labels_to_integers(whole, label_attribute="name")  # sets of text have no fixed order
    louvain: Any = nx.community.louvain_communities
    parts: list[set[int]] = louvain(numbers, weight="weight", seed=seed) if graph.edges else []
    modularity = nx.community.modularity(numbers, parts, weight="weight") if parts else 0.0
    named = [[numbers.nodes[number]["name"] for number in sorted(part)] for part in parts]
    named.sort(key=lambda members: (-len(members), members))
    shown = tuple(_community(graph, members, limit) for members in named[:limit])
    return Division(name, images, shown, len(named), float(modularity), _mixed(graph, limit))


def _community(graph: nx.Graph[str], members: Iterable[str], limit: int) -> Community:
    inside = graph.subgraph(members)
    weight = dict(inside.degree(weight="weight"))
    order = sorted(weight, key=lambda node: (-weight[node], node))
    return Community(tuple(order[:limit]), len(order))


def _mixed(graph: nx.Graph[str], limit: int) -> tuple[Mixed, ...]:
    """Pairs by weight; chance joins two nodes in proportion to their weights, as modularity has it."""
    whole: nx.Graph[Any] = graph
    weight = dict(graph.degree(weight="weight"))
    total = sum(weight.values())
    joined: list[tuple[str, str, int]] = list(whole.edges(data="weight"))
    edges = sorted(((min(a, b), max(a, b), n) for a, b, n in joined), key=lambda edge: (-edge[2], *edge[:2]))[:limit]
    return tuple(
        Mixed(left, right, count, count * total / (weight[left] * weight[right])) for left, right, count in edges
    )
