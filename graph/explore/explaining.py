"""Why an item goes with others, and what holds a whole outfit together: what the graph says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from msgspec import Struct

from graph.explore.budget import DEFAULT, Budget, Cut, Deadline, first
from graph.explore.evidence import Evidence, between_two, rank
from graph.explore.paths import STEPS, WORN, Paths, ways_within
from graph.explore.scene import Scene
from graph.explore.territory import Memory, Territory
from graph.nodes import Node
from graph.store import GraphStore

TOGETHER = ("image", "outfit", "between", "path")
"""Evidence that somebody wore or styled things together, rather than that they are alike."""


class Explanation(Struct, frozen=True):
    """What speaks for an item beside others.

    ``evidence`` is ranked by strength. ``unconnected`` are the others that no path of three steps over photos and
    outfits joins it to; it may be like them all the same. ``text`` is the strongest reason, or that there is none.
    """

    item_id: str
    context: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    unconnected: tuple[str, ...]
    text: str
    cut: tuple[Cut, ...] = ()


class Common(Struct, frozen=True):
    """An attribute, style, image or outfit that several items of an outfit have, and which of them."""

    node: Node
    item_ids: tuple[str, ...]


class Connections(Struct, frozen=True):
    """What holds an outfit together.

    ``common`` is what at least two items have, what most have first. ``evidence`` is about pairs, ranked by strength.
    ``unconnected`` are pairs that nobody wore or styled together, over an item between or not. ``groups`` are the items
    that hang together by the others; one group is a whole outfit.
    """

    item_ids: tuple[str, ...]
    common: tuple[Common, ...]
    evidence: tuple[Evidence, ...]
    unconnected: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, ...], ...]
    cut: tuple[Cut, ...] = ()


def explain(
    store: GraphStore,
    item_id: str,
    context: Iterable[str],
    *,
    budget: Budget = DEFAULT,
) -> Explanation:
    """Evidence in the graph for an item beside the items of its context, the strongest first.

    Looked for are shared photos and outfits, items seen with both, shared styles and attributes; where neither photo,
    nor outfit, nor an item between joins the two, a path of three steps over photos and outfits. The strength of each
    is its degree-weighted path count (``graph.explore.strength``), so that hubs explain little.

    Raises
    ------
    UnknownNodeError
        An item is not stored.
    """
    others = tuple(sorted(set(context) - {item_id}))
    deadline = budget.start()
    scene = _scene(store, (item_id, *others), deadline, budget.fan)
    if scene is None:
        return Explanation(item_id, others, (), (), "nothing was looked up", deadline.cuts())
    found: list[Evidence] = []
    unconnected: list[str] = []
    hubs: tuple[Cut, ...] = scene.cuts()
    memory = Memory()
    for other in deadline.within(others, every=1):
        evidence = between_two(scene, item_id, other)
        if not _are_together(evidence):
            territory = Territory(store, WORN, deadline, fan=budget.fan, retell=False, memory=memory)
            with deadline.step():
                territory.add((*scene.items.values(), *scene.images.values()))
                longer, more = _longer(ways_within(store, territory, (item_id, other, STEPS), 1))
                evidence += longer
                hubs += more
        if not _are_together(evidence) and not deadline.cuts():
            unconnected.append(other)
        found += evidence
    found.sort(key=rank)
    shown, cuts = first(found, budget.limit, "reasons")
    left_out = tuple(dict.fromkeys((*hubs, *deadline.cuts())))
    so_far = " as far as was looked" if left_out else ""
    nothing = f"no path within {STEPS} steps{so_far}" if others else "there is nothing to explain it beside"
    text = found[0].text if found else nothing
    cuts = tuple(dict.fromkeys((*cuts, *left_out)))
    return Explanation(item_id, others, shown, tuple(unconnected), text, cuts)


def _scene(store: GraphStore, item_ids: Sequence[str], deadline: Deadline, fan: int) -> Scene | None:
    """What lies around the items; None where time did not suffice."""
    if deadline.passed():
        return None
    with deadline.step():
        return Scene(store, item_ids, fan=fan)
    return None


def _longer(ways: Paths) -> tuple[list[Evidence], tuple[Cut, ...]]:
    """The strongest of the shortest ways, as evidence; where there is none, what the search left out."""
    if not ways.chains:
        return [], ways.cut
    chain = ways.chains[0]
    nodes = [node for link in chain.links for node in (*link.over, Node("item", link.end))][:-1]
    return [Evidence("path", ways.start, ways.end, tuple(nodes), 1, chain.strength, chain.text)], ()


def _are_together(evidence: Sequence[Evidence]) -> bool:
    return any(each.kind in TOGETHER for each in evidence)


def connect(
    store: GraphStore,
    item_ids: Iterable[str],
    *,
    budget: Budget = DEFAULT,
) -> Connections:
    """What connects the items of an outfit: what they have in common, and what joins each pair.

    At most the limit of things in common, and as many pieces of evidence, are given. Raises UnknownNodeError.
    """
    items = tuple(sorted(set(item_ids)))
    deadline = budget.start()
    scene = _scene(store, items, deadline, budget.fan)
    if scene is None:
        return Connections(items, (), (), (), (), deadline.cuts())
    found: list[Evidence] = []
    joined: list[tuple[str, str]] = []
    apart: list[tuple[str, str]] = []
    for left, right in deadline.within(combinations(items, 2), every=1):
        evidence = between_two(scene, left, right)
        found += evidence
        (joined if _are_together(evidence) else apart).append((left, right))
    found.sort(key=rank)
    shown, cuts = first(found, budget.limit, "reasons")
    common, more = first(_common(scene), budget.limit, "things in common")
    return Connections(
        items, common, shown, tuple(apart), _groups(items, joined), (*cuts, *more, *scene.cuts(), *deadline.cuts())
    )


def _common(scene: Scene) -> list[Common]:
    holders: dict[Node, list[str]] = {}
    retold = scene.read_from(scene.images)
    for item_id in sorted(scene.items):
        around = scene.items[item_id]
        images = set(around.others("CONTAINS"))
        styles = {Node("style", name) for name in scene.looks.get(item_id, ())}
        for node in images | styles | scene.attributes(item_id) | (scene.outfits(item_id) - retold):
            holders.setdefault(node, []).append(item_id)
    shared = [Common(node, tuple(ids)) for node, ids in holders.items() if len(ids) > 1]
    return sorted(shared, key=lambda common: (-len(common.item_ids), common.node))


def _groups(items: Sequence[str], joined: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Items that hang together, directly or over others; groups and their items in order of id."""
    group = {item_id: item_id for item_id in items}
    for left, right in joined:
        old, new = sorted((group[left], group[right]))[::-1]
        group = {item_id: new if name == old else name for item_id, name in group.items()}
    members: dict[str, list[str]] = {}
    for item_id in items:
        members.setdefault(group[item_id], []).append(item_id)
    return tuple(tuple(ids) for _, ids in sorted(members.items()))
