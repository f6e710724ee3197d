"""Paths as people read them: from item to item, over what, and what neighbours on the way have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

from graph.nodes import Edge, Node, Relation
from graph.store import GraphStore

PHOTOS = 20
"""Images of an item that are looked at for its styles, the first in order of id."""

_STYLES: tuple[Relation, ...] = ("HAS_STYLE",)

Edges = Mapping[Node, Mapping[Node, Edge]]


class Link(Struct, frozen=True):
    """One step of a chain: two items and the nodes between them; ``edges`` lead from the one to the other.

    ``shared`` are attributes and styles that both have, apart from those that the step goes over.
    """

    start: str
    end: str
    over: tuple[Node, ...]
    edges: tuple[Edge, ...]
    shared: tuple[Node, ...]


class Chain(Struct, frozen=True):
    """A path, its strength (see ``graph.explore.strength``) and its sentence; ``ways`` as long lead over its items."""

    links: tuple[Link, ...]
    strength: float
    text: str
    ways: int = 1


class Way(NamedTuple):
    """The nodes of a path, its strength, and how many paths it stands for."""

    nodes: tuple[Node, ...]
    strength: float
    ways: int


def chains_of(store: GraphStore, edges: Edges, ways: Sequence[Way]) -> tuple[Chain, ...]:
    """Chains of paths that begin and end with an item."""
    traits = _traits(store, sorted({node for way in ways for node in way.nodes if node.kind == "item"}))
    chains = []
    for way in ways:
        places = [n for n, node in enumerate(way.nodes) if node.kind == "item"]
        links = tuple(_link(edges, way.nodes[a : b + 1], traits) for a, b in pairwise(places))
        chains.append(Chain(links, way.strength, _sentence(links), way.ways))
    return tuple(chains)


def _traits(store: GraphStore, items: Sequence[Node]) -> dict[Node, set[Node]]:
    """Attributes of items, and styles of their images."""
    around = store.neighbours(items, relations=("CONTAINS", "HAS_ATTRIBUTE"), limit=PHOTOS) if items else []
    images = sorted({image for found in around for image in found.others("CONTAINS")})
    styles = {
        found.node: found.others("HAS_STYLE")
        for found in (store.neighbours(images, relations=_STYLES) if images else ())
    }
    return {
        found.node: {
            *found.others("HAS_ATTRIBUTE"),
            *(style for image in found.others("CONTAINS") for style in styles[image]),
        }
        for found in around
    }


def _link(edges: Edges, way: Sequence[Node], traits: Mapping[Node, set[Node]]) -> Link:
    start, *over, end = way
    along = tuple(edges[left][right] for left, right in pairwise(way))
    shared = (traits[start] & traits[end]) - set(over)
    return Link(start.id, end.id, tuple(over), along, tuple(sorted(shared)))


def _sentence(links: Sequence[Link]) -> str:
    """``A is seen in photo X with Y, which shares print striped and style 로맨틱 with Z``."""
    parts = [_clause(link) for link in links]
    return f"{links[0].start} {', which '.join(parts)}" if links else ""


def _clause(link: Link) -> str:
    verbs = {"image": "is seen in photo {} with {}", "outfit": "is styled in outfit {} with {}"}
    middle = link.over[0]
    shared = [named(node) for node in link.shared]
    if len(link.over) == 1 and middle.kind in verbs:
        text = verbs[middle.kind].format(middle.id, link.end)
        return f"{text} (both {_listed(shared)})" if shared else text
    if len(link.over) == 1:
        return f"shares {_listed([named(middle), *shared])} with {link.end}"
    if [node.kind for node in link.over[::2]] != ["image", "image"]:
        return f"leads over {_listed([str(node) for node in link.over])} to {link.end}"
    style = named(link.over[1])
    clause = f"is seen in photo {middle.id} of {style}, as is {link.end} in photo {link.over[-1].id}"
    return f"{clause} (both {_listed(shared)})" if shared else clause


def named(node: Node) -> str:
    """An attribute or style in a sentence."""
    return f"{node.id} {node.value}" if node.kind == "attribute" else f"{node.kind} {node.id}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
