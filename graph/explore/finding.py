"""Nodes that people name: found, or refused with the nearest that there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice

from graph.nodes import Neighbourhood, Node, NodeKind
from graph.store import GraphStore, UnknownNodeError

_NEAR = 50
"""Ids in order after a beginning that are compared with what was given."""

_SMALL = 2_000
"""Names of styles, categories and attributes that are compared."""

_INSTEAD = 2
"""Items of an image or outfit that are named in its place."""

ORDER: tuple[NodeKind, ...] = ("item", "image", "outfit", "style", "category", "attribute", "shoot")
"""Which kind a bare id is taken for where several have it."""


def exists(store: GraphStore, node: Node) -> bool:
    """Whether a node is stored."""
    if node.kind == "image":
        return store.image(node.id) is not None
    return bool(store.neighbours([node], limit=0)[0].degrees)  # all other kinds have an edge as long as they exist


def find(store: GraphStore, name: str, kind: NodeKind | None = None) -> Node:
    """The node that a person means: of ``kind``, or the first kind in ``ORDER`` that has the name.

    An attribute is written ``name=value``.

    Raises
    ------
    UnknownNodeError
        There is none; the nearest id is named where one is near.
    """
    kinds = ORDER if kind is None else (kind,)
    asked = [node for each in kinds for node in _named(name, each)]
    for node in asked:
        if exists(store, node):
            return node
    if not asked:
        raise UnknownNodeError(f"attribute {name!r}: write name=value, as in colour=red")
    if kind is not None and kind != "attribute":
        raise unknown(store, asked[0], what=kind)
    raise _refusal(name, kind or "node", [near for node in asked for near in _near(store, node)])


def require(store: GraphStore, found: Iterable[Neighbourhood]) -> None:
    """Refuse items that are not stored; asked for with IN_CATEGORY, which every item has. Raises UnknownNodeError."""
    for around in found:
        if "IN_CATEGORY" not in around.degrees:
            raise unknown(store, around.node, what="item")


def unknown(store: GraphStore, node: Node, *, what: str) -> UnknownNodeError:
    """The error for a node that is not stored; where a node of another kind has its id, that is said."""
    for other in (Node(kind, node.id) for kind in ORDER if kind not in (node.kind, "attribute")):
        if exists(store, other):
            return UnknownNodeError(f"{what} {node.label!r} is not stored: {_kind_of(store, other, node.kind)}")
    return _refusal(node.label, what, _near(store, node))


def _kind_of(store: GraphStore, node: Node, wanted: NodeKind) -> str:
    """Which kind a node is, and where items are wanted, the first of those in an image or outfit."""
    said = f"it is the id of {'an' if node.kind[0] in 'io' else 'a'} {node.kind}"
    if wanted != "item" or node.kind not in ("image", "outfit"):
        return said
    (around,) = store.neighbours([node], relations=["CONTAINS", "STYLED_IN"], limit=_INSTEAD)
    items = [repr(other.id) for relation in around.degrees for other in around.others(relation)]
    if not items:
        return f"{said}, in which no item is known"
    return f"{said}; give one of its items, such as {' or '.join(items)}"


def _refusal(given: str, what: str, known: Iterable[str]) -> UnknownNodeError:
    near = get_close_matches(given, sorted(set(known)), n=1, cutoff=0.7)
    return UnknownNodeError(f"{what} {given!r} is not stored" + (f"; did you mean {near[0]!r}?" if near else ""))


def _named(name: str, kind: NodeKind) -> list[Node]:
    if kind != "attribute":
        return [Node(kind, name)]
    return [
        Node("attribute", name[:place], name[place + 1 :]) for place, letter in enumerate(name) if letter == "="
    ]  # names and values may hold the sign themselves


def _near(store: GraphStore, node: Node) -> Iterator[str]:
    """Ids that begin alike, or all of a kind that has few."""
    for length in {max(len(node.id) - 1, 0), len(node.id) // 2}:
        if node.kind == "item":
            yield from (item.item_id for item in islice(store.items(after=node.id[:length]), _NEAR))
        elif node.kind == "image":
            yield from (image.image_id for image in islice(store.images(after=node.id[:length]), _NEAR))
        elif node.kind == "outfit":
            yield from (outfit.outfit_id for outfit in islice(store.outfits(after=node.id[:length]), _NEAR))
    if node.kind in ("style", "category", "attribute"):
        for degree in store.ranked(node.kind, [], limit=_SMALL):
            yield degree.node.label
