"""A few items with their photos, outfits, attributes and styles, read in three calls: what evidence is drawn from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from graph.explore.budget import DEFAULT, Cut
from graph.explore.finding import require
from graph.explore.strength import edge_strength
from graph.nodes import Neighbourhood, Node, Relation
from graph.store import GraphStore

_OF_ITEMS: tuple[Relation, ...] = ("CONTAINS", "IN_CATEGORY", "HAS_ATTRIBUTE", "STYLED_IN")
_OF_IMAGES: tuple[Relation, ...] = ("CONTAINS", "HAS_STYLE", "READ_FROM")
_OWN: Mapping[str, Relation] = {
    "item": "CONTAINS",
    "outfit": "STYLED_IN",
    "attribute": "HAS_ATTRIBUTE",
    "style": "HAS_STYLE",
}


class Scene:
    """Items and all that is one photo away, with the strength of each way there.

    Parameters
    ----------
    item_ids
        Distinct ids.
    fan
        Images and outfits of an item that are read; an item in more is a hub, and what is counted over it is at least
        what is said, unless the other item's images are all read.

    Raises
    ------
    UnknownNodeError
        An item is not stored.
    """

    def __init__(self, store: GraphStore, item_ids: Sequence[str], *, fan: int = DEFAULT.fan) -> None:
        around = store.neighbours([Node("item", item_id) for item_id in item_ids], relations=_OF_ITEMS, limit=fan)
        require(store, around)
        self.items = {found.node.id: found for found in around}
        images = sorted({image for found in around for image in found.others("CONTAINS")})
        self.images = {found.node.id: found for found in store.neighbours(images, relations=_OF_IMAGES, limit=fan)}
        self.company, self.looks = self._walk()
        self._degrees = self._read_degrees(store)

    def _walk(self) -> tuple[_Ways, _Ways]:
        """Strengths by item: of the ways to other items, and to styles, by image."""
        company: _Ways = defaultdict(dict)
        looks: _Ways = defaultdict(dict)
        for image_id, image in self.images.items():
            shown = {edge.end.id: edge.confidence for edge in image.edges if edge.relation == "CONTAINS"}
            styles = [node.id for node in image.others("HAS_STYLE")]
            size = image.degrees.get("CONTAINS", 0)
            for item_id in self.items.keys() & shown.keys():
                way = edge_strength(self.items[item_id].degrees["CONTAINS"], size, shown[item_id])
                for other, confidence in shown.items():
                    if other != item_id:
                        through = company[item_id].setdefault(other, {})
                        through[image_id] = way * edge_strength(size, 1, confidence)
                for style in styles:
                    looks[item_id].setdefault(style, {})[image_id] = way * edge_strength(image.degrees["HAS_STYLE"], 1)
        return company, looks

    def _read_degrees(self, store: GraphStore) -> dict[Node, int]:
        """Degrees of what at least two of the items lead to."""
        met: Counter[Node] = Counter()
        for item_id, around in self.items.items():
            met.update([*around.others("STYLED_IN"), *around.others("HAS_ATTRIBUTE")])
            met.update(Node("style", name) for name in self.looks.get(item_id, ()))
            met.update(Node("item", other) for other in self.company.get(item_id, ()))
        shared = sorted(node for node, times in met.items() if times > 1)
        known = {Node("item", item_id): around.degrees.get("CONTAINS", 0) for item_id, around in self.items.items()}
        asked = [node for node in shared if node not in known]
        found = store.neighbours(asked, relations=tuple(_OWN.values()), limit=0)
        return known | {around.node: around.degrees.get(_OWN[around.node.kind], 0) for around in found}

    def degree(self, node: Node) -> int:
        """Neighbours of an item, outfit, attribute or style that several of the items lead to, by its own relation."""
        return self._degrees[node]

    def attributes(self, item_id: str) -> set[Node]:
        """Attributes of an item."""
        return set(self.items[item_id].others("HAS_ATTRIBUTE"))

    def outfits(self, item_id: str) -> set[Node]:
        """Outfits that hold an item, of a hub the first."""
        return set(self.items[item_id].others("STYLED_IN"))

    def read_from(self, image_ids: Iterable[str]) -> set[Node]:
        """Outfits that were read from images: they say the same again."""
        return {outfit for image_id in image_ids for outfit in self.images[image_id].others("READ_FROM")}

    def is_whole(self, item_id: str, relation: Relation) -> bool:
        """Whether all of an item's neighbours by a relation were read."""
        return not self.items[item_id].left_out(relation)

    def cuts(self) -> tuple[Cut, ...]:
        """Items that were not read whole."""
        return tuple(hub_cut(around) for around in self.items.values() if _is_hub(around))


_Ways = dict[str, dict[str, dict[str, float]]]
"""Item id, what it leads to, image id: the path-degree product of that way."""


def hub_cut(around: Neighbourhood) -> Cut:
    """Says how much of a hub was read."""
    parts = [
        f"{around.degrees[relation] - left:,} of {around.degrees[relation]:,} by {relation}"
        for relation in around.degrees
        if (left := around.left_out(relation))
    ]
    return Cut("hub", f"{around.node}: only {' and '.join(parts)} were followed")


def _is_hub(around: Neighbourhood) -> bool:
    return any(around.left_out(relation) for relation in around.degrees)
