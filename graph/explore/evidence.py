"""What in the graph speaks for two items going together: photos, outfits, items between, styles, attributes."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from typing import Literal

from msgspec import Struct

from graph.explore.scene import Scene
from graph.explore.strength import edge_strength
from graph.nodes import Node

Kind = Literal["image", "outfit", "between", "style", "attribute", "path"]
"""``image``, ``outfit``: shared ones. ``between``: an item seen with both, not in one image. ``style``: both are seen
in images of it. ``attribute``: both have it. ``path``: a longer way, where there is no shorter one."""

KINDS: tuple[Kind, ...] = ("image", "outfit", "between", "style", "attribute", "path")

EXAMPLES = 3
"""Nodes that a text names."""


class Evidence(Struct, frozen=True):
    """One reason, read off the graph.

    ``strength`` is the degree-weighted path count (``graph.explore.strength``); only of a style it is that of the
    strongest path alone: fifty photos of each item in one style are one fact, not 2,500 that outweigh a shared photo.
    ``nodes``: the shared images or outfits, the item between, the style or attribute, or the nodes of the path.
    ``count``: of images and outfits how many; of an item between and a style, images with it and one or the other, the
    smaller number; 1 of an attribute and a path. ``at_least``: the items are hubs that were not read whole, so
    ``count`` is a lower bound.
    """

    kind: Kind
    item_id: str
    other_id: str
    nodes: tuple[Node, ...]
    count: int
    strength: float
    text: str
    at_least: bool = False


def rank(evidence: Evidence) -> tuple[float, int, str, str, tuple[Node, ...]]:
    """Order of evidence: the strongest first, ties by kind, items and nodes."""
    return (
        -round(evidence.strength, 12),
        KINDS.index(evidence.kind),
        evidence.item_id,
        evidence.other_id,
        evidence.nodes,
    )


def between_two(scene: Scene, item_id: str, other_id: str) -> list[Evidence]:
    """All evidence about two items of a scene, the strongest first."""
    found = [
        *_images(scene, item_id, other_id),
        *_outfits(scene, item_id, other_id),
        *_items_between(scene, item_id, other_id),
        *_styles(scene, item_id, other_id),
        *_attributes(scene, item_id, other_id),
    ]
    return sorted(found, key=rank)


def _images(scene: Scene, item_id: str, other_id: str) -> Iterator[Evidence]:
    shared = scene.company.get(item_id, {}).get(other_id, {})
    if not shared:
        return
    degree = scene.degree(Node("item", other_id))
    nodes = tuple(Node("image", image_id) for image_id in sorted(shared))
    whole = scene.is_whole(item_id, "CONTAINS") or scene.is_whole(other_id, "CONTAINS")
    yield Evidence(
        "image",
        item_id,
        other_id,
        nodes,
        len(nodes),
        sum(way * edge_strength(degree, 1) for _, way in sorted(shared.items())),
        f"{item_id} is seen with {other_id} in {_number(nodes, 'photo')}",
        at_least=not whole,
    )


def _outfits(scene: Scene, item_id: str, other_id: str) -> Iterator[Evidence]:
    seen = scene.company.get(item_id, {}).get(other_id, {})
    shared = (scene.outfits(item_id) & scene.outfits(other_id)) - scene.read_from(seen)
    if not shared:
        return
    ends = [scene.items[end].degrees["STYLED_IN"] for end in (item_id, other_id)]
    nodes = tuple(sorted(shared))
    sizes = [scene.degree(outfit) for outfit in nodes]
    yield Evidence(
        "outfit",
        item_id,
        other_id,
        nodes,
        len(nodes),
        sum(edge_strength(ends[0], size) * edge_strength(size, ends[1]) for size in sizes),
        f"{item_id} is styled with {other_id} in {_number(nodes, 'outfit')}",
        at_least=not all(scene.is_whole(end, "STYLED_IN") for end in (item_id, other_id)),
    )


def _items_between(scene: Scene, item_id: str, other_id: str) -> Iterator[Evidence]:
    left, right = scene.company.get(item_id, {}), scene.company.get(other_id, {})
    whole = scene.is_whole(item_id, "CONTAINS") and scene.is_whole(other_id, "CONTAINS")
    for name in left.keys() & right.keys():
        one, two = left[name], right[name]
        ways = _pairs(one, two)
        if ways is None:
            continue
        degree = scene.degree(Node("item", name))
        yield Evidence(
            "between",
            item_id,
            other_id,
            (Node("item", name),),
            min(len(one), len(two)),
            ways * edge_strength(degree, 1) ** 2,
            f"{name} is seen with {item_id} in {_photos(len(one))} and with {other_id} in {_photos(len(two))}",
            at_least=not whole,
        )


def _styles(scene: Scene, item_id: str, other_id: str) -> Iterator[Evidence]:
    left, right = scene.looks.get(item_id, {}), scene.looks.get(other_id, {})
    whole = scene.is_whole(item_id, "CONTAINS") and scene.is_whole(other_id, "CONTAINS")
    for name in left.keys() & right.keys():
        one, two = left[name], right[name]
        strongest = _strongest_pair(one, two)
        if strongest is None:
            continue
        degree = scene.degree(Node("style", name))
        yield Evidence(
            "style",
            item_id,
            other_id,
            (Node("style", name),),
            min(len(one), len(two)),
            strongest * edge_strength(degree, 1) ** 2,
            f"both are seen in style {name}: {item_id} in {_photos(len(one))}, {other_id} in {_photos(len(two))}",
            at_least=not whole,
        )


def _attributes(scene: Scene, item_id: str, other_id: str) -> Iterator[Evidence]:
    ends = [scene.items[end].degrees.get("HAS_ATTRIBUTE", 0) for end in (item_id, other_id)]
    for node in scene.attributes(item_id) & scene.attributes(other_id):
        degree = scene.degree(node)
        strength = edge_strength(ends[0], degree) * edge_strength(degree, ends[1])
        text = f"{item_id} and {other_id} share {node.id} {node.value} with {max(degree - 2, 0):,} other items"
        yield Evidence("attribute", item_id, other_id, (node,), 1, strength, text)


def _pairs(one: dict[str, float], two: dict[str, float]) -> float | None:
    """Sum over pairs of different images of the product of their ways; None where one image is all there is."""
    common = one.keys() & two.keys()
    if len(one) * len(two) == len(common):
        return None
    return sum(one.values()) * sum(two.values()) - sum(one[image] * two[image] for image in sorted(common))


def _strongest_pair(one: dict[str, float], two: dict[str, float]) -> float | None:
    """The highest product of two different images' ways; it is among the two best of each."""
    best = [nlargest(2, ways.items(), key=lambda way: way[1]) for ways in (one, two)]
    return max((left * right for p, left in best[0] for q, right in best[1] if p != q), default=None)


def _number(nodes: tuple[Node, ...], word: str) -> str:
    named = ", ".join(node.id for node in nodes[:EXAMPLES]) + (", ..." if len(nodes) > EXAMPLES else "")
    return f"{len(nodes):,} {word}{'s' * (len(nodes) > 1)} ({named})"


def _photos(count: int) -> str:
    return f"{count:,} photo{'s' * (count > 1)}"
