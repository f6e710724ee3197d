"""The part of the graph that lies between two nodes: walked from both ends until they meet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from graph.explore.budget import DEFAULT, Cut, Deadline
from graph.explore.scene import hub_cut
from graph.nodes import Edge, Neighbourhood, Node, Relation
from graph.store import GraphStore

BATCH = 200
"""Nodes that one call to the store asks about; the clock is looked at in between."""

CAP = 20_000
"""Nodes that are followed in all."""

NAMED = 3
"""Hubs that are named one by one where several were cut."""


class Memory:
    """What a store answered to several walks of one question, by the same relations and fan: it is asked once."""

    def __init__(self) -> None:
        self.around: dict[Node, Neighbourhood] = {}
        self.stands_alone: dict[Node, bool] = {}


class Territory:
    """What was walked so far: every followed node with its edges.

    Parameters
    ----------
    relations
        Edges that may be walked.
    fan
        Most edges followed from a node by one relation.
    retell
        Whether outfits that were read from an image are walked too; they say again what the image says.
    memory
        What other walks by the same relations and fan were told, and what this one is told.
    """

    def __init__(
        self,
        store: GraphStore,
        relations: Sequence[Relation],
        deadline: Deadline,
        *,
        fan: int = DEFAULT.fan,
        retell: bool = True,
        memory: Memory | None = None,
    ) -> None:
        self._store = store
        self._relations = tuple(relations)
        self._deadline = deadline
        self._fan = fan
        self._retell = retell
        self._memory = memory or Memory()
        self._full = False
        self.followed: dict[Node, Neighbourhood] = {}
        self.edges: dict[Node, dict[Node, Edge]] = {}

    def follow(self, nodes: Iterable[Node]) -> None:
        """Follow nodes to their neighbours."""
        waiting = sorted(set(nodes) - self.followed.keys())
        for start in range(0, len(waiting), BATCH):
            if len(self.followed) >= CAP:
                self._full = True
                break
            if self._deadline.passed():
                break
            batch = waiting[start : start + BATCH]
            with self._deadline.step():
                self.add(self._around(batch))

    def _around(self, nodes: Sequence[Node]) -> list[Neighbourhood]:
        known = self._memory.around
        new = [node for node in nodes if node not in known]
        if new:
            found = self._store.neighbours(new, relations=self._relations, limit=self._fan)
            known.update((around.node, around) for around in found)
        return [known[node] for node in nodes]

    def add(self, found: Iterable[Neighbourhood]) -> None:
        """Take in nodes that were followed already, with the same relations and fan; other relations are left out."""
        found = list(found)
        edges = [edge for around in found for edge in around.edges if edge.relation in self._relations]
        self.followed.update((around.node, around) for around in found)
        if not self._retell:
            self._judge(edge.end for edge in edges if edge.relation == "STYLED_IN")
            edges = [edge for edge in edges if self._memory.stands_alone.get(edge.end, True)]
        for edge in edges:
            self._join(edge)

    def _judge(self, outfits: Iterable[Node]) -> None:
        """Find out which outfits stand for themselves."""
        asked = sorted(set(outfits) - self._memory.stands_alone.keys())
        if asked:
            found = self._store.neighbours(asked, relations=["READ_FROM"], limit=0)
            self._memory.stands_alone.update((around.node, not around.degrees) for around in found)

    def _join(self, edge: Edge) -> None:
        self.edges.setdefault(edge.start, {})[edge.end] = edge
        self.edges.setdefault(edge.end, {})[edge.start] = edge

    def distances(self, start: Node) -> dict[Node, int]:
        """Edges from a node to each that can be reached over what was walked."""
        distance = {start: 0}
        queue = deque([start])
        while queue:
            node = queue.popleft()
            for other in self.edges.get(node, ()):
                if other not in distance:
                    distance[other] = distance[node] + 1
                    queue.append(other)
        return distance

    def degrees(self, nodes: Iterable[Node]) -> dict[Node, Neighbourhood]:
        """Degrees of nodes by the walked relations, asked for where they were not followed."""
        asked = sorted(set(nodes))
        missing = [node for node in asked if node not in self.followed]
        found = self._store.neighbours(missing, relations=self._relations, limit=0) if missing else []
        return {around.node: around for around in found} | {n: self.followed[n] for n in asked if n in self.followed}

    def cuts(self, among: Iterable[Node] | None = None) -> tuple[Cut, ...]:
        """Hubs that were not followed whole, of all or of some nodes, and whether there was more than the cap."""
        asked = self.followed.values() if among is None else [self.followed[n] for n in among if n in self.followed]
        hubs = [around for around in asked if any(around.left_out(relation) for relation in around.degrees)]
        hubs.sort(key=lambda around: (-max(around.degrees.values()), around.node))
        cuts = [hub_cut(around) for around in hubs[:NAMED]]
        if len(hubs) > NAMED:
            cuts.append(Cut("hub", f"{len(hubs) - NAMED:,} more nodes were followed in part"))
        if self._full:
            cuts.append(Cut("limit", f"more than {CAP:,} nodes lie in between; the rest was not followed"))
        return (*cuts, *self._deadline.cuts())


def walk(territory: Territory, start: Node, end: Node, steps: int, *, stop: bool) -> bool:
    """Walk from both ends until paths of so many edges are all known, or with ``stop`` until the shortest are.

    The end with fewer nodes to follow goes first. Returns whether there is a path.
    """
    depth = {start: 0, end: 0}
    for _ in range(steps):
        fronts = {side: [n for n, d in territory.distances(side).items() if d == depth[side]] for side in depth}
        open_sides = [side for side in (start, end) if fronts[side]]
        if not open_sides:
            break
        side = min(open_sides, key=lambda side: len(fronts[side]))
        territory.follow(fronts[side])
        depth[side] += 1
        if stop and territory.distances(start).get(end, steps + 1) <= sum(depth.values()):
            return True  # shorter ways than what was walked are all known
    return territory.distances(start).get(end, steps + 1) <= steps
